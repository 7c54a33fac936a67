"""What the platform has forbidden, in a file that every process of the machine sees at once.

A disk that is full or read-only must not make calls fail that the platform has answered: then the
pauses stay in this process's memory, until the file can be written again.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dingbridge.private_folder import give_to_owner

# So long after a pause the next one counts as a new beginning.
FORGIVING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Pause:
    """`began` and `until` are seconds since 1970; `strikes` counts refusals in a row."""

    began: float
    until: float
    strikes: int
    code: str


# What lies on a scope from now on, made from what has lain there.
Renew = Callable[[Pause | None], Pause]


class PauseFile:
    """All pauses of the machine, by scope; reading them costs one look at the time of change."""

    def __init__(self, path: Path) -> None:
        """`path` need not exist."""
        self._path = path
        self._stamp: tuple[int, int] | None = None
        self._known: dict[str, Pause] = {}
        self._unwritten: dict[str, Pause] = {}

    def read(self) -> dict[str, Pause]:
        """The pauses, those that are over among them."""
        try:
            status = self._path.stat()
        except OSError:
            return self._unwritten
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            self._known = _pauses(self._path)
            self._stamp = stamp
        return {**self._known, **self._unwritten} if self._unwritten else self._known

    def change(self, scope: str, renew: Renew) -> Pause:
        """The pause on `scope` from now on, for every process of the machine.

        Raises OSError if the file cannot be written.
        """
        with locked(self._path.with_suffix(".lock")):
            pauses = {**_pauses(self._path), **self._unwritten}
            renewed = pauses[scope] = renew(pauses.get(scope))
            self._write(pauses)
            self._unwritten.clear()
        return renewed

    def remember(self, scope: str, renew: Renew) -> Pause:
        """As `change`, for this process alone."""
        renewed = self._unwritten[scope] = renew(self.read().get(scope))
        return renewed

    def _write(self, pauses: dict[str, Pause]) -> None:
        """The file with `pauses`, without those that have long been over."""
        newest = max((pause.began for pause in pauses.values()), default=0.0)
        kept = {
            scope: [pause.began, pause.until, pause.strikes, pause.code]
            for scope, pause in pauses.items()
            if pause.until + FORGIVING_SECONDS > newest
        }
        draft = self._path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(kept))
        draft.chmod(0o600)
        give_to_owner(draft)
        draft.replace(self._path)


def _pauses(path: Path) -> dict[str, Pause]:
    """What lies there, and nothing for anything else that lies there."""
    try:
        stored = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    pauses = {}
    for scope, fields in stored.items() if isinstance(stored, dict) else ():
        match fields:
            case [float() | int() as began, float() | int() as until, int() as strikes, str(code)]:
                pauses[scope] = Pause(float(began), float(until), strikes, code)
    return pauses


@contextmanager
def locked(path: Path) -> Iterator[int]:
    """The file, for one process and thread at a time; it is made where it is missing.

    Raises OSError.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        give_to_owner(path, file)  # `flask ding …` may run as root
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)
