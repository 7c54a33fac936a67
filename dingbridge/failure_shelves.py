"""Where sealed failures lie: files or Redis, bounded in number and in time.

Both raise CacheUnavailable, and let nobody wait for what has just failed.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dingbridge.private_folder import give_to_owner
from dingbridge.token_cache import Breaker

if TYPE_CHECKING:
    from redis import Redis

LIFE_SECONDS = 7 * 24 * 3600.0
_DAY = 24 * 3600
# Of each kind, in Redis; a failure takes less than a kilobyte unless its address is very long.
KEPT = 1000
# Of each kind and day, in files: this much, and as much again that is older.
FILE_BYTES = 256 * 1024


class Shelves(Protocol):
    """A place with one shelf for each kind."""

    def add(self, kind: str, at: float, text: str) -> None:
        """Put `text`, one line of ASCII, on the shelf; `at` is now, in seconds since 1970."""

    def texts(self, kind: str) -> list[str]:
        """What lies on the shelf, in no particular order."""

    def after_fork(self) -> None:
        """Whoever held a lock stayed in the parent."""


class FileShelves:
    """A file for each kind and day. A line is written by one call, so writers need no lock."""

    def __init__(self, folder: Path, owner: str) -> None:
        """`folder` is private; `owner` tells apps apart that share it, and is no secret."""
        self._folder = folder
        self._owner = owner
        self._access = Breaker("failures in files", (OSError,))

    def add(self, kind: str, at: float, text: str) -> None:
        """See Shelves."""
        path = self._folder / f"{self._owner}-{kind}-{int(at // _DAY)}.log"
        self._access.call(lambda: self._append(path, f"{text}\n".encode()))

    def texts(self, kind: str) -> list[str]:
        """See Shelves."""
        return self._access.call(lambda: (self._read(kind),))[0]

    def after_fork(self) -> None:
        """See Shelves."""
        self._access.after_fork()

    def _append(self, path: Path, line: bytes) -> bool:
        if not path.exists():
            self._sweep()
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            give_to_owner(path, file)  # `flask ding …` may run as root
            os.write(file, line)
            if os.fstat(file).st_size > FILE_BYTES:
                self._turn(file, path)
        finally:
            os.close(file)
        return True

    def _turn(self, file: int, path: Path) -> None:
        """Make the full file the older one, unless another process is doing so."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        # The lock is the file's: whoever turned it before us has put another in its place.
        if path.exists() and os.path.samestat(os.fstat(file), path.stat()):
            path.replace(path.with_suffix(".older"))

    def _sweep(self) -> None:
        """Remove what is too old, whoever left it."""
        for path in self._folder.iterdir():
            try:
                if time.time() - path.stat().st_mtime > LIFE_SECONDS:
                    path.unlink()
            except FileNotFoundError:
                continue  # another process was faster

    def _read(self, kind: str) -> list[str]:
        self._sweep()
        texts: list[str] = []
        for path in self._folder.glob(f"{self._owner}-{kind}-*"):
            try:
                texts += path.read_bytes().decode("ascii", "replace").splitlines()
            except FileNotFoundError:
                continue  # turned or swept away meanwhile
        return texts


class RedisShelves:
    """A sorted set for each kind, by time."""

    def __init__(self, client: Redis, owner: str) -> None:
        """`client` gives up soon; `owner` tells apps apart that share it, and is no secret."""
        from redis.exceptions import RedisError  # noqa: PLC0415  # an extra

        self._client = client
        self._owner = owner
        self._access = Breaker("failures in redis", (RedisError, OSError))

    def add(self, kind: str, at: float, text: str) -> None:
        """See Shelves."""
        self._access.call(lambda: self._push(self._key(kind), at, text))

    def texts(self, kind: str) -> list[str]:
        """See Shelves."""
        return self._access.call(lambda: (self._pulled(self._key(kind)),))[0]

    def after_fork(self) -> None:
        """See Shelves."""
        self._access.after_fork()

    def _push(self, key: str, at: float, text: str) -> bool:
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.zadd(key, {text: at})
            pipeline.zremrangebyscore(key, "-inf", at - LIFE_SECONDS)
            pipeline.zremrangebyrank(key, 0, -KEPT - 1)
            pipeline.expire(key, int(LIFE_SECONDS))
            pipeline.execute()
        return True

    def _pulled(self, key: str) -> list[str]:
        found: list[bytes] = self._client.zrange(key, 0, -1)  # type: ignore[assignment]  # as the client is opened
        return [text.decode("ascii", "replace") for text in found]

    def _key(self, kind: str) -> str:
        return f"dingbridge:{self._owner}:failures:{kind}"
