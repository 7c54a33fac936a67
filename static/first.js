// The first script of a page. It blocks on purpose: it runs before the first paint, so nothing
// changes colour before the visitor's eyes, and before any router, which may change the address.
// It leaves three things for the scripts that come later:
//   document.dingbridge.entry           the address with which this document was loaded
//   document.dingbridge.colour(search)  follows the dd_nav_bgcolor of a query; false without one
//   document.dingbridge.fail(code)      says why there is no bridge
// and says so itself where a script of the page does not arrive, which nobody else could: one that
// lies beside this one, or has the attribute data-needed.
(function () {
  "use strict";

  var root = document.documentElement;
  var folder = ((document.currentScript || {}).src || "").replace(/[^/]*$/, "");
  var bridge = folder + "bridge.js";
  var hasRun = {}; // by address: the scripts that were evaluated
  var isTold = false;
  var theme = null; // the meta elements of the page, and what they said

  /** "#rrggbbaa", and the same over white, of AARRGGBB or RRGGBB; null for anything else. */
  function parse(search) {
    // The client takes the first occurrence, so a good value behind a bad one does not count.
    var given = /(?:^\?|&)dd_nav_bgcolor=([^&]*)/.exec(search);
    if (!given || !/^([0-9a-f]{2})?[0-9a-f]{6}$/i.test(given[1])) return null;
    var argb = (given[1].length === 6 ? "ff" : "") + given[1].toLowerCase();
    var alpha = parseInt(argb.slice(0, 2), 16) / 255;
    return {
      rgba: "#" + argb.slice(2) + argb.slice(0, 2),
      blended: [2, 4, 6].map(function (at) {
        // What shows through a translucent bar is white.
        return Math.round(parseInt(argb.substr(at, 2), 16) * alpha + 255 * (1 - alpha));
      }),
    };
  }

  /** WCAG 2: of black and white, the one with more contrast always has at least 4.5:1. */
  function textOver(rgb) {
    var linear = rgb.map(function (byte) {
      var part = byte / 255;
      return part <= 0.03928 ? part / 12.92 : Math.pow((part + 0.055) / 1.055, 2.4);
    });
    var background = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    return (background + 0.05) / 0.05 >= 1.05 / (background + 0.05) ? "#000000" : "#ffffff";
  }

  function themeMetas() {
    if (theme) return theme;
    var metas = [].slice.call(document.querySelectorAll('meta[name="theme-color"]'));
    if (!metas.length) {
      // The first one counts, whatever the page adds further down.
      metas.push(document.createElement("meta"));
      metas[0].setAttribute("name", "theme-color");
      document.head.insertBefore(metas[0], document.head.firstChild);
    }
    theme = metas.map(function (meta) {
      return { meta: meta, before: meta.getAttribute("content") || "" };
    });
    return theme;
  }

  function colour(search) {
    var asked = parse(search);
    if (asked) {
      root.style.setProperty("--nav-bg", asked.rgba);
      root.style.setProperty("--nav-fg", textOver(asked.blended));
    } else if (theme) {
      root.style.removeProperty("--nav-bg");
      root.style.removeProperty("--nav-fg");
    } else {
      return false;
    }
    var opaque = asked && "#" + asked.blended.map(function (byte) {
      return (byte < 16 ? "0" : "") + byte.toString(16);
    }).join("");
    themeMetas().forEach(function (one) {
      one.meta.setAttribute("content", opaque || one.before);
    });
    return Boolean(asked);
  }

  function element(tag, className, text) {
    var made = document.createElement(tag);
    made.className = className;
    made.appendChild(document.createTextNode(text || ""));
    return made;
  }

  /** The notice of bridge_notice.js, for when that is not there either. */
  function showNotice(page, code, message) {
    var notice = element("section", "dingbridge-notice dingbridge-lost");
    var reference = element("p", "dingbridge-reference", page.words.reference + " ");
    var retry = element("button", "dingbridge-retry", page.words.retry);
    notice.setAttribute("role", "alert");
    notice.lang = page.lang === "zh" ? "zh-CN" : page.lang;
    reference.appendChild(element("code", "", page.reference));
    retry.type = "button";
    retry.addEventListener("click", function () { location.reload(); });
    notice.appendChild(element("p", "dingbridge-message", message));
    notice.appendChild(reference);
    if (code !== "old_client") notice.appendChild(retry); // that another try does not help
    var prepared = document.querySelector("[data-dingbridge-notice]");
    if (!prepared) notice.className += " dingbridge-floating";
    (prepared || document.body).appendChild(notice);
  }

  function signedPage() {
    var block = document.getElementById("dingbridge");
    return block && JSON.parse(block.textContent);
  }

  /** Tells person and server, once: without one script the others often fail as well. */
  function tell(page, code) {
    if (isTold || page.error) return; // the server has said what is worse
    isTold = true;
    showNotice(page, code, page.words[code].message);
    // As plain text: Chrome before 81 refuses to send JSON so.
    navigator.sendBeacon(page.endpoints.outcome, JSON.stringify({
      state: "error", code: code, reference: page.reference, signed_url: page.url || "",
      page_url: location.href.split("#")[0],
    }));
  }

  function fail(code) {
    var page = signedPage();
    var said = page.words[code];
    root.setAttribute("data-bridge", "error");
    var told = page.error || { code: code, subcode: "", message: said.message, remedy: said.remedy };
    tell(page, code);
    document.dispatchEvent(new CustomEvent("dingbridge:error", { detail: {
      code: told.code, subcode: told.subcode, message: told.message, remedy: told.remedy,
      reference: page.reference,
    } }));
  }

  /** Whether the page cannot do without this script of its own. */
  function isNeeded(source) {
    return [].some.call(document.querySelectorAll("script[src]"), function (script) {
      if (script.src !== source) return false;
      return script.hasAttribute("data-needed")
        || (source.indexOf(folder) === 0 && /^\w+\.js$/.test(source.slice(folder.length)));
    });
  }

  /** Whether a script has run: what it throws then is its own matter. */
  function isThere(source) {
    // A module counts as loaded also where it broke as it began; a bridge that began is known.
    return source === bridge ? window.Symbol && document[window.Symbol.for("dingbridge")] : hasRun[source];
  }

  function lose(source, code) {
    if (source === bridge) fail(code);
    else if (isNeeded(source)) tell(signedPage(), code);
  }

  document.addEventListener("load", function (event) {
    if (event.target.tagName === "SCRIPT") hasRun[event.target.src] = true;
  }, true); // such events do not bubble

  window.addEventListener("error", function (event) {
    var source = event.target.tagName === "SCRIPT" ? event.target.src : event.filename;
    if (!folder || !source || isThere(source)) return;
    var code = /SyntaxError/.test(event.message) ? "old_client"
      : navigator.onLine === false ? "offline" : "no_script";
    var told = function () { if (signedPage()) lose(source, code); };
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", told);
    else told();
  }, true);

  document.dingbridge = { entry: location.href, colour: colour, fail: fail };
  colour(location.search);
}());
