"""A platform that lies while somebody signs in, through the routes and over real HTTP.

Whatever it says, there is a session that every page can show, or a clear error and none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from login_app import Visitor, error_of, login_app
from openapi_stage import NoLimits
from sandbox_server import running_sandbox
from werkzeug.test import TestResponse

from dingbridge.rate_limit import RateLimit

BY_CODE, DETAILS = "/topapi/v2/user/getuserinfo", "/topapi/v2/user/get"
BY_UNIONID = "/topapi/user/getbyunionid"
TOKEN, ME = "/v1.0/oauth2/userAccessToken", "/v1.0/contact/users/me"

PERSON: dict[str, object] = {
    "userid": "manager4220",
    "name": "张小沙",
    "unionid": "u1",
    "sys": True,
    "sys_level": 1,
    "admin": True,
    "dept_id_list": [1],
    "contact_type": 0,
    "title": "经理",
}
# What is said when nobody lies. The older generation tells it inside of `result`.
HONEST: dict[str, dict[str, object]] = {
    BY_CODE: PERSON,
    DETAILS: PERSON,
    BY_UNIONID: PERSON,
    TOKEN: {"accessToken": "t", "expireIn": 7200, "corpId": ""},
    ME: {"unionId": "u1", "nick": "张"},
}


def body_of(path: str, told: object) -> str:
    return json.dumps({"result": told} if path.startswith("/topapi/") else told)


def lie_about(path: str, field: str, lie: object) -> tuple[str, str]:
    """A path, and its honest body but for one field."""
    return path, body_of(path, {**HONEST[path], field: lie})


class Liars:
    """A platform that lies, and an app on it whose error pages are a developer's."""

    def __init__(self, sandbox: Any, folder: Path) -> None:
        self.sandbox = sandbox
        self.app = login_app(sandbox, folder, DING_DEBUG="1")
        sign_in = self.app.extensions["dingbridge"]["dingbridge"].sign_in
        client = sign_in._users._client
        # Nothing that is repeated may keep this test waiting, and no limit hide what is said.
        client._sleep, client.limiter = id, NoLimits()
        sign_in._attempts = RateLimit(rate=1e9, burst=10**9)
        self.codes = (f"code-{number}" for number in count())

    def tell(self, lie: tuple[str, str]) -> None:
        bodies = {path: body_of(path, told) for path, told in HONEST.items()} | dict([lie])
        faults = {path: {"kind": "custom", "body": body} for path, body in bodies.items()}
        self.sandbox.patch_platform(faults=faults)

    def sign_in(self) -> Iterator[tuple[Visitor, TestResponse]]:
        """In the client and in a browser: each with the answer to the code."""
        visitor = Visitor(self.app, self.sandbox)
        yield visitor, visitor.login(next(self.codes))
        visitor = Visitor(self.app, self.sandbox)
        address = visitor.get("/ding/oauth").headers["Location"]
        (state,) = parse_qs(urlsplit(address).query)["state"]
        yield visitor, visitor.get(f"/ding/oauth/return?code={next(self.codes)}&state={state}")


@pytest.fixture(scope="module")
def liars(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liars]:
    with running_sandbox() as sandbox:
        yield Liars(sandbox, tmp_path_factory.mktemp("lies"))


def check(visitor: Visitor, response: TestResponse) -> None:
    """A session that is good for something, or an error that somebody has thought of."""
    if response.status_code in (200, 302):
        user = visitor.session()["dingbridge"]
        for text, longest in ((user["userid"], 128), (user["name"], 80)):
            assert 0 < len(text) <= longest
            assert not any(letter < " " or "\x7f" <= letter < "\xa0" for letter in text)
            text.encode()  # raises for half a surrogate pair
        assert isinstance(user["admin"], bool)
        assert visitor.get("/page").status_code == visitor.get("/ding/me").status_code == 200
        return
    assert response.status_code in (401, 403, 503), response.text
    assert ("Retry-After" in response.headers) == (response.status_code == 503)
    assert visitor.session() == {}
    if response.is_json:
        error_of(response)
    else:
        assert 'role="alert"' in response.text


