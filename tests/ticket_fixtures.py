"""Fixtures of the tests about tokens and tickets; a test module names this file as its plugin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis_server import RedisServer, running_redis
from sandbox_server import SandboxClient
from ticket_stage import Stage

pytest_plugins = ["sandbox_fixtures"]


@pytest.fixture(scope="session")
def shared_redis() -> Iterator[RedisServer]:
    with running_redis() as server:
        yield server


@pytest.fixture
def redis(shared_redis: RedisServer) -> RedisServer:
    """A Redis with nothing in it. A test that stops it starts it again."""
    shared_redis.flush()
    return shared_redis


@pytest.fixture
def stage(sandbox: SandboxClient, tmp_path: Path) -> Stage:
    """A fleet that shares files."""
    return Stage(sandbox, tmp_path, None)


@pytest.fixture
def redis_stage(
    sandbox: SandboxClient, tmp_path: Path, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> Stage:
    """A fleet that shares Redis.

    Where a process has to wait for the processor, Redis would seem away, and each machine fend for
    itself, which is another test's matter.
    """
    monkeypatch.setattr("dingbridge.token_cache.REDIS_SECONDS", 2.0)
    return Stage(sandbox, tmp_path, redis)


@pytest.fixture(params=["files", "redis"])
def any_stage(request: pytest.FixtureRequest) -> Stage:
    """The conformance suite's fleet: over files, and over a real Redis."""
    name = "stage" if request.param == "files" else "redis_stage"
    stage: Stage = request.getfixturevalue(name)
    return stage
