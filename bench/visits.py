"""One person's visits: Chromium with a phone's processor and network, and a client that grants."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Self

import requests
from chromium import ARGUMENTS, CHROMIUM
from playwright.sync_api import Browser, BrowserContext, CDPSession, sync_playwright

from bench.stage import SCRIPTS, Stage

SLOWER = 4  # a phone's processor against this machine's
LATENCY_MS = 150
# 4G: 1.6 Mbit/s down and 0.75 up, in bytes a second.
NETWORK = {
    "offline": False,
    "latency": LATENCY_MS,
    "downloadThroughput": 1_600_000 / 8,
    "uploadThroughput": 750_000 / 8,
}
GRANT_MS = 300
DEVICE = "bench"
PATIENCE_MS = 30_000
TOLD = "bench "  # what client.js tells begins so
_numbers = itertools.count()


class Visit(NamedTuple):
    """One document: milliseconds from the start of the navigation, and what went over the wire.

    `requests` and `octets` count until `dd.ready`; what the browser's cache answered is not in
    them. `octets` is as received, headers included; `html` the document's own part of them.
    """

    ready_ms: float
    paint_ms: float | None
    requests: int
    octets: int
    html: int


@contextmanager
def open_browser(stage: Stage) -> Iterator[Browser]:
    """Chromium that finds the stage and trusts its certificate."""
    trust = f"--ignore-certificate-errors-spki-list={stage.key_digest}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, trust])
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """A person with an empty cache, as a context manager."""

    def __init__(self, browser: Browser, stage: Stage) -> None:
        self._sandbox = stage.sandbox.page_url.rstrip("/")
        device = requests.patch(
            f"{self._sandbox}/__sandbox__/device",
            params={"device": DEVICE},
            json={"grant_ms": GRANT_MS},
            timeout=10,
        ).json()
        self._context: BrowserContext = browser.new_context(
            user_agent=device["user_agent"],
            viewport={"width": 390, "height": 844},
            locale="zh-CN",
        )
        self._context.set_default_timeout(PATIENCE_MS)
        self._context.add_init_script(self._client())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._context.close()

    def visit(self, url: str) -> Visit:
        """Open `url` in a new tab until `dd.ready`.

        Raises AssertionError where the client says no.
        """
        page = self._context.new_page()
        session = self._context.new_cdp_session(page)
        wire = Wire(session)
        wire.be_a_phone()
        self._attach_native_side(session)
        # Nothing is asked of the page while it loads: that would take of the time that it needs.
        with page.expect_console_message(lambda message: message.text.startswith(TOLD)) as message:
            page.goto(_fresh(url), wait_until="commit")
        told = json.loads(message.value.text.removeprefix(TOLD))
        count = wire.count()
        page.close()
        assert told["outcome"] == "ready", told
        return Visit(told["ready_ms"], told["paint_ms"], *count)

    def warm(self, url: str) -> None:
        """Load a page at full speed, for what it leaves in the cache."""
        page = self._context.new_page()
        page.goto(url, wait_until="load")
        page.close()

    def _client(self) -> str:
        container = requests.get(
            f"{self._sandbox}/__sandbox__/container.js", params={"device": DEVICE}, timeout=10
        )
        script = (SCRIPTS / "client.js").read_text("utf-8")
        return script.replace("/* CONTAINER */", container.text)

    def _attach_native_side(self, session: CDPSession) -> None:
        """The native side: the sandbox verifies, and takes its time to grant."""

        def answer(event: dict[str, Any]) -> None:
            asked = json.loads(event["payload"])
            url, body = self._sandbox + asked["address"], asked["body"].encode()
            text = requests.post(url, data=body, timeout=30).text
            session.send("Runtime.evaluate", {"expression": f"benchAnswer({json.dumps(text)})"})

        session.on("Runtime.bindingCalled", answer)
        session.send("Runtime.enable")
        session.send("Runtime.addBinding", {"name": "benchNative"})


class Wire:
    """The protocol's view of one tab's requests."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session
        self._sent: list[str] = []
        self._cached: set[str] = set()
        self._octets: dict[str, int] = {}
        self._document = ""
        session.on("Network.requestWillBeSent", self._request)
        session.on("Network.requestServedFromCache", self._from_memory)
        session.on("Network.responseReceived", self._response)
        session.on("Network.loadingFinished", self._finished)
        session.send("Network.enable")

    def be_a_phone(self) -> None:
        """Slow the tab's processor and network down."""
        self._session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        self._session.send("Network.emulateNetworkConditions", NETWORK)

    def count(self) -> tuple[int, int, int]:
        """Requests on the wire, their octets, and the document's octets, so far."""
        wired = [request for request in self._sent if request not in self._cached]
        octets = sum(self._octets.get(request, 0) for request in wired)
        return len(wired), octets, self._octets.get(self._document, 0)

    def _request(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        # The report of the outcome leaves after dd.ready.
        if url.startswith("http") and not url.endswith("/ding/outcome"):
            self._sent.append(event["requestId"])
        if event["type"] == "Document":
            self._document = event["requestId"]

    def _from_memory(self, event: dict[str, Any]) -> None:
        self._cached.add(event["requestId"])

    def _response(self, event: dict[str, Any]) -> None:
        response = event["response"]
        if response.get("fromDiskCache") or response.get("fromPrefetchCache"):
            self._cached.add(event["requestId"])

    def _finished(self, event: dict[str, Any]) -> None:
        self._octets[event["requestId"]] = int(event["encodedDataLength"])


def _fresh(url: str) -> str:
    """The same page with another parameter: nothing of an earlier rendering can be reused."""
    return f"{url}?id={next(_numbers)}"
