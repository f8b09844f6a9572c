// The week's sample, one after the other, by keys.
import { say } from './line.js';
import { post } from './net.js';

const picker = document.querySelector('form[data-question]');
const progress = document.querySelector('[data-progress]');
let sending = false;

picker.querySelector('select').addEventListener('change', () => picker.submit());

const current = () => document.querySelector('.sample:not([hidden])');

function next() {
  const done = current();
  const after = done.nextElementSibling;
  done.remove();
  after.hidden = false;
  if (after.matches('.sample')) after.focus();
}

async function label(button) {
  if (sending) return;
  const name = button.dataset.label;
  if (name) {
    sending = true;
    const body = { decision: current().dataset.decision, question: picker.dataset.question, label: name };
    const answer = await post('/pages/audit', body).catch(() => null);
    sending = false;
    if (answer?.status === 401) { location.reload(); return; }
    if (!answer?.ok) { say('not-sent', 'lost'); return; }
    const before = Number(progress.dataset.done);
    progress.dataset.done = before + 1;
    progress.textContent = progress.textContent.replace(String(before), String(before + 1));
  }
  next();
}

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-label]');
  if (button) label(button);
});
document.addEventListener('keydown', (event) => {
  if (event.target.closest('select, input') || event.ctrlKey || event.metaKey || event.altKey) return;
  const button = current()?.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (button) { event.preventDefault(); label(button); }
});
