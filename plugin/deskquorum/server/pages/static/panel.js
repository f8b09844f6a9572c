// One conversation's panel: shows it, keeps it fresh, takes verdicts, keeps what is being written.
import { follow } from './live.js';
import { hush, say } from './line.js';
import { get, Lost, post } from './net.js';
import { showTimes } from './times.js';

const KEYS = { a: 'approve', e: 'edit', r: 'respond', x: 'reject', c: 'copy' };
const FORMS = ['edit', 'respond', 'reject'];
const GONE = ['stale', 'taken', 'resolved', 'not-found'];

export function mountPanel(root, { conversation, review = null, refused, changed = () => {} }) {
  const place = `/pages/cases/${encodeURIComponent(conversation)}`;
  let stop = null;
  let busy = false;
  let lost = false;
  let ended = false;
  let claims = 0;
  const panel = () => root.querySelector('.panel');
  const form = () => root.querySelector('form.verdict:not([hidden])');

  async function load() {
    let answer;
    try {
      answer = await get(review ? `${place}?review=${review}` : place);
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      if (panel()) inTouch(false); else refused(0);
      return;
    }
    if (ended) return;
    if (!answer.ok) { refused(answer.status); return; }
    const known = answer.headers.get('X-Event');
    root.innerHTML = await answer.text();
    root.setAttribute('aria-busy', 'false');
    showTimes(root);
    reopen();
    hold();
    stop ??= follow(`/pages/live/${encodeURIComponent(conversation)}`, { last: known, event: heard, state: told });
  }

  function heard(kind) {
    // Opening a form claims the item, which is no news to who opened it.
    if (kind === 'review-claimed' && form() && claims > 0) { claims -= 1; changed(); return; }
    // Whoever writes is told, and loses nothing.
    if (form()) say('changed'); else load();
    changed();
  }

  function told(state) {
    if (state === 'over') { stop = null; refused(401); return; }
    const was = lost;
    inTouch(state === 'live');
    if (was && state === 'live' && !form()) load();
  }

  function inTouch(yes) {
    if (!yes && !lost) say('lost', 'lost');
    if (yes && lost) say('back', 'good');
    lost = !yes;
    hold();
  }

  // Nothing can be sent without the network, and nothing twice.
  function hold() {
    const stopped = busy || lost;
    for (const button of root.querySelectorAll('[data-acts] button, form.verdict button.primary')) {
      button.dataset.off ??= String(button.disabled);
      button.disabled = stopped || button.dataset.off === 'true';
    }
  }

  const draftKey = (kind) => `draft ${panel()?.dataset.item} ${kind}`;

  function keep(target) {
    const values = Object.fromEntries(new FormData(target));
    sessionStorage.setItem(draftKey(target.dataset.form), JSON.stringify(values));
  }

  function reopen() {
    const kind = FORMS.find((name) => sessionStorage.getItem(draftKey(name)));
    if (kind && root.querySelector(`[data-form="${kind}"]`)) open(kind, false);
  }

  function open(kind, holds = true) {
    close(false);
    const target = root.querySelector(`[data-form="${kind}"]`);
    const kept = JSON.parse(sessionStorage.getItem(draftKey(kind)) ?? '{}');
    for (const [name, value] of Object.entries(kept)) {
      const field = target.elements[name];
      if (field && field.type !== 'checkbox') field.value = value;
    }
    target.hidden = false;
    panel().dataset.writing = kind;
    root.querySelector('[data-acts]').hidden = true;
    target.querySelector('input, textarea').focus();
    if (holds) claim();
  }

  async function claim() {
    claims += 1;
    if (!await tell(() => post(`/pages/reviews/${panel().dataset.item}/claim`))) claims -= 1;
  }

  function close(releases = true) {
    const target = form();
    if (!target) return;
    sessionStorage.removeItem(draftKey(target.dataset.form));
    target.reset();
    target.hidden = true;
    delete panel().dataset.writing;
    root.querySelector('[data-acts]').hidden = false;
    root.querySelector('[data-alert]').replaceChildren();
    hush();
    if (!releases) return;
    root.querySelector(`[data-do="${target.dataset.form}"]`)?.focus();
    tell(() => post(`/pages/reviews/${panel().dataset.item}/release`));
  }

  async function tell(send) {
    try {
      const answer = await send();
      if (!answer.ok) await refusal(answer);
      return answer.ok;
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      say('not-sent', 'lost');
      return false;
    }
  }

  async function refusal(answer) {
    const code = answer.headers.get('X-Refused');
    if (!code) { refused(answer.status); return; }
    const text = await answer.text();
    if (GONE.includes(code) && !form()) await load();
    const alert = root.querySelector('[data-alert]');
    if (!alert) return;
    alert.innerHTML = text;
    alert.focus();
    const override = form()?.querySelector('[data-override]');
    if (override) override.hidden = answer.headers.get('X-Can-Override') !== 'true';
  }

  async function judge(kind, said) {
    if (busy || lost) return;
    busy = true;
    hold();
    const body = { verdict: kind, args_hash: panel().dataset.hash || null, ...said };
    const item = panel().dataset.item;
    const taken = await tell(() => post(`/pages/reviews/${item}/verdict`, body));
    busy = false;
    hold();
    if (!taken) return;
    FORMS.forEach((name) => sessionStorage.removeItem(draftKey(name)));
    say(kind, 'good');
    await load();
    root.focus();
    changed();
  }

  function written(target) {
    const fields = Object.fromEntries(new FormData(target));
    const args = Object.entries(fields).filter(([name]) => name.startsWith('args.'));
    return {
      ...(args.length ? { args: Object.fromEntries(args.map(([name, value]) => [name.slice(5), value])) } : {}),
      ...(fields.reply ? { reply: fields.reply } : {}),
      why: fields.why ?? '',
      failure_mode: fields.failure_mode ?? '',
      override: fields.override === 'yes',
    };
  }

  async function copy() {
    const raw = root.querySelector('[data-raw]');
    try {
      await navigator.clipboard.writeText(raw.value);
    } catch {
      // Frames without the right to the clipboard may still copy what is selected.
      raw.hidden = false;
      raw.select();
      document.execCommand('copy');
      raw.hidden = true;
    }
    say('copied', 'good');
  }

  function act(name) {
    const button = root.querySelector(`[data-do="${name}"]`);
    if (name === 'close') { close(); return; }
    if (!button || button.disabled) return;
    if (name === 'copy') copy();
    else if (name === 'approve') judge('approve', {});
    else open(name);
  }

  const clicked = (event) => {
    const button = event.target.closest('[data-do]');
    if (button) act(button.dataset.do);
    const cite = event.target.closest('a.cite');
    if (!cite) return;
    // The address stays as it is: a frame's token stands behind its `#`.
    event.preventDefault();
    const clause = document.getElementById(cite.getAttribute('href').slice(1));
    clause?.closest('details')?.setAttribute('open', '');
    clause?.scrollIntoView({ block: 'center' });
    clause?.focus();
  };
  const pressed = (event) => {
    if (event.key === 'Escape' && form()) { close(); return; }
    const writing = event.target.closest?.('input, textarea, select');
    if (writing || event.ctrlKey || event.metaKey || event.altKey || form() || !panel()) return;
    const name = KEYS[event.key];
    if (name) { event.preventDefault(); act(name); }
  };
  const submitted = (event) => {
    event.preventDefault();
    judge(event.target.dataset.form, written(event.target));
  };
  const typed = (event) => keep(event.target.closest('form'));
  const heardBy = [[root, 'click', clicked], [document, 'keydown', pressed], [root, 'submit', submitted], [root, 'input', typed]];
  heardBy.forEach(([target, kind, listener]) => target.addEventListener(kind, listener));
  load();
  return () => {
    ended = true;
    stop?.();
    heardBy.forEach(([target, kind, listener]) => target.removeEventListener(kind, listener));
  };
}
