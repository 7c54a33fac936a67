"""What real processes go through: briefly in make test, at length in make faults.

Each function does one round and returns what it measured; the tests say what it has to be.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from redis_server import RedisServer
from sandbox_server import SandboxClient
from ticket_worker import Workers

TOKEN, TICKET = "/v1.0/oauth2/accessToken", "/v1.0/oauth2/jsapiTickets"
LIFE = 7200.0
LAYOUTS = ("files", "redis", "machines")


@dataclass
class Place:
    """Where processes run: one folder, one folder with Redis, or two folders with Redis alone."""

    layout: str
    sandbox: SandboxClient
    redis: RedisServer
    folder: Path
    generation: str = "new"

    def environments(self, count: int) -> list[dict[str, str]]:
        """The settings of `count` processes, the second half on another machine if there is one."""
        environments = []
        for number in range(count):
            other = self.layout == "machines" and number >= count // 2
            given = self.sandbox.sandbox.environment(self.folder / ("b" if other else "a"))
            given["DING_API_GENERATION"] = self.generation
            if self.layout != "files":
                given["DING_REDIS_URL"] = self.redis.url
            environments.append(given)
        return environments

    def anew(self, folder: Path) -> Place:
        """The same with nothing in it: no ticket at the platform, in Redis or in files."""
        self.sandbox.reset(tickets=True)
        self.redis.flush()
        return replace(self, folder=folder)


def p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


def until(condition: Callable[[], Any], seconds: float = 120) -> None:
    """Look every few milliseconds until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.005)


def cold_burst(place: Place, requests: int = 10_000, processes: int = 8) -> dict[str, Any]:
    """Requests of many processes at once, none of which has anything to begin with."""
    place.sandbox.fault("*", "slow", seconds=0.2, times=2)  # so that all the others come meanwhile
    with Workers(place.environments(processes)) as workers:
        answers = workers.cold_requests(requests)
    seconds = [second for answer in answers for second in answer["seconds"]]
    return {
        "asked": len(seconds),
        "tickets": len({value for answer in answers for value in answer["values"]}),
        "errors": sorted({error for answer in answers for error in answer["errors"]}),
        "token_calls": place.sandbox.platform_calls(TOKEN),
        "ticket_calls": place.sandbox.platform_calls(TICKET),
        "slowest": max(seconds),
    }


def killed_holder(place: Place) -> float:
    """Seconds until the next caller has a ticket after the one that was fetching it was killed."""
    place.sandbox.fault("ticket", "hang", times=1)
    with Workers(place.environments(2)) as workers:
        holder, next_one = workers.all
        holder.begin("ticket")
        # The token is there, and the hanging call has taken its fault: the holder is in the middle.
        until(lambda: not place.sandbox.platform()["faults"])
        holder.kill()
        workers.all.remove(holder)
        answer = next_one.ask("ticket")
    assert "value" in answer, answer
    return float(answer["seconds"])


def killed_in_a_refresh(place: Place, kind: str) -> float:
    """Real seconds from the death of the one that was refreshing a "token" or "ticket", which all
    hold and use, until the others have a fresh one; no use of the old ticket fails meanwhile.
    """
    with Workers(place.environments(3)) as workers:
        workers.every("ticket")
        workers.every("token")
        place.sandbox.advance(0.79 * LIFE)
        place.sandbox.fault(kind, "hang", times=1)
        holder = workers.all.pop(0)
        holder.ask("move", steady=0.79 * LIFE)
        until(lambda: not place.sandbox.platform()["faults"])  # it is in the middle
        with hammering(workers, pause=0.005) as answers:
            workers.every("move", steady=0.79 * LIFE)
            holder.kill()
            killed = time.monotonic()
            until(lambda: all(_is_fresh(status, kind) for status in workers.every("status")))
            waited = time.monotonic() - killed
    assert not any(answer["errors"] for answer in answers)
    return waited


@contextmanager
def hammering(workers: Workers, **how: Any) -> Iterator[list[dict[str, Any]]]:
    """Every process uses the ticket over and over; afterwards the list says what came of it."""
    answers: list[dict[str, Any]] = []
    workers.every("hammer", **how)
    try:
        yield answers
    finally:
        answers += workers.every("stop")


