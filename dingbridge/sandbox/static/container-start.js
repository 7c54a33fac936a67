/* global DEVICE, container, endpoint, describe, isSteered, steering, tellPage, answerQuestion, leftIsTheirs, bridges, announce,
   tap, CONTAINER_ID */
// What the container does when a document begins: disguise the browser, put up the bridge, report the document, and
// obey the sandbox's page.

const disguise = () => {
  const says = (name, value) => Object.defineProperty(Navigator.prototype, name, {
    configurable: true, enumerable: true, get: () => value,
  });
  const platforms = { android: "Linux armv8l", ios: "iPhone", harmony: "Linux aarch64", pc: "Win32" };
  if (DEVICE.user_agent && platforms[DEVICE.platform]) {
    says("userAgent", DEVICE.user_agent);
    says("appVersion", DEVICE.user_agent.replace(/^Mozilla\//, ""));
    says("platform", platforms[DEVICE.platform]);
    says("userAgentData", undefined);
  }
};

/** Calls report() whenever the document's address or title changes. */
const follow = (report) => {
  ["pushState", "replaceState"].forEach((name) => {
    const change = history[name];
    history[name] = function changeState(...args) {
      change.apply(this, args);
      report();
    };
  });
  ["hashchange", "popstate", "pageshow", "load"].forEach((name) => window.addEventListener(name, report));
  document.addEventListener("DOMContentLoaded", () => {
    report();
    const titles = new MutationObserver(report);
    titles.observe(document.head, { childList: true, characterData: true, subtree: true });
  });
};

/** What the client's back button does; false where there is nothing to go back to. */
const goBack = () => {
  if (DEVICE.platform === "android" && !announce("backbutton")) {
    return true; // the page takes care of it
  }
  if (leftIsTheirs() && tap("biz.navigation.setLeft")) {
    return true;
  }
  if (window.navigation ? !window.navigation.canGoBack : history.length < 2) {
    return false;
  }
  history.back();
  return true;
};

const obey = (order) => {
  if (order.sandbox === "hello") {
    describe();
  } else if (order.sandbox === "answer") {
    answerQuestion(order.id, order.answer);
  } else if (order.sandbox === "tap") {
    tap(order.method, order.data);
  } else if (order.sandbox === "event") {
    announce(order.name, order.detail);
  } else if (order.sandbox === "reload") {
    location.reload();
  } else if (order.sandbox === "back" && !goBack()) {
    tellPage("first", {});
  }
};

/** What the desktop client's page of another origin wrote into this frame's name, or null. */
const framingHost = () => {
  if (DEVICE.platform !== "pc" || window.top === window) {
    return null;
  }
  try {
    const host = JSON.parse(window.name);
    return host && host.hostOrigin && host.containerId !== CONTAINER_ID ? host : null;
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) {
      throw fault;
    }
    return null; // an ordinary name
  }
};

/** True in a frame that the page itself made: the client serves the page, not what it frames. */
const isInnerFrame = () => {
  try {
    return window.parent !== window && Boolean(window.parent.__sandbox__);
  } catch (fault) {
    return fault.name !== "SecurityError"; // that is another origin: the sandbox's page, or the desktop client's
  }
};

const reportDocument = () => {
  const [navigation] = performance.getEntriesByType("navigation");
  const body = JSON.stringify({
    document: container.document,
    entry_url: container.entryUrl,
    current_url: container.entryUrl,
    how: navigation ? navigation.type : "navigate",
  });
  navigator.sendBeacon(endpoint("document"), new Blob([body], { type: "application/json" }));
};

const begin = () => {
  window.addEventListener("pagehide", () => {
    container.leaving = true;
    tellPage("leaving", {});
  });
  window.addEventListener("pageshow", () => {
    container.leaving = false;
  });
  window.addEventListener("message", (event) => {
    if (isSteered() && event.source === window.parent && event.origin === steering) {
      event.stopImmediatePropagation(); // not the page's business
      obey(event.data);
    }
  });
  const host = framingHost();
  if (host) {
    // The host's page answers the calls (pc-host.js); all it cannot see from over there is where the document is.
    const report = () => window.top.postMessage({
      type: "sandbox", document: container.document, entry_url: container.entryUrl, url: location.href,
    }, host.hostOrigin);
    report();
    follow(report);
  } else {
    if (window.name.includes(CONTAINER_ID)) {
      window.name = ""; // left over from the desktop client in this tab
    }
    const start = bridges[DEVICE.platform];
    if (start) {
      start();
    }
    describe();
    follow(describe);
  }
  reportDocument();
  window.__sandbox__ = Object.freeze({
    document: container.document,
    entryUrl: container.entryUrl,
    tap,
    announce: (name, detail) => announce(name, detail),
  });
};

if (document.currentScript) {
  document.currentScript.remove(); // a real client leaves no element behind
}
disguise();
if (!isInnerFrame()) {
  begin();
}
