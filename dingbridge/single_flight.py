"""One caller at a time: among the threads and processes of a machine, then among machines.

A file lock (`flock`) orders what runs on one machine. It dies with its holder, however that ends.
Between machines a Redis lock does the same: it has an owner and a short life, which its holder
keeps lengthening, so that a holder that was killed blocks the others for two seconds at most. When
Redis is away the file lock alone is held, and the holder is told so.
"""

from __future__ import annotations

import fcntl
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self

from dingbridge.private_folder import give_to_owner

if TYPE_CHECKING:
    from redis import Redis
    from redis.lock import Lock

log = logging.getLogger(__name__)

LOCK_SECONDS = 2.0
HEARTBEAT_SECONDS = 0.4
# A holder that is stuck for good loses the lock; every call to the platform is bounded well below.
LONGEST_HOLD_SECONDS = 60.0


class SingleFlight:
    """A lock for one task; safe for threads, processes and forks."""

    def __init__(
        self,
        path: Path,
        redis: Redis | None = None,
        key: str = "",
        reachable: Callable[[], bool] = lambda: True,
    ) -> None:
        """`path` is the lock file, in a folder of this app's own; `key` the lock's name in Redis.

        `reachable` says whether Redis answered lately, so that nobody waits for it in vain.
        """
        self._path = path
        self._redis = redis
        self._key = key
        self._reachable = reachable

    def enter(self) -> Flight | None:
        """The lock, to be used as a context manager, or None while another caller has it."""
        try:
            file = _lock_file(self._path)
        except BlockingIOError:
            return None
        except OSError as error:
            # Better a call too many than no ticket.
            log.warning("file_lock_unusable cause=%s", error.strerror)
            file = None
        if self._redis is None:
            return Flight(file, None, fleet=file is not None)
        if not self._reachable():
            return Flight(file, None, fleet=False)
        try:
            lock = self._redis.lock(
                self._key, timeout=LOCK_SECONDS, blocking=False, thread_local=False
            )
            taken = lock.acquire()
        except _redis_errors() as error:
            log.warning("fleet_lock_unreachable cause=%s", type(error).__name__)
            return Flight(file, None, fleet=False)
        except BaseException:
            _unlock_file(file)
            raise
        if not taken:
            _unlock_file(file)
            return None
        return Flight(file, lock, fleet=True)


class Flight:
    """A lock that is held until its `with` block ends.

    `fleet` is False when it holds among the processes of this machine only.
    """

    def __init__(self, file: int | None, lock: Lock | None, *, fleet: bool) -> None:
        """`file` is the descriptor that holds the file lock, `lock` the lock in Redis."""
        self._file = file
        self._lock = lock
        self._over = threading.Event()
        self.fleet = fleet

    def __enter__(self) -> Self:
        if self._lock is not None:
            try:
                threading.Thread(target=self._keep, args=(self._lock,), daemon=True).start()
            except RuntimeError as error:  # no more threads: the lock is held for LOCK_SECONDS
                log.warning("fleet_lock_not_kept cause=%s", error)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._lock is not None:
            try:
                self._lock.release()
            except _redis_errors() as problem:
                # Lost or unreachable: it ends by itself within LOCK_SECONDS.
                log.info("fleet_lock_not_released cause=%s", type(problem).__name__)
        _unlock_file(self._file)

    def _keep(self, lock: Lock) -> None:
        """Lengthen the lock's life until the flight is over."""
        for _ in range(int(LONGEST_HOLD_SECONDS / HEARTBEAT_SECONDS)):
            if self._over.wait(HEARTBEAT_SECONDS):
                return
            try:
                lock.reacquire()
            except _redis_errors() as error:
                log.info("fleet_lock_not_kept cause=%s", type(error).__name__)


def _redis_errors() -> tuple[type[Exception], ...]:
    from redis.exceptions import RedisError  # noqa: PLC0415  # an extra

    return (RedisError, OSError)


_held: set[int] = set()


def _lock_file(path: Path) -> int:
    """A descriptor that holds the lock.

    Raises BlockingIOError while another holds it, OSError if the file cannot be used.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        give_to_owner(path)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise
    _held.add(file)
    return file


def _unlock_file(file: int | None) -> None:
    if file is None:
        return
    _held.discard(file)
    # Closing alone would not do if a child was forked just before it could close its copy.
    fcntl.flock(file, fcntl.LOCK_UN)
    os.close(file)


def _leave_to_parent() -> None:
    """A child of a fork shares the parent's locks and would keep them alive after its death."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_leave_to_parent)