def newer_ticket(place: Place, processes: int = 4) -> float:
    """Seconds for which an older ticket was still in use after a newer one was."""
    with Workers(place.environments(processes)) as workers:
        workers.every("ticket")
        with hammering(workers, pause=0.005) as answers:
            place.sandbox.revoke_ticket()
            workers.all[0].ask("doubt")
            until(lambda: place.sandbox.platform_calls(TICKET) == 2)
            (new,) = place.sandbox.sandbox.platform.tokens.live_tickets()
            until(lambda: all(used["answer"] for used in workers.every("has_used", value=new)))
    published = min(answer["values"][new][0] for answer in answers)
    uses = [used for answer in answers for used in answer["values"].items()]
    last_use = max(last for value, (_, last) in uses if value != new)
    assert not any(answer["errors"] for answer in answers)
    return float(last_use - published)


def redis_trouble(place: Place, trouble: str, uses: int) -> dict[str, Any]:
    """Redis is "killed", "frozen", "flushed" or "restarted" under processes that are at work.

    It lasts until they have noticed and used the ticket `uses` times each. A process that starts
    meanwhile is part of it. Afterwards everything is well again.
    """
    redis = place.redis
    begin = {"killed": redis.kill, "frozen": redis.freeze, "flushed": redis.flush}
    end = {"killed": redis.start, "frozen": redis.thaw}
    with Workers(place.environments(4)) as workers:
        workers.every("ticket")
        with hammering(workers, pause=0.002) as before:
            until(lambda: all(used["count"] >= uses for used in workers.every("uses")))
        with hammering(workers, pause=0.002) as during:
            if trouble == "restarted":
                redis.kill()
                redis.start()
            else:
                begin[trouble]()
            if trouble in end:
                until(lambda: not any(_sees_redis(status) for status in workers.every("status")))
            else:
                until(lambda: len(redis.keys()) >= 2)  # they have put back what was lost
            until(lambda: all(used["count"] >= uses for used in workers.every("uses")))
            with Workers(place.environments(1)) as newcomer:
                late = newcomer.all[0].ask("ticket")
            if trouble in end:
                end[trouble]()
        until(lambda: all(_sees_redis(status) for status in workers.every("status")))
    calm = [second for answer in before for second in answer["seconds"]]
    rough = [second for answer in during for second in answer["seconds"]]
    return {
        "errors": [error for answer in during for error in answer["errors"]],
        "p99_before": p99(calm),
        "p99_during": p99(rough),
        "slowest": max(rough),
        "newcomer": late,
        "calls": place.sandbox.platform_calls(),
    }


def outage(place: Place, kind: str, seconds: float) -> dict[str, Any]:
    """The platform is away for real `seconds` while a refresh is due, and then comes back."""
    with Workers(place.environments(4)) as workers:
        workers.every("ticket")
        workers.every("token")
        place.sandbox.advance(0.79 * LIFE)
        with hammering(workers, pause=0.05) as answers:
            place.sandbox.fault("*", kind)
            workers.every("move", steady=0.79 * LIFE)
            began = time.time()
            until(lambda: time.time() > began + seconds, seconds + 30)
            failures = workers.all[0].ask("status")["ticket"]["failures"]
            place.sandbox.clear_faults()
            back = time.time()
            until(lambda: all(_is_fresh(status) for status in workers.every("status")), 400)
            recovered = time.time() - back
        tries = sorted(at for tried in workers.every("tries") for at in tried["at"] if at >= began)
    return {
        "uses": sum(len(answer["seconds"]) for answer in answers),
        "errors": [error for answer in answers for error in answer["errors"]],
        "tries_a_minute": max(sum(at <= other < at + 60 for other in tries) for at in tries),
        "failures": failures,
        "recovered": recovered,
    }


def _is_fresh(status: dict[str, Any], *kinds: str) -> bool:
    return all(status[kind]["state"] == "fresh" for kind in kinds or ("token", "ticket"))


def _sees_redis(status: dict[str, Any]) -> bool:
    return bool(status["caches"]["redis"])
