// Server-sent events over fetch, which can show a token where EventSource can't.
import { get } from './net.js';

const SILENT_MS = 25000; // The service sends something every ten seconds.
const SLOWEST_MS = 15000;

// Follows until told to stop; `state` is told `live`, `lost`, or `over` once it may not go on.
export function follow(path, { last, event, state }) {
  let stopped = false;
  let wait = 1000;
  let wake = () => {};
  let abort = null;

  async function once() {
    abort = new AbortController();
    const headers = last ? { 'Last-Event-ID': String(last) } : {};
    const answer = await get(path, { headers, signal: abort.signal });
    if ([401, 403, 404].includes(answer.status)) return false;
    if (!answer.ok) throw new Error(answer.status);
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const timer = setTimeout(() => abort.abort(), SILENT_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return true;
      state('live');
      wait = 1000;
      text += value;
      const parts = text.split('\n\n');
      text = parts.pop();
      for (const part of parts) take(part);
    }
  }

  function take(part) {
    const fields = Object.fromEntries(part.split('\n').map((line) => {
      const at = line.indexOf(': ');
      return [line.slice(0, at), line.slice(at + 2)];
    }));
    if (fields.id) last = fields.id;
    if (fields.data && !['ready', 'closing'].includes(fields.event)) event(fields.event);
  }

  async function run() {
    while (!stopped) {
      try {
        if (!await once()) { state('over'); return; }
      } catch {
        if (!stopped) state('lost');
      }
      if (stopped) return;
      await new Promise((resolve) => { wake = resolve; setTimeout(resolve, wait * (0.7 + 0.6 * Math.random())); });
      wait = Math.min(wait * 2, SLOWEST_MS);
    }
  }

  const online = () => wake();
  const offline = () => { state('lost'); abort?.abort(); };
  window.addEventListener('online', online);
  window.addEventListener('offline', offline);
  run();
  return () => {
    stopped = true;
    abort?.abort();
    wake();
    window.removeEventListener('online', online);
    window.removeEventListener('offline', offline);
  };
}
