"""A bound on a whole exchange over HTTP.

`requests` bounds each wait for bytes alone: an answer whose header drips, byte after byte, goes on
for hours. Here every read of a socket, and every read of a body that is sent, looks at one clock.
"""

from __future__ import annotations

import http.client
import io
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from socket import socket
from typing import Any, Protocol

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import ConnectionPool

_ends: ContextVar[float] = ContextVar("_ends", default=math.inf)  # of time.monotonic()


class Upload(Protocol):
    """A body that is read as it is sent; its length in bytes is known."""

    content_type: str

    def __len__(self) -> int:
        """Bytes in all."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Exchanges that this thread begins here are over after `seconds`.

    They end in a TimeoutError, or in what requests makes of one. A chunk that is being sent has
    the session's own time-out beyond that.
    """
    token = _ends.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def is_over() -> bool:
    """Whether the time of `within` is."""
    return time.monotonic() >= _ends.get()


class TimedUpload:
    """An upload that is not read any further when its time is over."""

    def __init__(self, upload: Upload) -> None:
        """Its time is that of the `within` around."""
        self._upload = upload

    def __len__(self) -> int:
        """Bytes in all."""
        return len(self._upload)

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes. Raises TimeoutError."""
        if is_over():
            raise TimeoutError
        return self._upload.read(size)


class TimedAdapter(HTTPAdapter):
    """Whose connections, direct and through a proxy, keep to `within`."""

    def get_connection_with_tls_context(self, *args: Any, **more: Any) -> ConnectionPool:
        """See requests."""
        pool = super().get_connection_with_tls_context(*args, **more)
        kind = getattr(pool, "ConnectionCls", HTTPConnection)
        if kind.response_class is not _Response:
            timed = type(f"Timed{kind.__name__}", (kind,), {"response_class": _Response})
            setattr(pool, "ConnectionCls", timed)  # noqa: B010  # unknown to ConnectionPool's type
        return pool


class _TimedSocket(io.RawIOBase):
    """What comes from a socket, as long as there is time."""

    def __init__(self, raw: io.RawIOBase, sock: socket) -> None:
        self._raw = raw
        self._socket = sock
        self._ends = _ends.get()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left, timeout = self._ends - time.monotonic(), self._socket.gettimeout()
        if left <= 0:
            raise TimeoutError
        if timeout is not None and timeout <= left:
            return self._raw.readinto(buffer)
        self._socket.settimeout(left)
        try:
            return self._raw.readinto(buffer)
        finally:
            self._socket.settimeout(timeout)  # the connection may serve another call

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = io.BufferedReader(_TimedSocket(self.fp.detach(), sock))
