/* global DEVICE */
/* exported container, endpoint, describe, isSteered, steering, tellPage, answerQuestion, call, TAPPED, leftIsTheirs */
// The native half of the DingTalk client, as far as a page can tell, run before any script of the page. The server
// joins the files that container.json lists into one function and puts `const DEVICE = {…};` at its beginning:
//   platform      "android" | "ios" | "harmony" | "pc"
//   device        name of the device, where the sandbox has several
//   user_agent    what navigator.userAgent says; absent: left alone
//   version       of the client; language, e.g. "zh-CN"
//   bridge        "normal" | "late" (after late_ms) | "never" | "failed" (comes up and reports that it cannot)
//   grant_life    "document" | "path" | "url": what a grant of dd.config is bound to
//   error_shape   "modern" (string errorCode, errorMessage) | "classic" (numeric errorCode, message)
//   needs_grant   names of the APIs that are refused without a grant
//   page          address of the sandbox's own page, the only window that may steer this container
// The container keeps the grants and refuses what needs one; whatever else a real client decides or asks its servers,
// the sandbox's server answers: POST /__sandbox__/native.
// This file: who the document is, what it may call, and the calls themselves.

const withoutFragment = (url) => url.split("#")[0];

const randomHex = (bytes) => Array.from(
  window.crypto.getRandomValues(new Uint8Array(bytes)),
  (byte) => byte.toString(16).padStart(2, "0"),
).join("");

const container = {
  document: randomHex(6),
  entryUrl: withoutFragment(location.href), // before any router can touch it
  leaving: false,
};

const endpoint = (name) => `/__sandbox__/${name}?device=${encodeURIComponent(DEVICE.device)}`;

// The page may replace fetch later; the container keeps the browser's own.
const request = window.fetch.bind(window);

// ---- the sandbox's own page, where it stands around the phone

const steering = DEVICE.page ? new URL(DEVICE.page).origin : null;
const isSteered = () => {
  const around = location.ancestorOrigins; // not in every browser; without it the parent is taken for the page
  return steering !== null && window.parent !== window && (around === undefined || around[0] === steering);
};

const tellPage = (kind, content) => {
  if (isSteered()) {
    window.parent.postMessage(Object.assign({ sandbox: kind, document: container.document }, content), steering);
  }
};

const describe = () => tellPage("state", {
  url: location.href,
  title: document.title,
  entry_url: container.entryUrl,
  can_go_back: window.navigation ? window.navigation.canGoBack : history.length > 1,
});

// These change what the client draws around or over the page.
const SHOWN = [
  "device.notification.toast",
  "device.notification.showPreloader",
  "device.notification.hidePreloader",
  "biz.navigation.setTitle",
  "biz.navigation.setRight",
  "biz.navigation.close",
  "biz.util.previewImage",
  "biz.util.openLink",
  "biz.cspace.preview",
  "biz.chat.toConversation",
  "biz.chat.toConversationByOpenConversationId",
  "biz.chat.openSingleChat",
];
// These report every tap. To be accepted is no success yet, on Android and Harmony.
const TAPPED = [
  "biz.navigation.setRight",
  "biz.navigation.setLeft",
  "biz.navigation.setMenu",
  "biz.navigation.setIcon",
  "device.accelerometer.watchShake",
  "ui.pullToRefresh.enable",
];

const questions = new Map(); // id -> resolve
let asked = 0;

/** A person answers where the sandbox's page is there to ask, and its server finds that they should. */
const askPage = (question) => new Promise((resolve) => {
  asked += 1;
  const id = `${container.document}-${asked}`;
  questions.set(id, resolve);
  tellPage("ask", { id, question });
});

const answerQuestion = (id, answer) => {
  const resolve = questions.get(id);
  if (resolve) {
    questions.delete(id);
    resolve(answer);
  }
};

// ---- grants

const AUTHORISE = DEVICE.platform === "pc" ? "config" : "runtime.permission.requestJsApis";
const needsGrant = new Set(DEVICE.needs_grant);
const grants = new Map(); // what a grant is bound to -> the APIs granted

const boundTo = () => {
  const bindings = { path: location.pathname, url: location.href };
  return bindings[DEVICE.grant_life] || "document";
};

const isGranted = (method) => {
  const apis = grants.get(boundTo());
  return apis !== undefined && apis.has(method);
};

const errorOf = (code, text) => (DEVICE.error_shape === "classic"
  ? { errorCode: Number(code), message: text }
  : { errorCode: code, errorMessage: text });

/** Code 7, in the words of each platform; the misspelt ones are the iOS client's own. Harmony and desktop are
    modelled on Android, for want of a report. */
const refusal = (method) => {
  const classic = DEVICE.error_shape === "classic";
  if (DEVICE.platform !== "ios") {
    return errorOf("7", classic ? "requestJsApis() not invoked" : "jsapi should be invoked after dd.ready callbacks");
  }
  const dot = method.lastIndexOf(".");
  return errorOf("7", classic
    ? "Jsapi Should NOT Call selectorString"
    : `Permission denied: JSAPI aciton = ${method.slice(dot + 1)}, pluin = ${method.slice(0, dot)}`);
};

// ---- calls

const native = async (method, args, more) => {
  const body = Object.assign({
    document: container.document,
    method,
    args,
    granted: isGranted(method),
    entry_url: container.entryUrl,
    current_url: withoutFragment(location.href),
  }, more);
  try {
    const response = await request(endpoint("native"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    return await response.json();
  } catch (fault) {
    if (container.leaving) {
      return new Promise(() => {}); // a client that is closing the page answers nothing
    }
    return { ok: false, error: errorOf("-2", `sandbox: its server does not answer (${fault.message})`) };
  }
};

let leftIsTheirs = () => false;
let reports = []; // refusals on their way into the log

/** One call from the page; resolves to {ok: true, result} or {ok: false, error} in the device's shape. */
const call = async (method, rawArgs) => {
  const args = JSON.parse(JSON.stringify(rawArgs || {})); // functions do not cross into the client
  if (needsGrant.has(method) && !isGranted(method)) {
    // A client refuses without asking anybody; a call that races dd.config must not learn of its success.
    const error = refusal(method);
    reports.push(native(method, args, { refused: error }));
    return { ok: false, error };
  }
  const binding = boundTo();
  if (method === "biz.navigation.setLeft") {
    leftIsTheirs = () => args.control === true;
  }
  let outcome = await native(method, args, { asks: isSteered() });
  if (outcome.ask) {
    outcome = await native(method, args, { answer: await askPage(outcome.ask) });
  }
  if (outcome.ok && SHOWN.includes(method)) {
    tellPage("show", { method, args });
  }
  if (method === AUTHORISE) {
    await Promise.all(reports); // what was refused before stands before it in the log
    reports = [];
  }
  if (outcome.ok && method === AUTHORISE) {
    grants.set(binding, new Set(args.jsApiList || []));
  }
  return outcome;
};
