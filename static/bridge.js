// The page's side of DingTalk: reads the signed data of the page, asks the client for the grant,
// and lets the page's code call the client's APIs.
//
//   import { call } from './bridge.js';
//   const place = await call('device.geolocation.get', { targetAccuracy: 200 });
//
// APIs that need no grant run as soon as the native bridge is up, whatever becomes of the grant.
import { Bridge } from "./bridge_connection.js";
import { loadedSdk } from "./bridge_sdk.js";

const EMPTY = { url: null, config: null, apis: {}, words: {}, endpoints: {}, reference: "", lang: "zh" };

function signedPage() {
  const block = document.getElementById("dingbridge");
  return Object.assign({}, EMPTY, block && JSON.parse(block.textContent));
}

function start() {
  const bridge = new Bridge(signedPage(), loadedSdk());
  bridge.start();
  return bridge;
}

// The same module under two addresses (with and without a version) is evaluated twice, and
// dd.config works once per document: the second evaluation takes the first one's bridge.
const KEY = Symbol.for("dingbridge");
const bridge = document[KEY] || start();
document[KEY] = bridge;

/**
 * Calls a declared API. Resolves with the client's result; rejects with a BridgeError, whose
 * `cancelled` is true where the person merely pressed cancel.
 */
export function call(name, params) {
  return bridge.call(name, params);
}

/** Resolves when everything declared may be called; rejects when this document has lost it. */
export const ready = bridge.ready;

/** 'pending', 'ready', 'error' or 'outside', as in `<html data-bridge>`. */
export function state() {
  return bridge.state;
}

/** Waits until a declared API may be called, without calling it; rejects as `call` would. */
export function allow(name) {
  return bridge.allow(name);
}

/** Whether the page's template declares this API. */
export function declares(name) {
  return bridge.declares(name);
}

/** A BridgeError for a problem with a code of the catalogue, in the visitor's language. */
export function explain(problem) {
  return bridge.inWords(problem);
}

/** Tells the server of a BridgeError that page code met, so that its reference can be looked up. */
export function report(error) {
  bridge.reports.send("error", error);
}

/** Shows a BridgeError as the page's notice: its sentence, the reference, a way to try again. */
export function tell(error) {
  bridge.tell(error);
}
