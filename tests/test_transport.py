"""dingbridge.transport: bounded in time and size, silent about secrets, one session a process."""

from __future__ import annotations

import logging
import os
import re
import select
import socket
import ssl
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from certificates import self_signed

from dingbridge.errors import CallRefused, PlatformError, PlatformUnavailable
from dingbridge.settings import Settings
from dingbridge.transport import Transport

SECRET, TOKEN = "client-secret-canary", "access-token-canary"


def answer(body: bytes, status: str = "200 OK", headers: bytes = b"") -> bytes:
    length = b"Connection: close\r\nContent-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 " + status.encode() + b"\r\n" + length + headers + b"\r\n" + body


class Server:
    """Says what a test wants to each connection, byte for byte."""

    def __init__(self, say: Callable[[socket.socket], None], *, receives: bool = True) -> None:
        """`receives`: it reads what is sent first."""
        self.requests: list[bytes] = []
        self._receives = receives
        self._say = say
        self._over = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            with connection:
                if self._over.is_set():
                    return
                connection.settimeout(10)
                try:
                    if self._receives:
                        self.requests.append(connection.recv(65536))
                    self._say(connection)
                except OSError:
                    continue  # the caller has gone, as it may

    def stop(self) -> None:
        self._over.set()
        host, port = self._listening.getsockname()
        socket.create_connection((host, port)).close()
        self._thread.join()
        self._listening.close()


@contextmanager
def serving(
    say: bytes | Callable[[socket.socket], None], *, receives: bool = True
) -> Iterator[Server]:
    speak = (lambda connection: connection.sendall(say)) if isinstance(say, bytes) else say
    server = Server(speak, receives=receives)
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def loaded(settings: dict[str, object]) -> Settings:
    return Settings.load(settings)


def open_transport(loaded: Settings, url: str, **bounds: float) -> Transport:
    return Transport(replace(loaded, oapi_url=url, api_url=url), **bounds)


@pytest.mark.parametrize("location", [b"http://[::1", b"/elsewhere", b"//[", b"\xff"])
def test_a_redirect_is_an_answer_that_cannot_be_read_wherever_it_leads(
    loaded: Settings, location: bytes
) -> None:
    said = answer(b"{}", "302 Found", b"Location: " + location + b"\r\n")
    with serving(said) as server:
        with pytest.raises(PlatformUnavailable) as failed:
            open_transport(loaded, server.url).call("old", "GET", "/gettoken")
        assert failed.value.code == "platform_unreadable"
        assert len(server.requests) == 1


def test_each_generation_gets_the_token_where_it_looks_for_it(loaded: Settings) -> None:
    with serving(answer(b"{}")) as server:
        transport = open_transport(loaded, server.url)
        transport.call("new", "POST", "/v1.0/oauth2/jsapiTickets", token=TOKEN)
        transport.call("old", "GET", "/get_jsapi_ticket", params={"type": "jsapi"}, token=TOKEN)
    new, old = server.requests
    assert b"x-acs-dingtalk-access-token: " + TOKEN.encode() in new
    assert b"?" not in new.split(b"\r\n")[0]
    assert old.startswith(f"GET /get_jsapi_ticket?type=jsapi&access_token={TOKEN} ".encode())


def test_a_successful_answer_is_its_fields(loaded: Settings) -> None:
    with serving(answer(b'{"errcode": 0, "ticket": "t"}')) as server:
        fields = open_transport(loaded, server.url).call("old", "GET", "/get_jsapi_ticket")
    assert fields["ticket"] == "t"


def test_the_request_id_of_the_header_is_kept(loaded: Settings) -> None:
    body = answer(b'{"code": "x"}', "400 Bad Request", b"x-acs-request-id: R-7\r\n")
    with serving(body) as server, pytest.raises(PlatformError) as refused:
        open_transport(loaded, server.url).call("new", "GET", "/v1.0/x")
    assert refused.value.request_id == "R-7"


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.02)


