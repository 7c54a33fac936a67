"""Hostile requests as raw bytes against the real gunicorn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from any_path_server import AnyPathServer, answer_to, request_for
from front_servers import ProjectFront
from url_fixtures import load, may_be_signed

from dingbridge.sandbox.sandbox import Sandbox

HOST = "h5.example.test"
LISTED = f"http://{HOST},https://{HOST},https://{HOST}:80"
TRUST = {"DING_PUBLIC_ORIGINS": LISTED, "DING_TRUSTED_PROXIES": "127.0.0.1"}
# The profiles of the attacks that need other settings than a trusted proxy.
OTHERS: dict[str, dict[str, object]] = {
    # With one origin alone no Host would matter, and these attacks are about Host.
    "direct": {"DING_PUBLIC_ORIGINS": f"http://{HOST},https://b.example.test"},
    "xfp_origuri": {**TRUST, "DING_ORIGINAL_URI_HEADER": "X-Original-URI"},
    "xfp_prefix": {**TRUST, "DING_PUBLIC_ORIGINS": f"https://{HOST}"},
    "xfp_xfport": {**TRUST, "DING_FORWARDED_PORT": "1"},
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnyPathServer]:
    folder = tmp_path_factory.mktemp("attacks")
    setups = {"trusting": TRUST, **OTHERS}
    with Sandbox() as sandbox, AnyPathServer(folder, sandbox, setups) as server:
        yield server


@pytest.fixture(scope="module")
def nginx(app: AnyPathServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectFront]:
    folder = tmp_path_factory.mktemp("attacked")
    with ProjectFront(folder, app.url_of("trusting"), [HOST]) as server:
        yield server


@pytest.mark.parametrize("attack", load("attacks.json"), ids=lambda attack: attack["id"])
def test_an_attack_in_raw_bytes_is_refused_wherever_its_entry_says_so(
    app: AnyPathServer, attack: dict[str, str]
) -> None:
    profile = attack["profile"]
    port = app.port_of[profile if profile in OTHERS else "trusting"]
    answer = answer_to(port, attack["raw"].encode("latin-1"))
    assert may_be_signed(attack, answer.url), answer.url
    assert answer.status in {200, *range(400, 500)}
    if answer.status >= 400:
        assert answer.block is None
        assert HOST.encode() not in answer.octets.partition(b"\r\n\r\n")[2]
    else:
        assert answer.block is not None
        assert (answer.url is None) is (answer.block["config"] is None)


# A second request that would be answered with a page, were it seen as one.
HIDDEN = request_for("/hidden", HOST, ("X-Forwarded-Proto", "https"))
LENGTHS = [
    "Content-Length: 4\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nContent-Length: 4",
    "Content-Length: 0\r\nContent-Length: 60",
    "Content-Length: 0, 60",
    "Content-Length: +0",
    "Content-Length: 0x0",
    "Content-Length: 0_0",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding : chunked",
    "X: y\rTransfer-Encoding: chunked",
]


@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("front", ["gunicorn", "nginx.conf"])
def test_no_request_hides_another(
    app: AnyPathServer, nginx: ProjectFront, front: str, lengths: str
) -> None:
    """Where two readers could see the end of a body in two places, there is one answer: no."""
    port = nginx.port if front == "nginx.conf" else app.port_of["trusting"]
    first = f"POST /ding/outcome HTTP/1.1\r\nHost: {HOST}\r\n{lengths}\r\n\r\n".encode()
    for body in (b"", b"0\r\n\r\n"):
        answer = answer_to(port, first + body + HIDDEN)
        assert answer.octets.count(b"HTTP/1.1 ") == 1
        assert answer.status in {*range(400, 500), 501}
        assert b"hidden" not in answer.octets


@pytest.mark.parametrize(
    "path", ["/ding/sign", "/ding/outcome", "/ding/login", "/language", "/scan"]
)
def test_a_body_in_broken_chunks_is_refused(app: AnyPathServer, path: str) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    for chunks in ("zz\r\n", "5\r\nabcdefg\r\n0\r\n\r\n", "-1\r\n\r\n"):
        answer = answer_to(app.port_of["trusting"], f"{head}{chunks}".encode())
        assert 400 <= answer.status < 500, chunks
        assert answer.octets.count(b"HTTP/1.1 ") == 1
    assert "Traceback" not in app.output()


def test_two_honest_requests_in_a_row_get_two_answers(nginx: ProjectFront) -> None:
    """So that the one answer above says something; older gunicorns leave the second lying."""
    first = HIDDEN.replace(b"Connection: close\r\n", b"").replace(b"hidden", b"first")
    answer = answer_to(nginx.port, first + HIDDEN)
    assert answer.octets.count(b"HTTP/1.1 200 ") == 2
    assert b"://h5.example.test/hidden" in answer.octets


NO_REQUESTS = {
    "invalid_header_name": b"GET / HTTP/1.1\r\nHost : evil.example\r\n\r\n",
    "obsolete_folding": b"GET / HTTP/1.1\r\nHost: h5.example.test\r\n folded.evil.example\r\n\r\n",
    "invalid_header": b"GET / HTTP/1.1\r\nHost:\x00evil.example\r\n\r\n",
    "limit_request_line": b"GET /?evil.example" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n",
    "limit_request_headers": b"GET / HTTP/1.1\r\nHost: evil.example" + b"a" * 9000 + b"\r\n\r\n",
    "invalid_request_line": b"GET /evil.example\r\n\r\n",
    "invalid_request_method": b"\x16\x03\x01evil.example\x02 / HTTP/1.1\r\n\r\n",
    "invalid_httpversion": b"GET /evil.example HTTP/9.7\r\n\r\n",
    "unsupported_transfer_coding": (
        b"POST / HTTP/1.1\r\nHost: h5.example.test\r\nTransfer-Encoding: evil.example\r\n\r\n"
    ),
}


@pytest.mark.parametrize("reason", NO_REQUESTS)
def test_a_request_that_is_none_gets_a_bland_answer_and_its_reason_is_in_the_log(
    app: AnyPathServer, reason: str
) -> None:
    answer = answer_to(app.port_of["trusting"], NO_REQUESTS[reason])
    assert answer.status == 501 if reason.startswith("unsupported") else 400 <= answer.status < 500
    assert b"evil.example" not in answer.octets
    assert b"nvalid" not in answer.octets
    lines = [line for line in app.output().splitlines() if f"reason={reason} " in line]
    assert lines
    assert not any("evil.example" in line for line in lines)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: h5.example.test\nX-Forwarded-Host: evil.example\r\n\r\n",
        # Not every version of gunicorn that is allowed refuses these and closes by itself.
        b"GET /a\tb HTTP/1.1\r\nHost: h5.example.test\r\nConnection: close\r\n\r\n",
        b"GET h5.example.test:443 HTTP/1.1\r\nHost: h5.example.test\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: h5.example.test\r\nConnection: close\r\n\r\n",
        b"GET\r\n\r\n",
    ],
    ids=range(5),
)
def test_requests_that_are_none_sign_nothing_foreign(app: AnyPathServer, raw: bytes) -> None:
    answer = answer_to(app.port_of["trusting"], raw)
    assert answer.status in {0, 200, *range(400, 500), 501}
    assert b"evil.example" not in answer.octets
    assert answer.url in {None, f"http://{HOST}/", f"https://{HOST}/"}


def test_a_refusal_is_bland_and_its_reason_is_in_the_log(app: AnyPathServer) -> None:
    answer = answer_to(app.port_of["trusting"], request_for("/", "evil.example"))
    assert answer.status == 400
    assert answer.octets.endswith(b"\r\n\r\nBad Request\n")
    assert "reason=host_not_allowed" in app.output()
    assert "Traceback" not in app.output()


def test_a_doubt_leaves_the_page_unsigned_with_its_reason(app: AnyPathServer) -> None:
    answer = answer_to(app.port_of["trusting"], request_for("/", HOST))
    assert answer.status == 200
    assert answer.block is not None
    assert (answer.block["url"], answer.block["config"]) == (None, None)
    assert answer.block["error"]["code"] == "scheme_unknown"
