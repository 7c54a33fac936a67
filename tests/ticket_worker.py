"""Processes that hold credentials, as an app's workers do, and do what a test tells them.

with Workers(environments) as workers:
    answers = workers.cold_requests(10_000)

The processes are forked from a clean server process that has imported everything, so that eight
of them cost no more than one. Each may run on a clock of its own.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import resource
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Any, Self

from dingbridge.clock import Clock
from dingbridge.credentials import Credentials, open_credentials
from dingbridge.errors import CredentialUnavailable
from dingbridge.settings import Settings
from dingbridge.transport import Transport

Answer = dict[str, Any]


class MovableTime:
    """Both clocks, `speed` times as fast as real ones from the real second `origin` on."""

    def __init__(self, origin: float, speed: float) -> None:
        self._origin = origin
        self._speed = speed
        self.steady_offset = 0.0
        self.wall_offset = 0.0

    def steady(self) -> float:
        now = time.time()
        return self._origin + (now - self._origin) * self._speed + self.steady_offset

    def wall(self) -> float:
        return self.steady() + self.wall_offset


class Hammer:
    """Threads that ask for the ticket over and over."""

    def __init__(self, credentials: Credentials, threads: int, pause: float) -> None:
        self._credentials = credentials
        self._pause = pause
        self._over = threading.Event()
        self.seconds: list[float] = []
        self.errors: list[str] = []
        self.values: dict[str, list[float]] = {}  # real seconds of the first and the last use
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._over.is_set():
            began = time.perf_counter()
            try:
                value = self._credentials.ticket()
            except CredentialUnavailable as error:
                self.errors.append(str(error))
            else:
                now = time.time()
                self.values.setdefault(value, [now, now])[1] = now
            self.seconds.append(time.perf_counter() - began)
            self._over.wait(self._pause)

    def stop(self) -> Answer:
        self._over.set()
        for thread in self._threads:
            thread.join()
        return {"seconds": self.seconds, "errors": self.errors, "values": self.values}


class TimedTransport(Transport):
    """Notes the real second of every try, also of those that never arrive."""

    tries: list[float]

    def call(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self.tries.append(time.time())
        return super().call(*args, **kwargs)


class _Process:
    """What runs in the child."""

    def __init__(self, environment: Mapping[str, str], options: Mapping[str, Any]) -> None:
        self._time = MovableTime(options["origin"], options["speed"])
        clock = Clock(self._time.wall, self._time.steady, boot=options["boot"])
        settings = Settings.load(environment)
        transport = TimedTransport(settings, read_seconds=options["read_seconds"])
        transport.tries = self._tries = []
        began = time.perf_counter()
        self._credentials = open_credentials(settings, clock=clock, transport=transport)
        self._opened_in = time.perf_counter() - began
        self._hammer: Hammer | None = None

    def ticket(self) -> Answer:
        began = time.perf_counter()
        try:
            answer: Answer = {"value": self._credentials.ticket()}
        except CredentialUnavailable as error:
            answer = {"error": str(error)}
        return {**answer, "seconds": time.perf_counter() - began, "at": time.time()}

    def token(self) -> Answer:
        """Use the token too: what a process has never used it does not refresh."""
        self._credentials.access_token()
        return {}

    def tickets(self, threads: int, count: int, at: float) -> Answer:
        """`count` requests in each of `threads` threads, all from the real second `at` on."""
        answers: list[Answer] = []

        def ask() -> None:
            time.sleep(max(0.0, at - time.time()))
            answers.extend(self.ticket() for _ in range(count))

        asking = [threading.Thread(target=ask) for _ in range(threads)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        return {
            "asked": len(answers),
            "values": sorted({answer["value"] for answer in answers if "value" in answer}),
            "errors": sorted({answer["error"] for answer in answers if "error" in answer}),
            "seconds": [answer["seconds"] for answer in answers],
        }

    def hammer(self, threads: int = 1, pause: float = 0.02) -> Answer:
        self._hammer = Hammer(self._credentials, threads, pause)
        return {}

    def uses(self) -> Answer:
        assert self._hammer
        return {"count": len(self._hammer.seconds)}

    def has_used(self, value: str) -> Answer:
        assert self._hammer
        return {"answer": value in self._hammer.values}

    def stop(self) -> Answer:
        assert self._hammer
        return self._hammer.stop()

    def move(self, steady: float = 0.0, wall: float = 0.0) -> Answer:
        """Let both clocks go on by `steady` seconds, and set the wall clock by `wall`."""
        self._time.steady_offset += steady
        self._time.wall_offset += wall
        return {}

    def doubt(self) -> Answer:
        self._credentials.doubt_ticket("52011")
        return {}

    def tries(self) -> Answer:
        """The real seconds of this process's calls to the platform."""
        return {"at": list(self._tries)}

    def status(self) -> Answer:
        return dict(self._credentials.status())

    def cost(self) -> Answer:
        """Seconds to open the credentials and the process's largest size so far in KiB."""
        return {
            "open_seconds": self._opened_in,
            "peak_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        }


def serve(pipe: Connection, environment: dict[str, str], options: dict[str, Any]) -> None:
    """The child's main function."""
    logging.getLogger("dingbridge").setLevel(logging.ERROR)  # outages are what is wanted here
    process = _Process(environment, options)
    while (command := pipe.recv()) is not None:
        name, arguments = command
        pipe.send(getattr(process, name)(**arguments))


class Worker:
    """One child, seen from the test."""

    def __init__(self, environment: Mapping[str, str], **options: Any) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        self._pipe, theirs = context.Pipe()
        wanted = {"origin": 0.0, "speed": 1.0, "boot": "here", "read_seconds": 5.0, **options}
        self._process = context.Process(
            target=serve, args=(theirs, dict(environment), wanted), daemon=True
        )
        self._process.start()
        theirs.close()

    def begin(self, name: str, **arguments: Any) -> None:
        """Give an order; `end` waits for its answer."""
        self._pipe.send((name, arguments))

    def end(self, timeout: float = 120) -> Answer:
        assert self._pipe.poll(timeout), "the worker does not answer"
        answer: Answer = self._pipe.recv()
        return answer

    def ask(self, name: str, **arguments: Any) -> Answer:
        self.begin(name, **arguments)
        return self.end()

    def kill(self) -> None:
        """kill -9, and nothing of it is left."""
        assert self._process.pid
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join()
        self._pipe.close()


class Workers:
    """Several children, which are gone when the `with` block ends."""

    def __init__(self, environments: Sequence[Mapping[str, str]], **options: Any) -> None:
        self.all = [Worker(environment, **options) for environment in environments]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.all:
            worker.kill()

    def every(self, name: str, **arguments: Any) -> list[Answer]:
        """One order for all of them at the same time."""
        for worker in self.all:
            worker.begin(name, **arguments)
        return [worker.end() for worker in self.all]

    def cold_requests(self, count: int, threads: int = 16) -> list[Answer]:
        """About `count` requests by all of them together, beginning at the same moment."""
        each = count // (len(self.all) * threads) + 1
        return self.every("tickets", threads=threads, count=each, at=time.time() + 0.2)
