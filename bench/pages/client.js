/* global window, document, navigator, performance, console, Response, benchNative */
// Runs before any script of the page: the simulated client, whose native side is no network
// request here (a real client's is none either), and the time at which dd.ready fired.
// CONTAINER is replaced by the sandbox's container script.
(() => {
  const browserFetch = window.fetch;
  const browserBeacon = navigator.sendBeacon;
  const asked = [];
  // Answered in the order of the questions.
  window.fetch = (address, request) => new Promise((resolve) => {
    asked.push((text) => resolve(new Response(text)));
    benchNative(JSON.stringify({ address, body: request.body }));
  });
  window.benchAnswer = (text) => asked.shift()(text);
  navigator.sendBeacon = () => true;
  /* CONTAINER */
  window.fetch = browserFetch;
  navigator.sendBeacon = browserBeacon;

  // The first outcome counts; the page is closed then.
  const tell = (outcome, detail) => {
    const [paint] = performance.getEntriesByName("first-contentful-paint");
    const figures = { outcome, detail, ready_ms: performance.now(), paint_ms: paint ? paint.startTime : null };
    // eslint-disable-next-line no-console -- costs a page less than to be asked
    console.debug(`bench ${JSON.stringify(figures)}`);
  };
  ["dingbridge:ready", "dingbridge:error", "bench:ready", "bench:error"].forEach((name) => {
    document.addEventListener(name, (event) => tell(name.split(":")[1], event.detail));
  });
  setTimeout(tell, 20000, "nothing");
})();
