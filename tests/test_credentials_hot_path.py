"""dingbridge.credentials: a ticket in memory is handed out without a single system call."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from redis_server import RedisServer
from sandbox_server import SandboxClient

pytest_plugins = ["ticket_fixtures"]

# `os.stat` marks begin and end in the trace. A thread switch in the middle would add the switch's
# own futex call to the trace and say nothing about this path, so switches are put off.
SCRIPT = """
import os, sys
from dingbridge.credentials import open_credentials
from dingbridge.settings import Settings

credentials = open_credentials(Settings.load(os.environ))
assert credentials.ticket() and credentials.access_token()
sys.setswitchinterval(60)
os.path.exists("/hot-path-begins")
for _ in range(1000):
    credentials.ticket()
    credentials.access_token()
os.path.exists("/hot-path-ends")
os._exit(0)
"""


@pytest.mark.row("R02")
@pytest.mark.parametrize("shared", ["files", "redis"])
def test_the_hot_path_makes_no_system_call(
    sandbox: SandboxClient, redis: RedisServer, tmp_path: Path, shared: str
) -> None:
    strace = shutil.which("strace")
    assert strace, "strace is missing; tests/apt.sh installs it"
    trace = tmp_path / "trace"
    environment = sandbox.sandbox.environment(tmp_path / "instance")
    if shared == "redis":
        environment["DING_REDIS_URL"] = redis.url
    subprocess.run(
        [strace, "-f", "-o", str(trace), sys.executable, "-c", SCRIPT],
        env=environment,
        check=True,
        timeout=120,
    )
    lines = trace.read_text().splitlines()
    (begin,) = (number for number, line in enumerate(lines) if "hot-path-begins" in line)
    (end,) = (number for number, line in enumerate(lines) if "hot-path-ends" in line)
    thread = lines[begin].split()[0]
    between = [line for line in lines[begin + 1 : end] if line.split()[0] == thread]
    # The end of the first mark's own call may stand on a line of its own.
    calls = [line for line in between if not re.search(r"<\.\.\. \w+ resumed>", line)]
    assert calls == []
    assert any("connect(" in line for line in lines[:begin])  # the trace does see such calls
