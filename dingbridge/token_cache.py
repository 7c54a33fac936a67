"""The shared cache of tokens, behind two methods: Flask-Caching over files or over Redis.

Flask-Caching decides where and how entries lie; its habits that would hurt here are changed in
the two backends below. Its default serialisation is pickle, which would run a planted file: here
it is JSON, one string per entry. Its threshold would evict live tickets: it is 0. A dead Redis
would cost seconds a call: time-outs are short, nothing is tried again after a time-out, and for a
moment after a failure nothing is tried at all.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import mkstemp
from typing import IO, TYPE_CHECKING, Any, TypeVar

from flask import Flask
from flask_caching import Cache
from flask_caching.backends.filesystemcache import FileSystemCache
from flask_caching.backends.rediscache import RedisCache

from dingbridge.errors import Fault, SettingsError
from dingbridge.private_folder import give_to_owner, private_folder

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)

T = TypeVar("T")

REDIS_SECONDS = 0.4  # per connection and per answer
PAUSE_SECONDS = 1.0  # after a failure nothing is tried for so long
ENTRY_LIMIT = 64 * 1024  # bytes; an entry of ours has less than four thousand
# Longer than anything lives in there, so that what nobody uses any more goes away by itself.
REDIS_LIFE = 48 * 3600
_ABANDONED_SECONDS = 3600
# How cachelib marks files that are being written, and its time of expiry in front of each entry.
_DRAFT, _NEVER = ".__wz_cache", b"\0\0\0\0"


class CacheUnavailable(Exception):
    """The cache cannot be reached now; it says nothing about what is in it."""


class JsonSerializer:
    """One string as JSON; whatever else is found reads as absent."""

    def dumps(self, value: str) -> bytes:
        """For Redis."""
        return json.dumps(value).encode()

    def loads(self, stored: bytes | None) -> str | None:
        """The string, or None."""
        if stored is None or len(stored) > ENTRY_LIMIT:
            return None
        try:
            value = json.loads(stored)
        except (ValueError, RecursionError):
            return None
        return value if isinstance(value, str) else None

    def dump(self, value: str, file: IO[bytes]) -> None:
        """For files."""
        file.write(self.dumps(value))

    def load(self, file: IO[bytes]) -> str | None:
        """The string, or None."""
        return self.loads(file.read(ENTRY_LIMIT + 1))


class JsonFiles(FileSystemCache):
    """Flask-Caching's files with JSON in them and without a limit to their number."""

    serializer: Any = JsonSerializer()

    @classmethod
    def factory(
        cls, _app: Flask, config: dict[str, Any], _args: list[Any], _kwargs: dict[str, Any]
    ) -> JsonFiles:
        """Called by Flask-Caching."""
        return cls(config["CACHE_DIR"], threshold=0, default_timeout=0, mode=0o600)

    def set(self, key: str, value: str, timeout: Any = None, mgmt_element: bool = False) -> bool:
        """Put `value` there. Raises OSError; cachelib would leave its draft and log a traceback."""
        file, name = mkstemp(suffix=_DRAFT, dir=self._path)
        draft = Path(name)
        try:
            with os.fdopen(file, "wb") as writing:
                writing.write(_NEVER)
                self.serializer.dump(value, writing)
            give_to_owner(draft)
            draft.replace(self._get_filename(key))
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        return True

    def _run_safely(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # cachelib tries a file that it may not read for twenty seconds; that is for Windows.
        return fn(*args, **kwargs)


class JsonRedis(RedisCache):
    """Flask-Caching's Redis with JSON in it, on a client that gives up soon."""

    serializer: Any = JsonSerializer()

    @classmethod
    def factory(
        cls, _app: Flask, config: dict[str, Any], _args: list[Any], _kwargs: dict[str, Any]
    ) -> JsonRedis:
        """Called by Flask-Caching."""
        return cls(host=config["CACHE_REDIS_CLIENT"], default_timeout=REDIS_LIFE)

    def get(self, key: str) -> Any:
        """The string, or None, also where somebody has put a value of another kind."""
        from redis.exceptions import ResponseError  # noqa: PLC0415  # an extra

        try:
            return super().get(key)
        except ResponseError as error:
            if str(error).startswith("WRONGTYPE"):
                return None
            raise


class TokenCache:
    """One place where sealed records lie. Both methods raise CacheUnavailable."""

    def __init__(self, name: str, backend: Any, failures: tuple[type[Exception], ...]) -> None:
        """`name` is for logs; `failures` are what the backend raises when it is unreachable."""
        self.name = name
        self._backend = backend
        self._reading = Breaker(f"{name} read", failures)
        # Apart from reading: a full disk can still be read, and so can a Redis that is read-only.
        self._writing = Breaker(f"{name} write", failures)

    @property
    def reachable(self) -> bool:
        """Whether the last attempt to read went well."""
        return not self._reading.is_open

    @property
    def well(self) -> bool:
        """Whether the last attempts to read and to write both went well."""
        return not (self._reading.is_open or self._writing.is_open)

    def read(self, key: str) -> str | None:
        """The record under `key`, or None."""
        found: str | None = self._reading.call(lambda: (self._backend.get(key),))[0]
        return found

    def write(self, key: str, text: str) -> None:
        """Put `text` there instead of what was there."""
        # A backend may answer False instead of raising.
        self._writing.call(lambda: self._backend.set(key, text))

    def after_fork(self) -> None:
        """Whoever held the locks stayed in the parent."""
        self._reading.after_fork()
        self._writing.after_fork()


class Breaker:
    """Lets nobody wait for what has just failed."""

    def __init__(self, name: str, failures: tuple[type[Exception], ...]) -> None:
        """`name` is for logs; `failures` are what an action raises when its place is away."""
        self._name = name
        self._failures = failures
        self._closed_until = 0.0
        self._lock = threading.Lock()

    @property
    def is_open(self) -> bool:
        """Whether the last call failed."""
        return self._closed_until > 0.0

    def call(self, action: Callable[[], T]) -> T:
        """What `action` returns if that is true; CacheUnavailable if not, or if it fails."""
        if time.monotonic() < self._closed_until:
            raise CacheUnavailable(self._name)
        cause = "refused"
        try:
            result = action()
        except self._failures as error:
            cause = type(error).__name__
        else:
            if result:
                self._note(0.0)
                return result
        self._note(time.monotonic() + PAUSE_SECONDS, cause)
        raise CacheUnavailable(self._name)

    def after_fork(self) -> None:
        """Whoever held the lock stayed in the parent."""
        self._lock = threading.Lock()

    def _note(self, closed_until: float, cause: str = "") -> None:
        if closed_until == self._closed_until:
            return
        with self._lock:
            was_open, self._closed_until = self.is_open, closed_until
        if was_open != self.is_open:
            state = f"failing cause={cause}" if self.is_open else "well again"
            log.warning("cache name=%r state=%s", self._name, state)


def file_cache(folder: Path) -> TokenCache:
    """A cache in files in `folder`, which is made with mode 0700.

    Raises SettingsError if others can write to it.
    """
    folder = private_folder(folder)
    _clear_drafts(folder)
    return TokenCache("files", _backend("JsonFiles", CACHE_DIR=str(folder)), (OSError,))


def redis_client(url: str) -> Redis:
    """A client that gives up soon.

    A connection that was dropped while idle is opened anew at once; nothing else is tried twice.
    It answers in bytes, also where the address is shared with programs that ask for text.

    Raises SettingsError if the extra `redis` is not installed, or the address has options that are
    none.
    """
    try:
        from redis import Redis  # noqa: PLC0415  # an extra, needed only with DING_REDIS_URL
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.exceptions import ConnectionError as Dropped  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415
    except ImportError:
        fault = Fault("DING_REDIS_URL", "缺少 redis / missing", "pip install 'dingbridge[redis]'")
        raise SettingsError([fault]) from None
    try:
        client = Redis.from_url(
            url,
            socket_connect_timeout=REDIS_SECONDS,
            socket_timeout=REDIS_SECONDS,
            retry=Retry(NoBackoff(), 1, supported_errors=(Dropped,)),
        )
        pool = client.connection_pool
        pool.connection_class(**pool.connection_kwargs)  # connects to nothing yet
    except (ValueError, TypeError):  # its text may repeat the address
        fault = Fault(
            "DING_REDIS_URL", "不是 Redis 地址 / is no address of Redis", "redis://host:6379/0"
        )
        raise SettingsError([fault]) from None
    # An option of the address would win over an argument above.
    pool.connection_kwargs["decode_responses"] = False
    return client


def redis_cache(client: Redis) -> TokenCache:
    """A cache in Redis."""
    from redis.exceptions import RedisError  # noqa: PLC0415  # an extra

    backend = _backend("JsonRedis", CACHE_REDIS_CLIENT=client)
    return TokenCache("redis", backend, (RedisError, OSError))


def _backend(kind: str, **config: object) -> Any:
    """A backend of Flask-Caching's making.

    Flask-Caching keeps its backends in an app. This one is private to the cache, so that bridges
    share nothing and the application may use Flask-Caching in its own way.
    """
    app = Flask(__name__)
    cache = Cache(with_jinja2_ext=False)
    cache.init_app(app, {"CACHE_TYPE": f"{__name__}.{kind}", **config})
    return app.extensions["cache"][cache]


def _clear_drafts(folder: Path) -> None:
    """Remove what writers left behind that were killed in the middle."""
    for draft in folder.glob(f"*{_DRAFT}"):
        try:
            if time.time() - draft.stat().st_mtime > _ABANDONED_SECONDS:
                draft.unlink()
        except FileNotFoundError:
            continue  # another process was faster
