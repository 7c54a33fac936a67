// The sentences of the page's data block and of the server's catalogue. None stands in the scripts.
import { requestExplanation } from "./bridge_server.js";

const PATIENCE_MS = 2500; // a visitor waits no longer than this for better words

/**
 * A problem with its words: {code, subcode, message, remedy, reference, …}. What the data block
 * has no words for is fetched, and with `wantsCause` the cause too, which the server tells
 * developers only. Without an answer the words for `problem.otherwise` (or the plainest) do.
 */
export async function inWords(page, problem, wantsCause) {
  const local = page.words[problem.code];
  let said = problem.message ? problem : local;
  let more = {};
  if ((!said || wantsCause) && page.endpoints.explain && navigator.onLine !== false) {
    more = await requestExplanation(page.endpoints.explain, problem, page.lang, PATIENCE_MS)
      .catch(() => ({}));
  }
  if (!said) said = more.message ? more : page.words[problem.otherwise] || page.words.unknown || {};
  return Object.assign({}, problem, {
    message: fill(said.message || problem.text || problem.code, problem),
    remedy: fill(said.remedy || "", problem),
    title: more.title || "",
    cause: more.cause || "",
    reference: page.reference,
  });
}

/** A sentence with {name} replaced by the problem's value of that name. */
export function fill(sentence, values) {
  return sentence.replace(/\{([a-z_]+)\}/g, (whole, name) => String(values[name] || "…"));
}
