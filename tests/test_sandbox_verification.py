"""The stand-in's own verification of dd.config."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from dingbridge.sandbox.verification import Rules, decoded_query, verify

FIXTURES = Path(__file__).parent / "fixtures"
KNOWN = json.loads((FIXTURES / "sandbox" / "known_signatures.json").read_text("utf-8"))
ANSWERS = [(row, *answer) for row in KNOWN for answer in row["signatures"]]
RULES = Rules("dingcorp", "77")
URL = "https://app.example.test/page?x=1"


def request(url: str = URL, ticket: str = "TICKET", **changes: Any) -> dict[str, Any]:
    plain = f"jsapi_ticket={ticket}&noncestr=abc&timestamp=1700000000&url={url}"
    return {
        "corpId": "dingcorp",
        "agentId": "77",
        "jsApiList": ["device.geolocation.get"],
        "timeStamp": "1700000000",
        "nonceStr": "abc",
        "signature": hashlib.sha256(plain.encode()).hexdigest(),
        **changes,
    }


def sub_code(
    args: dict[str, Any], url: str | None = URL, tickets: tuple[str, ...] = ("TICKET",)
) -> int | None:
    refusal = verify(args, url, tickets, RULES)
    return refusal and refusal.sub_code


@pytest.mark.row("R07")
@pytest.mark.parametrize(("row", "algorithm", "rule", "signature"), ANSWERS)
def test_known_signatures_are_accepted(
    row: dict[str, str], algorithm: str, rule: str, signature: str
) -> None:
    args = request(timeStamp=row["timestamp"], nonceStr=row["nonce"], signature=signature, type=0)
    rules = Rules("dingcorp", "77", algorithm, rule)
    assert verify(args, row["url"], [row["ticket"]], rules) is None
    other = Rules("dingcorp", "77", "sha1" if algorithm == "sha256" else "sha256", rule)
    refusal = verify(args, row["url"], [row["ticket"]], other)
    assert refusal is not None
    assert refusal.sub_code == 52013


def test_the_node_samples_rule_for_a_plus_is_refused_as_no_client_follows_it() -> None:
    row = KNOWN[-1]
    signature = "b309ade738ee5d6146ee86e90952d4ed35e132b2f1b20c418f4518761d9bf624"
    args = request(timeStamp=row["timestamp"], nonceStr=row["nonce"], signature=signature)
    assert sub_code(args, row["url"]) == 52013


@pytest.mark.row("R16")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"corpId": "other"}, 52010),
        ({"corpId": None}, 52010),
        ({"agentId": "78"}, 52019),
        ({"agentId": True}, 52019),
        ({"jsApiList": "device.geolocation.get"}, 52017),
        ({"jsApiList": None}, 52017),
        ({"jsApiList": [""]}, 52017),
        ({"type": 2}, 52022),
        ({"timeStamp": "soon"}, 52018),
        ({"timeStamp": ""}, 52018),
        ({"nonceStr": ""}, 52015),
        ({"signature": ""}, 52016),
        ({"signature": 5}, 52016),
        ({"signature": "0" * 64}, 52013),
        ({"signature": "\ud800"}, 52013),
    ],
)
def test_each_wrong_parameter_has_its_own_sub_code(changes: dict[str, Any], code: int) -> None:
    assert sub_code(request()) is None
    assert sub_code(request(**changes)) == code


@pytest.mark.row("R17")
def test_without_a_live_ticket_the_ticket_is_the_fault_whatever_the_signature() -> None:
    assert sub_code(request(), tickets=()) == 52011
    assert sub_code(request(signature="wrong"), tickets=()) == 52011


@pytest.mark.parametrize("url", [None, "", "about:blank", "/page", "http://[", "ftp://h/"])
def test_a_page_without_an_http_address_is_refused_as_such(url: str | None) -> None:
    assert sub_code(request(), url) == 52014


@pytest.mark.row("R18")
def test_any_live_ticket_will_do_and_no_other() -> None:
    assert sub_code(request(), tickets=("NEWER", "TICKET")) is None
    assert sub_code(request(), tickets=("NEWER",)) == 52013


def test_numbers_count_as_the_digits_they_are_written_with() -> None:
    assert sub_code(request(timeStamp=1700000000, agentId=77)) is None


@pytest.mark.row("R19")
def test_type_may_be_absent_zero_or_one() -> None:
    for given in (None, 0, 1, "0", "1"):
        assert sub_code(request(type=given)) is None


@pytest.mark.row("R04")
@pytest.mark.parametrize(
    "other",
    [
        "https://app.example.test:443/page?x=1",
        "http://app.example.test/page?x=1",
        "https://app.example.test/page?x=1&",
        "https://app.example.test//page?x=1",
        "https://app.example.test/Page?x=1",
    ],
)
def test_another_spelling_of_the_same_page_is_another_url(other: str) -> None:
    assert sub_code(request(other)) == 52013
    assert sub_code(request(other), other) is None


def test_the_fragment_counts_for_nothing() -> None:
    assert sub_code(request(), URL + "#/route?y=2") is None


@pytest.mark.row("R16")
def test_a_refusal_repeats_what_the_platform_used_with_masked_tickets() -> None:
    refusal = verify(request(signature="x"), URL + "#a", ("aC7Xsecret", "bD8Ysecret"), RULES)
    assert refusal is not None
    assert refusal.message == (
        "权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[abc],timestamp:[1700000000],"
        f"url:[{URL}],ticketList:[aC7X***,bD8Y***]"
    )


def test_queries_are_decoded_as_two_jdks_decoded_them() -> None:
    texts = json.loads((FIXTURES / "url" / "decoding.json").read_text("utf-8"))["texts"]
    wrong = [
        (text, expected)
        for text, expected in texts
        # Where Java threw, the URL is taken as it is.
        if decoded_query(f"http://h/?{text}")
        != f"http://h/?{text if expected is None else expected}"
    ]
    assert wrong == []
    assert len(texts) >= 1000


def test_nothing_but_the_query_is_decoded() -> None:
    assert decoded_query("http://h/a%20b+c") == "http://h/a%20b+c"
    assert decoded_query("http://h/a%20?b+c?%3F") == "http://h/a%20?b c??"
    assert decoded_query("http://h/?") == "http://h/?"


def test_the_raw_rule_decodes_nothing() -> None:
    url = "http://h/?a+b%20c"
    assert verify(request(url), url, ["TICKET"], Rules("dingcorp", "77", "sha256", "raw")) is None
    assert sub_code(request(url), url) == 52013
