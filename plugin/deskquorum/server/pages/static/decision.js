// A decision's page: its times, and the replay.
import { post } from './net.js';
import { showTimes } from './times.js';

showTimes();
const button = document.querySelector('[data-replay]');
button.addEventListener('click', async () => {
  button.disabled = true;
  const answer = await post(`/pages/decisions/${button.dataset.replay}/replay`).catch(() => null);
  button.disabled = false;
  if (answer?.ok) document.querySelector('[data-replayed]').innerHTML = await answer.text();
  else if (answer?.status === 401) location.reload();
});
