"""A client that sends request targets and hosts exactly as they are given."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterable

from any_path_server import Answer, read_answer

# Every certificate and server of the tests knows this name.
TLS_NAME = "h5.example.test"


class Visitor:
    """A connection that sends targets and hosts as they are; a new source address now and then.

    nginx.conf limits requests per address, and these are many visitors.
    """

    def __init__(self, port: int, *, tls: bool) -> None:
        self._port, self._tls, self._sent = port, tls, 0
        self._connection: http.client.HTTPConnection | None = None

    def ask(
        self,
        target: str,
        host: str,
        method: str = "GET",
        body: str | None = None,
        headers: Iterable[tuple[str, str]] = (),
    ) -> Answer:
        if self._connection is None or self._sent % 90 == 0:
            self.close()
            self._connection = self._connect(f"127.0.1.{self._sent // 90 + 1}")
        self._sent += 1
        connection = self._connection
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host)
        for name, value in headers:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Type", "application/json")
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body.encode() if body is not None else None)
        response = connection.getresponse()
        head = f"HTTP/1.1 {response.status} x\r\n{response.headers}".encode()
        return read_answer(head + b"\r\n\r\n" + response.read())

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _connect(self, source: str) -> http.client.HTTPConnection:
        if not self._tls:
            return http.client.HTTPConnection(
                "127.0.0.1", self._port, timeout=30, source_address=(source, 0)
            )
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(
            TLS_NAME, self._port, timeout=30, source_address=(source, 0), context=context
        )
        # The name goes into the handshake, the address is this machine's.
        connection._create_connection = _to_loopback  # type: ignore[attr-defined]
        return connection


def _to_loopback(
    address: tuple[str, int], timeout: float, source: tuple[str, int]
) -> socket.socket:
    return socket.create_connection(("127.0.0.1", address[1]), timeout, source)
