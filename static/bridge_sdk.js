// The client SDK (`dd`) as it is on npm and on the platform's CDN, with what it does not say itself.

const PLATFORMS = ["android", "ios", "pc", "harmony"];

/** The SDK if its script arrived, else null. */
export function loadedSdk() {
  const { dd } = window;
  return dd && typeof dd.config === "function" && dd.env ? dd : null;
}

/** 'android', 'ios', 'pc', 'harmony', or '' for anything else. */
export function platformOf(dd) {
  return dd && PLATFORMS.includes(dd.env.platform) ? dd.env.platform : "";
}

export function isOutside(dd) {
  return dd.env.platform === "notInDingTalk";
}

/** The function behind a dotted name, or null where this SDK does not have it. */
export function findApi(dd, name) {
  const api = name.split(".").reduce((owner, part) => owner && owner[part], dd);
  return typeof api === "function" ? api : null;
}

/** Whether this client's version is below what every one of `names` asks for. */
export async function isTooOld(dd, names) {
  const known = names.filter((name) => findApi(dd, name));
  if (!known.length || !dd.env.version || typeof dd.checkJsApi !== "function") return false;
  const supported = await dd.checkJsApi({ jsApiList: known });
  return known.every((name) => supported[name] === false);
}

/**
 * `dd.ready` leaves a promise without a handler, so each failure of the SDK also appears as an
 * unhandled rejection, with the very reason that `dd.error` hands over. Reasons that are passed to
 * the returned function are kept out of the console; every other rejection stays the page's own.
 * A bridge that broke may give `undefined` as its reason, which has no identity: of such ones only
 * as many are taken as the bridge has called `dd.ready`.
 */
export function quietRejections() {
  const reasons = new WeakSet();
  const nameless = [];
  window.addEventListener("unhandledrejection", (event) => {
    const at = nameless.indexOf(event.reason);
    if (at >= 0) nameless.splice(at, 1);
    if (at >= 0 || reasons.has(event.reason)) event.preventDefault();
  });
  return (reason) => {
    if (typeof reason === "object" && reason !== null) reasons.add(reason);
    else nameless.push(reason, reason);
  };
}
