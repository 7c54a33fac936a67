"""A bound on how often this process does something that anybody may ask for."""

from __future__ import annotations

import threading
import time


class RateLimit:
    """A token bucket: `burst` at once, then `rate` a second, for the whole process."""

    def __init__(self, rate: float, burst: int) -> None:
        """`rate` is in calls a second."""
        self._rate = rate
        self._burst = burst
        self._left = float(burst)
        self._at = time.monotonic()
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether one more may happen now; if so it is counted."""
        now = time.monotonic()
        with self._lock:
            self._left = min(self._burst, self._left + (now - self._at) * self._rate)
            self._at = now
            if self._left < 1:
                return False
            self._left -= 1
            return True