def drip_header(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


def drip_headers(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(99):  # http.client gives up at a hundred
        connection.sendall(b"X-%d: x\r\n" % number)
        time.sleep(0.1)
    connection.recv(1)


def flood(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


@pytest.mark.parametrize(
    ("say", "code"),
    [
        (lambda connection: connection.recv(1), "platform_timeout"),
        (drip, "platform_timeout"),
        (drip_header, "platform_timeout"),
        (drip_headers, "platform_timeout"),
        (flood, "platform_unreadable"),
        (reset, "platform_unreachable"),
        (b"", "platform_unreachable"),
        (b"nonsense\r\n\r\n", "platform_unreachable"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{", "platform_unreachable"),
        (answer(b"<html>"), "platform_unreadable"),
        (answer(b"{}", "302 Found", b"Location: http://127.0.0.1:9/x\r\n"), "platform_unreadable"),
        (answer(b"\0", headers=b"Content-Encoding: gzip\r\n"), "platform_unreadable"),
    ],
    ids=[
        "hang",
        "drip",
        "drip header",
        "drip headers",
        "flood",
        "reset",
        "closed",
        "nonsense",
        "cut",
        "html",
        "redirect",
        "bad gzip",
    ],
)
def test_whatever_goes_wrong_ends_soon_with_a_name(
    loaded: Settings, say: bytes | Callable[[socket.socket], None], code: str
) -> None:
    began = time.monotonic()
    with serving(say) as server:
        transport = open_transport(loaded, server.url, read_seconds=0.3, total_seconds=0.5)
        with pytest.raises(PlatformUnavailable) as failed:
            transport.call("old", "GET", "/gettoken", params={"appsecret": SECRET})
        assert time.monotonic() - began < 5
    assert (failed.value.code, failed.value.endpoint) == (code, "/gettoken")


class Endless:
    """An upload that would take an hour."""

    content_type = "application/octet-stream"

    def __len__(self) -> int:
        return 10**9

    def read(self, _: int = -1, /) -> bytes:
        time.sleep(0.02)
        return b"x" * 1000


def swallow(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def ignore(connection: socket.socket) -> None:
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    poll.poll(10_000)  # until the other side gives up


@pytest.mark.parametrize("say", [swallow, ignore])
def test_sending_an_upload_ends_too(loaded: Settings, say: Callable[[socket.socket], None]) -> None:
    with serving(say) as server:
        transport = open_transport(loaded, server.url, read_seconds=0.3, total_seconds=0.1)
        began = time.monotonic()
        with pytest.raises(PlatformUnavailable, match="platform_timeout"):
            transport.upload("/media/upload", Endless(), params={}, token=TOKEN)
        assert 0.4 <= time.monotonic() - began < 5  # four times as long as another call


def test_a_connection_that_was_nearly_too_slow_has_all_its_time_for_the_next_call(
    loaded: Settings,
) -> None:
    fine = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

    def late(connection: socket.socket) -> None:
        time.sleep(0.3)
        connection.sendall(fine)
        connection.recv(65536)
        connection.sendall(fine)

    with serving(late) as server:
        transport = open_transport(loaded, server.url, read_seconds=5.0, total_seconds=0.5)
        for _ in range(2):
            assert transport.call("old", "GET", "/gettoken") == {}
            adapter: Any = transport._open().get_adapter(server.url)
            (pool,) = adapter.poolmanager.pools._container.values()
            assert pool.pool.queue[-1].sock.gettimeout() == 5.0
        assert len(server.requests) == 1  # both on one connection


def test_what_http_cannot_say_is_refused_without_a_word_of_it(loaded: Settings) -> None:
    with serving(answer(b"{}")) as server:
        transport = open_transport(loaded, server.url)
        for given in (
            {"token": f"{TOKEN}中"},
            {"token": f"{TOKEN}\ud800"},
            {"params": {"access_token": f"{TOKEN}\ud800"}},
        ):
            with pytest.raises(CallRefused, match="body_not_json") as refused:
                transport.call("new", "GET", "/v1.0/x", **given)
            told = f"{refused.value!r}{vars(refused.value)}{refused.value.__context__!r}"
            assert TOKEN not in told
    assert server.requests == []


def test_headers_that_drip_over_tls_end_too(
    loaded: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = self_signed(tmp_path, ("localhost",))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.chain))

    def say(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            drip_header(secured)

    with serving(say, receives=False) as server:
        url = server.url.replace("http://127.0.0.1", "https://localhost")
        transport = open_transport(loaded, url, read_seconds=5.0, total_seconds=0.5)
        began = time.monotonic()
        with pytest.raises(PlatformUnavailable, match="platform_timeout"):
            transport.call("old", "GET", "/gettoken")
        assert 0.5 <= time.monotonic() - began < 4


def test_nobody_at_that_address_is_named_too(loaded: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(PlatformUnavailable, match="platform_unreachable"):
        open_transport(loaded, url).call("old", "GET", "/gettoken")


def escaped(text: str) -> bytes:
    """JSON whose every letter within strings is written as an escape."""

    def letters(found: re.Match[str]) -> str:
        return '"' + "".join(f"\\u{ord(letter):04x}" for letter in found[1]) + '"'

    return re.sub(r'"([^"]*)"', letters, text).encode()


def test_no_secret_shows_in_an_error_or_its_chain_or_a_log(
    loaded: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    query = {"appkey": "dingkey", "appsecret": SECRET}
    errors: list[BaseException | None] = []
    for say in (
        b"",
        reset,
        answer(f'{{"errcode": 40096, "errmsg": "bad {SECRET} or {TOKEN}"}}'.encode()),
        # Escaped, cut in the middle, in other fields, in the header.
        answer(escaped(f'{{"errcode": 40096, "errmsg": "bad {SECRET} or {TOKEN}"}}')),
        answer(f'{{"errcode": 40096, "errmsg": "{"x" * 390}{SECRET}"}}'.encode()),
        answer(f'{{"errcode": "{TOKEN}", "request_id": "{SECRET}"}}'.encode()),
        answer(b"{}", "400 Bad Request", f"x-acs-request-id: {TOKEN}\r\n".encode()),
        answer(b"<html>", "404 Not Found", f"x-acs-request-id: {TOKEN}\r\n".encode()),
    ):
        with serving(say) as server, pytest.raises(PlatformError) as failed:
            open_transport(loaded, server.url).call(
                "old", "GET", "/gettoken", params=query, token=TOKEN
            )
        errors += [failed.value, failed.value.__cause__, failed.value.__context__]
    told = caplog.text + "".join(f"{error!s}{error!r}{vars(error)}" for error in errors if error)
    assert "/gettoken?appkey=dingkey&appsecret=***&access_token=***" in caplog.text
    assert "***" in told
    for secret in (SECRET, TOKEN):
        assert secret[:10] not in told


def test_cookies_of_the_platform_are_not_kept(loaded: Settings) -> None:
    with serving(answer(b"{}", headers=b"Set-Cookie: session=1; Path=/\r\n")) as server:
        transport = open_transport(loaded, server.url)
        for _ in range(2):
            transport.call("new", "GET", "/v1.0/x")
    assert b"Cookie" not in server.requests[1]


def test_one_session_serves_all_calls_of_a_process(loaded: Settings) -> None:
    with serving(answer(b"{}")) as server:
        transport = open_transport(loaded, server.url)
        transport.call("new", "GET", "/v1.0/x")
        session = transport._session
        transport.call("new", "GET", "/v1.0/y")
        assert session is not None
        assert transport._session is session


def test_a_forked_child_opens_connections_of_its_own(loaded: Settings) -> None:
    with serving(answer(b"{}")) as server:
        transport = open_transport(loaded, server.url)
        transport.call("new", "GET", "/v1.0/x")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: of threads, and we have some
        child = os.fork()
    if child == 0:
        os._exit(0 if transport._session is None else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert transport._session is not None


def test_other_libraries_keep_their_debug_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3.connectionpool").debug('"GET %s" %s', "/a?b=c", 200)
    logging.getLogger("urllib3.connectionpool").debug("no arguments")
    assert '"GET /a?b=c" 200' in caplog.text
    assert "no arguments" in caplog.text


def test_short_values_are_not_blotted_out_of_answers(loaded: Settings) -> None:
    with serving(answer(b'{"token_count": "a", "name": "banana"}')) as server:
        transport = open_transport(loaded, server.url)
        fields = transport.call("new", "POST", "/v1.0/x", json={"token_count": "a"})
    assert fields["name"] == "banana"
    known = list(loaded.secrets())
    assert transport._sent({"sub_code": "1"}, ["not an object"], None) == known
