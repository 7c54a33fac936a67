// The client's own dialogs, drawn over the app: what a person would answer on a phone. Choosing is in choosers.js.

import { word } from "./words.js";

const sheet = document.getElementById("sheet");
const toastBox = document.getElementById("toast");
let toastTimer = null;
let finish = null; // ends the dialog that is open

export const make = (tag, text, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), { textContent: text }, properties);
  element.append(...children);
  return element;
};

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

/** Opens a sheet with `form`, which is named by its #sheet-title. Resolves to what `end(answer)` is given later, or to
    {cancel: true}. `focus` is where the focus begins. */
export const openSheet = (kind, form, focus, role = "dialog") => {
  closeSheet();
  const before = document.activeElement;
  form.setAttribute("role", role);
  form.setAttribute("aria-modal", "true");
  form.setAttribute("aria-labelledby", "sheet-title");
  sheet.dataset.ask = kind;
  sheet.replaceChildren(form);
  sheet.hidden = false;
  focus.focus();
  return new Promise((resolve) => {
    finish = (answer) => {
      finish = null;
      sheet.hidden = true;
      sheet.replaceChildren();
      if (before && before.isConnected) {
        before.focus();
      }
      resolve(answer);
    };
  });
};

/** Ends the sheet that is open with that answer. */
export const end = (answer) => finish && finish(answer);

// For each kind: the title, the buttons, whether there is a field, the result.
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
};

/** True for the questions that this file asks. */
export const isDialog = (kind) => kind in KINDS;

/** Puts a dialog of the client before the person. Resolves to {result} or {cancel: true}. */
export const askInDialog = ({ kind, args }) => {
  const { title, text, field, buttons, result } = KINDS[kind](args);
  const form = make("form", "", { method: "dialog" }, make("h3", title || text || "", { id: "sheet-title" }));
  if (title && text) {
    form.append(make("p", text));
  }
  const input = field === undefined ? null : make("input", "", { value: field, autocomplete: "off" });
  if (input) {
    input.setAttribute("aria-labelledby", "sheet-title");
    form.append(input);
  }
  const row = make("div", "", { className: "buttons" });
  buttons.forEach((label, index) => {
    const button = make("button", label, { type: index === 0 ? "submit" : "button", className: index === 0 && kind !== "actionSheet" ? "main" : "" });
    button.addEventListener("click", (event) => {
      event.preventDefault();
      end({ result: result(index, input ? input.value : "") });
    });
    row.append(button);
  });
  form.append(row);
  return openSheet(kind, form, input || row.firstChild, "alertdialog");
};

sheet.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    closeSheet();
  } else if (event.key === "Tab") {
    // The dialog keeps the focus until it is answered.
    const stops = Array.from(sheet.querySelectorAll("input, button, a[href]")).filter((one) => !one.disabled && one.checkVisibility());
    const at = stops.indexOf(document.activeElement);
    const next = (at + (event.shiftKey ? stops.length - 1 : 1)) % stops.length;
    event.preventDefault();
    stops[next].focus();
  }
});
