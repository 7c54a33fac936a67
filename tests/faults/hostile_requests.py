"""Requests that nobody means well: generated from measured ones by changing them at random."""

from __future__ import annotations

import io
import json
import random
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from url_fixtures import corpus, load, parse_raw

HOST = "h5.example.test"
# More than one host, so that a signature for another than the one asked for shows.
OTHER = "b.example.test"
ALLOWED = (
    f"http://{HOST}",
    f"https://{HOST}",
    f"https://{HOST}:8443",
    f"https://{OTHER}",
    f"http://{OTHER}:8080",
)
NAMES = (
    "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Prefix",
    "X-Forwarded-For",
    "Forwarded",
    "X-Original-URI",
    "Origin",
    "Referer",
    "Cookie",
    "Accept-Language",
    "Content-Type",
    "Transfer-Encoding",
    "X_Forwarded_Host",
    "SCRIPT_NAME",
)
HOSTS = (
    HOST,
    f"{HOST}:80",
    f"{HOST}:443",
    f"{HOST}:8443",
    HOST.upper(),
    f"{HOST}.",
    OTHER,
    f"{OTHER}:8080",
    f"{HOST}, {OTHER}",
    "evil.example",
    f"{HOST}.evil.example",
    f"evil.example:443, {HOST}",
    f"user@{HOST}",
    "[::1]",
    "[::ffff:127.0.0.1]:80",
    "127.0.0.1",
    "0x7f.1",
    "inner",
    "",
    " ",
    f"{HOST}:0",
    f"{HOST}:65536",
    f"{HOST}:٣",
)
VALUES = (
    *HOSTS,
    "http",
    "https",
    "https, http",
    "HTTPS",
    "wss",
    "8443",
    "65536",
    "-1",
    "/h5",
    "/h5/",
    "//evil.example",
    "/../x",
    f"proto=https;host={HOST}",
    f"proto=https;host={OTHER}",
    f"host={OTHER}, proto=https;host={HOST}",
    "proto=https;host=evil.example",
    f'for="[::1]";host="{HOST}:8443";proto=https',
    "host=a;host=b",
    'host="',
    ",",
    ";",
    "null",
    f"https://{HOST}",
    "https://evil.example",
    "lang=en; dingbridge=x",
    "application/json",
    "chunked",
)
ODD = "\x00\x01\t\r\n \x7f\x80\xff%\\/?#&=+;:@,'\"<>[]{}|^`~.-_aZ0é中\u2028\U0001f600\ud800"
SEED_TARGETS = tuple({row.target for row in corpus() if len(row.target) < 400})
SEED_ATTACKS = tuple(parse_raw(str(attack["raw"])) for attack in load("attacks.json"))
PATHS = (
    "/",
    "/",
    "/",
    "/ding/sign",
    "/ding/outcome",
    "/ding/explain",
    "/language",
    "/healthz",
    "/x",
)
BODIES = (
    {"url": f"https://{HOST}/?"},
    {"url": f"http://{OTHER}:8080/a#b"},
    {"url": "https://evil.example/"},
    {"url": f"https://{HOST}@evil.example/"},
    {"url": f"https://{HOST}\\@evil.example/"},
    {"url": ["x"]},
    {"url": None},
    {"state": "ready", "signed_url": f"https://{HOST}/", "page_url": f"https://{HOST}/?"},
    {"state": "error", "subcode": "52013", "message": "x" * 600, "page_url": "javascript:1"},
    {"state": "error", "code": {"a": []}, "reference": 10**40},
    {"url": f"https://{HOST}/\ud800"},
    {"url": f"https://{'中' * 2500}/"},
    {"state": "error", "signed_url": f"https://{HOST}/", "page_url": f"https://{HOST}/\ud800"},
    {"state": "error", "reference": "ABCD-2345", "message": "\udfff", "platform_url": "\ud800"},
    [],
    "text",
    3,
)


