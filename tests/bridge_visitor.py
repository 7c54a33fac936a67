"""A client on a page with a bridge, and an app with such pages, as the bridge's tests use them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app_server import AppServer
from phone import Phone
from playwright.sync_api import BrowserContext

from dingbridge.sandbox.sandbox import Sandbox

# Before any script of the page: what the page hears of the bridge, in order.
RECORD_EVENTS = """
  window.heard = [];
  for (const name of ["ready", "error"]) {
    document.addEventListener(`dingbridge:${name}`, (event) => heard.push([name, event.detail]));
  }
"""


class Visitor(Phone):
    """A client on a page with a bridge, and the page's own view of it."""

    def __init__(self, context: BrowserContext, sandbox: Sandbox, name: str) -> None:
        super().__init__(context, sandbox, name)
        self.page.add_init_script(RECORD_EVENTS)

    @property
    def heard(self) -> list[list[Any]]:
        """The bridge's events so far: [["error", {…}], …]."""
        heard: list[list[Any]] = self.page.evaluate("heard")
        return heard

    def data(self) -> dict[str, Any]:
        """The page's data block."""
        script = "JSON.parse(document.getElementById('dingbridge').textContent)"
        data: dict[str, Any] = self.page.evaluate(script)
        return data

    def call(self, api: str, params: Mapping[str, object] | None = None) -> dict[str, Any]:
        """Call an API as page code does: {"result"}, or {"error", "printed"} if it was refused."""
        outcome: dict[str, Any] = self.page.evaluate(
            """async ([api, params]) => {
              const address = document.querySelector('script[type=module][src*="bridge.js"]').src;
              const { call } = await import(address);
              try {
                return { result: await call(api, params) };
              } catch (error) {
                return { error: { ...error, message: error.message }, printed: String(error) };
              }
            }""",
            [api, dict(params or {})],
        )
        return outcome

    def notice(self) -> str:
        """The text of the notice, empty where there is none."""
        notice = self.page.query_selector(".dingbridge-notice")
        return notice.inner_text() if notice else ""


@contextmanager
def pages_app(
    folder: Path, *, certificate: tuple[Path, Path] | None = None, **settings: str
) -> Iterator[tuple[Sandbox, AppServer]]:
    """tests/bridge_pages.py under gunicorn behind a sandbox of its own; nobody is a developer."""
    with Sandbox(certificate=certificate) as sandbox:
        environment = {**sandbox.environment(folder / "instance"), "DING_DEBUG": "", **settings}
        arguments = ("--pythonpath", "tests")
        with AppServer(environment, folder, app="bridge_pages:app", arguments=arguments) as app:
            sandbox.upstream = app.url
            yield sandbox, app
