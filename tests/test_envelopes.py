"""dingbridge.envelopes: what the platform's answers mean, in both generations."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingbridge.envelopes import is_ban, is_busy, is_limit, is_token_refused, read_envelope
from dingbridge.errors import PlatformError, PlatformUnavailable


def read(body: object, status: int = 200, request_id: str = "") -> dict[str, Any]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_envelope(data, endpoint="/path", http_status=status, request_id=request_id)


def outcome(body: bytes, status: int) -> str:
    """ "fields", or the code of the platform's error; anything else would be a fault of ours."""
    try:
        read_envelope(body, endpoint="/p", http_status=status)
    except PlatformError as error:
        return error.code
    return "fields"


def refusal(body: object, status: int = 200) -> PlatformError:
    with pytest.raises(PlatformError) as refused:
        read(body, status, "from-the-header")
    return refused.value


@pytest.mark.parametrize(
    "body",
    [
        {"errcode": 0, "errmsg": "ok", "access_token": "t", "expires_in": 7200},
        {"errcode": "0", "access_token": "t"},
        {"access_token": "t", "expires_in": 7200},
        {"accessToken": "t", "expireIn": 7200},
    ],
)
def test_a_success_of_either_generation_is_its_fields(body: dict[str, object]) -> None:
    assert read(body) == body


@pytest.mark.parametrize("errcode", [40096, "40096"])
def test_an_error_of_the_older_generation_comes_with_status_200(errcode: object) -> None:
    error = refusal({"errcode": errcode, "errmsg": "不合法的appKey或appSecret"})
    assert (error.code, error.sub_code, error.http_status) == ("40096", "", 200)
    assert error.platform_message == "不合法的appKey或appSecret"
    assert (error.endpoint, error.request_id) == ("/path", "from-the-header")
    assert not isinstance(error, PlatformUnavailable)


@pytest.mark.parametrize(
    "body",
    [
        {
            "errcode": 88,
            "sub_code": "40014",
            "sub_msg": "不合法的access_token",
            "errmsg": "ding talk error[subcode=40014,submsg=不合法的access_token]",
            "request_id": "r1",
        },
        {"errcode": "88", "subCode": 40014, "errmsg": "x", "request_id": "r1"},
        {
            "errcode": 88,
            "errmsg": "ding talk error[subcode=40014,submsg=不合法]",
            "request_id": "r1",
        },
    ],
)
def test_the_telling_code_of_a_wrapped_error_is_the_inner_one(body: dict[str, object]) -> None:
    error = refusal(body)
    assert (error.code, error.sub_code, error.request_id) == ("88", "40014", "r1")


def test_an_error_of_the_newer_generation_has_a_status_and_a_name() -> None:
    error = refusal(
        {"code": "invalidClientIdOrSecret", "requestid": "r2", "message": "无效的clientId"}, 400
    )
    assert (error.code, error.http_status, error.request_id) == (
        "invalidClientIdOrSecret",
        400,
        "r2",
    )


def test_an_unknown_path_of_the_newer_generation_answers_as_the_older_one() -> None:
    error = refusal({"errcode": 404, "errmsg": "请求的URI地址不存在"})
    assert error.code == "404"


