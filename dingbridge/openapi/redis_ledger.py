"""The books in Redis: one count for every process and machine.

Redis answers within a moment or is left alone for one: then each process keeps to its share, as
it does where there is no Redis. Time is Redis's own, so the machines' clocks do not matter.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from dingbridge.openapi.ledger import LONGEST_PAUSE, Ledger, Limit, Turn, Wait
from dingbridge.openapi.pause_file import FORGIVING_SECONDS

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)

T = TypeVar("T")

# The braces keep all keys in one slot of a Redis cluster.
PREFIX = "{dingbridge:limits}:"
AWAY_SECONDS = 1.0
COUNTER_LIFE = 40 * 24 * 3600

# A call that nobody ends, because its process died, counts no longer than this.
HOLD_SECONDS = 30.0

# Each limit has its calls in a sorted set, by the millisecond until which they count.
_ENTER = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limits, turn, hold = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local wait, which, code = 0, 0, ''
for i = 1, limits do
  local count, window = tonumber(ARGV[2 * i + 2]), tonumber(ARGV[2 * i + 3])
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  local excess = redis.call('ZCARD', KEYS[i]) - count
  if excess >= 0 then
    local first = redis.call('ZRANGE', KEYS[i], excess, excess, 'WITHSCORES')
    -- What is under way now cannot be over before a whole window has passed.
    local left = math.min(tonumber(first[2]) - now, window)
    if left > wait then wait, which, code = left, i, '' end
  end
end
for i = limits + 1, #KEYS do
  local pause = redis.call('HMGET', KEYS[i], 'until', 'code')
  local left = tonumber(pause[1] or 0) - now
  if left > wait then wait, which, code = left, i, pause[2] end
end
if wait > 0 then return {wait, which, code} end
for i = 1, limits do
  redis.call('ZADD', KEYS[i], now + hold, turn)
  redis.call('PEXPIRE', KEYS[i], math.max(hold, tonumber(ARGV[2 * i + 3])) + 1000)
end
return {0, 0, ''}
"""

_LEAVE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 1, #KEYS do
  redis.call('ZADD', KEYS[i], 'XX', now + tonumber(ARGV[i + 1]), ARGV[1])
end
"""

_PAUSE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lasting, age, stated = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[4] == '1'
local old = redis.call('HMGET', KEYS[1], 'until', 'strikes')
local strikes = 1
if old[1] then
  local over = tonumber(old[1])
  if now - age < over and not stated then return math.max(over - now, 0) end
  strikes = tonumber(old[2]) + 1
end
if not stated then
  lasting = math.min(lasting * 2 ^ math.min(strikes - 1, 10), tonumber(ARGV[5]))
end
redis.call('HSET', KEYS[1], 'until', now + lasting, 'strikes', strikes, 'code', ARGV[3])
redis.call('PEXPIRE', KEYS[1], lasting + tonumber(ARGV[6]))
return lasting
"""


class RedisLedger:
    """Counts in Redis, and in `fallback` while Redis is away."""

    def __init__(self, client: Redis, fallback: Ledger) -> None:
        """`client` gives up soon."""
        self._client = client
        self._fallback = fallback
        self._enter = client.register_script(_ENTER)
        self._leave = client.register_script(_LEAVE)
        self._pause = client.register_script(_PAUSE)
        self._away_until = 0.0
        self._lock = threading.Lock()

    def enter(self, limits: Sequence[Limit], scopes: Sequence[str]) -> Turn | Wait:
        """See Ledger."""
        counted = [f"{PREFIX}{limit.key}:{limit.seconds:g}" for limit in limits]
        keys = [*counted, *(f"{PREFIX}pause:{scope}" for scope in scopes)]
        windows = [max(1, round(limit.seconds * 1000)) for limit in limits]
        turn = uuid.uuid4().hex
        arguments: list[int | str] = [len(limits), turn, round(HOLD_SECONDS * 1000)]
        for limit, window in zip(limits, windows, strict=True):
            arguments += [limit.count, window]

        def ask() -> Turn | Wait:
            wait, which, code = self._enter(keys=keys, args=arguments)
            if not wait:
                return _RedisTurn(self, turn, counted, windows)
            whose = [*(limit.key for limit in limits), *scopes][which - 1]
            return Wait(wait / 1000, whose, code.decode())

        return self._asked(ask, lambda: self._fallback.enter(limits, scopes))

    def leave(self, turn: str, keys: Sequence[str], windows: Sequence[int]) -> None:
        """A turn's end; one that Redis does not hear of ends by itself."""
        self._asked(lambda: self._leave(keys=keys, args=[turn, *windows]), lambda: None)

    def pause(self, scope: str, seconds: float, code: str, *, age: float, stated: bool) -> float:
        """See Ledger; told to the fallback too, for a Redis that goes away meanwhile."""
        here = self._fallback.pause(scope, seconds, code, age=age, stated=stated)
        arguments: list[int | str] = [round(seconds * 1000), round(age * 1000), code, int(stated)]
        arguments += [round(LONGEST_PAUSE * 1000), round(FORGIVING_SECONDS * 1000)]

        def ask() -> float:
            lasting: int = self._pause(keys=[f"{PREFIX}pause:{scope}"], args=arguments)
            return lasting / 1000

        return self._asked(ask, lambda: here)

    def add(self, counter: str) -> int:
        """See Ledger; what is counted while Redis is away stays in the fallback."""

        def ask() -> int:
            with self._client.pipeline(transaction=False) as pipeline:
                pipeline.incr(PREFIX + counter)
                pipeline.expire(PREFIX + counter, COUNTER_LIFE)
                return int(pipeline.execute()[0])

        return self._asked(ask, lambda: self._fallback.add(counter))

    def count(self, counter: str) -> int:
        """See Ledger."""
        return self._asked(
            lambda: int(self._client.get(PREFIX + counter) or 0),
            lambda: self._fallback.count(counter),
        )

    def _asked(self, ask: Callable[[], T], instead: Callable[[], T]) -> T:
        """What Redis answers, or what `instead` does while it is away."""
        if time.monotonic() < self._away_until:
            return instead()
        from redis.exceptions import RedisError  # noqa: PLC0415  # an extra

        try:
            answer = ask()
        except (RedisError, OSError) as error:
            self._note(time.monotonic() + AWAY_SECONDS, type(error).__name__)
            return instead()
        self._note(0.0)
        return answer

    def _note(self, away_until: float, cause: str = "") -> None:
        with self._lock:
            changed = (away_until > 0) != (self._away_until > 0)
            self._away_until = away_until
        if changed:
            log.warning("api_limits redis=%s cause=%s", "away" if cause else "back", cause)

    def after_fork(self) -> None:
        """Whoever held the lock stayed in the parent."""
        self._lock = threading.Lock()


class _RedisTurn:
    def __init__(
        self, ledger: RedisLedger, turn: str, keys: Sequence[str], windows: Sequence[int]
    ) -> None:
        self._ledger = ledger
        self._turn = turn
        self._keys = keys
        self._windows = windows

    def leave(self) -> None:
        self._ledger.leave(self._turn, self._keys, self._windows)
