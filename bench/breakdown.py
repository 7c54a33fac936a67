"""Where the time of a signed page goes: single functions, timed inside whole requests.

One function at a time is wrapped, so the others run as they are; a function's figure holds what it
calls. In a loop of their own all of them would be two to three times as fast, since a request
evicts their code and data from the processor's caches.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import EnvironBuilder

import dingbridge.page
import dingbridge.signature
import dingbridge.tags
from app import create_app
from bench import twin_pages
from bench.server_cost import HOST, SETUPS, TARGETS
from bench.spread import spread
from dingbridge.credentials import Credentials
from dingbridge.page import PageSigner
from dingbridge.sandbox.sandbox import Sandbox
from dingbridge.state import BridgeState
from dingbridge.tags import PageTags

# What a page's signing consists of, outermost first: label, owner and name of the function.
STEPS: tuple[tuple[str, object, str], ...] = (
    ("template, whole", twin_pages, "render_template"),
    ("dingbridge(…), whole", PageTags, "__call__"),
    ("visitor's language", BridgeState, "language"),
    ("sign the page", PageSigner, "view"),
    ("exact URL", dingbridge.page, "page_url"),
    ("ticket", Credentials, "ticket"),
    ("timestamp and signature", dingbridge.page, "sign_page"),
    ("hash", dingbridge.signature, "sign"),
    ("text", dingbridge.tags, "signed_tags"),
)


def measure(folder: Path, requests: int) -> dict[str, Any]:
    """Microseconds of each step in a signed page's request."""
    with Sandbox() as sandbox:
        settings = {
            **sandbox.environment(folder / "in-process"),
            **SETUPS["one origin"],
            "DING_DEBUG": "0",
            "SECRET_KEY": "a session key for the benchmark only",
        }
        app = create_app(settings)
        twin_pages.add_pages(app)
        credentials = app.extensions["dingbridge"]["dingbridge"].credentials
        try:
            serve(app, 50)
            return {label: _timed(app, owner, name, requests) for label, owner, name in STEPS}
        finally:
            credentials.close()


def serve(app: Flask, number: int) -> None:
    """Answer the signed page that often, as gunicorn would ask for it."""
    for _ in range(number):
        environ = EnvironBuilder(TARGETS["signed"], base_url=f"http://{HOST}").get_environ()
        environ["RAW_URI"] = TARGETS["signed"]
        body = app.wsgi_app(environ, lambda *_: lambda _: None)
        assert b'id="dingbridge"' in b"".join(body)


def _timed(app: Flask, owner: object, name: str, requests: int) -> dict[str, float | int]:
    original: Callable[..., object] = getattr(owner, name)
    times: list[float] = []

    def timed(*args: object, **kwargs: object) -> object:
        begin = time.perf_counter_ns()
        answer = original(*args, **kwargs)
        times.append((time.perf_counter_ns() - begin) / 1000)
        return answer

    setattr(owner, name, timed)
    try:
        serve(app, requests)
    finally:
        setattr(owner, name, original)
    assert times, f"{name} is not on the way of a signed page any more"
    return spread(times)