@pytest.mark.row("R45")
@pytest.mark.parametrize(
    ("message", "address"),
    [
        (
            "错误原因：访问ip不在白名单之中,request ip=203.119.196.81 appKey(dingx)",
            "203.119.196.81",
        ),
        ("request ip : 2408:4003:1::9f appKey(dingx)", "2408:4003:1::9f"),
    ],
)
@pytest.mark.parametrize("generation", ["old", "new"])
def test_the_address_to_add_to_the_white_list_is_parsed_out(
    message: str, address: str, generation: str
) -> None:
    if generation == "old":
        error = refusal({"errcode": 60020, "errmsg": message})
    else:
        code = "Forbidden.AccessDenied.IpNotInWhiteList"
        error = refusal({"code": code, "message": message}, 403)
    assert error.values["address"] == address


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"<html><h1>405</h1></html>", 405, "platform_banned"),
        (b"  <html>", 403, "platform_banned"),
        (b"<!doctype html>", 429, "platform_banned"),
        # Other pages of a gateway stop nobody.
        *(
            (b"<html></html>", status, "platform_unreadable")
            for status in (400, 404, 408, 413, 414)
        ),
        (b"<html></html>", 200, "platform_unreadable"),
        (b"Forbidden", 403, "platform_unreadable"),
        (b"<html></html>", 502, "platform_failed"),
        (b"Internal Server Error", 500, "platform_failed"),
        (b"", 200, "platform_unreadable"),
        (b"[]", 200, "platform_unreadable"),
        (b"null", 200, "platform_unreadable"),
        (b"[" * 100_000, 200, "platform_unreadable"),
        (b"\xff\xfe", 200, "platform_unreadable"),
        (b'{"errcode": 0, "name": "\xed\xa0\x80"}', 200, "platform_unreadable"),
        ({"status": 1111, "wait": 5, "source": "x5", "punish": "deny"}, 200, "platform_banned"),
        ({"errcode": None}, 200, "platform_unreadable"),
        ({"errcode": True}, 200, "platform_unreadable"),
        ({"errcode": ""}, 200, "platform_unreadable"),
        ({"errcode": [0]}, 200, "platform_unreadable"),
        ({"errcode": 0.0}, 200, "platform_unreadable"),
        ({"errcode": " \n"}, 200, "platform_unreadable"),
        ({}, 302, "platform_unreadable"),
        ({}, 503, "platform_failed"),
        ({"code": "systemBusy", "message": "系统繁忙"}, 500, "systemBusy"),
    ],
)
def test_a_failure_of_the_platform_is_told_from_a_refusal(
    body: object, status: int, code: str
) -> None:
    error = refusal(body, status)
    assert isinstance(error, PlatformUnavailable)
    assert (error.code, error.http_status) == (code, status)


@pytest.mark.parametrize(
    ("sent", "read_as"),
    [
        (r"\ud800", "\ufffd"),
        (r"a\uDFFFb\ud83d", "a\ufffdb\ufffd"),
        (r"\ud800\ud83d\ude00\udc00", "\ufffd\U0001f600\ufffd"),
        (r"\\ud800 \\\ud800", "\\ud800 \\\ufffd"),
        (r"\ud842\udfb7", "𠮷"),
        ("𠮷 \u4e2d", "𠮷 中"),
    ],
)
def test_half_a_surrogate_pair_is_replaced_and_nothing_else(sent: str, read_as: str) -> None:
    assert read(f'{{"{sent}": ["{sent}"]}}'.encode()) == {read_as: [read_as]}
    assert refusal(f'{{"errcode": 1, "errmsg": "{sent}"}}'.encode()).platform_message == read_as


@given(st.recursive(st.text(st.characters()), lambda inner: st.lists(inner, max_size=3)))
def test_what_json_says_of_any_text_can_be_sent_on(value: object) -> None:
    fields = read(json.dumps({"value": value}).encode())
    assert json.dumps(fields, ensure_ascii=False).encode()


def test_what_is_secret_is_in_no_part_of_an_error() -> None:
    body = dict.fromkeys(("errcode", "sub_code", "sub_msg", "request_id"), "a secret-1 b")
    for status in (200, 400, 500):
        told = body if status == 200 else {"code": "x secret-1", "message": "secret-1"}
        with pytest.raises(PlatformError) as refused:
            read_envelope(
                json.dumps(told).encode(),
                endpoint="/p",
                http_status=status,
                request_id="secret-1",
                secrets=["secret-1"],
            )
        assert "secret-1" not in repr(vars(refused.value))
        assert "***" in refused.value.code


def test_a_refusal_without_a_code_is_named_by_its_status() -> None:
    assert refusal({"message": "no"}, 403).code == "http_403"
    assert refusal({"code": {"x": 1}}, 403).code == "http_403"


