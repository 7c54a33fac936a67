"""Requests and responses of the sandbox's servers, kept as they came over the wire."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from io import BufferedReader
from socket import socket
from urllib.parse import parse_qsl

Headers = list[tuple[str, str]]

LINE_LIMIT = 64 * 1024
HEADER_LIMIT = 200
BLOCK = 64 * 1024


class RefusedRequest(Exception):
    """What came is not a request that can be served; ``status`` is the answer to give."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class DropConnection(Exception):
    """The connection is to end without an answer, with a TCP reset where ``reset``."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__("connection dropped on purpose")
        self.reset = reset


@dataclass
class Body:
    """A request's body, read from the connection only when somebody asks for it."""

    stream: BufferedReader
    length: int = 0
    chunked: bool = False
    finished: bool = False

    def blocks(self) -> Iterator[bytes]:
        """The body piece by piece, without chunk framing; RefusedRequest if it is cut short."""
        if not self.finished:
            yield from self._chunks() if self.chunked else self._counted()
        self.finished = True

    def read(self, limit: int) -> bytes:
        """The whole body; RefusedRequest (413) above ``limit`` bytes."""
        whole = bytearray()
        for block in self.blocks():
            whole += block
            if len(whole) > limit:
                raise RefusedRequest(413, f"the body is longer than {limit} bytes")
        return bytes(whole)

    def _counted(self) -> Iterator[bytes]:
        while self.length:
            block = self.stream.read1(min(BLOCK, self.length))
            if not block:
                raise RefusedRequest(400, "the body ended before its Content-Length")
            self.length -= len(block)
            yield block

    def _chunks(self) -> Iterator[bytes]:
        while True:
            size = _chunk_size(self.stream.readline(LINE_LIMIT))
            if size == 0:
                self._skip_trailer()
                return
            while size:
                block = self.stream.read1(min(BLOCK, size))
                if not block:
                    raise RefusedRequest(400, "the body ended inside a chunk")
                size -= len(block)
                yield block
            if self.stream.readline(LINE_LIMIT) not in (b"\r\n", b"\n"):
                raise RefusedRequest(400, "a chunk is longer than its size says")

    def _skip_trailer(self) -> None:
        for _ in range(HEADER_LIMIT):
            if self.stream.readline(LINE_LIMIT) in (b"\r\n", b"\n", b""):
                return
        raise RefusedRequest(400, "too many trailer lines")


def _chunk_size(line: bytes) -> int:
    digits = line.split(b";", 1)[0].strip()
    if not digits or len(digits) > 12 or digits.strip(b"0123456789abcdefABCDEF"):
        raise RefusedRequest(400, "the size of a chunk is not a hexadecimal number")
    return int(digits, 16)


@dataclass
class Request:
    """One request: ``target`` is the raw request target, byte for byte as it was sent."""

    method: str
    target: bytes
    version: str
    headers: Headers
    body: Body
    peer: str
    connection: socket
    secure: bool = False

    def header(self, name: str) -> str | None:
        """The first header of that name, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @property
    def path(self) -> str:
        """The target up to its query, one character per byte."""
        return self.target.split(b"?", 1)[0].decode("latin-1")

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters, decoded; the first of several of one name counts."""
        text = self.target.partition(b"?")[2].decode("latin-1")
        found: dict[str, str] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            found.setdefault(name, value)
        return found

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies sent, in whatever form; the first of a name counts."""
        found: dict[str, str] = {}
        for part in (self.header("Cookie") or "").split(";"):
            name, _, value = part.strip().partition("=")
            found.setdefault(name, value)
        return found


@dataclass
class Response:
    """What to send. An iterator as body is streamed, chunked unless a length is among the headers.

    ``close`` ends the connection afterwards; ``reason`` is the phrase of the status line;
    ``finish`` is called once the response was sent, or could not be.
    """

    status: int = 200
    headers: Headers = field(default_factory=list)
    body: bytes | Iterator[bytes] = b""
    reason: str | None = None
    close: bool = False
    finish: Callable[[], None] | None = None

    def has(self, name: str) -> bool:
        """Whether a header of that name is set."""
        return any(key.lower() == name for key, _ in self.headers)


def json_response(value: object, status: int = 200) -> Response:
    """``value`` as JSON that no cache keeps."""
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
    headers = [("Content-Type", "application/json; charset=utf-8"), ("Cache-Control", "no-store")]
    return Response(status, headers, body)


def text_response(text: str, status: int = 200, kind: str = "text/plain") -> Response:
    """``text`` as UTF-8 that no cache keeps."""
    headers = [("Content-Type", f"{kind}; charset=utf-8"), ("Cache-Control", "no-store")]
    return Response(status, headers, text.encode("utf-8", "backslashreplace"))
