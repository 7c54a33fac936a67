// The list of files: uploads what is photographed or chosen.
import "./app_frame.js";
import { renewParts } from "./app_parts.js";
import { Queue } from "./files_queue.js";

const HAS_CAMERA = /Android|iPhone|iPad|iPod|HarmonyOS|Mobile/i;

const form = document.getElementById("upload");
const list = document.getElementById("uploads");
const queue = new Queue(list, form.dataset.uploads, () => renewParts(["files"], form.action));

form.querySelectorAll("input[type=file]").forEach((input) => {
  input.multiple = !input.hasAttribute("capture"); // without scripts the server takes one at a time
  input.addEventListener("change", () => {
    queue.add(Array.from(input.files));
    input.value = ""; // the same file may be chosen again
  });
});
document.getElementById("photograph").hidden = !HAS_CAMERA.test(navigator.userAgent);
