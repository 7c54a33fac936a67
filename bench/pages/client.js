/* global window, document, navigator, performance, Response, benchNative */
// Runs before any script of the page: the simulated client, whose native side is no network
// request here (a real client's is none either), and the time at which dd.ready fired.
// CONTAINER is replaced by the sandbox's container script.
(() => {
  const browserFetch = window.fetch;
  const browserBeacon = navigator.sendBeacon;
  window.fetch = (address, request) => (
    benchNative(address, request.body).then((text) => new Response(text))
  );
  navigator.sendBeacon = () => true;
  /* CONTAINER */
  window.fetch = browserFetch;
  navigator.sendBeacon = browserBeacon;

  window.benchOutcome = new Promise((resolve) => {
    const tell = (event) => {
      const [paint] = performance.getEntriesByName("first-contentful-paint");
      resolve({
        outcome: event.type.split(":")[1],
        detail: JSON.stringify(event.detail || null),
        ready_ms: performance.now(),
        paint_ms: paint ? paint.startTime : null,
      });
    };
    ["dingbridge:ready", "dingbridge:error", "bench:ready", "bench:error"]
      .forEach((name) => document.addEventListener(name, tell));
    setTimeout(resolve, 20000, { outcome: "nothing" });
  });
})();
