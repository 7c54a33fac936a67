"""One process's view of a fleet under a clock that a test moves: no test has to wait.

The sandbox's platform and the credentials read the same clock. Nothing happens by itself: `tick`
is what a watcher would do a few times a second, and a refresh that it starts ends within it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis_server import RedisServer
from sandbox_server import SandboxClient

from dingbridge.clock import Clock
from dingbridge.credentials import Credentials, open_credentials
from dingbridge.settings import Settings
from dingbridge.ticket_source import TicketSource
from dingbridge.transport import Transport

LIFE = 7200.0


class CountedTransport(Transport):
    """Counts what is tried, also where nobody is there to count it."""

    tries: list[str]

    def call(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        self.tries.append(args[2])
        return super().call(*args, **kwargs)


class Stage:
    """A sandbox whose clock stands still, and credentials that see it."""

    def __init__(self, sandbox: SandboxClient, folder: Path, redis: RedisServer | None) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.redis = redis
        self.settings: dict[str, object] = {}
        self.tries: list[str] = []  # the paths of all calls, whether they arrived or not
        self._opened: list[Credentials] = []
        self._time = sandbox.sandbox.platform.clock
        self._time.change(speed=0)

    def environment(self, machine: str = "a", **settings: object) -> dict[str, Any]:
        """The settings of one machine: a folder of its own, and Redis where there is one."""
        given = self.sandbox.sandbox.environment(self.folder / machine)
        shared = {"DING_REDIS_URL": self.redis.url} if self.redis else {}
        return {**given, **shared, **self.settings, **settings}

    def open(
        self,
        machine: str = "a",
        *,
        source: Callable[[], TicketSource | None] = lambda: None,
        wall_offset: float = 0.0,
        boot: str | None = None,
        read_seconds: float = 5.0,
        **settings: object,
    ) -> Credentials:
        """Credentials as one process on `machine` opens them."""
        loaded = Settings.load(self.environment(machine, **settings))
        transport = CountedTransport(loaded, read_seconds=read_seconds)
        transport.tries = self.tries
        credentials = open_credentials(
            loaded,
            source=source,
            clock=self.clock(machine if boot is None else boot, wall_offset),
            transport=transport,
            watched=False,
        )
        self._opened.append(credentials)
        return credentials

    def restart(self, stopped: Credentials, machine: str = "a", **given: Any) -> Credentials:
        """Another process in the place of one that has ended."""
        self._opened.remove(stopped)
        return self.open(machine, **given)

    def clock(self, boot: str = "a", wall_offset: float = 0.0) -> Clock:
        now = self._time.now
        return Clock(lambda: now() + wall_offset, now, boot=boot)

    def advance(self, seconds: float) -> None:
        """Time goes on for everybody."""
        self._time.change(advance=seconds)

    def tick(self) -> None:
        """Every watcher looks around once."""
        for credentials in self._opened:
            credentials.tick()

    def run(self, seconds: float, step: float = 1.0) -> None:
        """Time goes on in steps, with a tick of every watcher after each."""
        for _ in range(round(seconds / step)):
            self.advance(step)
            self.tick()

    def calls(self, kind: str | None = None) -> int:
        """How often the platform was asked for a "token" or a "ticket", or at all."""
        return sum(kind is None or kind in path.lower() for path in self.tries)

    def alive(self, ticket: str) -> bool:
        """Whether the platform would accept a signature made with it."""
        return ticket in self.sandbox.sandbox.platform.tokens.live_tickets()
