"""Codes that have been exchanged, so that the same one is never exchanged twice here."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable

# The platform forgets a code after five minutes; after that its answer is the same without us.
KEPT_SECONDS = 330.0
KEPT_CODES = 20_000


class SpentCodes:
    """Remembers codes of this process as digests, for a little longer than they live."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is in seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: set[bytes] = set()
        self._order: deque[tuple[float, bytes]] = deque()

    def knows(self, code: str) -> bool:
        """Whether the code has had its first use."""
        with self._lock:
            self._forget(self._clock())
            return _digest(code) in self._seen

    def take(self, code: str) -> bool:
        """Whether this is the code's first use; from now on it is none."""
        key = _digest(code)
        now = self._clock()
        with self._lock:
            self._forget(now)
            if key in self._seen:
                return False
            self._seen.add(key)
            self._order.append((now, key))
            return True

    def _forget(self, now: float) -> None:
        while self._order:
            seen, key = self._order[0]
            if now - seen < KEPT_SECONDS and len(self._order) < KEPT_CODES:
                return
            self._order.popleft()
            self._seen.discard(key)


def _digest(code: str) -> bytes:
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
