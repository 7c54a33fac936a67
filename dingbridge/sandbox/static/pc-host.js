// The desktop client's page of another origin, with the app in a frame: opened under a name that ends in .dingtalk.com
// (the SDK talks to no other host), it answers the requests that the frame posts to window.top.
//   pc-host.html?app=<address of the app>&device=<name of the sandbox's device>

const parameters = new URLSearchParams(location.search);
const named = parameters.get("device");
const suffix = named ? `?device=${encodeURIComponent(named)}` : "";
const frame = Object.assign(document.createElement("iframe"), { id: "frame", title: "app" });
const containerId = `sandbox-host-${Date.now()}`;

let place = {}; // where the framed document is, as its container reports it
let grants = new Map();
let subscription = null;

const ask = async (path, body) => {
  const response = await fetch(`/__sandbox__/${path}${suffix}`, body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  return response.json();
};

const boundTo = (life) => {
  const bindings = { path: place.url && new URL(place.url).pathname, url: place.url };
  return bindings[life] || "document";
};

const withoutFragment = (url) => (url === undefined ? undefined : url.split("#")[0]);

const answer = async (device, message) => {
  const { methodName: method, body: args } = message;
  const binding = boundTo(device.grant_life);
  const outcome = await ask("native", {
    document: place.document,
    method,
    args,
    granted: (grants.get(binding) || []).includes(method),
    entry_url: place.entry_url,
    current_url: withoutFragment(place.url),
  });
  if (outcome.ok && method === "config") {
    grants.set(binding, args.jsApiList || []);
  }
  return { type: "response", msgId: message.msgId, success: outcome.ok, body: outcome.ok ? outcome.result : outcome.error };
};

const wait = (milliseconds) => new Promise((resolve) => {
  setTimeout(resolve, milliseconds);
});

const start = async () => {
  const [device, addresses] = await Promise.all([ask("device"), ask("addresses")]);
  const up = device.bridge === "late" ? wait(device.late_ms) : Promise.resolve();
  window.addEventListener("message", async (event) => {
    const said = event.data;
    if (event.source !== frame.contentWindow || !said) {
      return;
    }
    if (said.type === "sandbox") {
      if (said.document !== place.document) {
        grants = new Map();
        subscription = null;
      }
      place = said;
    } else if (said.type === "request" && said.containerId === containerId && device.bridge !== "never") {
      await up;
      if (said.methodName === "SYS_openAPIContainerInitEvent") {
        subscription = said.msgId;
      } else {
        const response = await answer(device, said);
        event.source.postMessage(response, event.origin);
      }
    }
  });
  const app = new URL(parameters.get("app") || addresses.phone);
  if (!/^https?:$/.test(app.protocol)) {
    throw new Error(`no address of an app: ${app.protocol}`);
  }
  frame.name = JSON.stringify({
    hostOrigin: location.origin, containerId, hostVersion: device.version, language: device.language,
  });
  frame.src = app.href;
  document.body.append(frame); // the name counts from here on; set later, the window inside would not take it over
  document.getElementById("title").textContent = app.host;
  // Events of the client, for whoever steers this page: dispatch `sandbox:event` with {name, body}.
  document.addEventListener("sandbox:event", (event) => {
    if (subscription !== null) {
      frame.contentWindow.postMessage(
        { type: "event", msgId: subscription, eventName: event.detail.name, body: event.detail.body }, app.origin,
      );
    }
  });
};

start();
