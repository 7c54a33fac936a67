"""dingbridge.credentials: the thread that watches, in real time and in this process."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_server import SandboxClient
from ticket_campaigns import TICKET, until

from dingbridge.credentials import Credentials, open_credentials
from dingbridge.settings import Settings

pytest_plugins = ["ticket_fixtures"]


class Process:
    """Opens credentials as a process does, and lets the watchers go when the test is over."""

    def __init__(self, sandbox: SandboxClient, folder: Path) -> None:
        self.settings = Settings.load(sandbox.sandbox.environment(folder))
        self.opened: list[Credentials] = []

    def open(self) -> Credentials:
        credentials = open_credentials(self.settings)
        self.opened.append(credentials)
        return credentials


@pytest.fixture
def process(sandbox: SandboxClient, tmp_path: Path) -> Iterator[Process]:
    process = Process(sandbox, tmp_path)
    yield process
    for credentials in process.opened:
        credentials.close()
    until(lambda: not any(watched(credentials) for credentials in process.opened))


def watched(credentials: Credentials) -> bool:
    """Whether a thread looks after them."""
    return credentials._watcher is not None and credentials._watcher.is_alive()


def test_nothing_runs_before_anything_is_used(process: Process) -> None:
    credentials = process.open()
    assert not watched(credentials)
    credentials.ticket()
    credentials.access_token()
    assert watched(credentials)


@pytest.mark.row("R03")
def test_a_ticket_called_bad_is_replaced_and_known_to_another_within_a_second(
    process: Process, sandbox: SandboxClient
) -> None:
    one, two = process.open(), process.open()
    old = one.ticket()
    assert two.ticket() == old
    sandbox.revoke_ticket()
    two.doubt_ticket("52011")
    until(lambda: two.ticket() != old)
    published = time.monotonic()
    until(lambda: one.ticket() == two.ticket())
    assert time.monotonic() - published < 1
    assert sandbox.platform_calls(TICKET) == 2


def test_a_refresh_in_the_background_keeps_no_page_waiting(
    process: Process, sandbox: SandboxClient
) -> None:
    credentials = process.open()
    old = credentials.ticket()
    sandbox.fault("ticket", "slow", seconds=1.0)
    sandbox.revoke_ticket()
    credentials.doubt_ticket("52011")
    slowest = 0.0
    while (used := credentials.ticket()) == old:
        began = time.perf_counter()
        credentials.ticket()
        slowest = max(slowest, time.perf_counter() - began)
        time.sleep(0.001)
    assert used in sandbox.sandbox.platform.tokens.live_tickets()
    assert slowest < 0.5


def test_the_watcher_outlives_a_tick_that_fails(
    process: Process, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    credentials = process.open()
    credentials.ticket()
    failed = threading.Event()

    def fail() -> None:
        failed.set()
        raise ZeroDivisionError

    monkeypatch.setattr(credentials, "tick", fail)
    assert failed.wait(5)
    until(lambda: "watcher_failed" in caplog.text)
    for _ in range(3):
        failed.clear()
        assert failed.wait(5)
    assert caplog.text.count("watcher_failed") == 1
    monkeypatch.undo()
    assert watched(credentials)


def test_a_process_without_another_thread_has_its_ticket_and_a_watcher_later(
    process: Process, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    start = threading.Thread.start

    def full(thread: threading.Thread) -> None:
        if thread.name == "dingbridge-watcher":
            raise RuntimeError("can't start new thread")
        start(thread)

    credentials = process.open()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", full)
        assert credentials.ticket()
    assert "watcher_not_started" in caplog.text
    credentials.doubt_ticket("52011")
    assert watched(credentials)


def test_the_watcher_ends_with_the_credentials_that_it_watches(process: Process) -> None:
    process.open().ticket()
    watcher = process.opened.pop()._watcher
    assert watcher is not None

    def gone() -> bool:
        gc.collect()
        return not watcher.is_alive()

    until(gone)


def test_closed_credentials_start_no_watcher_and_still_have_their_ticket(
    process: Process,
) -> None:
    credentials = process.open()
    ticket = credentials.ticket()
    credentials.close()
    until(lambda: not watched(credentials))
    assert credentials.ticket() == ticket
    credentials.doubt_ticket("52011")
    assert not watched(credentials)


def test_after_a_fork_a_watcher_starts_anew_on_first_use(process: Process) -> None:
    credentials = process.open()
    ticket = credentials.ticket()
    parents = credentials._watcher
    credentials._after_fork()  # in a child no thread of the parent runs; here its watcher goes on
    assert not watched(credentials)
    assert credentials.ticket() == ticket
    assert watched(credentials)
    assert credentials._watcher is not parents
