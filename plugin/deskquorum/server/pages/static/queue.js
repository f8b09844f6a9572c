// The queue: rows that stay fresh, one chosen item beside them, all of it by keyboard too.
import { say } from './line.js';
import { get, Lost, post } from './net.js';
import { mountPanel } from './panel.js';
import { showTimes } from './times.js';

const EVERY_MS = 10000;
const rows = document.querySelector('[data-rows]');
const side = document.querySelector('#case');
const filters = document.querySelector('[data-filters]');
const picked = new Set();
let unmount = () => {};
let chosen = null;
let lost = false;

async function refresh() {
  const query = new URLSearchParams(new FormData(filters));
  const after = new URLSearchParams(location.search).get('after');
  if (after) query.set('after', after);
  let answer;
  try {
    answer = await get(`/pages/queue?${query}`);
  } catch (error) {
    if (!(error instanceof Lost)) throw error;
    if (!lost) say('lost', 'lost');
    lost = true;
    return;
  }
  if (answer.status === 401) { location.reload(); return; }
  if (!answer.ok) return;
  if (lost) say('back', 'good');
  lost = false;
  // Whoever is writing a name, or stands on a row, is not to lose the place.
  const to = rows.querySelector('#assign-to')?.value;
  const active = document.activeElement;
  const review = active?.closest?.('tr')?.dataset.review;
  const place = rows.contains(active) ? (active.id ? `#${active.id}` : active.type === 'checkbox' ? 'input' : '[data-open]') : null;
  rows.innerHTML = await answer.text();
  if (to) rows.querySelector('#assign-to').value = to;
  rows.querySelectorAll('input[type="checkbox"]').forEach((box) => { box.checked = picked.has(box.value); });
  if (place) (review ? rowOf(review)?.querySelector(place) : rows.querySelector(place))?.focus();
  document.querySelector('[data-lengths]').textContent = rows.querySelector('[data-fresh-lengths]').textContent;
  mark();
}

const rowOf = (review) => rows.querySelector(`tr[data-review="${review}"]`);
const all = () => [...rows.querySelectorAll('tr[data-review]')];

function mark() {
  showTimes(rows);
  const here = new Set(all().map((row) => row.dataset.review));
  [...picked].filter((id) => !here.has(id)).forEach((id) => picked.delete(id));
  all().forEach((row) => {
    row.classList.toggle('chosen', row.dataset.review === chosen);
    row.querySelector('[data-open]').setAttribute('aria-current', String(row.dataset.review === chosen));
  });
  const count = rows.querySelector('[data-picked]');
  if (!count) return;
  count.textContent = count.textContent.replace(/[0-9]+/, picked.size);
  rows.querySelector('[data-assign] button').disabled = picked.size === 0;
}

function open(row) {
  unmount();
  chosen = row.dataset.review;
  side.replaceChildren(document.querySelector('[data-skeleton]').content.cloneNode(true));
  unmount = mountPanel(side, {
    conversation: row.dataset.conversation, review: chosen, refused, changed: refresh,
  });
  side.scrollIntoView({ block: 'nearest' });
  mark();
}

function refused(status) {
  unmount();
  if (status === 401) { location.reload(); return; }
  const state = status === 403 ? 'denied' : 'broken';
  side.replaceChildren(document.querySelector(`template[data-state="${state}"]`).content.cloneNode(true));
  side.querySelector('[data-again]').addEventListener('click', () => open(rowOf(chosen)));
}

function move(step) {
  const list = all();
  const at = list.findIndex((row) => row.contains(document.activeElement));
  const from = at < 0 ? list.findIndex((row) => row.dataset.review === chosen) : at;
  const next = list[Math.max(0, Math.min(list.length - 1, from < 0 ? 0 : from + step))];
  next?.querySelector('[data-open]').focus();
}

rows.addEventListener('click', (event) => {
  const link = event.target.closest('[data-open]');
  const row = event.target.closest('tr[data-review]');
  if (!row || event.target.closest('input')) return;
  if (link) event.preventDefault();
  open(row);
});
rows.addEventListener('change', (event) => {
  if (event.target.type !== 'checkbox') return;
  if (event.target.checked) picked.add(event.target.value); else picked.delete(event.target.value);
  mark();
});
rows.addEventListener('submit', async (event) => {
  event.preventDefault();
  const to = new FormData(event.target).get('to');
  const answer = await post('/pages/queue/assign', { items: [...picked], to }).catch(() => null);
  if (!answer?.ok) { say('not-sent', 'lost'); return; }
  picked.clear();
  say(answer.headers.get('X-Missed') === '0' ? 'assigned' : 'assigned-some', 'good');
  refresh();
});
filters.addEventListener('change', () => filters.submit());
document.addEventListener('keydown', (event) => {
  if (event.target.closest('input:not([type="checkbox"]), textarea, select') || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'j' || event.key === 'ArrowDown') { event.preventDefault(); move(1); }
  if (event.key === 'k' || event.key === 'ArrowUp') { event.preventDefault(); move(-1); }
  const row = event.target.closest('tr[data-review]');
  if (event.key === ' ' && row && event.target.type !== 'checkbox') {
    event.preventDefault();
    row.querySelector('input')?.click();
  }
});
setInterval(() => { if (!document.hidden) refresh(); }, EVERY_MS);
mark();
