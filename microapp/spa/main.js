// The single-page part with Vue and vue-router. The parent page, its tabs and its overview come from
// the server; Vue draws the views into #view.
import { createApp, h } from "vue";
import { RouterView, createRouter, createWebHashHistory, createWebHistory } from "vue-router";
import { startReauth } from "dingbridge/reauth.js";
import { connectRouter } from "dingbridge/reauth_vue.js";
import { VIEWS, base, follow, mode } from "./page.js";
import { PlaceView } from "./place_view.js";
import { SavedView } from "./saved_view.js";
import { VisitView } from "./visit_view.js";

const COMPONENTS = {
  // The overview stands in the parent page already.
  "": { render: () => null }, place: PlaceView, visit: VisitView, saved: SavedView,
};

const routes = Object.keys(VIEWS).map((view) => ({
  path: `/${view}`, name: `view-${view}`, component: COMPONENTS[view], meta: { view, ...VIEWS[view] },
}));

/** A tab's address is a link for whoever opens it elsewhere, and a route for whoever taps it. */
function openTabs(router) {
  document.getElementById("spa").addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    const { hash, pathname, search } = new URL(link.href);
    router.push(mode === "hash" ? hash.slice(1) : pathname.slice(base.length - 1) + search);
  });
}

async function main() {
  // First of all: a refresh may have to bring the address back before a router reads it.
  const reauth = await startReauth({ parent: base });
  const history = mode === "hash" ? createWebHashHistory(base) : createWebHistory(base);
  const router = createRouter({
    history,
    routes: [...routes, { path: "/:rest(.*)*", redirect: "/" }],
    scrollBehavior: (to, from, saved) => saved || { top: 0 },
  });
  connectRouter(router, reauth);
  router.afterEach((to, from, failure) => {
    if (!failure) follow(to.meta.view, from.matched.length === 0);
  });
  openTabs(router);
  createApp({ render: () => h(RouterView) })
    .use(router)
    .provide("reauth", reauth)
    .mount("#view");
}

main();
