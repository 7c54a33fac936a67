"""A real Redis on a port of its own, which tests may kill, freeze, flush and start again.

with running_redis() as redis:
    settings["DING_REDIS_URL"] = redis.url
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError


class RedisServer:
    """One server; it keeps its port when it is started again, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> Redis:
        return Redis.from_url(self.url, socket_timeout=5)

    def start(self) -> None:
        program = shutil.which("redis-server")
        assert program, "redis-server is missing; tests/apt.sh installs it"
        self._process = subprocess.Popen(
            [
                program,
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
            ],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        with self.client() as client:
            while True:
                assert self._process.poll() is None, "redis-server ended at once"
                try:
                    client.ping()
                except RedisError:
                    assert time.monotonic() < deadline, "redis-server does not answer"
                    time.sleep(0.02)
                else:
                    return

    def kill(self) -> None:
        """As a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Connections are taken, nothing is answered."""
        assert self._process
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process
        os.kill(self._process.pid, signal.SIGCONT)

    def refuse_writes(self, how: str) -> None:
        """As a replica after a failover does ("readonly"), or a server without memory ("full")."""
        with self.client() as client:
            if how == "readonly":
                client.execute_command("REPLICAOF", "127.0.0.1", "1")
            else:
                client.config_set("maxmemory", 1)

    def take_writes(self) -> None:
        """The end of `refuse_writes`."""
        with self.client() as client:
            client.execute_command("REPLICAOF", "NO", "ONE")
            client.config_set("maxmemory", 0)

    def flush(self) -> None:
        with self.client() as client:
            client.flushall()

    def keys(self) -> dict[str, bytes]:
        """Everything that lies in it as text."""
        with self.client() as client:
            return {key.decode(): client.dump(key) for key in client.scan_iter()}


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A server of one's own, gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()
