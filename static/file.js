// One file: downloaded, saved to the drive (钉盘), deleted. Without scripts the links and the form
// do the same; with them a session is renewed, and what fails is told here and can be tried again.
import { allow, call } from "./bridge.js";
import "./app_frame.js";
import { clear, done, failed, tell, working } from "./app_outcome.js";
import { send } from "./app_server.js";
import { say } from "./app_words.js";
import { user } from "./login.js";

const SAVE = "biz.cspace.saveFile";
const NOT_HERE = ["outside", "unsupported_here"];

const file = document.getElementById("file");
const outcome = document.getElementById("outcome");
const deletion = document.getElementById("delete");

/** Runs one task at a time; its failure is told in `told`, with a way to try again. */
function doing(task, told) {
  let isBusy = false;
  return async function run(event) {
    if (event) event.preventDefault();
    if (isBusy) return; // a double tap
    isBusy = true;
    try {
      await task();
    } catch (error) {
      failed(told, error, run);
    } finally {
      isBusy = false;
    }
  };
}

/** Where whoever has no session, as the platform, gets the file for a while. */
async function link() {
  const { url, name } = await send(file.dataset.link, {});
  return { name, url: new URL(url, window.location.href).href };
}

async function download() {
  working(outcome);
  const { url } = await link();
  clear(outcome);
  window.location.assign(url); // an attachment: the page stays
}

async function save() {
  working(outcome, say("files_saving"));
  await allow(SAVE);
  const { name, url } = await link();
  await call(SAVE, { corpId: user().corpId, name, url });
  done(outcome, say("files_saved", { name }));
}

async function remove() {
  working(document.getElementById("delete-outcome"), say("files_deleting"));
  await send(deletion.action, {}).catch((error) => {
    if (error.status !== 404) throw error; // deleted already: the answer was lost
  });
  window.location.assign(document.getElementById("back").href);
}

/** A damaged picture, or one that this browser cannot show, has a sentence instead. */
function watch(image) {
  const told = document.getElementById("picture-outcome");
  const lose = () => {
    image.hidden = true;
    tell(told, say("files_not_shown"));
  };
  image.addEventListener("error", lose);
  if (image.complete && !image.naturalWidth) lose();
}

document.getElementById("download").addEventListener("click", doing(download, outcome));
document.getElementById("save").addEventListener("click", doing(save, outcome));
deletion.addEventListener("submit", doing(remove, document.getElementById("delete-outcome")));
document.querySelectorAll("#picture").forEach(watch);

// Where the client has no drive, its button goes, and a sentence says where it is.
allow(SAVE).catch((error) => {
  if (NOT_HERE.includes(error.code)) file.classList.add("is-elsewhere");
});
