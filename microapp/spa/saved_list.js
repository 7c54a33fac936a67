// What the visitor has saved, on this device. Where storage is forbidden it lasts as long as the page.

const KEY = "field-notes";
const LONGEST = 100; // entries

let entries = read();
export let isKept = true;

/** Newest first: [{at, title, detail}, …]; `at` is an ISO time. */
export function saved() {
  return entries;
}

export function save(title, detail) {
  write([{ at: new Date().toISOString(), title, detail }, ...entries].slice(0, LONGEST));
}

export function removeAll() {
  write([]);
}

function read() {
  try {
    return JSON.parse(window.localStorage.getItem(KEY) || "[]");
  } catch (_) { // forbidden, or not ours
    return [];
  }
}

function write(list) {
  entries = list;
  try {
    window.localStorage.setItem(KEY, JSON.stringify(list));
    isKept = true;
  } catch (_) {
    isKept = false; // the list says so
  }
}
