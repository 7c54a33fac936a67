// The home page: each button calls one API of the client and shows what came of it in words.
import { call } from "./bridge.js";

const output = document.getElementById("result");

const describe = {
  locate(place) {
    const accuracy = output.dataset.accuracy.replace("{metres}", String(Math.round(Number(place.accuracy))));
    const where = `${Number(place.latitude).toFixed(5)}, ${Number(place.longitude).toFixed(5)}`;
    return `${place.address || output.dataset.noAddress}\n${where}（${accuracy}）`;
  },
  scan: (found) => String(found.text),
  nfc: (tag) => String(tag.content),
  chat: (chat) => String(chat.title),
};

const parameters = {
  locate: { targetAccuracy: 200, coordinate: 1, withReGeocode: true, useCache: false },
  scan: { type: "qrCode" },
  nfc: {},
  chat: { isConfirm: true },
};

async function run(button) {
  const action = button.dataset.action;
  show(output.dataset.working);
  button.disabled = true;
  try {
    show(describe[action](await call(button.dataset.api, parameters[action])));
  } catch (error) {
    if (error.cancelled) {
      show(output.dataset.cancelled);
    } else {
      show(`${error.message}\n${output.dataset.reference} ${error.reference}`, "bad");
    }
  } finally {
    button.disabled = false;
  }
}

function show(text, kind = "") {
  output.textContent = text;
  output.dataset.kind = kind;
}

for (const button of document.querySelectorAll("[data-action]")) {
  button.addEventListener("click", () => run(button));
}

const pageUrl = document.getElementById("page-url");
if (pageUrl) {
  pageUrl.textContent = location.href.split("#")[0];
}
