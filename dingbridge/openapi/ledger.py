"""Who has called how often, and who has been told to wait: the books that limits are kept by.

A call counts from when it begins until a whole window after it was answered. When it reaches the
platform lies in between, so however long calls are under way, the platform never sees more of them
within a window than the limit says; the price is a rate that is lower by what the calls take.

`Ledger` is what both kinds can do. `LocalLedger` counts in this process, for its share of each
limit; what the platform has forbidden lies in a file, so that every process of the machine knows
at once. `redis_ledger.RedisLedger` counts for the whole fleet.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from dingbridge.openapi.pause_file import FORGIVING_SECONDS, Pause, PauseFile, locked

log = logging.getLogger(__name__)

# A pause that the platform repeats at once lasts twice as long, up to this many seconds.
LONGEST_PAUSE = 300.0


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` calls in any `seconds` seconds; `key` says whose, without any secret."""

    key: str
    count: int
    seconds: float

    def share(self, workers: int) -> Limit:
        """What one of `workers` equal processes may do: fewer calls, or one in a longer time."""
        if self.count >= workers:
            return Limit(self.key, self.count // workers, self.seconds)
        return Limit(self.key, 1, self.seconds * workers / self.count)


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a call has to wait, and for how many seconds.

    `code` is the platform's where the platform has asked for it, else empty.
    """

    seconds: float
    key: str
    code: str = ""


class Turn(Protocol):
    """A call that is under way."""

    def leave(self) -> None:
        """It is answered, or has failed."""


class Ledger(Protocol):
    """Shared by the threads of a process, and by more than that."""

    def enter(self, limits: Sequence[Limit], scopes: Sequence[str]) -> Turn | Wait:
        """A turn if one more call is within all `limits` and no pause lies on any of `scopes`.
        Else what to wait for (it may be longer), and nothing is counted.
        """

    def pause(self, scope: str, seconds: float, code: str, *, age: float, stated: bool) -> float:
        """Nobody calls within `scope` for `seconds`, or longer where it has happened just before.

        `age` is how many seconds ago the call began that was answered with `code`: answers to
        calls from before the present pause do not lengthen it. `stated` means that the platform
        has said how long. Returns the seconds from now until the pause ends.
        """

    def add(self, counter: str) -> int:
        """One more in `counter`, which is kept for some weeks; the sum so far, 0 if it cannot be
        kept.
        """

    def count(self, counter: str) -> int:
        """The sum so far."""


def longer(seconds: float, strikes: int, *, stated: bool) -> float:
    """How long a pause is that comes for the `strikes`-th time in a row."""
    return seconds if stated else min(seconds * 2 ** min(strikes - 1, 10), LONGEST_PAUSE)


class LocalLedger:
    """Counts in this process; pauses and counters in files of `folder`."""

    def __init__(
        self,
        folder: Path,
        workers: int,
        *,
        steady: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`workers` is how many processes divide each limit among them."""
        self._folder = folder
        self._workers = workers
        self._steady = steady
        self._wall = wall
        self._pauses = PauseFile(folder / "pauses.json")
        self._unwritable = False
        self.after_fork()

    def enter(self, limits: Sequence[Limit], scopes: Sequence[str]) -> Turn | Wait:
        """See Ledger; each limit counts for this process's share of it."""
        now = self._steady()
        shares = [limit.share(self._workers) for limit in limits]
        with self._lock:
            waits = [wait for share in shares if (wait := self._wait(share, now))]
            waits += self._paused(scopes)
            if waits:
                return max(waits, key=lambda wait: wait.seconds)
            windows = [
                self._windows.setdefault((share.key, share.seconds), _Window(deque()))
                for share in shares
            ]
            for window in windows:
                window.under_way += 1
            self._forget(now)
        return _LocalTurn(self, windows)

    def leave(self, windows: Sequence[_Window]) -> None:
        """A turn's end."""
        now = self._steady()
        with self._lock:
            for window in windows:
                window.under_way -= 1
                window.ended.append(now)

    def pause(self, scope: str, seconds: float, code: str, *, age: float, stated: bool) -> float:
        """See Ledger."""
        now = self._wall()

        def renew(old: Pause | None) -> Pause:
            strikes = 1
            if old and old.began <= now < old.until + FORGIVING_SECONDS:
                if now - age < old.until and not stated:
                    return old
                strikes = old.strikes + 1
            lasting = longer(seconds, strikes, stated=stated)
            return Pause(now, now + lasting, strikes, code)

        try:
            pause = self._pauses.change(scope, renew)
            self._note("")
        except OSError as error:
            self._note(type(error).__name__)
            pause = self._pauses.remember(scope, renew)
        return max(pause.until - now, 0.0)

    def add(self, counter: str) -> int:
        """See Ledger."""
        try:
            with locked(self._folder / counter) as file:
                number = _number(os.pread(file, 20, 0)) + 1
                os.pwrite(file, str(number).encode(), 0)
        except OSError as error:
            self._note(type(error).__name__)
            return 0
        self._note("")
        return number

    def count(self, counter: str) -> int:
        """See Ledger."""
        try:
            return _number((self._folder / counter).read_bytes())
        except OSError:
            return 0

    def _note(self, cause: str) -> None:
        """Tell the log once that the folder cannot be written, and once that it can."""
        if bool(cause) != self._unwritable:
            self._unwritable = bool(cause)
            log.warning("api_limits folder=%s cause=%s", "away" if cause else "back", cause)

    def after_fork(self) -> None:
        """Whoever held the lock stayed in the parent, and so did the calls counted."""
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, float], _Window] = {}
        self._swept = self._steady()

    def _wait(self, share: Limit, now: float) -> Wait | None:
        window = self._windows.get((share.key, share.seconds))
        if window is None:
            return None
        ended = window.ended
        while ended and ended[0] <= now - share.seconds:
            ended.popleft()
        excess = len(ended) + window.under_way - share.count
        if excess < 0:
            return None
        # What is under way now cannot be over before a whole window has passed.
        seconds = ended[excess] + share.seconds - now if excess < len(ended) else share.seconds
        return Wait(seconds, share.key)

    def _paused(self, scopes: Sequence[str]) -> list[Wait]:
        pauses = self._pauses.read()
        if not pauses:
            return []
        now = self._wall()
        # Before its own beginning a pause is one of a clock that was set back: it counts no more.
        active = [(scope, pauses[scope]) for scope in scopes if scope in pauses]
        return [
            Wait(pause.until - now, scope, pause.code)
            for scope, pause in active
            if pause.began - 1 <= now < pause.until
        ]

    def _forget(self, now: float) -> None:
        """Drop what no limit looks at any more: the names of APIs are not bounded."""
        if now - self._swept < 60:
            return
        self._swept = now
        for (key, seconds), window in list(self._windows.items()):
            old = not window.ended or window.ended[-1] <= now - seconds
            if old and not window.under_way:
                del self._windows[key, seconds]


@dataclass(slots=True)
class _Window:
    """The calls of one limit: when they were answered, and how many are not yet."""

    ended: deque[float]
    under_way: int = 0


class _LocalTurn:
    def __init__(self, ledger: LocalLedger, windows: Sequence[_Window]) -> None:
        self._ledger = ledger
        self._windows = windows

    def leave(self) -> None:
        self._ledger.leave(self._windows)


def _number(text: bytes) -> int:
    return int(text) if text.isdigit() else 0
