// Requests to our own service, by a frame's token or by the session of whoever is signed in.
let token = null;

export class Lost extends Error {}

export const useToken = (text) => { token = text; };

export function head(more = {}) {
  const form = document.querySelector('meta[name="form-token"]');
  return {
    'Accept-Language': document.documentElement.lang,
    ...(token ? { Authorization: `Bearer ${token}` } : {}),
    ...(!token && form ? { 'X-Form-Token': form.content } : {}),
    ...more,
  };
}

export async function get(path, options = {}) {
  try {
    return await fetch(path, { ...options, headers: head(options.headers) });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Lost(path);
  }
}

export function post(path, body = {}) {
  const headers = { 'Content-Type': 'application/json' };
  return get(path, { method: 'POST', headers, body: JSON.stringify(body) });
}
