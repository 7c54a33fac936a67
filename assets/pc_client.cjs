/* global CustomEvent, document, window */
// Stands in the SDK for its PC client (a quarter of it, which no phone needs): fetches that as a
// script of its own when a page in the PC client first talks to the native side. What the SDK asks
// of it then waits. Bundled by sdk.mjs, never run as it stands.
let address, client, arriving;

/** Where the SDK itself came from; the PC client lies beside it as NAME_pc.js. */
exports.comesFrom = function (script) { address = String(script); };

function arrive() {
  arriving = arriving || new Promise(function (resolve, reject) {
    const script = document.createElement("script");
    script.src = address.replace(/(?:\.m?js)?(?=[?#]|$)/, "_pc.js");
    script.onload = function () {
      client = window.dingtalkPc;
      if (client) resolve(client);
      else fail(); // a page of some network in its place
    };
    script.onerror = fail;
    document.head.appendChild(script);

    // Where no grant is asked for, nothing else would tell the bridge; Android's does the same.
    function fail() {
      const error = new Error(script.src + " did not arrive");
      document.dispatchEvent(new CustomEvent("runtimefailed", { detail: error }));
      reject(error);
    }
  });
  return arriving;
}

function whenThere(name) {
  return function (first, second) {
    if (client) client[name](first, second);
    // Where it does not come, that has been told: no event will ever come either.
    else arrive().then(function (there) { there[name](first, second); }, function () {});
  };
}

// The SDK resolves a promise with this module before it uses it, which waits for the script.
exports.then = function (resolve, reject) { return arrive().then(resolve, reject); };
exports.invokeAPI = function (method, params) {
  return { result: arrive().then(function (there) { return there.invokeAPI(method, params).result; }) };
};
exports.addEventListener = whenThere("addEventListener");
exports.removeEventListener = whenThere("removeEventListener");
