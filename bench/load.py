"""HTTP load over keep-alive connections on loopback, like those of nginx to gunicorn."""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from typing import NamedTuple, Self

PATIENCE = 30  # seconds for one answer


class Connection:
    """One keep-alive connection that sends the same request again and again."""

    def __init__(self, port: int, target: str, host: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = [f"GET {target} HTTP/1.1", f"Host: {host}", *FROM_NGINX]
        self._request = "\r\n".join([*head, "", ""]).encode("ascii")
        self._received = bytearray()
        self.sent = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self) -> None:
        """Send the request."""
        self.sent = time.perf_counter()
        self.socket.sendall(self._request)

    def receive(self) -> int | None:
        """Read what is there; the body's bytes once the answer is complete, else None."""
        chunk = self.socket.recv(65536)
        assert chunk, "the server closed a keep-alive connection"
        self._received += chunk
        head, blank, body = bytes(self._received).partition(b"\r\n\r\n")
        if not blank:
            return None
        assert head.startswith(b"HTTP/1.1 200 "), head
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        if len(body) < length:
            return None
        self._received.clear()
        return length

    def exchange(self) -> int:
        """One request and its answer; the body's bytes."""
        self.send()
        while (length := self.receive()) is None:
            pass
        return length


# What nginx.conf adds to a phone's request.
FROM_NGINX = (
    "X-Real-IP: 192.0.2.7",
    "X-Forwarded-For: 192.0.2.7",
    "X-Forwarded-Proto: https",
    "X-Forwarded-Host: h5.example.test",
    "X-Forwarded-Port: 443",
    "X-Original-URI: /",
    "User-Agent: Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 AliApp(DingTalk/7.6.45)",
    "Accept: text/html,application/xhtml+xml",
    "Accept-Language: zh-CN,zh;q=0.9",
    "Accept-Encoding: gzip, deflate, br",
)


class Load(NamedTuple):
    """What came of a load: requests a second, and the 99th percentile of the times in ms."""

    per_second: float
    p99_ms: float


def load(connections: Sequence[Connection], seconds: float) -> Load:
    """Keep every connection busy for that long."""
    times: list[float] = []
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        begin = time.perf_counter()
        for connection in connections:
            connection.send()
        waiting = len(connections)
        while waiting:
            for key, _ in selector.select(PATIENCE):
                if key.data.receive() is None:
                    continue
                now = time.perf_counter()
                times.append(now - key.data.sent)
                if now - begin < seconds:
                    key.data.send()
                else:
                    waiting -= 1
        took = time.perf_counter() - begin
    times.sort()
    return Load(len(times) / took, 1000 * times[min(len(times) - 1, int(len(times) * 0.99))])
