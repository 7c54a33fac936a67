"""A token or ticket with its life: when it may be used, and when it should be asked for again.

The rules are the platform's: a repeated call within a life returns the same value and lengthens
its life, and a ticket is dead for good 24 hours after it was made (document "JSAPI
authentication").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dingbridge.clock import Clock, Moment

# 7200 s is what the platform documents for both; a day is the longest that a ticket may live.
LONGEST_LIFE = 24 * 3600
# About three quarters of a life. Each process draws its own, so that they do not all come at once.
EARLIEST, LATEST = 0.72, 0.78
# Without the others to ask (Redis is away), a refresh waits until it is really needed: each
# machine would make one of its own.
ALONE = 0.9
# The platform's clock and ours may disagree about when the cap is reached. A value that it renews
# all the same is used for a second, then twice as long each time; when that has gone on for a
# minute, the platform counts differently, and the value counts as made anew.
CAP_STEP, CAP_DOUBT = 1.0, 60.0


class Issued(NamedTuple):
    """A token or ticket as it was handed out, with the seconds that it is good for."""

    value: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Lease:
    """A value, its life in seconds as of `renewed`, and when it was first seen.

    The answer was `lag` seconds on its way, and the life may have begun with the question.
    """

    value: str
    seconds: int
    born: Moment
    renewed: Moment
    lag: float

    @classmethod
    def taken(cls, issued: Issued, before: Lease | None, clock: Clock, asked: Moment) -> Lease:
        """The lease for what was asked for at `asked` and has come now; the same value as before
        keeps its birth.
        """
        born = asked
        if before is not None and before.value == issued.value:
            over = clock.since(before.born) - LONGEST_LIFE
            born = asked if over > CAP_DOUBT else before.born
        lag = max(0.0, clock.since(asked))
        return cls(issued.value, issued.seconds, born, clock.now(), lag)

    def age(self, clock: Clock) -> float:
        """Seconds since the last renewal; a machine whose clock is behind sees 0, not less."""
        return max(0.0, clock.since(self.renewed))

    def remaining(self, clock: Clock, cap: int | None) -> float:
        """Seconds until it must not be used any more; `cap` bounds the life from birth."""
        age = self.age(clock)
        left = self.seconds - self.lag - age
        if cap is None:
            return left
        born_age = max(age, clock.since(self.born))
        overdue = born_age - age - cap  # at the last renewal
        grace = max(CAP_STEP, overdue) - age if overdue > -CAP_STEP else 0.0
        return min(left, max(cap - born_age, grace))

    def due_in(self, clock: Clock, cap: int | None, share: float) -> float:
        """Seconds until it should be asked for again, at `share` of its life.

        A renewal that would run into the cap is left out: the platform would give the same value
        again, so letting this life run out, by the platform's clock too, is what brings a new one
        before the cap.
        """
        age = self.age(clock)
        ahead = share * self.seconds - age
        if cap is not None:
            born_age = max(age, clock.since(self.born))
            if born_age + ahead + self.seconds > cap:
                return self.remaining(clock, cap) + self.lag
        return ahead

    def as_json(self) -> dict[str, object]:
        """For a stored record, which is encrypted."""
        return {
            "value": self.value,
            "seconds": self.seconds,
            "born": self.born.as_json(),
            "renewed": self.renewed.as_json(),
            "lag": self.lag,
        }

    @classmethod
    def from_json(cls, stored: dict[str, object]) -> Lease | None:
        """What `as_json` gave, or None for anything else."""
        value, seconds, lag = stored.get("value"), stored.get("seconds"), stored.get("lag")
        born = Moment.from_json(stored.get("born"))
        renewed = Moment.from_json(stored.get("renewed"))
        if not (isinstance(value, str) and value):
            return None
        if not isinstance(lag, float) or not 0 <= lag <= LONGEST_LIFE:
            return None
        if isinstance(seconds, bool) or not isinstance(seconds, int):
            return None
        if not 1 <= seconds <= LONGEST_LIFE or born is None or renewed is None:
            return None
        return cls(value, seconds, born, renewed, lag)
