// The line at the top: what just happened, and whether the page is still in touch.
let timer = 0;

export function say(name, kind = '') {
  const line = document.querySelector('[data-line]');
  line.textContent = document.querySelector(`template[data-text="${name}"]`).content.textContent;
  line.className = `line ${kind}`;
  line.hidden = false;
  clearTimeout(timer);
  if (kind === 'good') timer = setTimeout(hush, 4000);
}

export function hush() {
  document.querySelector('[data-line]').hidden = true;
}
