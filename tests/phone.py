"""A simulated client with a browser page, as the browser tests use it."""

from __future__ import annotations

from typing import Any

import requests
from playwright.sync_api import BrowserContext, ConsoleMessage, Page

from dingbridge.sandbox.sandbox import Sandbox

PATIENCE = 15_000  # milliseconds


class Phone:
    """One simulated client with one browser page, and what the sandbox saw of it."""

    def __init__(self, context: BrowserContext, sandbox: Sandbox, name: str) -> None:
        self.context = context
        self.sandbox = sandbox
        self.name = name
        self.page: Page = context.new_page()
        self.console: list[str] = []
        self.errors: list[str] = []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.set_default_timeout(PATIENCE)
        address = {"url": sandbox.phone_url, "name": "sandbox_device", "value": name}
        context.add_cookies([address])  # type: ignore[list-item]

    def set(self, **settings: object) -> None:
        """Change the device: platform, url_rule, grant_life, error_shape, bridge, …"""
        self._ask("PATCH", "device", settings)

    def open(self, path: str = "/") -> Page:
        """Open a path of the app in the client."""
        self.page.goto(self.sandbox.phone_url.rstrip("/") + path)
        return self.page

    def state(self, *wanted: str) -> str:
        """Wait until `<html data-bridge>` is one of `wanted` (anything but pending) and tell it."""
        allowed = list(wanted) or ["ready", "error", "outside"]
        wanted_html = ",".join(f"html[data-bridge={state}]" for state in allowed)
        self.page.wait_for_selector(wanted_html, state="attached")
        return str(self.page.get_attribute("html", "data-bridge"))

    def calls(self, kind: str = "native", method: str | None = None) -> list[dict[str, Any]]:
        """What the sandbox recorded of this device, oldest first."""
        found: list[dict[str, Any]] = self._ask("GET", f"calls?kind={kind}", None)["calls"]
        return [call for call in found if method in (None, call.get("method"))]

    def grants_asked(self) -> int:
        """How many `dd.config` requests reached the native side."""
        asked = ("runtime.permission.requestJsApis", "config")
        return sum(call["method"] in asked for call in self.calls())

    def documents(self) -> int:
        """How many documents were loaded."""
        return len(self.calls("document"))

    def forget(self) -> None:
        """The sandbox forgets the device, of which it keeps a thousand."""
        self._ask("POST", "reset", {"scope": "device"})

    def _ask(self, verb: str, path: str, body: object) -> Any:
        mark = "&" if "?" in path else "?"
        url = f"{self.sandbox.page_url}__sandbox__/{path}{mark}device={self.name}"
        answer = requests.request(verb, url, json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.console.append(message.text)
