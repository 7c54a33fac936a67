"""dingbridge.credentials: opened before a fork, as gunicorn's preload does, used after it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from redis_server import RedisServer
from sandbox_server import SandboxClient
from ticket_campaigns import TICKET, TOKEN, until

pytest_plugins = ["ticket_fixtures"]

# The parent's watcher runs and its connections are open when it forks. Each child says what it
# sees at first, and then when it sees another ticket.
SCRIPT = """
import json, os, sys, time
from dingbridge.credentials import open_credentials
from dingbridge.settings import Settings

credentials = open_credentials(Settings.load(os.environ))
warm = "warm" in sys.argv
first = credentials.ticket() if warm else None
children = []
for number in range(4):
    child = os.fork()
    if child == 0:
        seen = credentials.ticket()
        os.write(1, (json.dumps({"child": number, "same": first in (None, seen)}) + "\\n").encode())
        if number == 0:
            sys.stdin.readline()
            credentials.doubt_ticket("52011")
        deadline = time.monotonic() + 30
        while credentials.ticket() == seen and time.monotonic() < deadline:
            time.sleep(0.005)
        changed = credentials.ticket() != seen
        os.write(1, (json.dumps({"child": number, "changed": changed}) + "\\n").encode())
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
"""


@pytest.mark.parametrize("parent", ["warm", "cold"])
@pytest.mark.parametrize("shared", ["files", "redis"])
def test_children_of_a_fork_share_one_ticket_and_learn_of_a_newer_one(
    sandbox: SandboxClient, redis: RedisServer, tmp_path: Path, shared: str, parent: str
) -> None:
    environment = sandbox.sandbox.environment(tmp_path / "instance")
    if shared == "redis":
        environment["DING_REDIS_URL"] = redis.url
    with subprocess.Popen(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", SCRIPT, parent],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        first = [json.loads(process.stdout.readline()) for _ in range(4)]
        assert (sandbox.platform_calls(TOKEN), sandbox.platform_calls(TICKET)) == (1, 1)
        sandbox.revoke_ticket()
        process.stdin.write("go on\n")
        process.stdin.flush()
        until(lambda: sandbox.platform_calls(TICKET) == 2)
        later = [json.loads(process.stdout.readline()) for _ in range(4)]
    assert {answer["child"] for answer in first} == set(range(4))
    assert all(answer["same"] for answer in first)
    assert all(answer["changed"] for answer in later)
    assert process.returncode == 0
    assert sandbox.platform_calls(TICKET) == 2
