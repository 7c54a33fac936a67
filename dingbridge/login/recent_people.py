"""Whether other people are fine: what tells one visitor's trouble from everybody's (R36)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SECONDS = 1800.0
KEPT = 50


class RecentPeople:
    """The last people of this process who were signed in, and when."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is in seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, float] = {}

    def note(self, userid: str) -> None:
        """Somebody is signed in. Every page says so: there is no lock on this way."""
        self._seen[userid] = self._clock()
        if len(self._seen) > KEPT:
            with self._lock:
                latest = sorted(self._seen.items(), key=lambda entry: -entry[1])
                self._seen = dict(latest[: KEPT // 2])

    def others_are_fine(self) -> bool:
        """Whether at least two people were: whoever the visitor is, one of them is another."""
        since = self._clock() - SECONDS
        return sum(seen > since for seen in list(self._seen.values())) >= 2
