"""dingbridge.single_flight: one caller at a time, and a dead one blocks nobody.

The conformance part runs over files and over a real Redis with two machines.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from redis_server import RedisServer, running_redis

from dingbridge.single_flight import LOCK_SECONDS, SingleFlight
from dingbridge.token_cache import redis_client

pytest_plugins = ["ticket_fixtures"]

KEY = "dingbridge:0123:ticket:lock"
Open = Callable[[str], SingleFlight]


def open_flight(folder: Path, url: str | None) -> SingleFlight:
    folder.mkdir(exist_ok=True)
    return SingleFlight(folder / "ticket.lock", redis_client(url) if url else None, KEY)


@pytest.fixture(params=["one machine", "two machines"])
def places(
    request: pytest.FixtureRequest, tmp_path: Path
) -> tuple[tuple[Path, str | None], tuple[Path, str | None]]:
    """Where two callers run: with one folder, or with Redis alone in common."""
    if request.param == "one machine":
        return (tmp_path / "a", None), (tmp_path / "a", None)
    server: RedisServer = request.getfixturevalue("redis")
    return (tmp_path / "a", server.url), (tmp_path / "b", server.url)


Places = tuple[tuple[Path, str | None], tuple[Path, str | None]]


def test_while_one_is_in_nobody_else_gets_in(places: Places) -> None:
    one, two = (open_flight(*place) for place in places)
    flight = one.enter()
    assert flight is not None
    with flight:
        assert flight.fleet
        assert one.enter() is None
        assert two.enter() is None
    after = two.enter()
    assert after is not None
    with after:
        assert one.enter() is None


def test_it_is_free_again_after_an_error(places: Places) -> None:
    one, two = (open_flight(*place) for place in places)
    flight = one.enter()
    assert flight is not None
    with pytest.raises(ZeroDivisionError), flight:
        raise ZeroDivisionError
    again = two.enter()
    assert again is not None
    with again:
        pass


def test_of_many_threads_one_is_in_at_any_time(places: Places) -> None:
    inside, most, entered = 0, 0, 0
    counting = threading.Lock()
    over = time.monotonic() + 20

    def run(flight: SingleFlight) -> None:
        nonlocal inside, most, entered
        while entered < 30 and time.monotonic() < over:
            if (held := flight.enter()) is None:
                continue
            with held:
                with counting:
                    inside, entered = inside + 1, entered + 1
                    most = max(most, inside)
                os.sched_yield()
                with counting:
                    inside -= 1

    threads = [
        threading.Thread(target=run, args=(open_flight(*places[number % 2]),))
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert entered >= 30


def hold(pipe: Connection, folder: Path, url: str | None) -> None:
    """A process that gets in and stays there until it is killed."""
    flight = open_flight(folder, url).enter()
    assert flight is not None
    with flight:
        pipe.send("in")
        pipe.recv()


@pytest.fixture
def holder() -> Iterator[Callable[[Path, str | None], int]]:
    """Starts a process that holds the lock; its process id."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    started = []

    def start(folder: Path, url: str | None) -> int:
        mine, theirs = context.Pipe()
        process = context.Process(target=hold, args=(theirs, folder, url), daemon=True)
        process.start()
        started.append((process, mine))
        assert mine.poll(20)
        assert mine.recv() == "in"
        assert process.pid
        return process.pid

    yield start
    for process, pipe in started:
        process.kill()
        process.join()
        pipe.close()


def test_a_holder_that_is_killed_lets_the_next_one_in_within_its_locks_life(
    places: Places, holder: Callable[[Path, str | None], int]
) -> None:
    holding = holder(*places[0])
    next_one = open_flight(*places[1])
    assert next_one.enter() is None
    os.kill(holding, signal.SIGKILL)
    killed = time.monotonic()
    while (flight := next_one.enter()) is None:
        assert time.monotonic() - killed < LOCK_SECONDS + 0.5
    with flight:
        assert flight.fleet


