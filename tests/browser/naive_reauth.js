// What one writes first: whenever there is no grant, load the parent page and come back. It has the
// interface of static/reauth.js and remembers the way, but not that it has been there before; tests
// put it in the place of that.
/* global history, location, sessionStorage */
import { allow, call } from "./bridge.js";

const BACK = "naive.back";
let refreshing = null;

function refresh(parent) {
  if (!refreshing) {
    refreshing = new Promise(() => {});
    sessionStorage.setItem(BACK, location.href);
    if (!location.hash) history.replaceState(null, "", parent);
    location.reload();
  }
  return refreshing;
}

export async function startReauth({ parent }) {
  const back = sessionStorage.getItem(BACK);
  sessionStorage.removeItem(BACK);
  if (back) history.replaceState(null, "", back);
  return {
    settled: () => Promise.resolve(),
    enter: ({ apis = [] }) => Promise.all(apis.map(allow)).catch(() => refresh(parent)),
    call: (name, params) => call(name, params).catch(() => refresh(parent)),
    resume: (name) => (back && name === "biz.contact.complexPicker" ? {} : null),
    carry: () => {},
  };
}
