"""A ticket in memory is handed out without a single system call, and a page is signed with it
without one on network, disk or lock.
"""

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
# own futex call to the trace and say nothing about this path, so all others have ended before.
SCRIPT = """
import os, threading
from dingbridge.credentials import open_credentials
from dingbridge.settings import Settings

credentials = open_credentials(Settings.load(os.environ))
assert credentials.ticket() and credentials.access_token()
credentials.close()
for thread in set(threading.enumerate()) - {threading.current_thread()}:
    thread.join()
os.path.exists("/hot-path-begins")
for _ in range(1000):
    credentials.ticket()
    credentials.access_token()
os.path.exists("/hot-path-ends")
os._exit(0)
"""


PAGE = """
import os, threading
from flask import Flask
from dingbridge import DingBridge

app = Flask("hot")
app.config["SECRET_KEY"] = "k" * 40
bridge = DingBridge(app)
template = app.jinja_env.from_string("{{ dingbridge('biz.util.scan') }}")
app.add_url_rule("/", "page", lambda: template.render())
client = app.test_client()
host = os.environ["DING_PUBLIC_ORIGINS"].split(",")[0].partition("://")[2]
assert '"signature"' in client.get("/", headers={"Host": host}).text
credentials = bridge.credentials_of(app)
credentials.close()
for thread in set(threading.enumerate()) - {threading.current_thread()}:
    thread.join()
os.path.exists("/hot-path-begins")
for _ in range(100):
    client.get("/", headers={"Host": host})
os.path.exists("/hot-path-ends")
os._exit(0)
"""


@pytest.mark.row("R02")
@pytest.mark.parametrize("shared", ["files", "redis"])
def test_the_hot_path_makes_no_system_call(
    sandbox: SandboxClient, redis: RedisServer, tmp_path: Path, shared: str
) -> None:
    calls, before = traced(SCRIPT, sandbox, redis if shared == "redis" else None, tmp_path)
    assert calls == []
    assert any("connect(" in line for line in before)  # the trace does see such calls


@pytest.mark.row("R02")
@pytest.mark.parametrize("shared", ["files", "redis"])
def test_a_rendered_page_touches_no_network_disk_or_lock(
    sandbox: SandboxClient, redis: RedisServer, tmp_path: Path, shared: str
) -> None:
    calls, before = traced(PAGE, sandbox, redis if shared == "redis" else None, tmp_path)
    names = {found[1] for call in calls if (found := re.search(r"^\d+ +(\w+)\(", call))}
    # Random octets, some for hundreds of pages at a time, and memory.
    assert names <= {"getrandom", "brk", "mmap", "munmap", "mremap", "madvise"}
    assert any("flock(" in line for line in before)


def traced(
    script: str, sandbox: SandboxClient, redis: RedisServer | None, tmp_path: Path
) -> tuple[list[str], list[str]]:
    """The script's system calls between its two marks, and all that came before."""
    strace = shutil.which("strace")
    assert strace, "strace is missing; tests/apt.sh installs it"
    trace = tmp_path / "trace"
    environment = sandbox.sandbox.environment(tmp_path / "instance")
    if redis is not None:
        environment["DING_REDIS_URL"] = redis.url
    subprocess.run(
        [strace, "-f", "-o", str(trace), sys.executable, "-c", script],
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
    return calls, lines[:begin]