def test_a_holder_that_works_for_long_keeps_the_lock(
    redis: RedisServer,
    tmp_path: Path,
) -> None:
    one, two = (open_flight(tmp_path / name, redis.url) for name in ("a", "b"))
    flight = one.enter()
    assert flight is not None
    with flight:
        over = time.monotonic() + LOCK_SECONDS * 1.3
        while time.monotonic() < over:
            assert two.enter() is None
    again = two.enter()
    assert again is not None
    with again:
        pass


def test_a_forked_child_does_not_keep_its_parents_lock_alive(tmp_path: Path) -> None:
    flight = open_flight(tmp_path, None)
    held = flight.enter()
    assert held is not None
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: of threads, and we have some
        child = os.fork()
    if child == 0:
        # Neither holds the lock nor may it free it for the parent.
        os.write(writing, b"in" if flight.enter() is not None else b"no")
        signal.pause()
    assert os.read(reading, 2) == b"no"
    with held:
        pass
    again = flight.enter()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reading)
    os.close(writing)
    assert again is not None
    with again:
        pass


@pytest.mark.parametrize("trouble", ["killed", "frozen"])
def test_without_redis_the_lock_holds_on_this_machine_and_says_so(
    tmp_path: Path, trouble: str
) -> None:
    with running_redis() as server:
        flight = open_flight(tmp_path, server.url)
        server.kill() if trouble == "killed" else server.freeze()
        began = time.monotonic()
        held = flight.enter()
        assert time.monotonic() - began < 1
        assert held is not None
        with held:
            assert not held.fleet
            assert flight.enter() is None


def test_a_redis_that_was_away_lately_is_not_waited_for(tmp_path: Path) -> None:
    with running_redis() as server:
        server.freeze()
        flight = SingleFlight(
            tmp_path / "ticket.lock", redis_client(server.url), KEY, lambda: False
        )
        began = time.monotonic()
        held = flight.enter()
        assert time.monotonic() - began < 0.1
        assert held is not None
        with held:
            assert not held.fleet


def test_a_redis_that_dies_while_the_lock_is_held_harms_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    with running_redis() as server:
        flight = open_flight(tmp_path, server.url)
        held = flight.enter()
        assert held is not None
        with held:
            server.kill()
            deadline = time.monotonic() + 10
            while "fleet_lock_not_kept" not in caplog.text:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        again = flight.enter()
        assert again is not None
        with again:
            assert not again.fleet


def test_a_lock_that_was_lost_is_not_taken_from_its_new_holder(
    redis: RedisServer,
    tmp_path: Path,
) -> None:
    one, two, three = (open_flight(tmp_path / name, redis.url) for name in ("a", "b", "c"))
    lost = one.enter()
    assert lost is not None
    redis.flush()
    new = two.enter()
    assert new is not None
    with new:
        with lost:
            pass
        assert three.enter() is None


def test_a_lock_file_that_cannot_be_used_costs_a_call_and_not_the_ticket(tmp_path: Path) -> None:
    flight = SingleFlight(tmp_path / "missing" / "ticket.lock")
    held = flight.enter()
    assert held is not None
    with held:
        assert not held.fleet


class Breaking:
    """A Redis client that fails in a way that nobody foresaw."""

    def lock(self, *_: object, **__: object) -> None:
        raise UnicodeError("label too long")


def test_an_error_that_nobody_foresaw_leaves_no_lock_behind(tmp_path: Path) -> None:
    broken = SingleFlight(tmp_path / "ticket.lock", Breaking(), KEY)  # type: ignore[arg-type]
    with pytest.raises(UnicodeError):
        broken.enter()
    held = open_flight(tmp_path, None).enter()
    assert held is not None
    with held:
        pass


def test_without_another_thread_the_lock_is_held_and_let_go_all_the_same(
    redis: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    one, two = (open_flight(tmp_path / name, redis.url) for name in ("a", "b"))
    held = one.enter()
    assert held is not None
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", full)
        held.__enter__()
    assert two.enter() is None
    held.__exit__()
    again = two.enter()
    assert again is not None
    with again:
        pass


def test_a_lock_file_that_root_makes_is_for_the_folders_owner(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Path] = []
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, *_, **__: given.append(path))
    held = open_flight(tmp_path, None).enter()
    assert held is not None
    with held:
        assert given == [tmp_path / "ticket.lock"]
