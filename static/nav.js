// The colour that the client gives its navigation bar, for the page's own header.
// The link says dd_nav_bgcolor=AARRGGBB (or RRGGBB, opaque). This script blocks on purpose: it
// runs before the first paint, so nothing changes colour before the visitor's eyes.
(function () {
  "use strict";

  // The client takes the first occurrence, so a good value behind a bad one does not count.
  var given = /(?:^\?|&)dd_nav_bgcolor=([^&]*)/.exec(location.search);
  if (!given || !/^([0-9a-f]{2})?[0-9a-f]{6}$/i.test(given[1])) return;

  var argb = (given[1].length === 6 ? "ff" : "") + given[1].toLowerCase();
  var alpha = parseInt(argb.slice(0, 2), 16) / 255;
  var blended = [2, 4, 6].map(function (at) {
    // What shows through a translucent bar is white.
    return Math.round(parseInt(argb.substr(at, 2), 16) * alpha + 255 * (1 - alpha));
  });

  // WCAG 2: of black and white, the one with more contrast always has at least 4.5:1.
  function luminance(rgb) {
    var linear = rgb.map(function (byte) {
      var part = byte / 255;
      return part <= 0.03928 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  }

  var background = luminance(blended);
  var blackWins = (background + 0.05) / 0.05 >= 1.05 / (background + 0.05);
  var root = document.documentElement;
  root.style.setProperty("--nav-bg", "#" + argb.slice(2) + argb.slice(0, 2));
  root.style.setProperty("--nav-fg", blackWins ? "#000000" : "#ffffff");

  var opaque = "#" + blended.map(function (byte) {
    return (byte < 16 ? "0" : "") + byte.toString(16);
  }).join("");
  var metas = document.querySelectorAll('meta[name="theme-color"]');
  for (var i = 0; i < metas.length; i += 1) metas[i].setAttribute("content", opaque);
  if (!metas.length) {
    // The first one counts, whatever the page adds further down.
    var meta = document.createElement("meta");
    meta.setAttribute("name", "theme-color");
    meta.setAttribute("content", opaque);
    document.head.insertBefore(meta, document.head.firstChild);
  }
}());
