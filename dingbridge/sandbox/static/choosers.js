// What a person chooses on a phone: a code before the camera, a tag, a chat, pictures, a place in the drive. The
// sandbox's server says what there is to choose (questions.py), and makes the client's answer of what is chosen.

import { ask } from "./api.js";
import { askInDialog, end, isDialog, make, openSheet } from "./dialogs.js";
import { word } from "./words.js";

const ICONS = {
  qr: "M3 3h6v6H3zM11 3h6v6h-6zM3 11h6v6H3zM11 11h2v2h-2zM15 11h2M11 15v2M14 14h3v3h-3z",
  bar: "M3 4v12M6 4v12M8.5 4v12M12 4v12M14 4v12M17 4v12",
  tag: "M5 14a8 8 0 0 0 0-8M9 16a12 12 0 0 0 0-12M13 17.5a16 16 0 0 0 0-15",
  chat: "M3 5h14v9H9l-4 3v-3H3z",
  folder: "M2.5 5.5h5l2 2h8v8.5h-15z",
  file: "M5 2.5h6l4 4v11H5zM11 2.5v4h4",
};

export const icon = (name) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
};

const cancelButton = () => {
  const button = make("button", word("cancel"), { type: "button" });
  button.addEventListener("click", () => end({ cancel: true }));
  return make("div", "", { className: "buttons ending" }, button);
};

/** A list of things of which one is chosen at once: [{icon, name, hint, image, answer()}]. */
const listOf = (things, label) => {
  const list = make("ul", "", { className: "things" });
  list.setAttribute("aria-label", label);
  list.append(...things.map((thing) => {
    const button = make("button", "", { type: "button" });
    button.append(thing.image ? make("img", "", { src: thing.image, alt: "" }) : icon(thing.icon));
    button.append(make("span", "", { className: "what" }, make("span", thing.name, { className: "name" })));
    if (thing.hint) {
      button.lastChild.append(make("span", thing.hint, { className: "hint" }));
    }
    button.addEventListener("click", thing.choose);
    return make("li", "", {}, button);
  }));
  return list;
};

/** The same with boxes to tick, up to `most`, and a button that ends it with the values ticked. */
const ticksOf = (things, label, most, choose) => {
  const list = make("ul", "", { className: "things" });
  list.setAttribute("aria-label", label);
  const done = make("button", word("confirm"), { type: "button", className: "main", disabled: true });
  const ticked = () => Array.from(list.querySelectorAll("input:checked"), (input) => input.value);
  list.append(...things.map((thing) => {
    const input = make("input", "", { type: "checkbox", value: thing.id });
    const picture = thing.image ? make("img", "", { src: thing.image, alt: "" }) : icon(thing.icon);
    return make("li", "", {}, make("label", "", {}, input, picture, make("span", thing.name, { className: "name" })));
  }));
  list.addEventListener("change", () => {
    const full = ticked().length >= most;
    list.querySelectorAll("input:not(:checked)").forEach((input) => {
      input.disabled = full;
    });
    done.disabled = ticked().length === 0;
    done.textContent = `${word("confirm")} (${ticked().length}/${most})`;
  });
  done.addEventListener("click", () => choose(ticked()));
  return [list, done];
};

const formWith = (title, text, ...children) => {
  const form = make("form", "", { method: "dialog" }, make("h3", title, { id: "sheet-title" }));
  if (text) {
    form.append(make("p", text));
  }
  form.append(...children);
  form.addEventListener("submit", (event) => event.preventDefault());
  return form;
};

const first = (form) => form.querySelector("button, input");

/** Something typed instead of something chosen. */
const typed = (form, label, give) => {
  const input = make("input", "", { id: "sheet-typed", autocomplete: "off" });
  const row = make("div", "", { className: "typed" }, make("label", label, { htmlFor: input.id }), input, make("button", word("use_typed"), { type: "submit" }));
  form.addEventListener("submit", () => {
    if (input.value === "") {
      input.focus();
    } else {
      give(input.value);
    }
  });
  return row;
};

const oneOf = (kind, title, text, key, things) => {
  const form = formWith(title, text);
  const give = (value) => end({ result: { [key]: value } });
  const entries = things.map((thing) => Object.assign(thing, { choose: () => give(thing.name) }));
  form.append(entries.length > 0 ? listOf(entries, title) : make("p", word("nothing_prepared")), typed(form, word("type_other"), give), cancelButton());
  return openSheet(kind, form, first(form));
};

