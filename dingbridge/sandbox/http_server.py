"""A small threaded HTTP/1.1 server that hands on the request target untouched.

The servers of the standard library collapse a leading ``//`` and split the request line at any
white space; a stand-in for a browser's surroundings must do neither.
"""

import contextlib
import logging
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from io import BufferedReader
from typing import cast

from dingbridge.sandbox.http_message import (
    LINE_LIMIT,
    DropConnection,
    RefusedRequest,
    Request,
    Response,
    text_response,
)
from dingbridge.sandbox.http_wire import read_request, send_response

Handler = Callable[[Request], Response]

IDLE_SECONDS = 65.0
BACKLOG = 128
log = logging.getLogger(__name__)


class HttpServer:
    """Serves ``handler`` on 127.0.0.1, a thread per connection, until ``stop()``.

    Port 0 takes a free one; ``port`` then tells which. ``refuse(True)`` makes the kernel refuse
    connections on the same port until ``refuse(False)``.
    """

    def __init__(
        self, handler: Handler, port: int = 0, *, tls: ssl.SSLContext | None = None
    ) -> None:
        self._handler = handler
        self._tls = tls
        self._lock = threading.Lock()
        self._connections: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._stopping = threading.Event()
        self._listener = _bound(port)
        self._listener.listen(BACKLOG)
        self.port: int = self._listener.getsockname()[1]
        self._wake_read, self._wake_write = socket.socketpair()
        self._acceptor = threading.Thread(
            target=self._accept, name=f"http-{self.port}", daemon=True
        )
        self._refusing = False

    def start(self) -> None:
        """Begins to accept; callers who came earlier have been waiting in the backlog."""
        self._acceptor.start()

    def refuse(self, refusing: bool) -> None:
        """Closes the listening socket but keeps the port, or listens again."""
        with self._lock:
            if refusing == self._refusing or self._stopping.is_set():
                return
            self._refusing = refusing
            if refusing:
                self._listener.close()
                self._listener = _bound(self.port)
            else:
                self._listener.listen(BACKLOG)
        self._wake_write.send(b"x")

    def stop(self) -> None:
        """Ends every connection and waits for their threads."""
        self._stopping.set()
        self._wake_write.send(b"x")
        if self._acceptor.is_alive():
            self._acceptor.join(5)
        with self._lock:
            self._listener.close()
            open_connections, threads = list(self._connections), list(self._threads)
        for connection in open_connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)
        self._wake_read.close()
        self._wake_write.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                listener, refusing = self._listener, self._refusing
            with selectors.DefaultSelector() as selector:
                selector.register(self._wake_read, selectors.EVENT_READ)
                if not refusing:
                    selector.register(listener, selectors.EVENT_READ)
                ready = [key.fileobj for key, _ in selector.select()]
            if self._wake_read in ready:
                self._wake_read.recv(64)
            elif ready:
                self._take(listener)

    def _take(self, listener: socket.socket) -> None:
        try:
            connection, address = listener.accept()
        except OSError:  # the caller gave up first, or the listener was closed meanwhile
            return
        thread = threading.Thread(
            target=self._serve, args=(connection, str(address[0])), daemon=True
        )
        with self._lock:
            self._threads.add(thread)
        thread.start()

    def _serve(self, connection: socket.socket, peer: str) -> None:
        try:
            # A caller that goes away, stalls or speaks no TLS is no event for a log.
            with contextlib.suppress(OSError, DropConnection):
                connection.settimeout(IDLE_SECONDS)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._known(connection)
                if self._tls:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                    self._known(connection)
                self._converse(connection, peer)
        finally:
            with self._lock:
                self._connections = {open_ for open_ in self._connections if open_.fileno() >= 0}
                self._connections.discard(connection)
                self._threads.discard(threading.current_thread())
            connection.close()

    def _known(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections.add(connection)
        if self._stopping.is_set():
            raise DropConnection

    def _converse(self, connection: socket.socket, peer: str) -> None:
        with cast("BufferedReader", connection.makefile("rb", LINE_LIMIT)) as stream:
            while not self._stopping.is_set():
                try:
                    request = read_request(stream, connection, peer, secure=self._tls is not None)
                except RefusedRequest as refused:
                    send_response(connection, None, _refusal(refused))
                    break
                if request is None:
                    return
                if not send_response(connection, request, self._answer(request)):
                    break
        _linger(connection)

    def _answer(self, request: Request) -> Response:
        try:
            return self._handler(request)
        except RefusedRequest as refused:
            return _refusal(refused)
        except DropConnection as drop:
            if drop.reset:
                abort(request.connection)
            raise
        except (ConnectionError, TimeoutError):  # the caller went away or stalled in its body
            raise
        except Exception:
            log.exception("the sandbox could not answer %s %r", request.method, request.target)
            return text_response("the sandbox failed; its log says why\n", 500)


def abort(connection: socket.socket) -> None:
    """Makes the coming close a TCP reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def port_is_free(port: int) -> bool:
    """Whether somebody could listen on that port of 127.0.0.1 now."""
    try:
        _bound(port).close()
    except OSError:
        return False
    return True


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except (OSError, OverflowError):
        listener.close()
        raise
    return listener


def _refusal(refused: RefusedRequest) -> Response:
    response = text_response(refused.reason + "\n", refused.status)
    response.close = True
    return response


def _linger(connection: socket.socket) -> None:
    """Lets the caller read the answer before a close that would reset unread bytes away."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        connection.settimeout(0.5)
        for _ in range(16):
            if not connection.recv(LINE_LIMIT):
                return
