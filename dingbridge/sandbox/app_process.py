"""Runs the app as in production: gunicorn in a process of its own, ended with all its workers."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

READY_SECONDS = 60.0
GRACE_SECONDS = 3
FORCE_SECONDS = 6.0
CONFIG = "gunicorn.conf.py"
RUNNER = "dingbridge.sandbox.app_runner"


class AppFailed(Exception):
    """The app did not start, or ended by itself; the text is one sentence for a person."""


class AppProcess:
    """``app`` (``module:name``) under gunicorn on 127.0.0.1:``port``, run in ``folder``."""

    def __init__(self, app: str, port: int, environment: Mapping[str, str], folder: Path) -> None:
        command = [sys.executable, "-m", RUNNER, "--bind", f"127.0.0.1:{port}"]
        if (folder / CONFIG).is_file():
            command += ["-c", CONFIG]
        self._command = [*command, "--graceful-timeout", str(GRACE_SECONDS), app]
        self._app = app
        self._port = port
        self._environment = environment
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, given_up: Callable[[], bool]) -> None:
        """Returns once the app answers, or ``given_up()``; AppFailed if it ends or stays silent."""
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=dict(self._environment),
            stdin=subprocess.DEVNULL,
            process_group=0,
        )
        deadline = time.monotonic() + READY_SECONDS
        while not given_up():
            self.check()
            if self._answers():
                return
            if time.monotonic() > deadline:
                raise AppFailed(f"the app ({self._app}) did not answer within {READY_SECONDS:g} s")
            time.sleep(0.05)

    def check(self) -> None:
        """AppFailed if the app's process has ended."""
        status = self._process.poll() if self._process else None
        if status is not None:
            raise AppFailed(f"the app ({self._app}) ended with status {status}; see its log above")

    def stop(self) -> None:
        """Ends gunicorn and its workers; by force if they take longer than their grace."""
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(FORCE_SECONDS)
        # Workers whose gunicorn is gone would notice only after a while.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
        return True
