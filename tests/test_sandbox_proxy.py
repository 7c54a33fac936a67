"""The simulated phone: what the app gets, what the browser gets, and life without an app."""

from __future__ import annotations

import socket
import time

import pytest
from raw_http import ask, connect, exchange, one_shot_server
from sandbox_server import SandboxClient

from dingbridge.sandbox import proxy
from dingbridge.sandbox.injection import SCRIPT

PAGE = b"<!doctype html><html><head><title>x</title></head></html>"
CLOSE = b"Host: h.test\r\nConnection: close\r\n\r\n"
GET = b"GET / HTTP/1.1\r\n" + CLOSE


def answer(body: bytes = PAGE, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    kind = () if any(h.lower().startswith(b"content-type") for h in headers) else (HTML,)
    lines = [b"HTTP/1.1 " + status, *kind, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\nConnection: close\r\n\r\n" + body


HTML = b"Content-Type: text/html; charset=utf-8"


pytest_plugins = ["sandbox_fixtures"]


def asked_of_app(sandbox: SandboxClient, request: bytes) -> bytes:
    """What the app receives when the browser sends ``request``."""
    with one_shot_server(answer(b"ok", b"Content-Type: text/plain")) as (url, asked):
        sandbox.sandbox.upstream = url
        exchange(sandbox.phone_url, request)
    return asked[0]


def seen_by_browser(sandbox: SandboxClient, app_answer: bytes, request: bytes = GET) -> bytes:
    with one_shot_server(app_answer) as (url, _):
        sandbox.sandbox.upstream = url
        return exchange(sandbox.phone_url, request)


@pytest.mark.row("R04")
@pytest.mark.parametrize(
    "target",
    [
        b"//a//b?",
        b"/%2F..%2f/./x;y?a=1?b&&c",
        b"/a/../__sandbox__",
        b"//__sandbox__/device",
        "/公司".encode(),
        b"http://other.test/x",
        b"/" + b"x" * 8000,
    ],
)
def test_target_and_host_reach_the_app_byte_for_byte(sandbox: SandboxClient, target: bytes) -> None:
    received = asked_of_app(
        sandbox,
        b"GET " + target + b" HTTP/1.1\r\nHost: Some.Host:8443\r\nConnection: close\r\n\r\n",
    )
    assert received.startswith(b"GET " + target + b" HTTP/1.1\r\nHost: Some.Host:8443\r\n")


def test_the_app_sees_the_device_and_no_coding_and_nothing_of_one_connection_only(
    sandbox: SandboxClient,
) -> None:
    received = asked_of_app(
        sandbox,
        b"GET / HTTP/1.1\r\nHost: h\r\nUser-Agent: Mozilla/5.0 desktop\r\nAccept-Encoding: gzip\r\n"
        b"Connection: close, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
        b"Upgrade: h2c\r\nCookie: a=1\r\nCookie: b=2\r\nX-Kept: yes\r\n\r\n",
    )
    lines = received.lower().split(b"\r\n")
    for gone in (b"accept-encoding", b"keep-alive", b"te:", b"upgrade", b"x-mine"):
        assert not [line for line in lines if line.startswith(gone)]
    assert lines.count(b"connection: close") == 1
    assert b"X-Kept: yes" in received
    assert b"Cookie: a=1\r\nCookie: b=2" in received
    assert b"User-Agent: " + str(sandbox.device()["user_agent"]).encode() in received
    assert b"desktop" not in received


def test_each_device_has_a_user_agent_of_its_own(sandbox: SandboxClient) -> None:
    phone, desktop = sandbox.as_device("ios-one"), sandbox.as_device("pc-one")
    phone.patch_device(platform="ios", version="8.0.1")
    desktop.patch_device(platform="pc")
    cookie = b"Cookie: x=1; sandbox_device=%b\r\n"
    for device, expected in ((b"ios-one", b"iPhone"), (b"pc-one", b"dingtalk-win")):
        head = b"GET / HTTP/1.1\r\n" + cookie % device
        assert expected in asked_of_app(sandbox, head + CLOSE)


def test_a_cookie_that_names_no_device_means_the_default(sandbox: SandboxClient) -> None:
    head = b"GET / HTTP/1.1\r\nCookie: sandbox_device=" + b"x" * 99 + b"\r\n"
    assert b"Android" in asked_of_app(sandbox, head + CLOSE)


def test_a_plain_browser_keeps_its_user_agent_and_its_page(sandbox: SandboxClient) -> None:
    sandbox.patch_device(platform="none")
    request = b"GET / HTTP/1.1\r\nUser-Agent: Mozilla/5.0 desktop\r\n" + CLOSE
    assert b"User-Agent: Mozilla/5.0 desktop\r\n" in asked_of_app(sandbox, request)
    assert seen_by_browser(sandbox, answer()).endswith(b"\r\n\r\n" + PAGE)


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (b"x" * 200_000, b"Content-Length: 200000\r\n"),
        (b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"Transfer-Encoding: chunked\r\n"),
        (b"", b"Content-Length: 0\r\n"),
    ],
)
def test_bodies_go_through(sandbox: SandboxClient, body: bytes, head: bytes) -> None:
    received = asked_of_app(sandbox, b"POST /p HTTP/1.1\r\n" + head + CLOSE + body)
    assert received.endswith(b"\r\n\r\n" + body)
    assert head in received


