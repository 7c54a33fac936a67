"""dingbridge.redaction: secrets known by their names, in texts of any kind and length."""

from __future__ import annotations

import pytest

from dingbridge.redaction import hidden, mask_parameters, mask_values, masked, names_secret


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://h/a?code=1&state=2&x=3#y", "https://h/a?code=***&state=***&x=3#y"),
        ("https://h/?authCode=1&auth_code=2", "https://h/?authCode=***&auth_code=***"),
        (
            "GET /gettoken?appkey=k&appsecret=s HTTP/1.1",
            "GET /gettoken?appkey=k&appsecret=*** HTTP/1.1",
        ),
        ("a=1&ACCESS_TOKEN=t", "a=1&ACCESS_TOKEN=***"),
        ("x-token=t jsapi_ticket=k&noncestr=n", "x-token=*** jsapi_ticket=***&noncestr=n"),
        ("errcode=40078&statement=s", "errcode=40078&statement=s"),
        ("口令token=t", "口令token=***"),
        ("token=", "token="),
        ("", ""),
    ],
)
def test_parameters_with_secret_names_lose_their_values(text: str, said: str) -> None:
    assert mask_parameters(text) == said


@pytest.mark.parametrize("part", ["x", "token", "code=", "=", "token=a&", "_", "令"])
def test_a_text_of_any_kind_is_searched_in_no_time(part: str) -> None:
    # A pattern that goes back and forth would take hours here.
    masked_text = mask_parameters(part * 100_000)
    assert len(masked_text) >= 5


@pytest.mark.parametrize(
    "name", ["access_token", "appSecret", "code", "authCode", "aes_key", "state"]
)
def test_names_that_are_secret(name: str) -> None:
    assert names_secret(name)


@pytest.mark.parametrize("name", ["errcode", "codec", "states", "userid", "corpId"])
def test_names_that_are_not(name: str) -> None:
    assert not names_secret(name)


def test_values_of_secrets_are_replaced_unless_they_are_too_short_to_be_any() -> None:
    assert mask_values("a secret-value and abc", ["secret-value", "abc"]) == "a *** and abc"


def test_what_stands_below_a_secret_name_is_secret_too() -> None:
    answer = {
        "permanent_code": "p",
        "session_key": "s",
        "secrets": ["a", ["b"], 7],
        "token": {"value": "v", "seconds": 7200, "parts": [{"of": "w"}]},
        "corp": {"name": "n"},
    }
    assert masked(answer) == {
        "permanent_code": "***",
        "session_key": "***",
        "secrets": ["***", ["***"], 7],
        "token": {"value": "***", "seconds": 7200, "parts": [{"of": "***"}]},
        "corp": {"name": "n"},
    }
    assert hidden(answer) == {"p", "s", "a", "b", "v", "w"}


def test_what_is_hidden_in_an_answer_is_told_apart_from_its_cursors() -> None:
    answer = {"access_token": "t", "nextToken": "n", "list": [{"ticket": "k"}, 1], "code": "0"}
    assert masked(answer) == {
        "access_token": "***",
        "nextToken": "n",
        "list": [{"ticket": "***"}, 1],
        "code": "0",
    }
    assert hidden(answer) == {"t", "k"}
    assert hidden("t") == set()
