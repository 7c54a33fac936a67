"""Requests exactly as given and answers exactly as they came, over plain sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from urllib.parse import urlsplit


def connect(url: str) -> socket.socket:
    """A connection to the host and port of ``url``."""
    where = urlsplit(url)
    return socket.create_connection((str(where.hostname), where.port or 80), 10)


def exchange(url: str, request: bytes) -> bytes:
    """Everything that comes back until the server closes, which the request should ask for."""
    with connect(url) as connection:
        connection.sendall(request)
        received = bytearray()
        while block := connection.recv(65536):
            received += block
        return bytes(received)


def ask(url: str, request: bytes, method: str = "GET") -> tuple[HTTPResponse, bytes]:
    """The answer to one raw request, parsed, with its body."""
    with connect(url) as connection:
        connection.sendall(request)
        with HTTPResponse(connection, method=method) as response:
            response.begin()
            return response, response.read()


@contextmanager
def one_shot_server(answer: bytes, *, reads_body: bool = True) -> Iterator[tuple[str, list[bytes]]]:
    """An upstream that gives the same bytes to every connection; with what it was asked.

    Without ``reads_body`` it closes on a request that it has hardly begun to read.
    """
    asked: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(10)
                request = _request(connection) if reads_body else connection.recv(1)
                asked.append(request)  # before whoever asked could look for it
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def _request(connection: socket.socket) -> bytes:
    received = bytearray()
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    head, _, body = bytes(received).partition(b"\r\n\r\n")
    lower = head.lower()
    if b"transfer-encoding: chunked" in lower:
        while not received.endswith(b"0\r\n\r\n"):
            received += connection.recv(65536)
    elif b"content-length: " in lower:
        length = int(lower.split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(body) < length:
            block = connection.recv(65536)
            body += block
            received += block
    return bytes(received)
