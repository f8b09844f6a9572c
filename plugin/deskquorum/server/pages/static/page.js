// A page that only shows.
import { showTimes } from './times.js';

showTimes();
