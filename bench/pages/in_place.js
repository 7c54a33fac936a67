/* global document, dd */
// The page carries its signature, so dd.config need not wait for a request.
(() => {
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  dd.config(JSON.parse(document.getElementById("signed").textContent).config);
  dd.ready(() => tell("bench:ready"));
  dd.error((reason) => tell("bench:error", reason));
})();