def test_a_page_gets_the_script_and_the_right_length(sandbox: SandboxClient) -> None:
    received = seen_by_browser(sandbox, answer())
    assert received.endswith(PAGE.replace(b"<head>", b"<head>" + SCRIPT))
    assert b"Content-Length: %d\r\n" % (len(PAGE) + len(SCRIPT)) in received


def test_a_page_without_a_length_gets_the_script_too(sandbox: SandboxClient) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
    for plain in (
        head + b"Connection: close\r\n\r\n" + PAGE,
        head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE),
    ):
        with one_shot_server(plain) as (url, _):
            sandbox.sandbox.upstream = url
            response, body = ask(sandbox.phone_url, GET)
        assert body == PAGE.replace(b"<head>", b"<head>" + SCRIPT)
        assert response.getheader("Transfer-Encoding") == "chunked"


@pytest.mark.parametrize("status", [b"404 Not Found", b"500 Oops"])
def test_error_pages_get_the_script_too(sandbox: SandboxClient, status: bytes) -> None:
    received = seen_by_browser(sandbox, answer(status=status))
    assert received.startswith(b"HTTP/1.1 " + status)
    assert SCRIPT in received


@pytest.mark.parametrize(
    "app_answer",
    [
        answer(PAGE, b"Content-Type: application/json"),
        answer(PAGE, b"Content-Type: text/plain"),
        answer(b"\x1f\x8b<head>", b"Content-Encoding: gzip"),
        answer(b"<head>", status=b"206 Partial Content"),
        answer(bytes(range(256)) * 500, b"Content-Type: image/png"),
    ],
)
def test_everything_else_comes_through_unchanged(sandbox: SandboxClient, app_answer: bytes) -> None:
    received = seen_by_browser(sandbox, app_answer)
    assert received.partition(b"\r\n\r\n")[2] == app_answer.partition(b"\r\n\r\n")[2]


def test_head_and_304_are_not_touched(sandbox: SandboxClient) -> None:
    bare = answer().removesuffix(PAGE)
    received = seen_by_browser(sandbox, bare, b"HEAD / HTTP/1.1\r\n" + CLOSE)
    assert b"Content-Length: %d\r\n" % len(PAGE) in received
    unchanged = b'HTTP/1.1 304 Not Modified\r\nContent-Type: text/html\r\nETag: "a"\r\n\r\n'
    assert seen_by_browser(sandbox, unchanged).endswith(b"\r\n\r\n")