@dataclass
class HostileRequest:
    """One request, before it is put into bytes or into a WSGI environment."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes = b""
    peer: str = "127.0.0.1"
    scheme: str = "http"
    extra: dict[str, object] = field(default_factory=dict)


class Generator:
    """An endless, repeatable source of hostile requests."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def request(self) -> HostileRequest:
        """The next one."""
        pick = self._random
        if pick.random() < 0.1:
            target, headers = pick.choice(SEED_ATTACKS)
            return self._changed(HostileRequest("GET", target, list(headers)))
        path = pick.choice(PATHS)
        headers = [("Host", pick.choice(HOSTS) if pick.random() < 0.6 else HOST)]
        for _ in range(pick.choice((0, 0, 1, 1, 2, 3, 5))):
            headers.append((pick.choice(NAMES), pick.choice(VALUES)))
        if path in {"/ding/sign", "/ding/outcome", "/language"} and pick.random() < 0.8:
            return self._changed(HostileRequest("POST", path, headers, self._body(path)))
        target = path if pick.random() < 0.3 else pick.choice(SEED_TARGETS)
        if pick.random() < 0.6:
            target = "/" + target[target.find("?") :] if "?" in target else "/"
        if path == "/ding/explain":
            target = f"{path}?code={pick.choice(VALUES)}&lang={pick.choice(('zh', 'en', 'x'))}"
        return self._changed(HostileRequest("GET", target, headers))

    def _body(self, path: str) -> bytes:
        pick = self._random
        if path == "/language":
            back = pick.choice((*SEED_TARGETS[:50], *VALUES))
            return f"lang={pick.choice(('zh', 'en', 'x'))}&back={back}".encode("utf-8", "replace")
        body = json.dumps(pick.choice(BODIES)).encode()
        if pick.random() < 0.3:
            place = pick.randrange(len(body) + 1)
            body = body[:place] + bytes([pick.randrange(256)]) + body[place + 1 :]
        return body

    def _changed(self, request: HostileRequest) -> HostileRequest:
        pick = self._random
        request.peer = pick.choice(("127.0.0.1", "127.0.0.1", "", "192.0.2.1", "::1", "x"))
        request.scheme = pick.choice(("http", "http", "https"))
        if pick.random() < 0.35:
            request.target = self._bent(request.target)
        if request.headers and pick.random() < 0.35:
            place = pick.randrange(len(request.headers))
            name, value = request.headers[place]
            request.headers[place] = (name, self._bent(value))
        if request.headers and pick.random() < 0.1:
            request.headers.append(pick.choice(request.headers))
        if pick.random() < 0.03:
            request.method = pick.choice(("HEAD", "OPTIONS", "PUT", "TRACE", "get", "PRI"))
        return request

    def _bent(self, text: str) -> str:
        pick = self._random
        for _ in range(pick.choice((1, 1, 1, 2, 4))):
            place = pick.randrange(len(text) + 1)
            way = pick.randrange(4)
            if way == 0:
                text = text[:place] + pick.choice(ODD) + text[place:]
            elif way == 1:
                text = text[:place] + text[place + 1 :]
            elif way == 2:
                text = text[:place] + pick.choice(ODD) + text[place + 1 :]
            else:
                text += text[place:][:100]
        return text


def as_environ(request: HostileRequest) -> dict[str, object]:
    """The request as a lenient WSGI server would hand it on: nothing is refused before the app."""
    path, _, query = request.target.partition("?")
    environ: dict[str, object] = {
        "REQUEST_METHOD": request.method,
        "RAW_URI": request.target,
        "PATH_INFO": unquote_to_bytes(path.encode("utf-8", "replace")).decode("latin-1"),
        "QUERY_STRING": query.encode("utf-8", "replace").decode("latin-1"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": request.peer,
        "SCRIPT_NAME": "",
        "wsgi.url_scheme": request.scheme,
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.errors": io.StringIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "CONTENT_LENGTH": str(len(request.body)),
    }
    for name, value in request.headers:
        if "_" in name:
            continue
        key = "CONTENT_TYPE" if name == "Content-Type" else f"HTTP_{name.upper().replace('-', '_')}"
        octets = value.encode("utf-8", "replace").decode("latin-1")
        environ[key] = f"{environ[key]},{octets}" if key in environ else octets
    return environ


def as_octets(request: HostileRequest) -> bytes:
    """The request as bytes on a connection, malformed where its parts are."""
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    if request.body:
        lines.append(f"Content-Length: {len(request.body)}")
    lines.append("Connection: close")
    return "\r\n".join(lines).encode("utf-8", "replace") + b"\r\n\r\n" + request.body
