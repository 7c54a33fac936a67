"""The sandbox's HTTP server: nothing is changed on the way in, nothing odd gets through."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator

import pytest
from raw_http import ask, connect, exchange

from dingbridge.sandbox.http_message import (
    DropConnection,
    RefusedRequest,
    Request,
    Response,
    json_response,
    text_response,
)
from dingbridge.sandbox.http_server import HttpServer, port_is_free

CLOSE = b"Host: h\r\nConnection: close\r\n\r\n"


def echo(request: Request) -> Response:
    """Says what arrived; some paths misbehave on purpose."""
    if request.path == "/drop":
        raise DropConnection
    if request.path == "/reset":
        raise DropConnection(reset=True)
    if request.path == "/fail":
        raise KeyError("a fault of the handler")
    if request.path == "/refuse":
        raise RefusedRequest(418, "no coffee here")
    if request.path == "/ignore":
        return text_response("not read")
    if request.path == "/stream":
        return Response(200, [("X-A", "folded\r\n value")], iter([b"one", b"", b"two"]))
    if request.path == "/short":
        return Response(200, [("Content-Length", "9")], iter([b"four"]))
    if request.path == "/nothing":
        return Response(204)
    if request.path == "/odd":
        return Response(799, [], b"x")
    return json_response(
        {
            "method": request.method,
            "target": request.target.decode("latin-1"),
            "path": request.path,
            "query": request.query,
            "cookies": request.cookies,
            "headers": request.headers,
            "body": request.body.read(1000).decode("latin-1"),
        }
    )


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = HttpServer(echo)
    running.start()
    yield f"http://127.0.0.1:{running.port}"
    running.stop()


@pytest.mark.row("R04")
@pytest.mark.parametrize(
    "target",
    [
        b"//a//b",
        b"/a?",
        b"/%2F%2f/../b;c?x=1?y&&",
        "/公司?名=值".encode(),
        "/公司?名=值".encode("gbk"),
        b"/a\x85b\xa0c",
        b"http://other.test/a",
        b"*",
        b"/" + b"x" * 8000,
    ],
)
def test_the_request_target_arrives_byte_for_byte(server: str, target: bytes) -> None:
    response, body = ask(server, b"GET " + target + b" HTTP/1.1\r\n" + CLOSE)
    assert response.status == 200
    assert json.loads(body)["target"].encode("latin-1") == target


def test_headers_keep_their_order_spelling_and_repetition(server: str) -> None:
    _, body = ask(
        server,
        b"GET / HTTP/1.1\r\nhOsT: h\r\nX-A: 1\r\nx-a:2 \r\nCookie: a=1; b=2;a=3; c\r\n"
        b"Connection: close\r\n\r\n",
    )
    told = json.loads(body)
    assert told["headers"][:3] == [["hOsT", "h"], ["X-A", "1"], ["x-a", "2"]]
    assert told["cookies"] == {"a": "1", "b": "2", "c": ""}


def test_the_first_parameter_of_a_name_counts_in_a_query(server: str) -> None:
    _, body = ask(server, b"GET /?a=1&a=2&b=%E5%BC%A0&c HTTP/1.1\r\n" + CLOSE)
    assert '"query": {"a": "1", "b": "张", "c": ""}' in body.decode()


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (b"GET /a b HTTP/1.1\r\n", 400),
        (b"GET  HTTP/1.1\r\n", 400),
        (b"GET / HTTP/2.0\r\n", 400),
        (b"get / HTTP/1.1\r\n", 400),
        (b"G@T / HTTP/1.1\r\n", 400),
        (b"\x16\x03\x01\x00\xa5\r\n", 400),
        (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n", 414),
        (b"GET / HTTP/1.1\r\nNo colon\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: 1\r\n folded\r\n", 400),
        (b"GET / HTTP/1.1\r\nA : 1\r\n", 400),
        (b"GET / HTTP/1.1\r\n: 1\r\n", 400),
        (b"GET / HTTP/1.1\r\nA: " + b"x" * 70_000 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"A: 1\r\n" * 300, 431),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabcd\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000, 413),
    ],
)
def test_what_is_no_request_is_refused(server: str, request_head: bytes, status: int) -> None:
    answer = exchange(server, request_head + CLOSE)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    assert b"Connection: close" in answer


@pytest.mark.parametrize(
    "cut",
    [
        b"GET / HTTP/1.1\r\nHost: h",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_a_request_that_is_cut_off_is_refused(server: str, cut: bytes) -> None:
    with connect(server) as connection:
        connection.sendall(cut)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100).startswith(b"HTTP/1.1 4")


def test_a_chunked_body_is_put_together(server: str) -> None:
    _, body = ask(
        server,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n",
    )
    assert b'"body": "abcde"' in body


def test_endless_trailers_are_refused(server: str) -> None:
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n"
    assert exchange(server, head + b"A: b\r\n" * 300).startswith(b"HTTP/1.1 400 ")


def test_a_caller_that_waits_for_100_is_told_to_go_on(server: str) -> None:
    with connect(server) as connection:
        connection.sendall(
            b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n"
            b"Connection: close\r\n\r\n"
        )
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"ok")
        assert b"200 OK" in connection.recv(100)


def test_one_connection_takes_many_requests_even_after_bodies_nobody_read(server: str) -> None:
    with connect(server) as connection, connection.makefile("rb") as stream:
        for path, expected in ((b"/ignore", 200), (b"/refuse-not", 200), (b"/ignore", 200)):
            connection.sendall(
                b"POST " + path + b" HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"
            )
            assert int(stream.readline().split()[1]) == expected
            length = 0
            while (line := stream.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            stream.read(length)


def test_a_long_body_that_nobody_read_ends_the_connection(server: str) -> None:
    head = b"POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n"
    assert exchange(server, head + b"x" * 200_000).endswith(b"not read")
    broken = b"POST /ignore HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    assert exchange(server, broken).endswith(b"not read")


def test_a_stream_is_chunked_and_plain_for_an_older_caller(server: str) -> None:
    answer = exchange(server, b"GET /stream HTTP/1.1\r\n" + CLOSE)
    assert answer.endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n")
    assert b"X-A: folded  value\r\n" in answer
    older = exchange(server, b"GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert older.endswith(b"\r\n\r\nonetwo")
    assert b"Transfer-Encoding" not in older


def test_head_and_204_have_no_body(server: str) -> None:
    assert exchange(server, b"HEAD /stream HTTP/1.1\r\n" + CLOSE).endswith(b"\r\n\r\n")
    assert exchange(server, b"HEAD / HTTP/1.1\r\n" + CLOSE).endswith(b"\r\n\r\n")
    nothing = exchange(server, b"GET /nothing HTTP/1.1\r\n" + CLOSE)
    assert nothing.endswith(b"\r\n\r\n")
    assert b"Content-Length" not in nothing


def test_an_answer_shorter_than_it_says_ends_the_connection(server: str) -> None:
    answer = exchange(server, b"GET /short HTTP/1.1\r\nHost: h\r\n\r\n")
    assert answer.endswith(b"\r\n\r\nfour")


def test_a_status_without_a_name_is_sent_all_the_same(server: str) -> None:
    assert exchange(server, b"GET /odd HTTP/1.1\r\n" + CLOSE).startswith(b"HTTP/1.1 799 Unknown")


def test_a_dropped_connection_is_closed_without_a_byte(server: str) -> None:
    assert exchange(server, b"GET /drop HTTP/1.1\r\n" + CLOSE) == b""


def test_a_reset_connection_is_reset(server: str) -> None:
    with pytest.raises(ConnectionResetError):
        exchange(server, b"GET /reset HTTP/1.1\r\n" + CLOSE)


def test_a_handlers_refusal_is_its_answer(server: str) -> None:
    answer = exchange(server, b"GET /refuse HTTP/1.1\r\nHost: h\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 418 ")
    assert answer.endswith(b"no coffee here\n")


def test_a_handlers_fault_is_a_bland_500_and_a_line_in_the_log(
    server: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = exchange(server, b"GET /fail HTTP/1.1\r\n" + CLOSE)
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"KeyError" not in answer
    assert "a fault of the handler" in caplog.text


def test_a_caller_that_resets_in_its_body_leaves_no_trace(
    server: str, caplog: pytest.LogCaptureFixture
) -> None:
    with connect(server) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(b"POST / HTTP/1.1\r\nContent-Length: 900\r\n\r\nab")
    assert ask(server, b"GET / HTTP/1.1\r\n" + CLOSE)[0].status == 200
    assert caplog.text == ""


def test_a_hundred_idle_connections_do_not_keep_others_waiting(server: str) -> None:
    idle = [connect(server) for _ in range(100)]
    try:
        assert ask(server, b"GET / HTTP/1.1\r\n" + CLOSE)[0].status == 200
    finally:
        for connection in idle:
            connection.close()


def test_stop_ends_open_connections_and_frees_the_port() -> None:
    waiting = threading.Event()
    release = threading.Event()

    def slow(_: Request) -> Response:
        waiting.set()
        release.wait(10)
        return text_response("late")

    server = HttpServer(slow)
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    with connect(url) as idle, connect(url) as busy:
        busy.sendall(b"GET / HTTP/1.1\r\n" + CLOSE)
        assert waiting.wait(10)
        stopper = threading.Thread(target=server.stop)
        stopper.start()
        assert idle.recv(1) == b""
        release.set()
        stopper.join(10)
        assert not stopper.is_alive()
    assert port_is_free(server.port)


def test_a_server_that_never_started_can_be_stopped() -> None:
    server = HttpServer(echo)
    assert not port_is_free(server.port)
    server.stop()
    assert port_is_free(server.port)


def test_connections_can_be_refused_and_taken_again_on_the_same_port() -> None:
    server = HttpServer(echo)
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    try:
        for _ in range(3):
            assert ask(url, b"GET / HTTP/1.1\r\n" + CLOSE)[0].status == 200
            server.refuse(True)
            server.refuse(True)
            with pytest.raises(ConnectionRefusedError):
                connect(url)
            server.refuse(False)
            assert ask(url, b"GET / HTTP/1.1\r\n" + CLOSE)[0].status == 200
        server.refuse(True)
    finally:
        server.stop()
    server.refuse(False)
