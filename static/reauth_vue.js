// reauth.js for Vue Router 4 or 5, in hash and in history mode.
//
//   const reauth = await startReauth({ parent: "/app/" });
//   const router = createRouter({ history: createWebHistory("/app/"), routes });
//   connectRouter(router, reauth);
//
// A route says what its view needs: meta: { apis: ["device.geolocation.get"], title: "…" }.
import { withoutFragment } from "./reauth_view.js";

/** `describe(to)` returns what `reauth.enter` takes; by default it is the route's meta. */
export function connectRouter(router, reauth, describe = (to) => to.meta) {
  router.beforeEach(async (to) => {
    const here = window.location.href;
    const there = new URL(router.resolve(to).href, here).href;
    if (withoutFragment(there) !== withoutFragment(here)) await reauth.settled(describe(to).apis);
  });
  router.afterEach((to, from, failure) => {
    if (!failure) reauth.enter(describe(to));
  });
}
