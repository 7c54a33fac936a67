"""A plain page with the SDK of npm as it is, and nothing of dingbridge, for the real sandbox."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from phone import Phone
from playwright.sync_api import Frame

ROOT = Path(__file__).resolve().parents[2]
GRANTED = "biz.chat.pickConversation"  # the one API behind a grant that all four platforms define
SDK = """
const dd = require("dingtalk-jsapi/entry/union");
window.dd = dd;
window.api = {
  pick: require("dingtalk-jsapi/api/biz/chat/pickConversation").default,
  confirm: require("dingtalk-jsapi/api/device/notification/confirm").default,
  network: require("dingtalk-jsapi/api/device/connection/getNetworkType").default,
  setRight: require("dingtalk-jsapi/api/biz/navigation/setRight").default,
  locate: require("dingtalk-jsapi/api/device/geolocation/get").default,
  scan: require("dingtalk-jsapi/api/biz/util/scan").default,
  readTag: require("dingtalk-jsapi/api/device/nfc/nfcRead").default,
  choose: require("dingtalk-jsapi/api/biz/chat/chooseConversationByCorpId").default,
  photos: require("dingtalk-jsapi/api/biz/util/uploadImage").default,
  preview: require("dingtalk-jsapi/api/biz/util/previewImage").default,
  open: require("dingtalk-jsapi/api/biz/util/openLink").default,
  chat: require("dingtalk-jsapi/api/biz/chat/toConversationByOpenConversationId").default,
  save: require("dingtalk-jsapi/api/biz/cspace/saveFile").default,
};
"""
# What a page does with the SDK; each function answers what the page got to see.
SCRIPT = """
window.configure = (config) => new Promise((resolve) => {
  dd.config(config);
  dd.ready(() => resolve({ ready: true, after: performance.now() }));
  dd.error((error) => resolve({ error: error instanceof Error ? { text: error.message } : error }));
});
// Nothing on a bridge has a time-out, and neither has a test that waits for a promise.
window.within = (promise) => Promise.race([promise, new Promise((_, reject) => {
  setTimeout(() => reject(new Error("no answer in 10 s")), 10000);
})]);
window.attempt = (name, args) => api[name](args).then(
  (result) => ({ result }), (error) => ({ error }));
"""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>plain</title>
<script src="/sdk.js"></script><script src="/page.js"></script></head>
<body><h1>plain</h1></body></html>
"""
POLICY = "default-src 'self'; frame-ancestors 'self' https://*.dingtalk.com"


def built_sdk(folder: Path) -> bytes:
    """The SDK of npm with the few APIs that these tests call, as one classic script."""
    target = folder / "sdk.js"
    esbuild = ["node_modules/esbuild/bin/esbuild", "--bundle", "--format=iife", "--minify"]
    command = [sys.executable, "assets/node.py", *esbuild, f"--outfile={target}"]
    subprocess.run(command, cwd=ROOT, input=SDK.encode(), check=True, capture_output=True)
    return target.read_bytes()


@contextmanager
def plain_server(sdk: bytes) -> Iterator[str]:
    """Serves the page under every path; yields its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            scripts = {"/sdk.js": sdk, "/page.js": SCRIPT.encode()}
            if self.path == "/ua":
                self._send("text/plain; charset=utf-8", (self.headers["User-Agent"]).encode())
            elif self.path in scripts:
                self._send("text/javascript; charset=utf-8", scripts[self.path])
            else:
                self._send("text/html; charset=utf-8", PAGE.encode())

        def _send(self, kind: str, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing; the tests' output is the tests'."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class SdkPage(Phone):
    """A simulated client in which the plain page is open."""

    @property
    def frame(self) -> Frame:
        """The frame that the app is in."""
        return self.page.main_frame

    def signed(self, url: str, **changes: object) -> dict[str, object]:
        """A right `dd.config` for `url`, made here from the ticket that the platform hands out."""
        identity = self.sandbox.platform.identity
        platform = self.sandbox.platform_url
        key = {"appkey": identity.client_id, "appsecret": identity.client_secret}
        token = requests.get(f"{platform}/gettoken", key, timeout=10).json()["access_token"]
        query = {"access_token": token, "type": "jsapi"}
        answer = requests.get(f"{platform}/get_jsapi_ticket", query, timeout=10).json()
        plain = f"jsapi_ticket={answer['ticket']}&noncestr=n0nce&timestamp=1700000000&url={url}"
        config: dict[str, object] = {
            "agentId": identity.agent_id,
            "corpId": identity.corp_id,
            "timeStamp": "1700000000",
            "nonceStr": "n0nce",
            "signature": hashlib.sha256(plain.encode()).hexdigest(),
            "jsApiList": [GRANTED],
        }
        return {**config, **changes}

    def url(self, path: str) -> str:
        """The address of a path as the browser shows it."""
        return self.sandbox.phone_url.rstrip("/") + path

    def configure(self, url: str, **changes: object) -> dict[str, Any]:
        """`dd.config` signed for `url`: {"ready": …} or {"error": …}, as the page sees it."""
        answer: dict[str, Any] = self.frame.evaluate(
            "(config) => within(configure(config))", self.signed(url, **changes)
        )
        return answer

    def attempt(self, name: str, args: object = None) -> dict[str, Any]:
        """One call of an API from the page: {"result": …} or {"error": …}."""
        answer: dict[str, Any] = self.frame.evaluate(
            "([name, args]) => within(attempt(name, args))", [name, args or {}]
        )
        return answer
