// Talking to the app's own server.
//
//   const answer = await send("/checkin", new FormData(form));
//
// An expired session is renewed silently, once; whatever fails rejects with a BridgeError, whose
// message is a sentence for the visitor and whose reference stands in the server's log.
import { explain } from "./bridge.js";
import { silence } from "./bridge_server.js";
import { signedFetch } from "./login.js";

const ANSWER_MS = 45000; // with a renewal, for which the client may first ask the person

/** Posts a form's data, bytes, or an object as JSON, and resolves with the answer's JSON. */
export function send(address, content, method = "POST") {
  const isForm = content instanceof FormData;
  const isBytes = content instanceof ArrayBuffer;
  const type = isBytes ? "application/octet-stream" : "application/json";
  const body = isForm || isBytes ? content : JSON.stringify(content);
  const headers = Object.assign({ Accept: "application/json" }, isForm ? {} : { "Content-Type": type });
  return ask(address, { method, headers, body }, json);
}

/** Resolves with a page of the server, as HTML. */
export function receivePage(address) {
  return ask(address, { headers: { Accept: "text/html" }, cache: "no-store" }, (answer) => answer.text());
}

/** What `read` makes of the server's answer; the time is for its body too. */
function ask(address, request, read) {
  return within(ANSWER_MS, signedFetch(address, request).then(read));
}

/** What an answer of the server says, as JSON; rejects with its error's words. */
async function json(answer) {
  const body = await answer.json().catch(() => null);
  if (answer.ok && body) return body;
  if (answer.ok) throw await noAnswer(); // the page of a network to which one has to sign in first
  const told = Object.assign({ code: "unavailable", otherwise: "unknown" }, body && body.error);
  const { reference } = told;
  throw Object.assign(await explain(told), { status: answer.status }, reference ? { reference } : {});
}

/** A BridgeError for an answer that did not come, or not from the app. */
export function noAnswer() {
  return explain(silence());
}

/** What was promised, or the words for no answer: offline, a server that is away, one that is silent. */
async function within(milliseconds, promise) {
  let timer = 0;
  const timeout = new Promise((resolve) => { timer = setTimeout(resolve, milliseconds, null); });
  const answer = await Promise.race([promise, timeout]).catch((reason) => {
    if (reason.name === "BridgeError") throw reason; // signing in failed, or the server said no
    return null; // the network did
  });
  clearTimeout(timer);
  if (!answer) throw await noAnswer();
  return answer;
}
