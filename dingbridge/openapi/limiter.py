"""Keeps calls within the limits: waits a bounded time, then says so clearly."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dingbridge.errors import PlatformError, RateLimited
from dingbridge.openapi.ledger import Ledger, Wait
from dingbridge.openapi.limits import Caller, closure, is_counted

log = logging.getLogger(__name__)

# Shares of the monthly quota at which the log warns, once each for the whole fleet.
WARN_AT = (0.8, 0.95, 1.0)


@dataclass
class Patience:
    """How long one call may wait in all, for limits and between repetitions."""

    seconds: float
    sleep: Callable[[float], None] = time.sleep

    def wait(self, seconds: float) -> bool:
        """Wait that long, and a little more so that callers spread; False if it is too long."""
        seconds = max(seconds, 0.001) * random.uniform(1.0, 1.1)  # noqa: S311  # only spreads load
        if seconds > self.seconds:
            return False
        self.seconds -= seconds
        self.sleep(seconds)
        return True


class Limiter:
    """The limits of one caller, kept in a ledger."""

    def __init__(
        self, caller: Caller, ledger: Ledger, wall: Callable[[], float] = time.time
    ) -> None:
        """`wall` reads seconds since 1970."""
        self.caller = caller
        self._ledger = ledger
        self._wall = wall

    @contextmanager
    def turn(self, api: str, patience: Patience) -> Iterator[None]:
        """Wait until one more call of `api` is allowed, then make it within.

        Raises RateLimited (`limited_here`, `paused_by_platform`) if that takes too long.
        """
        limits = self.caller.limits(api)
        scopes = self.caller.scopes(api)
        keys = list(scopes.values())
        while isinstance(turn := self._ledger.enter(limits, keys), Wait):
            if not patience.wait(turn.seconds):
                raise _limited(turn, scopes, api)
        try:
            yield
        finally:
            turn.leave()

    def obey(self, error: PlatformError, api: str, *, age: float) -> float | None:
        """Slow everybody down for as long as the platform says with `error`.

        `age` is how many seconds ago the call began. Returns the seconds until the pause ends, or
        None if the error is no limit.
        """
        closed = closure(error, self._wall())
        if closed is None:
            return None
        # An API that is not counted may still answer that the quota is spent.
        key = self.caller.scopes(api).get(closed.scope) or self.caller.scopes("")[closed.scope]
        lasting = self._ledger.pause(
            key, closed.seconds, closed.code, age=age, stated=closed.stated
        )
        log.warning(
            "api_limit code=%s scope=%s seconds=%.1f endpoint=%s",
            closed.code,
            closed.scope,
            lasting,
            error.endpoint,
        )
        return lasting

    def count(self, api: str) -> None:
        """Count a call that was answered, where the monthly quota counts it, and warn in time."""
        if not self.caller.quota or not is_counted(api):
            return
        used = self._ledger.add(self.caller.counter(self._wall()))
        if used in {max(1, round(share * self.caller.quota)) for share in WARN_AT}:
            log.warning(
                "api_quota used=%d of=%d corp=%s", used, self.caller.quota, self.caller.corp
            )

    def used(self) -> int:
        """How many counted calls this month has seen."""
        return self._ledger.count(self.caller.counter(self._wall()))


def _limited(wait: Wait, scopes: dict[str, str], api: str) -> RateLimited:
    return RateLimited(
        "paused_by_platform" if wait.code else "limited_here",
        retry_after=wait.seconds,
        scope=next(scope for scope, key in scopes.items() if key == wait.key),
        endpoint=api.rpartition(" ")[2],
        platform_code=wait.code,
    )