def test_repeated_headers_and_redirects_are_passed_on(sandbox: SandboxClient) -> None:
    received = seen_by_browser(
        sandbox,
        answer(
            b"",
            b"Location: http://127.0.0.1:1/a?",
            b"Set-Cookie: a=1; Path=/",
            b"Set-Cookie: b=2",
            b"Keep-Alive: timeout=5",
            status=b"302 Found",
        ),
    )
    assert received.startswith(b"HTTP/1.1 302 Found\r\n")
    assert b"Location: http://127.0.0.1:1/a?\r\n" in received
    assert b"Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2\r\n" in received
    assert b"timeout=5" not in received


def test_the_sandboxs_page_may_frame_the_app(sandbox: SandboxClient) -> None:
    policy = b"Content-Security-Policy: default-src 'self'; frame-ancestors 'self'"
    received = seen_by_browser(sandbox, answer(PAGE, policy))
    assert policy + b" " + sandbox.sandbox.page_url.rstrip("/").encode() + b"\r\n" in received


def test_an_answer_that_is_cut_short_is_cut_short_for_the_browser_too(
    sandbox: SandboxClient,
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
    keep = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    cut = seen_by_browser(sandbox, head + b"Content-Length: 9\r\n\r\nfour", keep)
    assert cut.endswith(b"four")
    cut = seen_by_browser(sandbox, head + b"Transfer-Encoding: chunked\r\n\r\n9\r\nfour", keep)
    assert b"0\r\n\r\n" not in cut


def test_an_app_may_refuse_a_body_before_its_end(sandbox: SandboxClient) -> None:
    refusal = answer(b"too much", b"Content-Type: text/plain", status=b"413 Too Large")
    with one_shot_server(refusal, reads_body=False) as (url, closed):
        sandbox.sandbox.upstream = url
        with connect(sandbox.phone_url) as connection:
            connection.sendall(
                b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\n" + b"x" * 1000
            )
            deadline = time.monotonic() + 10
            while not closed:
                assert time.monotonic() < deadline
            connection.sendall(b"x" * 4000)
            assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_body_beyond_all_measure_is_refused(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "BODY_LIMIT", 1000)
    request = b"POST / HTTP/1.1\r\nContent-Length: 2000\r\n" + CLOSE + b"x" * 2000
    with one_shot_server(answer(), reads_body=False) as (url, _):
        sandbox.sandbox.upstream = url
        assert exchange(sandbox.phone_url, request).startswith(b"HTTP/1.1 413 ")


def test_without_an_app_a_person_reads_why_and_can_try_again(sandbox: SandboxClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    sandbox.sandbox.upstream = f"http://127.0.0.1:{port}"
    response, body = ask(sandbox.phone_url, b"GET / HTTP/1.1\r\nAccept: text/html,*/*\r\n" + CLOSE)
    assert response.status == 502
    assert response.getheader("Content-Type") == "text/html; charset=utf-8"
    assert "应用没有应答" in body.decode()
    assert "Try again" in body.decode()
    assert b'<a href="">' in body
    response, body = ask(sandbox.phone_url, GET)
    assert (response.status, body) == (502, b"the app cannot be reached: ConnectionRefusedError\n")


@pytest.mark.parametrize("nonsense", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_an_app_that_answers_nonsense_is_as_good_as_none(
    sandbox: SandboxClient, nonsense: bytes
) -> None:
    assert seen_by_browser(sandbox, nonsense).startswith(b"HTTP/1.1 502 ")


def test_an_app_that_stays_silent_is_given_up(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxy, "READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sandbox.sandbox.upstream = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert exchange(sandbox.phone_url, GET).startswith(b"HTTP/1.1 504 ")


def test_a_slow_page_keeps_nobody_else_waiting(sandbox: SandboxClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sandbox.sandbox.upstream = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with connect(sandbox.phone_url) as waiting:
            waiting.sendall(GET)
            assert seen_by_browser(sandbox, answer()).startswith(b"HTTP/1.1 200 ")
