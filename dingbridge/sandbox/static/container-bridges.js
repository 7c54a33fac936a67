/* global DEVICE, TAPPED, call */
/* exported bridges, announce, tap, CONTAINER_ID */
// The four bridges that the client SDK knows, each in the shape that the SDK expects of that platform.

const HOST_ORIGIN = "https://im.dingtalk.com";
const CONTAINER_ID = "sandbox-desktop";

const watchers = new Map(); // method -> what to tell when it is tapped

/** A tap on something that a watching call put up; false where nothing watches. */
const tap = (method, data) => {
  const watcher = watchers.get(method);
  if (watcher) {
    watcher(data || {});
  }
  return watcher !== undefined;
};

const fire = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail, cancelable: true }));

/** An event of the client (resume, pause, backbutton, …); false where the page prevented what usually follows. */
let announce = fire;

const later = window.setTimeout.bind(window);
const whenUp = (start) => {
  if (DEVICE.bridge === "late") {
    later(start, DEVICE.late_ms);
  } else if (DEVICE.bridge !== "never") {
    start();
  }
};

const init = () => {
  if (DEVICE.bridge === "failed") {
    throw new Error("sandbox: this bridge fails to start");
  }
};

const android = () => {
  const exec = (success, fail, service, action, args) => {
    const method = `${service}.${action}`;
    call(method, args).then((outcome) => {
      if (!outcome.ok) {
        fail(outcome.error);
      } else if (TAPPED.includes(method)) {
        watchers.set(method, success);
      } else {
        success(outcome.result);
      }
    });
  };
  whenUp(() => {
    if (DEVICE.bridge === "failed") {
      // The SDK listens only from the moment it runs.
      document.addEventListener("DOMContentLoaded", () => fire("runtimefailed", {
        errorCode: "2", errorMessage: "nuvajs bootstrap error",
      }));
      return;
    }
    window.nuva = { isReady: true, require: () => exec };
    fire("runtimeready");
  });
};

const ios = () => whenUp(() => {
  window.WebViewJavascriptBridge = {
    init,
    registerHandler: (name, handler) => {
      watchers.set(name, (data) => handler(data, () => {}));
    },
    callHandler: (name, args, callback) => {
      call(name, args).then((outcome) => callback(outcome.ok
        ? { errorCode: "0", errorMessage: "", result: outcome.result }
        : outcome.error));
    },
  };
  fire("WebViewJavascriptBridgeReady");
});

const harmony = () => whenUp(() => {
  window.DingTalkJSBridge = {
    init,
    call: (name, args, callback) => {
      call(name, args).then((outcome) => {
        if (!outcome.ok) {
          callback({ success: false, body: outcome.error });
        } else if (TAPPED.includes(name)) {
          watchers.set(name, (body) => callback({ success: true, body }));
        } else {
          callback({ success: true, body: outcome.result });
        }
      });
    },
  };
  fire("DingTalkJSBridgeReady");
});

/** The desktop client. Its window posts requests to itself, and the client takes them out of there before they
    arrive: so here, since the name of the real host page leads nowhere on this machine. */
const pc = () => {
  const framed = window.top !== window;
  window.name = JSON.stringify({
    hostOrigin: HOST_ORIGIN,
    containerId: CONTAINER_ID,
    hostVersion: DEVICE.version,
    language: DEVICE.language || "zh-CN",
    corsIframe: framed,
  });
  let subscription = null; // the message to which the client's events are answers
  let held = DEVICE.bridge === "normal" ? null : []; // requests that come before the client is up
  const deliver = (data) => window.dispatchEvent(
    new MessageEvent("message", { data, origin: HOST_ORIGIN, source: window }),
  );
  const answer = (message) => {
    if (message.methodName === "SYS_openAPIContainerInitEvent") {
      subscription = message.msgId;
      return;
    }
    call(message.methodName, message.body).then((outcome) => deliver({
      type: "response",
      msgId: message.msgId,
      success: outcome.ok,
      body: outcome.ok ? outcome.result : outcome.error,
    }));
  };
  const browserPost = window.postMessage.bind(window);
  window.postMessage = function postMessage(message, target, ...rest) {
    if (target !== HOST_ORIGIN) {
      browserPost(message, target, ...rest);
    } else if (message.type === "request" && held) {
      held.push(message);
    } else if (message.type === "request") {
      answer(message);
    }
  };
  announce = (eventName, body) => {
    if (subscription !== null) {
      deliver({ type: "event", msgId: subscription, eventName, body });
    }
    return true;
  };
  if (DEVICE.bridge === "normal") {
    window.dingtalk = { platform: { invokeAPI: () => {} } };
  } else if (DEVICE.bridge === "late") {
    later(() => {
      const waiting = held;
      held = null;
      waiting.forEach(answer);
      // A window without dingtalk.platform waits until the client comes forward by itself.
      deliver({ type: "request", msgId: 1, methodName: "SYS_openAPIContainerInit", body: {} });
    }, DEVICE.late_ms);
  }
};

const bridges = { android, ios, harmony, pc };
