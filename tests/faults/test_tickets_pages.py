"""Pages of a real gunicorn while Redis is in trouble and the ticket has to be refreshed."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from app_server import AppServer
from redis_server import running_redis
from sandbox_server import running_sandbox
from ticket_campaigns import TICKET, p99

pytestmark = pytest.mark.faults

PAGES = {"app": "bridge_pages:app", "arguments": ("--pythonpath", "tests")}
LIFE = 40  # seconds: alone, a machine refreshes after 36
PATIENCE = 120.0


@pytest.mark.parametrize("trouble", ["killed", "frozen"])
def test_no_page_fails_or_waits_while_redis_is_away_and_a_refresh_falls_due(
    trouble: str, tmp_path: Path
) -> None:
    with running_sandbox() as sandbox, running_redis() as redis:
        environment = {
            **sandbox.sandbox.environment(tmp_path / "instance"),
            "DING_REDIS_URL": redis.url,
            "WEB_CONCURRENCY": "2",
        }
        host = environment["DING_PUBLIC_ORIGINS"].split(",")[0].partition("://")[2]
        brief = json.dumps({"jsapiTicket": "brief" * 8, "expireIn": LIFE})
        sandbox.fault("ticket", "custom", status=200, body=brief, times=1)
        with AppServer(environment, tmp_path, **PAGES) as server:  # type: ignore[arg-type]

            def page() -> float:
                began = time.perf_counter()
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
                connection.request("GET", "/granted", headers={"Host": host})
                text = connection.getresponse().read().decode()
                connection.close()
                assert '"signature"' in text, text
                return time.perf_counter() - began

            def pages_until(enough: Callable[[], bool]) -> list[float]:
                seconds, deadline = [page()], time.monotonic() + PATIENCE
                while not enough() or len(seconds) < 100:
                    assert time.monotonic() < deadline, "it never came about"
                    seconds.append(page())
                return seconds

            calm = pages_until(lambda: sandbox.platform_calls(TICKET) == 1)
            assert sandbox.platform_calls(TICKET) == 1  # it is not due yet
            redis.kill() if trouble == "killed" else redis.freeze()
            rough = pages_until(lambda: sandbox.platform_calls(TICKET) > 1)
            rough += [page() for _ in range(100)]
            assert sandbox.platform_calls(TICKET) == 2  # one of the two workers
            if trouble == "frozen":
                redis.thaw()
    print(
        f"\n{trouble}: {len(rough)} pages, p99 {p99(calm) * 1e3:.1f} → {p99(rough) * 1e3:.1f} ms, "
        f"slowest {max(rough) * 1e3:.0f} ms"
    )
    assert p99(rough) - p99(calm) < 0.5
