"""Real Chromium, the real app under gunicorn, and the sandbox as client and platform.

Browser, sandbox and app are started once in each worker; every test has a browser context and a
simulated device of its own, so that they do not see each other.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from app_server import AppServer
from certificates import self_signed
from chromium import ARGUMENTS, CHROMIUM, WHOLE_CHROMIUM
from microapp_states import Stage, open_stage
from phone import Phone
from playwright.sync_api import Browser, sync_playwright
from served import PC_HOST, Served

from dingbridge.sandbox.sandbox import Sandbox


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium in each worker."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def freezing_browser(browser: Browser) -> Iterator[Browser]:
    """A Chromium that keeps pages in its back/forward cache, which Playwright switches off."""
    launched = browser.browser_type.launch(
        executable_path=WHOLE_CHROMIUM,
        args=list(ARGUMENTS),
        ignore_default_args=["--disable-back-forward-cache"],
    )
    yield launched
    launched.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The micro-app under gunicorn behind the sandbox's phone."""
    folder = tmp_path_factory.mktemp("served")
    with Sandbox() as sandbox:
        environment = sandbox.environment(folder / "instance")
        with AppServer(environment, folder) as app:
            sandbox.upstream = app.url
            yield Served(sandbox, app, folder / "instance")


@pytest.fixture(scope="session")
def served_over_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same where the phone speaks TLS too: a frame elsewhere has no cookies over http."""
    folder = tmp_path_factory.mktemp("tls")
    certificate = self_signed(folder, (PC_HOST, "127.0.0.1"))
    with (
        Sandbox(certificate=(certificate.chain, certificate.key)) as sandbox,
        AppServer(sandbox.environment(folder / "instance"), folder) as app,
    ):
        sandbox.upstream = app.url
        yield Served(sandbox, app, folder / "instance")


@pytest.fixture(scope="session")
def desktop(browser: Browser, served_over_tls: Served) -> Iterator[Browser]:
    """A browser for which the client's host is the sandbox, on the only port the policy allows."""
    rules = f"--host-resolver-rules=MAP {PC_HOST}:443 127.0.0.1:{served_over_tls.sandbox.port + 4}"
    launched = browser.browser_type.launch(executable_path=CHROMIUM, args=[*ARGUMENTS[:-1], rules])
    yield launched
    launched.close()


@pytest.fixture
def phones(
    browser: Browser, served: Served, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Phone]]:
    """Makes simulated clients; each has a browser context of its own."""
    made: list[Phone] = []
    numbers = itertools.count()

    def make(*, context: dict[str, Any] | None = None, **settings: object) -> Phone:
        opened = browser.new_context(**{"ignore_https_errors": True, **(context or {})})
        name = f"d{abs(hash(request.node.nodeid)):x}-{next(numbers)}"
        made.append(Phone(opened, served.sandbox, name))
        made[-1].set(**settings)
        return made[-1]

    yield make
    for phone in made:
        phone.context.close()
        phone.forget()


@pytest.fixture
def stages(phones: Callable[..., Phone], served: Served) -> Iterator[Callable[..., Stage]]:
    """Makes clients of the micro-app, whose store is emptied for each."""
    made: list[Stage] = []

    def make(*, context: dict[str, Any] | None = None, **device: object) -> Stage:
        size = {"viewport": {"width": 390, "height": 844}}
        phone = phones(context={**size, **(context or {})}, **device)
        made.append(open_stage(phone, served.instance))
        return made[-1]

    yield make
    for stage in made:
        stage.database.close()


@pytest.fixture
def phone(phones: Callable[..., Phone]) -> Phone:
    """An Android client on a screen of 390 by 844."""
    return phones(context={"viewport": {"width": 390, "height": 844}})


@pytest.fixture(scope="session")
def shots() -> Path:
    """Where screenshots go."""
    folder = Path(__file__).resolve().parents[2] / "screenshots"
    folder.mkdir(exist_ok=True)
    return folder
