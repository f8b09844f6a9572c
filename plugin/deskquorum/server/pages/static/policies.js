// Policies: switches, and a text that is tried before it can be saved.
import { post } from './net.js';

const editor = document.querySelector('[data-editor]');
const shown = document.querySelector('[data-tried]');
const save = document.querySelector('[data-save]');
let tried = '';

async function flip(action, stopped, why) {
  const answer = await post('/pages/switch', { action, stopped, why }).catch(() => null);
  if (answer?.ok || answer?.status === 401) location.reload();
  else document.querySelector('[data-alert]').textContent = String(answer?.status ?? '–');
}

for (const form of document.querySelectorAll('[data-stop]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    flip(form.dataset.stop, true, form.elements.why.value);
  });
}
for (const button of document.querySelectorAll('[data-switch]')) {
  button.addEventListener('click', () => flip(button.dataset.switch, false, ''));
}

function forget() {
  tried = '';
  if (save) save.disabled = true;
}

editor?.addEventListener('input', forget);
editor?.addEventListener('submit', async (event) => {
  event.preventDefault();
  forget();
  const button = editor.querySelector('button.primary');
  button.disabled = true;
  shown.setAttribute('aria-busy', 'true');
  shown.replaceChildren(document.querySelector('[data-trying]').content.cloneNode(true));
  const { text, days } = editor.elements;
  const sent = text.value;
  const answer = await post(`/pages/policies/${editor.dataset.editor}/try`, { text: sent, days: Number(days.value) }).catch(() => null);
  button.disabled = false;
  shown.setAttribute('aria-busy', 'false');
  shown.innerHTML = answer?.ok ? await answer.text() : '';
  if (!answer?.ok || text.value !== sent) return;
  tried = answer.headers.get('X-Tried') ?? '';
  if (save) save.disabled = !tried;
});
save?.addEventListener('click', async () => {
  const body = { text: editor.elements.text.value, base: editor.dataset.base, tried };
  const answer = await post(`/pages/policies/${editor.dataset.editor}/save`, body).catch(() => null);
  if (answer?.ok) {
    forget();
    shown.replaceChildren(document.querySelector('[data-saved]').content.cloneNode(true));
    setTimeout(() => location.reload(), 1200);
  } else if (answer) shown.innerHTML = await answer.text();
});