def test_the_platforms_text_is_one_bounded_line() -> None:
    error = refusal({"errcode": 1, "errmsg": "a\r\nERROR forged log line\x00" + "x" * 9999})
    assert error.platform_message.isprintable()
    code = refusal({"errcode": "1\x1b[2J\u202e" + "x" * 9999}).code
    assert code.isprintable()
    assert len(code) <= 400
    assert len(error.platform_message) <= 400


@pytest.mark.parametrize("code", ["40001", "40014", "42001", "InvalidAuthentication"])
def test_a_refused_token_is_seen_in_code_and_sub_code(code: str) -> None:
    assert is_token_refused(PlatformError(code))
    assert is_token_refused(PlatformError("88", sub_code=code))
    assert not is_token_refused(PlatformError("60020", sub_code="40096"))


@pytest.mark.row("R44")
@pytest.mark.parametrize(
    ("code", "limit"),
    [
        *((str(code), True) for code in range(90001, 90021)),
        ("45009", True),
        ("Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", True),
        ("Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", True),
        ("Forbidden.AccessDenied.QpsLimitForApi", True),
        ("Forbidden.AccessDenied.ApiCountLimitForOrg", True),
        ("Forbidden.AccessDenied.IpNotInWhiteList", False),
        ("Forbidden.AccessDenied.AccessTokenPermissionDenied", False),
        ("90000", False),
        ("90021", False),
        ("-1", False),
    ],
)
def test_a_limit_is_told_from_a_missing_permission(code: str, limit: bool) -> None:
    assert is_limit(PlatformError(code)) is limit
    assert is_limit(PlatformError("88", sub_code=code)) is (limit and code.isdigit())


@pytest.mark.row("R44")
@pytest.mark.parametrize(
    ("body", "status", "code", "limit", "busy"),
    [
        ({"code": "Throttling", "message": "x"}, 429, "Throttling", True, False),
        ({"requestid": "1"}, 429, "http_429", True, False),
        ({"errcode": 60011}, 429, "60011", True, False),
        (b"Too Many Requests", 429, "http_429", True, False),
        (b"", 429, "http_429", True, False),
        ({"code": "RequestTimeout"}, 408, "RequestTimeout", False, True),
        (b"Request Timeout", 408, "platform_unreadable", False, True),
        ({"code": "Throttling"}, 403, "Throttling", False, False),
    ],
)
def test_http_429_is_a_limit_and_408_is_busy_whatever_the_body_says(
    body: object, status: int, code: str, limit: bool, busy: bool
) -> None:
    error = refusal(body, status)
    assert error.code == code
    assert (is_limit(error), is_busy(error)) == (limit, busy)


@pytest.mark.parametrize(
    ("error", "ban"),
    [
        (refusal(b"<html>", 403), True),
        (refusal({"status": 1111, "wait": 5}), True),
        (refusal({"errcode": 90017}), True),
        (refusal({"errcode": 88, "sub_code": "90017"}), True),
        (refusal(b"<html>", 404), False),
        (refusal({"errcode": 90018}), False),
        (refusal({"errcode": 60020}), False),
    ],
    ids=str,
)
def test_a_closed_address_is_told_from_other_refusals(error: PlatformError, ban: bool) -> None:
    assert is_ban(error) is ban


@given(st.binary(max_size=200), st.integers(100, 599))
def test_any_bytes_are_fields_or_a_platform_error(body: bytes, status: int) -> None:
    assert outcome(body, status)


@given(
    st.dictionaries(
        st.sampled_from(
            ["errcode", "errmsg", "sub_code", "code", "message", "requestid", "status"]
        ),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner, max_size=2),
            max_leaves=3,
        ),
    ),
    st.sampled_from([200, 302, 400, 403, 500]),
)
def test_any_envelope_is_fields_or_a_platform_error(body: dict[str, object], status: int) -> None:
    assert outcome(json.dumps(body).encode(), status)
