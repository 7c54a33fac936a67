"""Every route of the micro-app's URL map, whatever is sent to it: no unhandled 5xx, no session.

The routes come from the map itself, and the names of fields from the sources that read them, so a
new route is covered by being there.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, note
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from login_app import ORIGIN, Visitor
from openapi_stage import NoLimits
from sandbox_server import SandboxClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

import app as micro_app

pytest_plugins = ["login_fixtures"]

ROOT = Path(micro_app.__file__).parent
SOURCES = [*(ROOT / "microapp").rglob("*.py"), *(ROOT / "dingbridge").glob("*.py")]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
TYPES = (
    "application/json",
    "application/json; charset=utf-16",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "text/plain",
    "application/octet-stream",
    "application/xml",
    "a/b; q=\x7f",
    "",
)
HEADERS = (
    "Accept",
    "Accept-Language",
    "Authorization",
    "Cookie",
    "Forwarded",
    "If-Modified-Since",
    "If-None-Match",
    "Origin",
    "Range",
    "Referer",
    "Sec-Fetch-Site",
    "User-Agent",
    "X-Forwarded-Host",
    "X-Forwarded-Prefix",
    "X-Forwarded-Proto",
    "X-HTTP-Method-Override",
    "X-Requested-With",
)
LIKELY = ("application/json", "text/html", ORIGIN, "null", "same-origin", "bytes=5-1", "lang=en")


def field_names() -> list[str]:
    """What the app reads from forms, queries and JSON: `.get("name")`, `["name"]`."""
    found: set[str] = set()
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        found |= set(re.findall(r"(?:\.get(?:list)?\(|\[)\"([A-Za-z]\w{0,30})\"", text))
    return sorted(found)


# Every octet but line ends, which no server hands on.
octets = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=60)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=6,
)
names = st.sampled_from(field_names()) | st.text(max_size=12)
texts = st.text(max_size=40) | st.sampled_from(["", "0", "-1", "1e400", "\x00", "a" * 3000, "../"])


def form_of(fields: dict[str, str]) -> bytes:
    pairs = (f"{quote(name)}={quote(text)}" for name, text in fields.items())
    return "&".join(pairs).encode()


def parts_of(fields: dict[str, str]) -> bytes:
    head = 'Content-Disposition: form-data; name="{}"; filename="{}"\r\n\r\n'
    parts = (
        f"--b\r\n{head.format(quote(name), quote(text))}{text}\r\n" for name, text in fields.items()
    )
    return ("".join(parts) + "--b--").encode("utf-8", "surrogatepass")


fields = st.dictionaries(names, texts, max_size=6)
json_bodies = (st.dictionaries(names, json_values | texts, max_size=6) | json_values).map(
    lambda value: json.dumps(value).encode()
)
any_bodies = st.one_of(
    st.just(b""),
    st.binary(max_size=200),
    json_bodies,
    fields.map(form_of),
    fields.map(parts_of),
    st.sampled_from([b"[" * 10_000, b'{"a":' * 5000, b"\xff\xfe", b"%ff=%fe", b"--b\r\n"]),
)
# A body with its own type, or with any.
posted = st.one_of(
    st.tuples(json_bodies, st.just("application/json")),
    st.tuples(fields.map(form_of), st.just("application/x-www-form-urlencoded")),
    st.tuples(fields.map(parts_of), st.just("multipart/form-data; boundary=b")),
    st.tuples(any_bodies, st.sampled_from(TYPES)),
)
# Whatever may stand between `?` and `#` on the wire, and a good deal more.
queries = st.one_of(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60),
    fields.map(lambda it: form_of(it).decode()),
    st.sampled_from(["", "?", "%", "%ff", "a=%zz", "dd_nav_bgcolor=FFnonsense", "corpid=$CORPID$"]),
)
segments = st.one_of(
    st.text(string.ascii_letters + string.digits, min_size=1, max_size=12),
    st.text(min_size=1, max_size=6).map(lambda text: quote(text, safe="")),
    st.sampled_from(["0", "-1", "99999999999999999999", "..%2f..", "%00", "%ff", "place", "a/b"]),
)


def app_of(sandbox: SandboxClient, folder: Path, debug: str) -> Flask:
    return micro_app.create_app(
        {
            **sandbox.sandbox.environment(folder / "instance"),
            "SECRET_KEY": "a session key for tests only",
            "DING_PUBLIC_ORIGINS": ORIGIN,
            "DING_DEBUG": debug,
        }
    )


@pytest.fixture
def app(sandbox: SandboxClient, tmp_path: Path) -> Flask:
    return app_of(sandbox, tmp_path, "1")


@pytest.fixture(params=["stranger", "signed in"])
def visitor(request: pytest.FixtureRequest, app: Flask, sandbox: SandboxClient) -> Visitor:
    """Somebody in front of the app, who may be an administrator in it."""
    visitor = Visitor(app, sandbox)
    if request.param == "signed in":
        assert visitor.login().status_code == 200
    return visitor


def rules_of(app: Flask) -> Iterator[Rule]:
    yield from app.url_map.iter_rules()


def path_of(rule: Rule, parts: list[str]) -> str:
    filled = iter(parts)
    return re.sub(r"<[^>]+>", lambda _: next(filled), rule.rule)


def check(response: TestResponse) -> None:
    """Whatever the answer is, somebody has thought of it."""
    status = response.status_code
    assert status < 500 or (status == 503 and "Retry-After" in response.headers), response.text
    if status >= 400 and response.is_json and response.data:  # HEAD has no body
        assert response.json is not None
        error = response.json["error"]
        assert set(error) == {"code", "message", "remedy", "reference"}
        assert all(error.values())


def test_the_routes_that_are_tried_are_those_of_the_map(app: Flask) -> None:
    paths = {rule.rule for rule in rules_of(app)}
    assert {"/", "/ding/login", "/ding/oauth/return", "/ding/outcome", "/healthz"} <= paths
    assert {"code", "corpId", "url", "state", "next"} <= set(field_names())


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.faults)])
def test_nothing_that_is_sent_to_any_route_leads_to_an_unhandled_5xx(
    visitor: Visitor, examples: int
) -> None:
    before = visitor.session()
    for rule in rules_of(visitor.app):
        try_route(visitor, rule, examples)
    if not before:
        assert "dingbridge" not in visitor.session()


def try_route(visitor: Visitor, rule: Rule, examples: int) -> None:
    count = len(re.findall(r"<[^>]+>", rule.rule))
    # Most tries use a method that the route is made for.
    own = st.sampled_from(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
    methods = st.one_of(own, own, st.sampled_from(METHODS))

    @given(
        method=methods,
        parts=st.lists(segments, min_size=count, max_size=count),
        query=queries,
        sent=posted,
        headers=st.dictionaries(
            st.sampled_from(HEADERS), octets | st.sampled_from(LIKELY), max_size=4
        ),
    )
    @hypothesis_settings(
        max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    def send(
        method: str,
        parts: list[str],
        query: str,
        sent: tuple[bytes, str],
        headers: dict[str, str],
    ) -> None:
        path = path_of(rule, parts)
        note(f"{method} {path}?{query}")
        client = visitor.client if "Cookie" not in headers else visitor.app.test_client()
        body, kind = sent
        if path == "/ding/logout" and visitor.session():
            client = visitor.app.test_client()  # the session is for the routes after this one
        check(
            send_raw(
                client,
                method,
                path,
                query,
                body,
                {"Origin": ORIGIN, **headers, "Content-Type": kind},
            )
        )

    send()


def send_raw(
    client: Any, method: str, path: str, query: str, body: bytes, headers: dict[str, str]
) -> TestResponse:
    response: TestResponse = client.open(
        path,
        method=method,
        query_string=query,
        data=body,
        headers=headers,
        base_url=ORIGIN,
        environ_overrides={"RAW_URI": f"{path}?{query}" if query else path},
    )
    return response


# What no honest platform says, by whichever endpoint.
LIES = (
    "",
    "null",
    '"\\ud800"',
    "<html>",
    "{}",
    '{"errcode": 0, "result": null, "task_id": "x", "progress": [1]}',
    '{"result": {"userid": "\\ud800", "name": "a\\u0000b"}, "openConversationId": "\\ud800"}',
    '{"result": {"userid": ["x"]}, "openConversationId": {"a": 1}, "processQueryKey": 7}',
    '{"errcode": "\\ud800", "errmsg": "\\u001b[2J\\ud800"}',
    '{"errcode": 60020, "errmsg": "request ip=203.0.113.7 \\ud800"}',
    '{"errcode": 40014, "errmsg": 7}',
    '{"errcode": 1e400, "code": {"a": 1}, "message": []}',
)
ASKED = {
    "/topapi/v2/user/getuserinfo",
    "/topapi/message/corpconversation/asyncsend_v2",
    "/topapi/message/corpconversation/getsendprogress",
    "/v1.0/im/chat/{chatId}/convertToOpenConversationId",
}


def ask_everywhere(app: Flask, sandbox: SandboxClient, lie: str) -> Iterator[TestResponse]:
    """What each route answers to somebody signed in when the platform says `lie` to everything."""
    visitor = Visitor(app, sandbox)
    assert visitor.login().status_code == 200
    client = app.extensions["dingbridge"]["dingbridge"].sign_in._users._client
    client._sleep, client.limiter = id, NoLimits()  # nothing that is repeated may keep us waiting
    form = {"to": "me", "kind": "text", "text": "早", "key": "key-of-a-submission-1"}
    headers = {"Origin": ORIGIN, "Accept": "application/json"}
    sent = visitor.client.post("/chat", data=form, headers=headers, base_url=ORIGIN)
    assert sent.status_code == 201, sent.text
    row = str((sent.json or {})["id"])
    ready = visitor.client.get("/readyz", base_url=ORIGIN)
    assert ready.status_code == 200  # with a ticket; what it says without one, test_app tells
    before = {path: sandbox.platform_calls(path) for path in ASKED}
    sandbox.fault("*", "custom", body=lie)
    posted = {"code": "c", "corpId": visitor.corp, "chatId": "chat1234567890", "url": f"{ORIGIN}/"}
    bodies = {
        "application/json": json.dumps(posted).encode(),
        "application/x-www-form-urlencoded": form_of({**form, "key": "key-of-a-submission-2"}),
    }
    for rule in rules_of(app):
        for method, (kind, body) in product(sorted(rule.methods or ()), bodies.items()):
            browser = app.test_client() if rule.rule == "/ding/logout" else visitor.client
            path = path_of(rule, [row] * 9)
            yield send_raw(browser, method, path, "", body, {**headers, "Content-Type": kind})
    assert {path for path in ASKED if sandbox.platform_calls(path) > before[path]} == ASKED
    assert visitor.get("/ding/me").status_code == 200


@pytest.mark.parametrize("lie", LIES)
def test_a_platform_that_lies_to_any_route_leads_to_no_unhandled_5xx(
    app: Flask, sandbox: SandboxClient, lie: str
) -> None:
    for response in ask_everywhere(app, sandbox, lie):
        check(response)


def test_the_server_s_address_in_an_answer_of_the_platform_is_told_to_no_visitor(
    sandbox: SandboxClient, tmp_path: Path
) -> None:
    refusal = '{"errcode": 60020, "errmsg": "访问ip不在白名单之中,request ip=203.0.113.7"}'
    told = list(ask_everywhere(app_of(sandbox, tmp_path, ""), sandbox, refusal))
    assert "60020" in "".join(response.text for response in told)
    assert "203.0.113.7" not in "".join(response.text for response in told)


@pytest.mark.parametrize("kind", TYPES[:5])
def test_ten_megabytes_are_refused_or_taken_and_never_a_5xx(visitor: Visitor, kind: str) -> None:
    size = 10_000_000
    wrapped = {
        "application/json": b'{"code":"' + b"x" * size + b'"}',
        "application/x-www-form-urlencoded": b"code=" + b"x" * size,
        "multipart/form-data; boundary=b": parts_of({"file": "x" * size}),
    }
    body = wrapped.get(kind, b"x" * size)
    for rule in rules_of(visitor.app):
        methods = sorted((rule.methods or set()) - {"GET", "HEAD", "OPTIONS"})
        if rule.rule == "/ding/logout" and visitor.session():
            continue  # its test is that of the stranger
        for method in methods:
            path = path_of(rule, ["1"] * 9)
            sent = {"Origin": ORIGIN, "Content-Type": kind}
            check(send_raw(visitor.client, method, path, "", body, sent))


# Reports come from any page, and are believed for statistics and explanations only.
FOR_ANYBODY = {"/ding/outcome"}


@pytest.mark.parametrize("sender", [{"Origin": "https://evil.example"}, {"Origin": "null"}])
def test_an_unsafe_request_of_another_site_is_refused_on_every_route(
    app: Flask, sandbox: SandboxClient, sender: dict[str, str]
) -> None:
    visitor = Visitor(app, sandbox)
    assert visitor.login().status_code == 200
    before = visitor.session()
    tried = 0
    for rule in rules_of(app):
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            if rule.rule in FOR_ANYBODY:
                continue
            answer = send_raw(visitor.client, method, path_of(rule, ["1"] * 9), "", b"", sender)
            assert answer.status_code == 403, f"{method} {rule.rule}"
            tried += 1
    assert tried >= 4
    assert visitor.session() == before


def test_routes_that_work_leave_no_record_of_a_failure(
    app: Flask, sandbox: SandboxClient, tmp_path: Path
) -> None:
    visitor = Visitor(app, sandbox)
    assert visitor.login().status_code == 200
    paths = [rule.rule for rule in rules_of(app) if not rule.arguments and "GET" in rule.methods]
    working = [path for path in paths if visitor.get(path).status_code < 400]
    assert {"/", "/ding/me", "/readyz"} <= set(working)
    kept = tmp_path / "instance" / "failures"
    for file in kept.iterdir():
        file.unlink()
    for path in working:
        assert visitor.get(path).status_code < 400
    assert list(kept.iterdir()) == []
