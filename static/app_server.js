// Talking to the app's own server.
//
//   const answer = await send("/checkin", new FormData(form));
//
// An expired session is renewed silently, once; whatever fails rejects with a BridgeError, whose
// message is a sentence for the visitor and whose reference stands in the server's log.
import { explain } from "./bridge.js";
import { signedFetch } from "./login.js";

const ANSWER_MS = 45000; // with a renewal, for which the client may first ask the person

/** Posts a form's data, bytes, or an object as JSON, and resolves with the answer's JSON. */
export function send(address, content, method = "POST") {
  const isForm = content instanceof FormData;
  const isBytes = content instanceof ArrayBuffer;
  const type = isBytes ? "application/octet-stream" : "application/json";
  const body = isForm || isBytes ? content : JSON.stringify(content);
  const headers = isForm ? {} : { "Content-Type": type };
  return exchange(address, { method, headers, body });
}

/** Gets JSON. */
export function receive(address) {
  return exchange(address, { headers: {} });
}

/** What an answer of the server says, as JSON; rejects with its error's words. */
export async function read(answer) {
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  const told = Object.assign({ code: "unavailable", otherwise: "unknown" }, body.error);
  const { reference } = told;
  throw Object.assign(await explain(told), { status: answer.status }, reference ? { reference } : {});
}

async function exchange(address, request) {
  request.headers.Accept = "application/json";
  return read(await within(ANSWER_MS, signedFetch(address, request)));
}

/** The answer, or the words for none: offline, a server that is away, one that is silent. */
async function within(milliseconds, promise) {
  let timer = 0;
  const silence = new Promise((resolve) => { timer = setTimeout(resolve, milliseconds, null); });
  const answer = await Promise.race([promise, silence]).catch((reason) => {
    if (reason.name === "BridgeError") throw reason; // signing in failed
    return null; // the network did
  });
  clearTimeout(timer);
  if (!answer) throw await explain({ code: "offline" });
  return answer;
}
