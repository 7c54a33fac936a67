// What the client shows over the app, until the person closes it: pictures, a file of the drive, a link that leads out.

import { ask } from "./api.js";
import { make } from "./dialogs.js";
import { word } from "./words.js";

const viewer = document.getElementById("viewer");
let before = null; // what had the focus

/** Closes what is shown; false where nothing is. */
export const closeViewer = () => {
  if (viewer.hidden) {
    return false;
  }
  viewer.hidden = true;
  viewer.replaceChildren();
  if (before && before.isConnected) {
    before.focus();
  }
  return true;
};

const show = (title, ...parts) => {
  if (viewer.hidden) {
    before = document.activeElement;
  }
  const close = make("button", word("close"), { type: "button" });
  close.addEventListener("click", closeViewer);
  viewer.replaceChildren(make("header", "", {}, make("h3", title, { id: "viewer-title" }), close), ...parts);
  viewer.hidden = false;
  close.focus();
};

const link = (text, href) => make("a", text, { href, target: "_blank", rel: "noopener", className: "button" });

/** biz.util.previewImage: the pictures one by one. */
export const showImages = (args) => {
  const urls = (Array.isArray(args.urls) ? args.urls : []).map(String).filter((url) => /^https?:\/\//i.test(url));
  const wanted = typeof args.current === "number" ? args.current : urls.indexOf(args.current);
  let at = Math.min(Math.max(wanted, 0), urls.length - 1);
  if (urls.length === 0) {
    show(word("pictures"), make("p", word("no_picture")));
    return;
  }
  const image = make("img", "", {});
  const [back, on] = [make("button", word("previous"), { type: "button" }), make("button", word("next"), { type: "button" })];
  const failed = make("p", word("picture_failed"), { hidden: true });
  failed.setAttribute("role", "status");
  image.addEventListener("error", () => {
    failed.hidden = false;
  });
  const turn = (by) => {
    at += by;
    failed.hidden = true;
    Object.assign(image, { src: urls[at], alt: `${word("pictures")} ${at + 1} / ${urls.length}` });
    back.disabled = at === 0;
    on.disabled = at === urls.length - 1;
    viewer.querySelector("h3").textContent = image.alt;
  };
  back.addEventListener("click", () => turn(-1));
  on.addEventListener("click", () => turn(1));
  const row = make("div", "", { className: "buttons", hidden: urls.length < 2 }, back, on);
  show(word("pictures"), make("div", "", { className: "picture" }, image, failed), row);
  turn(0);
};

export const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} kB` : `${(bytes / (1 << 20)).toFixed(1)} MB`);

export const driveUrl = (file) => `/__sandbox__/drive/file?id=${encodeURIComponent(file.fileId)}`;

/** biz.cspace.preview: a file of the drive. */
export const showDriveFile = async (args) => {
  const { files } = await ask("drive");
  const file = files.find((one) => one.fileId === String(args.fileId));
  if (!file) {
    return;
  }
  const drawn = ["png", "jpg", "jpeg", "gif", "webp"].includes(file.fileType);
  const body = drawn ? make("img", "", { src: driveUrl(file), alt: file.fileName }) : make("p", `${file.fileName} · ${size(file.fileSize)}`);
  show(file.fileName, make("div", "", { className: "picture" }, body), make("div", "", { className: "buttons" }, link(word("save_file"), driveUrl(file))));
};

/** An address that is not the app's. */
export const showOutside = (url) => {
  show(word("outside_title"), make("p", word("outside_text")), make("p", url, { className: "address-shown" }), make("div", "", { className: "buttons" }, link(word("open_alone"), url)));
};

viewer.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    closeViewer();
  }
});
