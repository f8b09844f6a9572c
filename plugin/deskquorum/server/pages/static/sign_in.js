// The link's secret stands behind the `#` and is sent only when somebody presses the button.
import { post } from './net.js';

const link = location.hash.slice(1);
const show = (name, yes) => { document.querySelector(`[data-${name}]`).hidden = !yes; };

if (link) {
  show('with-link', true);
  show('without-link', false);
}
document.querySelector('[data-sign-in]').addEventListener('click', async () => {
  const answer = await post('/sign-in', { link }).catch(() => null);
  if (answer?.ok) location.replace('/queue');
  else show('refused', true);
});
