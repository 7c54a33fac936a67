// The home page. Each button of "try this device" calls one API of the client and says what came.
import { call } from "./bridge.js";
import "./app_frame.js";
import { failed, tell, working } from "./app_outcome.js";
import { say } from "./app_words.js";

const outcome = document.getElementById("result");

const describe = {
  locate(place) {
    const accuracy = say("home_accuracy", { metres: Math.round(Number(place.accuracy)) });
    const where = `${Number(place.latitude).toFixed(5)}, ${Number(place.longitude).toFixed(5)}`;
    return `${place.address || say("home_no_address")}\n${where}（${accuracy}）`;
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
  const { action, api } = button.dataset;
  working(outcome);
  button.disabled = true;
  try {
    tell(outcome, describe[action](await call(api, parameters[action])));
  } catch (error) {
    failed(outcome, error);
  } finally {
    button.disabled = false;
  }
}

document.querySelectorAll("[data-action]").forEach((button) => {
  button.addEventListener("click", () => run(button));
});

const pageUrl = document.getElementById("page-url");
if (pageUrl) [pageUrl.textContent] = window.location.href.split("#");
