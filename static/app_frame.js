// What every page's script imports: parts that come alive after signing in, and the line that says
// that the device is offline.
import "./app_parts.js";

function follow() {
  document.querySelectorAll("[data-offline]").forEach((line) => {
    line.hidden = navigator.onLine !== false;
  });
}

window.addEventListener("online", follow);
window.addEventListener("offline", follow);
follow();
