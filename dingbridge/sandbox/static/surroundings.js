// What is around the phone: where it is, the codes and tags before it, and what its drive holds.

import { ask } from "./api.js";
import { make } from "./dialogs.js";
import { PlaceMap } from "./map.js";
import { size, driveUrl } from "./viewer.js";
import { word } from "./words.js";

const byId = (id) => document.getElementById(id);
const COORDINATES = ["longitude", "latitude", "accuracy"];

let panel = null; // the settings of the device
let map = null;
let cities = [];
let saving = Promise.resolve(); // changes reach the server in their order

const device = () => panel.values;

const say = (id, text) => {
  byId(id).textContent = text;
  byId(id).hidden = text === "";
};

const change = (patch, id) => {
  saving = saving.then(async () => {
    try {
      await panel.change(patch);
      say(id, "");
    } catch (fault) {
      say(id, word("not_saved") + fault.message);
    }
  });
  return saving;
};

// ---- the place

const drawPlace = () => {
  COORDINATES.forEach((name) => {
    const field = byId(`place-${name}`);
    if (document.activeElement !== field) {
      field.value = String(device().place[name]);
    }
  });
  byId("place-address").textContent = device().location_off ? word("location_is_off") : device().address;
  byId("place-off").checked = device().location_off;
  if (map) {
    map.show(device().place);
  }
};

const goTo = async (place) => {
  await change({ place }, "place-said");
  drawPlace();
};

const wirePlace = (bounds) => {
  const showing = (place) => {
    byId("place-longitude").value = String(place.longitude);
    byId("place-latitude").value = String(place.latitude);
  };
  map = new PlaceMap(byId("map"), bounds, showing, goTo);
  byId("map-in").addEventListener("click", () => map.zoom(0.5));
  byId("map-out").addEventListener("click", () => map.zoom(2));
  COORDINATES.forEach((name) => byId(`place-${name}`).addEventListener("change", (event) => {
    if (event.target.checkValidity()) {
      goTo({ [name]: Number(event.target.value) });
    }
  }));
  byId("place-city").addEventListener("change", (event) => {
    const city = cities.find((one) => one.name === event.target.value);
    if (city) {
      goTo({ longitude: city.longitude, latitude: city.latitude });
    }
  });
  byId("place-off").addEventListener("change", async (event) => {
    await change({ location_off: event.target.checked }, "place-said");
    drawPlace();
  });
};

// ---- codes and tags

/** A control of a list that is called by `label` and its number in the list. */
const numbered = (control, label) => {
  control.dataset.numbered = label;
  return control;
};

/** A list of texts that can be changed: `fields(entry)` makes the controls of an entry, `read(item)` takes them back. */
const editable = (name, entries, fields, read, fresh) => {
  const list = byId(name);
  const count = () => Array.from(list.children).forEach((item, index) => item.querySelectorAll("[data-numbered]").forEach((control) => {
    control.setAttribute("aria-label", `${word(control.dataset.numbered)} ${index + 1}`);
  }));
  const store = () => change({ [name]: Array.from(list.children, read).filter((one) => (one.text === undefined ? one : one.text) !== "") }, `${name}-said`);
  const itemOf = (entry) => {
    const remove = numbered(make("button", "×", { type: "button", className: "quiet" }), "remove");
    const item = make("li", "", {}, ...fields(entry), remove);
    item.addEventListener("change", store);
    remove.addEventListener("click", () => {
      const next = item.nextElementSibling || item.previousElementSibling;
      item.remove();
      count();
      store();
      (next ? next.querySelector("textarea") : byId(`${name}-add`)).focus();
    });
    return item;
  };
  list.replaceChildren(...entries.map(itemOf));
  count();
  byId(`${name}-add`).onclick = () => {
    list.append(itemOf(fresh));
    count();
    list.lastChild.querySelector("textarea").focus();
  };
};

const textField = (text, label) => numbered(make("textarea", "", { value: text, rows: 1, maxLength: 3000, spellcheck: false }), label);

const codeFields = (code) => {
  const kind = numbered(make("select", "", {}, ...["qr", "bar"].map((one) => make("option", word(`code_${one}`), { value: one }))), "code_kind");
  kind.value = code.kind;
  return [kind, textField(code.text, "code")];
};

const drawTexts = () => {
  editable("codes", device().codes, codeFields, (item) => ({
    kind: item.querySelector("select").value, text: item.querySelector("textarea").value,
  }), { kind: "qr", text: "" });
  editable("tags", device().tags, (tag) => [textField(tag, "tag")], (item) => item.querySelector("textarea").value, "");
  byId("set-nfc").checked = device().nfc;
};

// ---- the drive

export const drawDrive = async () => {
  const { files } = await ask("drive");
  byId("drive").replaceChildren(...files.map((file) => make("li", "", {},
    make("a", file.fileName, { href: driveUrl(file), target: "_blank", rel: "noopener" }),
    make("span", `${file.folder} · ${size(file.fileSize)}`, { className: "hint" }))));
  byId("drive-empty").hidden = files.length > 0;
};

/** Draws everything anew: after a reset, or in another language. */
export const drawSurroundings = () => {
  if (device() === null) {
    return;
  }
  drawPlace();
  drawTexts();
  byId("answers").value = device().answers;
  byId("place-city").replaceChildren(make("option", word("go_to_city"), { value: "" }), ...cities.map((one) => make("option", one.name, { value: one.name })));
};

/** Looks into the drive again where a call may have put something there. */
export const watchDrive = (entries) => {
  if (entries.some((entry) => ["biz.cspace.saveFile", "biz.util.uploadAttachment"].includes(entry.method))) {
    drawDrive();
  }
};

/** `settings` is the panel that holds the device. */
export const startSurroundings = async (settings) => {
  panel = settings;
  const bounds = await ask("map");
  cities = bounds.cities;
  wirePlace(bounds);
  byId("set-nfc").addEventListener("change", (event) => change({ nfc: event.target.checked }, "tags-said"));
  byId("answers").addEventListener("change", (event) => change({ answers: event.target.value }, "answers-said"));
  drawSurroundings();
  await drawDrive();
};
