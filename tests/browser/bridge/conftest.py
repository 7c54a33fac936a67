"""Clients of a second app (tests/bridge_pages.py) and of the micro-app."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from app_server import AppServer
from bridge_visitor import Visitor, pages_app
from playwright.sync_api import Browser, BrowserContext

from dingbridge.sandbox.sandbox import Sandbox


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Sandbox, AppServer]]:
    """The second app behind a sandbox of its own, for visitors who are no developers."""
    with pages_app(tmp_path_factory.mktemp("pages")) as served:
        yield served


@pytest.fixture
def clients(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Visitor]]:
    """Makes a client of any sandbox; each has a browser context of its own."""
    contexts: list[BrowserContext] = []
    numbers = itertools.count()

    def make(sandbox: Sandbox, **settings: object) -> Visitor:
        contexts.append(browser.new_context(ignore_https_errors=True))
        name = f"b{abs(hash(request.node.nodeid)):x}-{next(numbers)}"
        visitor = Visitor(contexts[-1], sandbox, name)
        visitor.set(**settings)
        return visitor

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def visitors(
    clients: Callable[..., Visitor], pages: tuple[Sandbox, AppServer]
) -> Callable[..., Visitor]:
    """Makes clients of the second app."""
    sandbox, _ = pages
    return lambda **settings: clients(sandbox, **settings)


@pytest.fixture
def developers(clients: Callable[..., Visitor], served: Any) -> Callable[..., Visitor]:
    """Makes clients of the micro-app, whose visitors are developers."""
    return lambda **settings: clients(served.sandbox, **settings)


@pytest.fixture
def platform_rules(pages: tuple[Sandbox, AppServer], served: Any) -> Iterator[Callable[..., None]]:
    """Changes how both platforms verify, until the test is over."""
    addresses = [
        sandbox.page_url + "__sandbox__/platform" for sandbox in (pages[0], served.sandbox)
    ]
    before = [requests.get(address, timeout=10).json() for address in addresses]

    def change(**rules: object) -> None:
        for address in addresses:
            requests.patch(address, json=rules, timeout=10).raise_for_status()

    yield change
    for address, rules in zip(addresses, before, strict=True):
        kept = {name: rules[name] for name in ("algorithm", "query_rule")}
        requests.patch(address, json=kept, timeout=10).raise_for_status()
