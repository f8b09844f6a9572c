// The sidebar in a helpdesk's frame. What the page around it posts is not trusted: a token is
// looked at by the service, and anything else is ignored.
import { useToken } from './net.js';
import { mountPanel } from './panel.js';

const root = document.querySelector('#case');
const LONGEST = 2000;
let unmount = () => {};

function start() {
  unmount();
  useToken(location.hash.slice(1) || null);
  unmount = mountPanel(root, { conversation: root.dataset.conversation, refused });
}

function refused(status) {
  unmount();
  const state = status === 401 ? 'expired' : status === 403 ? 'denied' : 'broken';
  root.replaceChildren(document.querySelector(`template[data-state="${state}"]`).content.cloneNode(true));
  root.setAttribute('aria-busy', 'false');
  root.querySelector('[data-again]').addEventListener('click', () => { ask(); start(); });
  if (state === 'expired') ask();
}

function ask() {
  if (window.parent !== window) window.parent.postMessage({ type: 'deskquorum:token-wanted' }, '*');
}

window.addEventListener('message', (event) => {
  const { type, token } = event.data ?? {};
  if (event.source !== window.parent || event.source === window) return;
  if (type !== 'deskquorum:token' || typeof token !== 'string' || token.length > LONGEST) return;
  // Kept behind the `#`, so that a reload finds it again.
  history.replaceState(null, '', `#${encodeURIComponent(token)}`);
  start();
});

start();
