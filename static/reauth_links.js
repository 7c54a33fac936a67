// reauth.js for pages whose views change by plain links and the History API, without a router.
//
//   const reauth = await startReauth({ parent: "/app/" });
//   connectLinks(reauth, (url) => VIEWS[url.pathname], (view, url) => { …draw it… });
//
// Links that belong to no view, open elsewhere or are pressed with a modifier stay the browser's.
import { isRoute, route, withoutFragment } from "./reauth_view.js";

/**
 * `find(url)` returns the view of an address, or nothing; what it returns goes to `reauth.enter`
 * ({apis, title, colour}) and, with the URL, to `draw`. Returns a function that goes to an address.
 */
export function connectLinks(reauth, find, draw) {
  let turn = 0;
  let drawn = ""; // the route of what is on the screen

  const arrive = () => {
    turn += 1;
    const url = new URL(window.location.href);
    const view = find(url);
    // Who is there already keeps what was typed.
    if (!view || drawn === route(url.href)) return;
    drawn = route(url.href);
    reauth.enter(view);
    draw(view, url);
  };

  const go = async (href) => {
    turn += 1;
    const own = turn;
    const url = new URL(href, window.location.href);
    const view = find(url);
    if (withoutFragment(url.href) !== withoutFragment(window.location.href)) {
      await reauth.settled(view && view.apis);
      if (own !== turn) return; // the visitor has gone elsewhere meanwhile
    }
    if (url.href !== window.location.href) window.history.pushState(null, "", url.href);
    arrive();
    window.scrollTo(0, 0);
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href]");
    if (!link || event.defaultPrevented || !isPlain(event, link)) return;
    const url = new URL(link.href);
    if (url.origin !== window.location.origin || !find(url) || isPart(url)) return;
    event.preventDefault();
    go(url.href);
  });
  window.addEventListener("popstate", arrive);
  arrive();
  return go;
}

/** A place in the page that is shown, to which the browser scrolls. */
function isPart({ hash, href }) {
  return hash !== "" && !isRoute(hash) && withoutFragment(href) === withoutFragment(window.location.href);
}

function isPlain(event, link) {
  const isModified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  const isElsewhere = link.target && link.target !== "_self";
  return event.button === 0 && !isModified && !isElsewhere && !link.hasAttribute("download");
}
