// The client's own dialogs, drawn over the app: what a person would answer on a phone.

import { word } from "./words.js";

const sheet = document.getElementById("sheet");
const toastBox = document.getElementById("toast");
let toastTimer = null;
let finish = null; // ends the dialog that is open

const make = (tag, text, properties) => Object.assign(document.createElement(tag), { textContent: text }, properties);

/** Shows `text` over the app for `milliseconds`; an empty text takes away what is shown. */
export const toast = (text, milliseconds) => {
  clearTimeout(toastTimer);
  toastBox.textContent = text;
  toastBox.hidden = text === "";
  toastTimer = setTimeout(() => {
    toastBox.hidden = true;
  }, milliseconds);
};

export const closeSheet = () => {
  if (finish) {
    finish({ cancel: true });
  }
};

// For each kind: the title, the buttons (the last one may mean "cancelled"), whether there is a field, the result.
const KINDS = {
  alert: (args) => ({
    title: args.title, text: args.message, buttons: [args.buttonName || word("confirm")], result: () => ({}),
  }),
  confirm: (args) => ({
    title: args.title, text: args.message, buttons: args.buttonLabels || [word("confirm"), word("cancel")], result: (index) => ({ buttonIndex: index }),
  }),
  prompt: (args) => ({
    title: args.title, text: args.message, field: args.defaultText || "", buttons: args.buttonLabels || [word("confirm"), word("cancel")], result: (index, value) => ({ buttonIndex: index, value }),
  }),
  actionSheet: (args) => ({
    title: args.title, buttons: (args.otherButtons || []).concat(args.cancelButton || word("cancel")),
    result: (index) => ({ buttonIndex: index === (args.otherButtons || []).length ? -1 : index }),
  }),
  scan: () => ({
    title: word("scan_title"), text: word("scan_text"), field: "", buttons: [word("confirm"), word("cancel")], cancels: 1, result: (index, value) => ({ text: value }),
  }),
};

/** Puts a dialog of the client before the person. Resolves to {result} or {cancel: true}. */
export const askPerson = (kind, args) => new Promise((resolve) => {
  closeSheet();
  const { title, text, field, buttons, cancels, result } = KINDS[kind](args);
  const form = make("form", "", { method: "dialog" });
  const heading = make("h3", title || text || "", { id: "sheet-title" });
  form.setAttribute("role", "alertdialog");
  form.setAttribute("aria-labelledby", "sheet-title");
  form.append(heading);
  if (title && text) {
    form.append(make("p", text));
  }
  const input = field === undefined ? null : make("input", "", { value: field, autocomplete: "off" });
  if (input) {
    input.setAttribute("aria-labelledby", "sheet-title");
    form.append(input);
  }
  const before = document.activeElement;
  finish = (answer) => {
    finish = null;
    sheet.hidden = true;
    sheet.replaceChildren();
    if (before && before.isConnected) {
      before.focus();
    }
    resolve(answer);
  };
  const row = make("div", "", { className: "buttons" });
  buttons.forEach((label, index) => {
    const button = make("button", label, { type: index === 0 ? "submit" : "button", className: index === 0 && kind !== "actionSheet" ? "main" : "" });
    button.addEventListener("click", (event) => {
      event.preventDefault();
      finish(index === cancels ? { cancel: true } : { result: result(index, input ? input.value : "") });
    });
    row.append(button);
  });
  form.append(row);
  sheet.dataset.ask = kind;
  sheet.replaceChildren(form);
  sheet.hidden = false;
  (input || row.firstChild).focus();
});

sheet.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    closeSheet();
  } else if (event.key === "Tab") {
    // The dialog keeps the focus until it is answered.
    const stops = Array.from(sheet.querySelectorAll("input, button"));
    const at = stops.indexOf(document.activeElement);
    const next = (at + (event.shiftKey ? stops.length - 1 : 1)) % stops.length;
    event.preventDefault();
    stops[next].focus();
  }
});
