"""Hostile requests as raw bytes against the real gunicorn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from any_path_server import AnyPathServer, answer_to, request_for
from url_fixtures import load

from dingbridge.sandbox.sandbox import Sandbox

pytestmark = pytest.mark.xdist_group("attacks")

HOST = "h5.example.test"
LISTED = f"http://{HOST},https://{HOST},https://{HOST}:80"
TRUST = {"DING_PUBLIC_ORIGINS": LISTED, "DING_TRUSTED_PROXIES": "127.0.0.1"}
# The profiles of the attacks that need other settings than a trusted proxy.
OTHERS: dict[str, dict[str, object]] = {
    "direct": {"DING_PUBLIC_ORIGINS": f"http://{HOST}"},
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


@pytest.mark.parametrize("attack", load("attacks.json"), ids=lambda attack: attack["id"])
def test_no_attack_in_raw_bytes_gets_anything_foreign_signed(
    app: AnyPathServer, attack: dict[str, str]
) -> None:
    profile = attack["profile"]
    port = app.port_of[profile if profile in OTHERS else "trusting"]
    answer = answer_to(port, attack["raw"].encode("latin-1"))
    target = attack["raw"].partition(" ")[2].partition(" HTTP/")[0]
    if attack["expect"] == "sign":
        assert answer.url in attack["sign_any_of"]
    elif answer.url is not None:
        assert answer.url in {f"{scheme}://{HOST}{target}" for scheme in ("http", "https")}
    assert answer.status in {200, *range(400, 500)}
    if answer.status >= 400:
        assert HOST.encode() not in answer.octets.partition(b"\r\n\r\n")[2]


SMUGGLED = request_for("/smuggled", "evil.example")


@pytest.mark.parametrize(
    "raw",
    [
        b"GET / HTTP/1.1\r\nHost: h5.example.test\r\nContent-Length: 4\r\n"
        b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n" + SMUGGLED,
        b"GET / HTTP/1.1\r\nHost: h5.example.test\r\nContent-Length: 0\r\n"
        b"Content-Length: 60\r\nConnection: close\r\n\r\n" + SMUGGLED,
        b"GET / HTTP/1.1\r\nHost: h5.example.test\r\nTransfer-Encoding: xchunked\r\n"
        b"Connection: close\r\n\r\n0\r\n\r\n" + SMUGGLED,
        b"GET / HTTP/1.1\r\nHost : evil.example\r\nHost: h5.example.test\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h5.example.test\r\n folded.evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h5.example.test\nX-Forwarded-Host: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost:\x00evil.example\r\n\r\n",
        # Not every version of gunicorn that is allowed refuses these two and closes by itself.
        b"GET /a\tb HTTP/1.1\r\nHost: h5.example.test\r\nConnection: close\r\n\r\n",
        b"GET h5.example.test:443 HTTP/1.1\r\nHost: h5.example.test\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: h5.example.test\r\nConnection: close\r\n\r\n",
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: h5.example.test\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"a" * 9000 + b"\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
    ],
    ids=range(14),
)
def test_requests_that_try_to_be_two_or_none_sign_nothing_foreign(
    app: AnyPathServer, raw: bytes
) -> None:
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
