"""How long the whole fleet leaves the platform alone after a failure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import SystemRandom

from dingbridge.clock import Clock, Moment
from dingbridge.envelopes import is_ban
from dingbridge.errors import PlatformError, PlatformUnavailable

# Pauses of 3, 6, 12, 20, 20 … seconds: five tries a minute at most for a token and five for a
# ticket, ten in all, and a recovery is noticed within twenty-four seconds.
FIRST_PAUSE, LONGEST_PAUSE = 3.0, 20.0
JITTER = 0.2
# A platform that bans an address says for how many minutes; more than these are not believed.
LONGEST_BAN = 60
# Where it does not say so, its rule is to stop for five minutes: every call would prolong the ban.
BAN_PAUSE = 300.0
# A value that somebody calls bad is asked for anew at most once in this many seconds.
DOUBT_PAUSE = 60.0
# Only spreads load. The random module itself is the app's: a thread must not disturb a seed.
_chance = SystemRandom()

_FIELDS = ("code", "sub_code", "endpoint", "request_id", "platform_message")


@dataclass(frozen=True, slots=True)
class Backoff:
    """The fleet's memory of what went wrong; `failures` counts those since the last success.

    `doubted` is when a value was last asked for because somebody called the old one bad.
    """

    failures: int = 0
    failed: Moment | None = None
    pause: float = 0.0
    error: PlatformError | None = None
    doubted: Moment | None = None

    def after_failure(self, error: PlatformError, clock: Clock, left: float = 0.0) -> Backoff:
        """The next step, or what the platform itself wants if that is longer.

        `left` is for how many seconds the value at hand is still good.
        """
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(self.failures, 8))
        return replace(
            self,
            failures=self.failures + 1,
            failed=clock.now(),
            pause=max(pause * _chance.uniform(1.0, 1.0 + JITTER), _ban_seconds(error, left)),
            error=error,
        )

    def after_success(self) -> Backoff:
        """Without failures; what was doubted stays remembered."""
        return Backoff(doubted=self.doubted)

    def after_doubt(self, clock: Clock) -> Backoff:
        """With a doubt acted upon now."""
        return replace(self, doubted=clock.now())

    def as_json(self) -> dict[str, object]:
        """For a stored record."""
        return {
            "failures": self.failures,
            "failed": self.failed and self.failed.as_json(),
            "pause": self.pause,
            "doubted": self.doubted and self.doubted.as_json(),
            "error": self.error and _error_as_json(self.error),
        }

    @classmethod
    def from_json(cls, stored: dict[str, object]) -> Backoff | None:
        """What `as_json` gave, or None for anything else."""
        failures, pause = stored.get("failures"), stored.get("pause")
        if isinstance(failures, bool) or not isinstance(failures, int) or failures < 0:
            return None
        if isinstance(pause, bool) or not isinstance(pause, (int, float)):
            return None
        return cls(
            failures=failures,
            failed=Moment.from_json(stored.get("failed")),
            pause=min(max(float(pause), 0.0), LONGEST_BAN * 60.0),
            error=_error_from_json(stored.get("error")),
            doubted=Moment.from_json(stored.get("doubted")),
        )


def _ban_seconds(error: PlatformError, left: float) -> float:
    """What `{"status": 1111, "wait": 5}` asks for, or any other ban; 0 where there is none.

    A ban that states no time may be an outage that looks like one. So it costs nobody the value:
    there is another try before what is at hand ends, and once it has ended the steps are short.
    """
    minutes = error.values.get("minutes", "")
    if minutes.isdecimal() and 0 < int(minutes) <= LONGEST_BAN:
        return 60.0 * int(minutes)
    return min(BAN_PAUSE, left - LONGEST_PAUSE) if is_ban(error) else 0.0


def _error_as_json(error: PlatformError) -> dict[str, object]:
    return {
        **{field: getattr(error, field) for field in _FIELDS},
        "http_status": error.http_status,
        "unavailable": isinstance(error, PlatformUnavailable),
        "values": error.values,
    }


def _error_from_json(stored: object) -> PlatformError | None:
    if not isinstance(stored, dict):
        return None
    texts = {field: stored.get(field) for field in _FIELDS}
    values, status = stored.get("values"), stored.get("http_status")
    kind = PlatformUnavailable if stored.get("unavailable") else PlatformError
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(values, dict):
        return None
    code = str(texts.pop("code"))
    return kind(
        code,
        **{field: str(text) for field, text in texts.items()},
        http_status=status if isinstance(status, int) else None,
        values={str(name): str(value) for name, value in values.items()},
    )
