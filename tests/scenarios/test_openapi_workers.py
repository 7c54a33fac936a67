"""The limits as the platform sees them, with a real gunicorn of several workers."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import requests
from app_server import AppServer
from openapi_load import press
from redis_server import running_redis
from sandbox_server import SandboxClient, running_sandbox

USER = "/topapi/v2/user/get"
APP = {"app": "openapi_app:app", "arguments": ("--pythonpath", "tests")}


def served(sandbox: SandboxClient, folder: Path, **changes: str) -> AppServer:
    environment = {**sandbox.sandbox.environment(folder / "instance"), **changes}
    return AppServer(environment, folder, **APP)  # type: ignore[arg-type]


@pytest.mark.row("R44")
@pytest.mark.parametrize("kept_in", ["memory", "redis"])
def test_three_workers_together_never_exceed_what_one_app_may(tmp_path: Path, kept_in: str) -> None:
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox())
        changes = {"WEB_CONCURRENCY": "3", "THREADS": "4"}
        if kept_in == "redis":
            changes["DING_REDIS_URL"] = stack.enter_context(running_redis()).url
        server = stack.enter_context(served(sandbox, tmp_path, **changes))
        load = press([f"{server.url}/user/manager4220"], 2.0)
        usage = sandbox.platform()["limits"]["usage"]
    assert set(load.answers) == {"200"}
    assert usage["refused"] == 0
    assert usage["densest"][USER]["second"] <= 20
    # Three shares of six are eighteen a second; on one count it is twenty less a tenth.
    assert load.good >= 20


@pytest.mark.row("R44")
@pytest.mark.parametrize("kept_in", ["files", "redis"])
def test_a_pause_that_one_worker_is_told_all_of_them_keep(tmp_path: Path, kept_in: str) -> None:
    changes = {"WEB_CONCURRENCY": "3", "THREADS": "4", "PATIENCE": "0.5"}
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(running_sandbox())
        if kept_in == "redis":
            changes["DING_REDIS_URL"] = stack.enter_context(running_redis()).url
        server = stack.enter_context(served(sandbox, tmp_path, **changes))
        sandbox.patch_platform(limits={"minute": 1})
        url = f"{server.url}/user/manager4220"
        # Within a request the bridge has the same client.
        current = requests.get(f"{server.url}/current/user2003", timeout=10)
        assert current.json() == {"name": "𠮷田健"}
        assert requests.get(url, timeout=10).json()["error"] == "88"
        asked = sandbox.platform_calls(USER)
        load = press([url], 0.6)
        assert set(load.answers) == {"503 paused_by_platform"}
        assert len(load.workers) >= 2
        assert sandbox.platform_calls(USER) == asked
        # Another API of the same app goes on.
        other = requests.get(f"{server.url}/department/1", timeout=10)
        assert other.json()["name"] == "沙箱科技"
