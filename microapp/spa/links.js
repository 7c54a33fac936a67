// The same views without a framework: plain links, the History API, and <template> elements.
import { startReauth } from "dingbridge/reauth.js";
import { connectLinks } from "dingbridge/reauth_links.js";
import { LOCATE, PICK, describePlace, locate, names, pickPeople, tellError } from "./calls.js";
import { VIEWS, base, follow, t } from "./page.js";
import { isKept, save, saved } from "./saved_list.js";

/** Runs `run()` for a tap on `button`, and at once where a refresh cut off that call in this view. */
function bind(reauth, button, output, api, run) {
  const start = async () => {
    if (button.getAttribute("aria-disabled")) return;
    // Not `disabled`, which takes the focus away.
    button.setAttribute("aria-disabled", "true");
    Object.assign(output.dataset, { kind: "working" });
    try {
      output.textContent = await run();
      output.dataset.kind = "";
    } catch (error) {
      output.textContent = tellError(error);
      output.dataset.kind = "bad";
    }
    button.removeAttribute("aria-disabled");
  };
  button.addEventListener("click", start);
  if (reauth.resume(api)) start();
}

const drawn = {
  place(reauth, view) {
    bind(reauth, view.querySelector("[data-action]"), view.querySelector("#place"), LOCATE, async () => {
      const place = await locate(reauth);
      save(t.spa_place, place.address || t.spa_no_address);
      return describePlace(place);
    });
  },

  visit(reauth, view, go) {
    let people = [];
    people = reauth.carry("people", () => people) || people;
    const output = view.querySelector("#people");
    output.textContent = names(people);
    bind(reauth, view.querySelector("[data-action]"), output, PICK, async () => {
      people = await pickPeople(reauth, people);
      return names(people);
    });
    view.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      const { customer, note, purpose, result } = event.target.elements;
      const detail = [t[`spa_purpose_${purpose.value}`], t[`spa_result_${result.value}`], note.value];
      save(customer.value, detail.concat(people.length ? names(people) : []).filter(Boolean).join(" · "));
      go(`${base}saved`);
    });
  },

  saved(reauth, view) {
    const list = view.querySelector("#saved");
    if (!isKept) view.querySelector(".hint").textContent = t.spa_not_kept;
    if (!saved().length) list.textContent = t.spa_nothing;
    saved().forEach((entry) => {
      const item = document.createElement("li");
      const title = document.createElement("strong");
      const detail = document.createElement("p");
      title.textContent = entry.title;
      detail.textContent = entry.detail;
      item.append(title, detail);
      list.append(item);
    });
  },
};

async function main() {
  const reauth = await startReauth({ parent: base });
  const place = document.getElementById("view");
  const find = ({ pathname }) => {
    const name = pathname.startsWith(base) ? pathname.slice(base.length).replace(/\/$/, "") : null;
    return name !== null && Object.keys(VIEWS).includes(name) ? { name, ...VIEWS[name] } : null;
  };
  let isFirst = true;
  const draw = ({ name }) => {
    const template = document.querySelector(`template[data-view="${name}"]`);
    place.textContent = "";
    if (template) place.append(template.content.cloneNode(true));
    if (drawn[name]) drawn[name](reauth, place, (href) => go(href));
    follow(name, isFirst);
    isFirst = false;
  };
  const go = connectLinks(reauth, find, draw);
}

main();
