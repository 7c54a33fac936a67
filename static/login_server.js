// What login.js asks of the app's own server.
import { explain } from "./bridge.js";
import { json, requestJson, silence } from "./bridge_server.js";

// Nobody waits longer. The server asks the platform twice or more, each time for up to 10 seconds.
const ANSWER_MS = 20000;

/** {status, ok, body} of a POST with a JSON object; rejects with a BridgeError where nothing answers. */
export function ask(endpoint, content) {
  return answer(endpoint, json(content));
}

/** Whether the server knows this browser. */
export async function isSignedIn(endpoint) {
  return (await answer(endpoint, { credentials: "same-origin" })).ok;
}

async function answer(endpoint, request) {
  const uncached = Object.assign({ cache: "no-store" }, request);
  // Whatever it was that failed, it is no answer.
  return requestJson(endpoint, uncached, ANSWER_MS).catch(async () => {
    throw await explain(silence());
  });
}
