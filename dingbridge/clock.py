"""Time that a changed system clock cannot spoil.

The wall clock is the only one that two machines share, and it may be set back and forth. Within
one boot of one machine there is a better one: it runs through suspends and nobody can set it. A
`Moment` holds both, and its age is measured with the better one wherever that is possible.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import isfinite
from pathlib import Path

# Linux only; elsewhere the monotonic clock, which may stand still while the machine sleeps. Each
# page reads it: the partial is called in less than half the time of a function around it.
_steady: Callable[[], float] = (
    partial(time.clock_gettime, time.CLOCK_BOOTTIME)
    if hasattr(time, "CLOCK_BOOTTIME")
    else time.monotonic
)
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def _boot_id() -> str:
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: `wall` in seconds since 1970, `steady` in seconds within the boot `boot`.

    An empty `boot` is comparable with no other.
    """

    wall: float
    steady: float
    boot: str

    def as_json(self) -> list[float | str]:
        """For a stored record."""
        return [float(self.wall), float(self.steady), self.boot]

    @classmethod
    def from_json(cls, stored: object) -> Moment | None:
        """What `as_json` gave, or None for anything else."""
        match stored:
            case [float() as wall, float() as steady, str() as boot]:
                return cls(wall, steady, boot) if isfinite(wall + steady) else None
        return None


class Clock:
    """Reads both clocks; tests hand in their own readers."""

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = _steady,
        boot: str | None = None,
    ) -> None:
        """`boot` names the boot that `steady` belongs to; by default this machine's."""
        self.wall = wall
        self.steady = steady
        self.boot = _boot_id() if boot is None else boot

    def now(self) -> Moment:
        """The present."""
        return Moment(self.wall(), self.steady(), self.boot)

    def is_exact(self, moment: Moment) -> bool:
        """Whether `moment` is of this boot, so that no wall clock is needed for its age."""
        return self.boot != "" and moment.boot == self.boot

    def since(self, moment: Moment) -> float:
        """Seconds from `moment` until now; negative if it lies in this clock's future."""
        if self.is_exact(moment):
            return self.steady() - moment.steady
        return self.wall() - moment.wall
