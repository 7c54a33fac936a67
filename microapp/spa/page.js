// What the parent page brings for its views.

const nav = document.getElementById("spa");
const signed = JSON.parse(document.getElementById("dingbridge").textContent);

export const t = JSON.parse(document.getElementById("spa-words").textContent);

/** The path of the parent page, with any path prefix, and how its views are addressed. */
export const { base, router: mode } = nav.dataset;

/** This app for the client's pickers; empty where the page is not signed, and then they fail. */
export const { corpId = "", agentId = "" } = signed.config || {};

/** What of each view the parent page shows: its title, and the APIs that it calls. */
export const VIEWS = {
  "": { title: t.spa_title, apis: [] },
  place: { title: t.spa_place, apis: ["device.geolocation.get"] },
  visit: { title: t.spa_visit, apis: ["biz.contact.complexPicker"] },
  saved: { title: t.spa_saved, apis: [] },
};

/** To a router that keeps its routes behind the # the link to the content would be a route. */
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});

/** The parts outside the view follow it: overview, tabs, header, and where a new language leads. */
export function follow(view, isFirst) {
  document.getElementById("overview").hidden = view !== "";
  nav.querySelectorAll("a").forEach((link) => {
    if (link.dataset.view === view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  document.querySelector(".bar-title").textContent = VIEWS[view].title;
  const { href, origin } = window.location;
  document.querySelector("input[name=back]").value = href.slice(origin.length);
  // Whoever listens to the page hears that it changed.
  if (!isFirst) document.getElementById("main").focus({ preventScroll: true });
}
