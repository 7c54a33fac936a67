// What the bridge asks of the app's own server, and what it tells it.

const LONGEST_TEXT = 500;
const LONGEST_URL = 8192;

/** The server could not be reached at all, or not in time. */
export class NoAnswer extends Error {}

/** The problem with a request that got no answer: the device's, only where it says so itself. */
export function silence() {
  return { code: navigator.onLine === false ? "offline" : "server_silent", passing: true };
}

/**
 * {url, config} for another URL of this page. Rejects with NoAnswer, or with an Error that has the
 * server's own {code, message, …} as `refusal`.
 */
export async function requestSignature(endpoint, url, milliseconds) {
  const response = await answer(endpoint, json({ url }), milliseconds);
  const body = await response.json().catch(() => ({}));
  if (response.ok && body.config) return body;
  // The app words what it refuses. Without a word it was a proxy, in front of an app that is away.
  if (response.status >= 500 && !body.error) throw new NoAnswer();
  const error = new Error(`signing was refused with status ${response.status}`);
  error.refusal = Object.assign({ code: String(response.status), message: "" }, body.error);
  throw error;
}

/** The catalogue's words for a problem: {message, remedy} and, for developers, {title, cause}. */
export async function requestExplanation(endpoint, problem, lang, milliseconds) {
  const query = ["code", "subcode", "text"]
    .filter((key) => problem[key])
    .map((key) => `${key}=${encodeURIComponent(problem[key].slice(0, LONGEST_TEXT))}`);
  const response = await answer(
    `${endpoint}?${query.join("&")}&lang=${lang}`, { credentials: "same-origin" }, milliseconds,
  );
  if (!response.ok) throw new NoAnswer();
  return response.json();
}

/** Tells the server what became of the bridge, now or when there is a network again. */
export function sendOutcome(endpoint, outcome) {
  const bounded = {};
  Object.keys(outcome).forEach((key) => {
    bounded[key] = String(outcome[key]).slice(0, /_url$/.test(key) ? LONGEST_URL : LONGEST_TEXT);
  });
  const report = Object.assign(json(bounded), { keepalive: true });
  fetch(endpoint, report).catch(() => {
    // A report that no network carries has no one to complain to; it is sent once more.
    if (navigator.onLine !== false) return;
    window.addEventListener("online", () => fetch(endpoint, report).catch(() => {}), { once: true });
  });
}

function json(value) {
  return {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
  };
}

function answer(url, request, milliseconds) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NoAnswer()), milliseconds);
    fetch(url, request).then(
      (response) => { clearTimeout(timer); resolve(response); },
      () => { clearTimeout(timer); reject(new NoAnswer()); },
    );
  });
}
