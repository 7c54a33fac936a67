// Scan: the client reads a code or a tag, its text goes into the form, and the form is sent. What
// could not be stored stays there, through a reload too, and can be sent again.
import { allow, call, state } from "./bridge.js";
import { sendForm } from "./app_form.js";
import { done, failed, tell, working } from "./app_outcome.js";
import { renewParts } from "./app_parts.js";
import { say } from "./app_words.js";
import "./scan_list.js";

const SCAN = "biz.util.scan";
const TAG = "device.nfc.nfcRead";
const READERS = {
  qr: () => call(SCAN, { type: "qrCode" }).then(({ text }) => text),
  bar: () => call(SCAN, { type: "barCode" }).then(({ text }) => text),
  nfc: () => call(TAG).then(({ content }) => content),
};
const NOT_HERE = "1"; // the client's code for a device without the hardware

const form = document.getElementById("scan");
const outcome = document.getElementById("outcome");
const { kind, text } = form.elements;
let isReading = false;

async function read(wanted) {
  if (isReading || form.hasAttribute("aria-busy")) return; // a double tap
  if (text.value.trim()) {
    tell(outcome, say("scan_save_first"));
    return;
  }
  isReading = true;
  working(outcome, say("scan_reading"));
  try {
    store(wanted, await READERS[wanted]());
  } catch (error) {
    showFailure(wanted, error);
  } finally {
    isReading = false;
  }
}

function store(wanted, found) {
  if (!String(found || "").trim()) {
    tell(outcome, say("scan_nothing"));
    return;
  }
  text.value = String(found);
  kind.value = wanted;
  form.dispatchEvent(new Event("submit", { cancelable: true }));
}

function showFailure(wanted, error) {
  if (wanted === "nfc" && error.code === NOT_HERE) {
    tell(outcome, say("scan_nfc_missing"));
  } else {
    failed(outcome, error, () => read(wanted));
  }
}

sendForm(form, {
  outcome,
  says: say("scan_storing"),
  done() {
    done(outcome, say("scan_done"));
    renewParts(["scanned"], form.action);
  },
  refused({ code }) {
    if (code === "submitted_before") renewParts(["scanned"], form.action); // as its sentence says
  },
});

// What a person changes is no longer what was scanned.
text.addEventListener("input", () => { kind.value = "typed"; });

form.querySelectorAll("[data-read]").forEach((button) => {
  button.addEventListener("click", () => read(button.dataset.read));
});

// What the client cannot do is not offered: NFC is Android's alone, and a desktop scans nothing.
allow(TAG).then(
  () => { form.querySelector("[data-read=nfc]").hidden = false; },
  ({ code }) => { document.getElementById("no-nfc").hidden = code !== "unsupported_here"; },
);
allow(SCAN).catch(({ code }) => {
  const isOutside = state() === "outside";
  if (!isOutside && code !== "unsupported_here") return; // told when it is tapped
  const note = document.getElementById("elsewhere");
  note.textContent = say(isOutside ? "scan_outside" : "scan_desktop");
  note.hidden = false;
  document.getElementById("no-nfc").hidden = true;
  form.classList.add("is-elsewhere");
});