@pytest.mark.row("R32")
def test_when_nobody_lies_both_ways_lead_to_a_session(liars: Liars) -> None:
    liars.tell(lie_about(BY_CODE, "name", "张小沙"))
    assert [response.status_code for _, response in liars.sign_in()] == [200, 302]
    for visitor, response in liars.sign_in():
        check(visitor, response)


@pytest.mark.parametrize(
    "lie",
    [
        lie_about(BY_CODE, "userid", "\ud800"),
        lie_about(BY_CODE, "userid", "manager4220\n"),
        lie_about(DETAILS, "userid", "\ud800"),
        lie_about(BY_UNIONID, "userid", "\ud800"),
        lie_about(ME, "unionId", "\ud800"),
        lie_about(TOKEN, "accessToken", "中文"),
        lie_about(TOKEN, "accessToken", "\ud800"),
        lie_about(TOKEN, "accessToken", "a\r\nb: c"),
    ],
)
def test_an_id_or_a_token_that_cannot_be_one_starts_no_session(
    liars: Liars, lie: tuple[str, str]
) -> None:
    liars.tell(lie)
    answers = list(liars.sign_in())
    for visitor, response in answers:
        check(visitor, response)
    assert 503 in [response.status_code for _, response in answers]


@pytest.mark.parametrize("path", [BY_CODE, DETAILS, BY_UNIONID])
@pytest.mark.parametrize("name", ["\ud800x", "x\udfff", "a\0b", "a\nb", "\x1b[2J", "\u2028"])
def test_a_name_that_no_page_can_show_spoils_no_session(liars: Liars, path: str, name: str) -> None:
    liars.tell(lie_about(path, "name", name))
    for visitor, response in liars.sign_in():
        check(visitor, response)


def test_a_name_of_several_lines_becomes_one_and_locks_nobody_out(liars: Liars) -> None:
    liars.tell(lie_about(DETAILS, "name", " 张\t小\n沙 "))
    for visitor, response in liars.sign_in():
        assert response.status_code in (200, 302)
        assert visitor.session()["dingbridge"]["name"] == "张 小 沙"


@pytest.mark.parametrize("path", HONEST)
@pytest.mark.parametrize("said", ["\ud800", "a\0b", "\x1b[2J", 7, None])
def test_a_refusal_in_words_that_cannot_be_printed_is_told_all_the_same(
    liars: Liars, path: str, said: object
) -> None:
    for code in (60020, "\ud800", "\x1b[2J"):
        told = {"errcode": code, "code": code, "sub_code": said, "errmsg": said, "message": said}
        liars.tell((path, json.dumps(told)))
        for visitor, response in liars.sign_in():
            check(visitor, response)


# With halves of surrogate pairs, which JSON can say and UTF-8 cannot.
any_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def lies(draw: st.DrawFn) -> tuple[str, str]:
    """The path of an endpoint, with a body that is wrong in one field, or as a whole."""
    path = draw(st.sampled_from(sorted(HONEST)))
    lie = draw(any_text | st.sampled_from(["user5031", "0", "true", "x" * 200]) | json_values)
    field = draw(st.sampled_from([*HONEST[path], "", "errcode", "code"]))
    if field in HONEST[path]:
        return lie_about(path, field, lie)
    told = {field: lie, "message": draw(any_text), "errmsg": draw(any_text)}
    return path, json.dumps(told) if field else body_of(path, lie)


@pytest.mark.parametrize("examples", [50, pytest.param(3000, marks=pytest.mark.faults)])
def test_whatever_the_platform_says_there_is_a_session_or_a_clear_error(
    liars: Liars, examples: int
) -> None:
    @given(lie=lies())
    @hypothesis_settings(max_examples=examples, deadline=None)
    def hear(lie: tuple[str, str]) -> None:
        liars.tell(lie)
        for visitor, response in liars.sign_in():
            check(visitor, response)

    hear()
