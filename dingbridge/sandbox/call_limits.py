"""The stand-in's limits: how often an app, a corp and an address may call; the month's quota."""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

from dingbridge.sandbox.checks import Check, one_of, optional, patched, whole
from dingbridge.sandbox.clock import Clock

ADDRESS_SECONDS = 20.0
BAN_SECONDS = 300.0


@dataclass(frozen=True)
class LimitRules:
    """How many calls are let through; null is no limit. ``ban``: what a banned address gets."""

    second: int | None = 20
    minute: int | None = 1500
    address: int | None = 10_000
    month: int | None = 5000
    ban: str = "html"


LIMIT_CHECKS: dict[str, Check] = {
    "second": optional(whole(0, 1_000_000)),
    "minute": optional(whole(0, 1_000_000)),
    "address": optional(whole(0, 1_000_000)),
    "month": optional(whole(0, 10**9)),
    "ban": one_of("html", "json"),
}


@dataclass(frozen=True)
class Exceeded:
    """Which limit was exceeded, with its number and the seconds of its window's begin and end."""

    limit: str
    count: int
    began: float
    ends: float


class CallLimits:
    """Counts calls on the stand-in's clock and remembers the densest second and minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self.rules = LimitRules()
        self._apis: dict[str, deque[float]] = {}
        self._addresses: dict[str, deque[float]] = {}
        self._banned: dict[str, float] = {}
        self._month = 0
        self._densest: dict[str, dict[str, int]] = {}
        self._refused = 0

    def patch(self, accepted: dict[str, Any]) -> None:
        """Takes checked rules."""
        with self._lock:
            self.rules = patched(self.rules, accepted)

    def take(self, api: str, address: str, *, counted: bool) -> Exceeded | None:
        """Counts one call, or says which limit stands against it; then it is not counted."""
        now = self._clock.now()
        with self._lock:
            exceeded = self._address(address, now) or self._api(api, now, counted=counted)
            self._refused += exceeded is not None
            if exceeded is None:
                self._month += counted
        return exceeded

    def describe(self) -> dict[str, Any]:
        """The rules, and what was seen: the densest second and minute per API, the month's sum."""
        with self._lock:
            seen = {api: dict(densest) for api, densest in self._densest.items()}
            usage = {"densest": seen, "month": self._month, "refused": self._refused}
            return {**asdict(self.rules), "usage": usage}

    def _address(self, address: str, now: float) -> Exceeded | None:
        ends = self._banned.get(address, 0.0)
        if now < ends:
            return Exceeded("address", 0, ends - BAN_SECONDS, ends)
        calls = _recent(self._addresses.setdefault(address, deque()), now - ADDRESS_SECONDS)
        if self.rules.address is not None and len(calls) >= self.rules.address:
            self._banned[address] = now + BAN_SECONDS
            calls.clear()
            return Exceeded("address", self.rules.address, now, now + BAN_SECONDS)
        calls.append(now)
        return None

    def _api(self, api: str, now: float, *, counted: bool) -> Exceeded | None:
        rules = self.rules
        if counted and rules.month is not None and self._month >= rules.month:
            return Exceeded("month", rules.month, now, now)
        calls = _recent(self._apis.setdefault(api, deque()), now - 60.0)
        second = sum(1 for at in calls if at > now - 1.0)
        if rules.second is not None and second >= rules.second:
            return Exceeded("second", rules.second, now, now + 1.0)
        if rules.minute is not None and len(calls) >= rules.minute:
            return Exceeded("minute", rules.minute, calls[0], calls[0] + 60.0)
        calls.append(now)
        densest = self._densest.setdefault(api, {"second": 0, "minute": 0})
        densest["second"] = max(densest["second"], second + 1)
        densest["minute"] = max(densest["minute"], len(calls))
        return None


def _recent(calls: deque[float], since: float) -> deque[float]:
    while calls and calls[0] <= since:
        calls.popleft()
    return calls
