"""The app as it is served in production: a real gunicorn with the project's own settings."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 30  # seconds until a server has to answer


class AppServer:
    """`gunicorn -c gunicorn.conf.py app:app` on a free port, as a context manager.

    `environment` holds the settings; `app` may name another WSGI application. Output goes to
    `log`, which `output()` reads.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        folder: Path,
        *,
        app: str = "app:app",
        bind: str | None = None,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self.port = free_port()
        self.bind = bind or f"127.0.0.1:{self.port}"
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / f"gunicorn-{self.port}.log"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DING_")}
        self._environment = {
            **kept,
            "SECRET_KEY": "a session key for tests only",
            "DING_INSTANCE": str(folder / "instance"),
            "WEB_CONCURRENCY": "1",
            **environment,
        }
        self._command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py"]
        self._command += ["--bind", self.bind, *arguments, app]
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        wait_until(self._answers, f"gunicorn on {self.bind}", self.output)

    def stop(self) -> None:
        """End it and all its workers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(PATIENCE)
            self._process = None

    def output(self) -> str:
        """Everything that it has written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _answers(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"gunicorn ended: {self.output()}")
        if self.bind.startswith("unix:"):
            return Path(self.bind.removeprefix("unix:")).exists()
        return answers(self.port, "/healthz")


def free_port() -> int:
    """A port on loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def answers(port: int, path: str = "/") -> bool:
    """Whether an HTTP server answers there at all."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def wait_until(condition: object, what: str, output: object = str) -> None:
    """Wait for something to become true; fail with its output after `PATIENCE` seconds."""
    assert callable(condition)
    assert callable(output)
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} was not there in {PATIENCE} s: {output()}")
        time.sleep(0.02)
