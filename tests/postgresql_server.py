"""A real PostgreSQL on a port of its own, with a database for whoever asks.

with running_postgresql() as server:
    settings["DING_DATABASE_URL"] = server.new_database()
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from app_server import free_port, wait_until


class PostgresqlServer:
    """One server; it keeps its port and its data when it is started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._data = folder / "data"
        self._log = folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count()
        self._user = _owner(folder)
        initdb = [program("initdb"), "-D", str(self._data), "-U", "app", "-A", "trust"]
        initdb += ["-E", "UTF8", "--locale=C", "--no-sync"]
        self._run(initdb)

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [program("postgres"), "-D", str(self._data), "-p", str(self.port), "-k", ""]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([*self._user, *command], stdout=log, stderr=log)
        wait_until(self._answers, "PostgreSQL", lambda: self._log.read_text(errors="replace"))

    def stop(self) -> None:
        """End it at once, as an operator in a hurry does: connections are cut."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # PostgreSQL's "fast" shutdown
            self._process.wait(30)
            self._process = None

    def new_database(self, template: str = "template0") -> str:
        """The URL of a new database: an empty one, or a copy of another that nobody uses now."""
        name = f"app_{next(self._numbers)}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            # By files: fsync is off, so that this is faster than by the log.
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return self._url(name)

    def _url(self, database: str) -> str:
        return f"postgresql://app@127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self._log.read_text(errors="replace")
        try:
            psycopg.connect(self._url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, command: list[str]) -> None:
        subprocess.run([*self._user, *command], check=True, capture_output=True)


def program(name: str) -> str:
    """The newest PostgreSQL's, where Debian puts them, or the one on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(found[-1]) if found else shutil.which(name)
    assert path, f"{name} is missing; tests/apt.sh installs PostgreSQL"
    return path


def _owner(folder: Path) -> list[str]:
    """PostgreSQL refuses root: the command that becomes its own user, who then owns the folder."""
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam("postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids]


@contextmanager
def running_postgresql() -> Iterator[PostgresqlServer]:
    """A server of one's own, gone afterwards."""
    # Not below a folder of pytest's, which other users cannot enter.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        server = PostgresqlServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()
