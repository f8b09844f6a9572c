// Moments in the reader's own zone, and clocks that go on while a page is open.
const STEPS = [[86400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']];

export function showTimes(root = document) {
  const lang = document.documentElement.lang;
  const moment = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' });
  for (const time of root.querySelectorAll('time[data-moment]')) {
    time.textContent = moment.format(new Date(time.dateTime));
  }
  tick(root);
}

function tick(root = document) {
  const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, { style: 'short' });
  for (const time of root.querySelectorAll('time[data-clock]')) {
    const seconds = Math.round((new Date(time.dateTime) - Date.now()) / 1000);
    const [size, unit] = STEPS.find(([least]) => Math.abs(seconds) >= least) ?? STEPS.at(-1);
    time.textContent = relative.format(Math.trunc(seconds / size), unit);
    time.classList.toggle('late', seconds <= 0);
  }
}

setInterval(tick, 1000);
