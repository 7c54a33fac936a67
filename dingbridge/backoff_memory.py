"""What one process knows of the fleet's failures, with their ages by its own steady clock.

The wall clocks of two machines differ. So what another machine tells counts as no older than the
time since this process looked last, when it had not yet happened, and as no younger than a moment.
"""

from __future__ import annotations

import math
import threading
from typing import NamedTuple

from dingbridge.backoff import DOUBT_PAUSE, Backoff
from dingbridge.clock import Clock, Moment
from dingbridge.shared_record import SharedRecord


class Known(NamedTuple):
    """The newest failures and when they and the last doubt were, by the steady clock."""

    backoff: Backoff
    failed: float
    doubted: float


class BackoffMemory:
    """The newest failures of a record; safe for threads and forks."""

    def __init__(self, record: SharedRecord, clock: Clock) -> None:
        """`record` is shared by the fleet."""
        self._record = record
        self._clock = clock
        self._adopting = threading.Lock()
        self._looked = -math.inf
        self._known = Known(Backoff(), -math.inf, -math.inf)

    @property
    def newest(self) -> Backoff:
        """What the fleet knows."""
        return self._known.backoff

    def look(self) -> None:
        """Take over what others have met."""
        began = self._clock.steady()
        self._record.look()
        self._adopt()
        self._looked = began

    def publish(self, backoff: Backoff) -> None:
        """Make `backoff` what the whole fleet knows."""
        self._record.publish(backoff.as_json())
        self._adopt()

    def wait(self) -> float:
        """Seconds until the platform may be asked again; negative since when it may."""
        known = self._known
        return known.backoff.pause - (self._clock.steady() - known.failed)

    def may_doubt(self) -> bool:
        """Whether a value that is called bad may be asked for anew."""
        return self._clock.steady() - self._known.doubted >= DOUBT_PAUSE

    def after_fork(self) -> None:
        """Whoever held the lock stayed in the parent."""
        self._adopting = threading.Lock()
        self._record.after_fork()

    def _adopt(self) -> None:
        with self._adopting:
            before = self._known
            newest = Backoff.from_json(self._record.fields) or Backoff()
            self._known = Known(
                newest,
                self._placed(newest.failed, before.backoff.failed, before.failed),
                self._placed(newest.doubted, before.backoff.doubted, before.doubted),
            )

    def _placed(self, moment: Moment | None, known: Moment | None, placed: float) -> float:
        """When `moment` was, by the steady clock; `known` was at `placed`."""
        if moment is None or moment == known:
            return placed if moment else -math.inf
        now = self._clock.steady()
        told = now - self._clock.since(moment)
        return told if self._clock.is_exact(moment) else min(max(told, self._looked), now)
