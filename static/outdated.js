// Runs only where ES modules do not exist: such a client is too old for the bridge, and says so.
(function () {
  "use strict";

  var block = document.getElementById("dingbridge");
  var page = block ? JSON.parse(block.textContent) : {};
  var words = page.words && page.words.old_client;
  document.documentElement.setAttribute("data-bridge", "error");
  if (!words) return;

  var notice = document.createElement("section");
  notice.className = "dingbridge-notice";
  notice.setAttribute("role", "alert");
  notice.lang = page.lang === "zh" ? "zh-CN" : page.lang;
  var sentence = document.createElement("p");
  sentence.className = "dingbridge-message";
  sentence.textContent = words.message;
  notice.appendChild(sentence);
  var prepared = document.querySelector("[data-dingbridge-notice]");
  if (!prepared) notice.className += " dingbridge-floating";
  (prepared || document.body).appendChild(notice);
}());
