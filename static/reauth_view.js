// Where a view is, and what of the page follows it.

export function withoutFragment(address) {
  return address.split("#")[0];
}

/** Whether two addresses are the same page: /app, /app/ and /app/?a=b#/route are. */
export function samePath(one, other) {
  const [first, second] = [one, other].map((address) => {
    const { origin, pathname } = new URL(address, window.location.href);
    return origin + pathname.replace(/\/$/, "");
  });
  return first === second;
}

/** The part of an address that a router reads: all but a fragment that is no route. */
export function route(address) {
  const { hash, pathname, search } = new URL(address, window.location.href);
  return pathname + search + (isRoute(hash) ? hash : "");
}

export function isRoute(hash) {
  return /^#!?\//.test(hash);
}

/** What names a view: its path, in hash mode with the route's; no query, which may change by itself. */
export function viewKey() {
  const { hash, pathname } = window.location;
  return pathname + (isRoute(hash) ? hash.split("?")[0] : "");
}

/**
 * The page's title, and the colour of its own bar: the view's, else the address's, else that of
 * the address with which the document was loaded, as the client's bar has it.
 */
export function follow({ title, colour, entry }) {
  if (title) document.title = title;
  if (!document.dingbridge) return;
  const asked = [`?dd_nav_bgcolor=${colour}`, window.location.search, new URL(entry).search];
  asked.some((search) => document.dingbridge.colour(search));
}
