// Check-in: reads the position once the page may, shows it as a sketch and in words, and stores it.
import { call, state } from "./bridge.js";
import "./app_frame.js";
import { sendForm } from "./app_form.js";
import { clear, done, failed, tell, working } from "./app_outcome.js";
import { renewParts } from "./app_parts.js";
import { say } from "./app_words.js";
import { distance, drawMap } from "./checkin_map.js";

const LOCATE = "device.geolocation.get";
// GCJ-02 with the address in words; a position from the client's cache may be another street's.
const PRECISELY = { targetAccuracy: 200, coordinate: 1, withReGeocode: true, useCache: false };
const FRESH_MS = 60000; // a person may have walked on since

const form = document.getElementById("checkin");
const sketch = document.getElementById("sketch");
const place = document.getElementById("place"); // read out when it changes; the sketch is not
const outcome = document.getElementById("outcome");

let here = null; // {latitude, longitude, accuracy, address, at}
let search = null; // the question to the client that is under way

/** The position, at most a minute old. */
async function locate() {
  if (here && Date.now() - here.at < FRESH_MS) return here;
  if (!search) {
    sketch.textContent = "";
    working(place, say("checkin_locating"));
    const over = () => { search = null; };
    search = ask();
    search.then(over, over);
  }
  return search;
}

async function ask() {
  try {
    const found = await call(LOCATE, PRECISELY);
    here = {
      latitude: Number(found.latitude),
      longitude: Number(found.longitude),
      accuracy: Number(found.accuracy),
      address: found.address || "",
      at: Date.now(),
    };
  } catch (error) {
    here = null;
    showFailure(error);
    throw error;
  }
  show();
  return here;
}

function showFailure(error) {
  if (state() === "outside" || error.code === "unsupported_here") {
    tell(place, say("checkin_elsewhere"));
    form.classList.add("is-elsewhere");
  } else {
    failed(place, error, () => locate().catch(() => {}));
  }
}

function show() {
  clear(place);
  const metres = Math.round(here.accuracy);
  const numbers = `${here.latitude.toFixed(5)}, ${here.longitude.toFixed(5)}`;
  const again = document.createElement("button");
  Object.assign(again, { type: "button", className: "side-button", textContent: say("checkin_again") });
  again.addEventListener("click", () => {
    here = null;
    locate().catch(() => {});
  });
  place.append(
    line("place-words", here.address || say("checkin_no_address")),
    line("hint", `${say("checkin_accuracy", { metres })} · ${numbers}`),
    again,
  );
  draw();
}

/** Sketches the place among those of today's list, which may have changed. */
function draw() {
  const earlier = earlierPlaces();
  const words = { label: say("checkin_map"), north: say("checkin_north"), length };
  sketch.textContent = "";
  sketch.append(drawMap(here, earlier, words));
  const nearest = Math.min(...earlier.map((other) => distance(here, other)));
  if (earlier.length && nearest > here.accuracy) {
    sketch.append(line("hint", say("checkin_map_earlier", { metres: Math.round(nearest) })));
  }
}

function line(className, text) {
  return Object.assign(document.createElement("p"), { className, textContent: text });
}

function length(metres) {
  return metres < 1000
    ? say("checkin_metres", { value: metres })
    : say("checkin_kilometres", { value: metres / 1000 });
}

function earlierPlaces() {
  return Array.from(document.querySelectorAll("[data-part=today] li[data-latitude]"), ({ dataset }) => ({
    latitude: Number(dataset.latitude),
    longitude: Number(dataset.longitude),
  }));
}

sendForm(form, {
  outcome,
  says: say("checkin_storing"),
  async collect() {
    const { latitude, longitude, accuracy, address } = await locate()
      .catch((error) => { throw Object.assign(error, { isShown: true }); });
    return { latitude, longitude, accuracy, address };
  },
  refused({ code }) {
    here = null; // whatever was wrong, the next try begins where the person is then
    if (code === "submitted_before") renewParts(["today"], form.action); // as its sentence says
  },
  done({ time }) {
    done(outcome, say("checkin_done", { time }));
    renewParts(["today"], form.action);
  },
});

// The list has the new place.
document.addEventListener("app:parts", () => { if (here && !search) draw(); });

locate().catch(() => {}); // shown where the place would be