const chat = ({ chats, confirm }) => {
  const search = make("input", "", { type: "search", id: "sheet-search", placeholder: word("search_chats"), autocomplete: "off" });
  search.setAttribute("aria-label", word("search_chats"));
  const give = (chosen) => end({ chat: [chosen.openConversationId] });
  const form = formWith(word("choose_chat"), "");
  const shown = make("div", "");
  const none = make("p", word("no_chat"), { hidden: true });
  none.setAttribute("role", "status");
  const confirmed = (chosen) => {
    const before = Array.from(form.children);
    const [yes, no] = [make("button", word("confirm"), { type: "button", className: "main" }), make("button", word("back"), { type: "button" })];
    yes.addEventListener("click", () => give(chosen));
    no.addEventListener("click", () => {
      form.replaceChildren(...before);
      search.focus();
    });
    form.replaceChildren(make("h3", word("confirm_chat"), { id: "sheet-title" }), make("p", chosen.title), make("div", "", { className: "buttons" }, no, yes));
    yes.focus();
  };
  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    const found = chats.filter((one) => one.title.toLowerCase().includes(wanted));
    shown.replaceChildren(listOf(found.map((one) => ({
      icon: "chat", name: one.title, hint: `${one.members.length} ${word("people")}`, choose: () => (confirm ? confirmed(one) : give(one)),
    })), word("choose_chat")));
    none.hidden = found.length > 0;
  };
  search.addEventListener("input", draw);
  form.append(search, shown, none, cancelButton());
  draw();
  return openSheet("chat", form, search);
};

const photoUrl = (one) => `/__sandbox__/photo?id=${encodeURIComponent(one.id)}`;

/** The computer's own files stand for the camera. */
const fromComputer = (choose) => {
  const input = make("input", "", { type: "file", accept: "image/*", className: "hidden", tabIndex: -1 });
  input.setAttribute("aria-hidden", "true");
  const button = make("button", word("from_computer"), { type: "button" });
  const said = make("p", "", { hidden: true });
  said.setAttribute("role", "alert");
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (file) {
      await ask(`album?name=${encodeURIComponent(file.name)}`, { method: "POST", file }).then((taken) => choose([taken.id]), (fault) => {
        said.textContent = fault.message;
        said.hidden = false;
      });
    }
  });
  return [input, button, said];
};

const photo = ({ photos, max, camera }) => {
  const title = word(camera ? "take_photo" : "choose_photo");
  const give = (ids) => end({ photos: ids });
  const things = photos.map((one) => ({ id: one.id, name: one.name, image: photoUrl(one), choose: () => give([one.id]) }));
  const lists = max > 1 ? ticksOf(things, title, max, give) : [listOf(things, title)];
  const form = formWith(title, "", ...lists, ...fromComputer(give), cancelButton());
  return openSheet("photo", form, first(form));
};

const folder = ({ folders, args }) => {
  const form = formWith(word("choose_folder"), args.name || "", listOf(folders.map((one) => ({
    icon: "folder", name: one.name, choose: () => end({ folder: [one.id] }),
  })), word("choose_folder")), cancelButton());
  return openSheet("folder", form, first(form));
};

const attachment = ({ files, photos, max, types }) => {
  const give = (ids) => end({ files: ids });
  const things = files.map((one) => ({ id: one.fileId, icon: "file", name: one.fileName, choose: () => give([one.fileId]) }));
  const form = formWith(word("choose_file"), "");
  if (types.includes("space")) {
    form.append(make("h4", word("drive")), ...(max > 1 ? ticksOf(things, word("drive"), max, give) : [listOf(things, word("drive"))]));
  }
  if (photos.length > 0) {
    const given = (ids) => end({ photos: ids });
    const pictures = photos.map((one) => ({ name: one.name, image: photoUrl(one), choose: () => given([one.id]) }));
    form.append(make("h4", word("photos")), listOf(pictures, word("photos")), ...fromComputer(given));
  }
  form.append(cancelButton());
  return openSheet("attachment", form, first(form));
};

const CHOOSERS = {
  scan: ({ codes }) => oneOf("scan", word("scan_title"), word("scan_text"), "text", codes.map((one) => ({ icon: one.kind, name: one.text }))),
  tag: ({ tags }) => oneOf("tag", word("tag_title"), word("tag_text"), "content", tags.map((one) => ({ icon: "tag", name: one }))),
  chat,
  photo,
  folder,
  attachment,
};

/** Puts a question of the client before the person. Resolves to their answer, {cancel: true} if there is none. */
export const askPerson = (question) => (isDialog(question.kind) ? askInDialog(question) : CHOOSERS[question.kind](question));
