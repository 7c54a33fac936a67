"""The stand-in's own time, so that a day of a ticket's life can pass in a moment."""

import threading
import time
from collections.abc import Callable


class Clock:
    """A clock that starts at the present and can then run faster, or be moved.

    ``elapsed`` is any steadily growing count of seconds; tests hand in their own.
    """

    def __init__(
        self, start: float | None = None, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._lock = threading.Lock()
        self._elapsed = elapsed
        self._anchor = elapsed()
        self._base = time.time() if start is None else start
        self._speed = 1.0
        self._offset = 0.0

    def now(self) -> float:
        """Seconds since 1970 as the platform sees them."""
        with self._lock:
            return self._running() + self._offset

    def change(
        self,
        *,
        speed: float | None = None,
        offset: float | None = None,
        advance: float | None = None,
    ) -> None:
        """Sets the pace (1 is real time) or the offset in seconds, or moves on by ``advance``.

        A new pace takes over from the moment reached; it does not re-scale what has passed.
        """
        with self._lock:
            if speed is not None:
                self._base = self._running()
                self._anchor = self._elapsed()
                self._speed = speed
            if offset is not None:
                self._offset = offset
            if advance is not None:
                self._offset += advance

    def reset(self) -> None:
        """Back to real time from here on, as if it had never been changed."""
        with self._lock:
            self._base = time.time()
            self._anchor = self._elapsed()
            self._speed, self._offset = 1.0, 0.0

    def describe(self) -> dict[str, float]:
        """Pace, offset and the present second, as the admin API shows them."""
        with self._lock:
            now = self._running() + self._offset
            return {"speed": self._speed, "offset": self._offset, "now": round(now, 3)}

    def _running(self) -> float:
        return self._base + (self._elapsed() - self._anchor) * self._speed
