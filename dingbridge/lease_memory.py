"""What one process remembers of a lease: the value in use, and its times by its own clock.

The times are worked out once, when a lease is taken over, by the steady clock of this process; a
wall clock that is set afterwards moves nothing.
"""

from __future__ import annotations

import threading
from random import SystemRandom
from typing import NamedTuple

from dingbridge.clock import Clock
from dingbridge.lease import ALONE, EARLIEST, LATEST, Lease
from dingbridge.shared_record import SharedRecord

# Only spreads load. The random module itself is the app's: a thread must not disturb a seed.
_chance = SystemRandom()


class Live(NamedTuple):
    """What the hot path reads: one object, so that a value never meets another one's time."""

    value: str
    until: float  # by the steady clock


class Held(NamedTuple):
    """The lease in use with its sequence number and its times by the steady clock."""

    lease: Lease
    sequence: int
    until: float
    due: float
    due_alone: float


class LeaseMemory:
    """The newest lease of a record; safe for threads and forks."""

    def __init__(self, record: SharedRecord, clock: Clock, cap: int | None) -> None:
        """`cap` bounds a life since birth, in seconds."""
        self._record = record
        self._clock = clock
        self._cap = cap
        self._adopting = threading.Lock()
        self.live: Live | None = None
        self.held: Held | None = None

    @property
    def sequence(self) -> int | None:
        """The number of the lease in use."""
        return None if self.held is None else self.held.sequence

    def valid(self) -> str | None:
        """The value while it may be used."""
        live = self.live
        return live.value if live is not None and self._clock.steady() < live.until else None

    def left(self) -> float:
        """For how many seconds the value may still be used."""
        live = self.live
        return 0.0 if live is None else max(0.0, live.until - self._clock.steady())

    def is_due(self, *, alone: bool) -> bool:
        """Whether the value should be asked for again; later where the fleet cannot be asked."""
        held = self.held
        if held is None:
            return True
        return self._clock.steady() >= (held.due_alone if alone else held.due)

    def adopt(self) -> None:
        """Make the newest record the value in use."""
        with self._adopting:
            sequence, fields = self._record.newest
            held = self.held
            if held is None or held.sequence != sequence:
                held = self._times(sequence, Lease.from_json(fields))
            self.held = held
            self.live = None if held is None else Live(held.lease.value, held.until)

    def after_fork(self) -> None:
        """Nothing is live until somebody watches; whoever held the lock stayed in the parent."""
        self.live = None
        self._adopting = threading.Lock()

    def status(self) -> dict[str, object]:
        """The state by age, without the value."""
        held = self.held
        if held is None:
            return {"state": "absent"}
        now = self._clock.steady()
        return {
            "state": "expired" if now >= held.until else "due" if now >= held.due else "fresh",
            "age": round(held.lease.age(self._clock), 1),
            "remaining": round(held.until - now, 1),
        }

    def _times(self, sequence: int, lease: Lease | None) -> Held | None:
        if lease is None:
            return None
        clock, cap = self._clock, self._cap
        now = clock.steady()
        share = _chance.uniform(EARLIEST, LATEST)
        return Held(
            lease,
            sequence,
            until=now + lease.remaining(clock, cap),
            due=now + lease.due_in(clock, cap, share),
            due_alone=now + lease.due_in(clock, cap, ALONE),
        )
