// What the bridge asks of the app's own server, and what it tells it.

const LONGEST_TEXT = 500;
const LONGEST_URL = 8192;

/** Nothing came, or not whole in time, or it is not the app that answers. */
export class NoAnswer extends Error {}

/** The problem with a request that got no answer: the device's, only where it says so itself. */
export function silence() {
  return { code: navigator.onLine === false ? "offline" : "server_silent", passing: true };
}

/**
 * {ok, status, body} of an answer in JSON; `body` is an object, empty where there is none.
 * Rejects with NoAnswer. The app words what it refuses: without a word it is a proxy, in front of an
 * app that is away, or the page of a network to which one has to sign in first.
 */
export async function requestJson(url, request, milliseconds) {
  const { ok, status, body } = await answer(url, request, milliseconds);
  const isObject = typeof body === "object" && body !== null;
  if (ok ? !isObject && status !== 204 : status >= 500 && !(isObject && body.error)) throw new NoAnswer();
  return { ok, status, body: isObject ? body : {} };
}

/** A POST of a JSON object. */
export function json(value) {
  return {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(value),
  };
}

/**
 * {url, config} for another URL of this page. Rejects with NoAnswer, or with an Error that has the
 * server's own {code, message, …} as `refusal`.
 */
export async function requestSignature(endpoint, url, milliseconds) {
  const { ok, status, body } = await requestJson(endpoint, json({ url }), milliseconds);
  if (ok && body.config) return body;
  const error = new Error(`signing was refused with status ${status}`);
  error.refusal = Object.assign({ code: String(status), message: "" }, body.error);
  throw error;
}

/** The catalogue's words for a problem: {message, remedy} and, for developers, {title, cause}. */
export async function requestExplanation(endpoint, problem, lang, milliseconds) {
  const query = ["code", "subcode", "text"]
    .filter((key) => problem[key])
    .map((key) => `${key}=${encodeURIComponent(problem[key].slice(0, LONGEST_TEXT))}`);
  const { ok, body } = await requestJson(
    `${endpoint}?${query.join("&")}&lang=${lang}`, { credentials: "same-origin" }, milliseconds,
  );
  if (!ok) throw new NoAnswer();
  return body;
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

/** The time is for the whole answer: a network may carry its beginning and then nothing more. */
function answer(url, request, milliseconds) {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new NoAnswer());
    const timer = setTimeout(fail, milliseconds);
    const whole = async (response) => {
      const { ok, status } = response;
      return { ok, status, body: parsed(await response.text()) };
    };
    fetch(url, request).then(whole).then(resolve, fail).then(() => clearTimeout(timer));
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (_) {
    return null;
  }
}
