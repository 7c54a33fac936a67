// What login.js asks of the app's own server.
import { explain } from "./bridge.js";
import { silence } from "./bridge_server.js";

// Nobody waits longer. The server asks the platform twice or more, each time for up to 10 seconds.
const ANSWER_MS = 20000;

/** {status, body} of a POST with a JSON object; rejects with a BridgeError where nothing answers. */
export async function ask(endpoint, content) {
  const response = await answer(endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
  const body = await response.json().catch(() => ({}));
  // The app words what it refuses. Without a word it was a proxy, in front of an app that is away.
  if (response.status >= 500 && !body.error) throw await explain(silence());
  return { status: response.status, body };
}

/** Whether the server knows this browser. */
export async function isSignedIn(endpoint) {
  return (await answer(endpoint, {})).ok;
}

function answer(endpoint, request) {
  return new Promise((resolve, reject) => {
    const fail = () => explain(silence()).then(reject, reject);
    const timer = setTimeout(fail, ANSWER_MS);
    fetch(endpoint, Object.assign({ credentials: "same-origin", cache: "no-store" }, request)).then(
      (response) => { clearTimeout(timer); resolve(response); },
      () => { clearTimeout(timer); fail(); },
    );
  });
}
