"""The signature of dd.config, against known answers."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingbridge.errors import SignatureError
from dingbridge.settings import Algorithm, QueryRule
from dingbridge.signature import call_signature, config_payload, plain_text, sign, signed_form

WEIXIN = (
    "gUsHOoPPzLVZKVkClnESg88m7qMV4c0Ys9VGsMigqzZU7gA8PeoNzHODmYPZ85TYuoZryXuqEUFlXLN1OPEixm",
    "abcde12345",
    "1463125744",
    "http://test4.weixin.wtoip.com:80/wtoip/dingding/dzmp",
)
OPEN = (
    "mS5k98fdkdgDKxkXGEs8LORVREiweeWETE40P37wkidkfksDSKDJFD5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcKIDU8l",
    "Zn4zmLFKD0wzilzM",
    "1414588745",
    "http://open.dingtalk.com",
)
DEMO = (
    "zHoQdGJuH0ZDebwo7sLqLzHGUueLmkWCC4RycYgkuvDu3eoROgN5qhwnQLgfzwEXtuR9SDzh6BdhyVngzAjrxV",
    "abcdefgh",
    "1437027269927",
    "http://10.62.53.138:3000/jsapi",
)
QUERY = (
    "TICKET",
    "NONCE",
    "1510045655000",
    "https://example.com/app?corpid=ding123&q=a+b%20c%2Bd&n=%E5%BC%A0#top",
)


@pytest.mark.row("R07")
@pytest.mark.parametrize(
    ("inputs", "algorithm", "rule", "signature"),
    [
        (WEIXIN, "sha1", "decoded", "d14dfc1d0d98cad2438e664723e8a9d8633b443f"),
        (
            WEIXIN,
            "sha256",
            "decoded",
            "06db718d460dde9fba6788934c0f994abf83a79dd019b7d98e66a3e0b7e5a5b9",
        ),
        (OPEN, "sha1", "raw", "10de2b0a6763ec3685a50272b5b0eb2848098dc2"),
        (
            OPEN,
            "sha256",
            "raw",
            "6d6e0580d57aac61e427c1e82e7545cca4eed5c59ae6bb468c6bf6f89753cdb2",
        ),
        (DEMO, "sha1", "decoded", "810e6657e9f411e6491b3e97dfaf7660e89eb874"),
        (
            DEMO,
            "sha256",
            "decoded",
            "f83d09ae579893dd206f49752d49c64ed5b1d495a2d769e9f63ba4d1909f90ed",
        ),
        (
            QUERY,
            "sha256",
            "decoded",
            "f3db284386179f8701724f30b7fde1f1422f326cacf05c44c0081825fdc0d6f8",
        ),
        (
            QUERY,
            "sha256",
            "raw",
            "4a7b637c14a2979d520559db0767aede5cbadc4dc6826468b8252a5cd265c53d",
        ),
    ],
)
def test_known_inputs_give_the_known_signature(
    inputs: tuple[str, str, str, str], algorithm: Algorithm, rule: QueryRule, signature: str
) -> None:
    ticket, nonce, timestamp, url = inputs
    payload = config_payload(
        url=url,
        ticket=ticket,
        agent_id="1",
        corp_id="ding1",
        apis=[],
        algorithm=algorithm,
        rule=rule,
        nonce=nonce,
        timestamp=timestamp,
    )
    assert payload["signature"] == signature


@pytest.mark.parametrize(
    ("url", "decoded"),
    [
        # What the official Java routine printed when it was run.
        ("https://abc.xyz", "https://abc.xyz"),
        ("https://abc.xyz/?", "https://abc.xyz/?"),
        (
            "HTTPS://ABC.xyz:443/a%20b/中?q=a+b%20c%2Bd&n=%E5%BC%A0#h",
            "https://ABC.xyz:443/a%20b/中?q=a b c+d&n=张",
        ),
        ("HTTP://h/", "http://h/"),
        ("https://h/p?a=1%23b#/route?x=1", "https://h/p?a=1#b"),
        ("https://h/p?a=1?b=2", "https://h/p?a=1?b=2"),
        ("https://h/p#x?y=1", "https://h/p"),
        ("https://h", "https://h"),
        ("https://h/?", "https://h/?"),
        ("https://h:443/a%20b/+?q=a+b%20c%2Bd", "https://h:443/a%20b/+?q=a b c+d"),
        ("https://h/p?%25E5", "https://h/p?%E5"),
        ("https://h/p?a=100%&b=%E5%BC%A0", "https://h/p?a=100%&b=%E5%BC%A0"),
    ],
)
def test_only_the_query_is_decoded_and_only_once(url: str, decoded: str) -> None:
    assert signed_form(url, "decoded") == decoded
    assert signed_form(url, "raw") == url.partition("#")[0]


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="%+#?")))
def test_a_url_without_percent_and_plus_is_the_same_under_every_rule(query: str) -> None:
    url = f"https://h/p%2F+?{query}"
    assert signed_form(url, "decoded") == signed_form(url, "raw") == url


def test_the_payload_carries_what_was_signed() -> None:
    before = time.time() * 1000
    payload = config_payload(
        url="https://h/?a+b",
        ticket="ticket-canary",
        agent_id="7",
        corp_id="ding7",
        apis=("a.b", "c.d"),
        algorithm="sha256",
        rule="decoded",
        type=1,
    )
    nonce, timestamp = str(payload["nonceStr"]), str(payload["timeStamp"])
    plain = f"jsapi_ticket=ticket-canary&noncestr={nonce}&timestamp={timestamp}&url=https://h/?a b"
    assert payload == {
        "agentId": "7",
        "corpId": "ding7",
        "timeStamp": timestamp,
        "nonceStr": nonce,
        "signature": hashlib.sha256(plain.encode()).hexdigest(),
        "jsApiList": ["a.b", "c.d"],
        "type": 1,
    }
    assert nonce.isalnum()
    assert len(nonce) >= 16
    assert before - 1 <= int(timestamp) <= time.time() * 1000
    assert "ticket-canary" not in str(payload)


def test_each_signing_has_a_nonce_of_its_own_and_a_type_only_if_asked_for() -> None:
    payloads = [
        config_payload(
            url="https://h/",
            ticket="t",
            agent_id="7",
            corp_id="ding7",
            apis=(),
            algorithm="sha1",
            rule="raw",
        )
        for _ in range(50)
    ]
    assert len({payload["nonceStr"] for payload in payloads}) == 50
    assert all("type" not in payload for payload in payloads)


def test_text_without_a_utf8_form_is_not_signed() -> None:
    with pytest.raises(SignatureError, match="url_malformed"):
        sign(plain_text("t", "n", "1", "https://h/\ud800"), "sha256")


def test_a_python_without_hashes_of_its_own_signs_the_same() -> None:
    without = (
        "import sys; sys.modules.update(dict.fromkeys(['_sha1', '_sha2', '_sha256']));"
        "from dingbridge.signature import sign; print(sign('签', 'sha1'), sign('签', 'sha256'))"
    )
    made = subprocess.run([sys.executable, "-c", without], capture_output=True, check=True)
    assert made.stdout.decode().split() == [sign("签", "sha1"), sign("签", "sha256")]


@pytest.mark.parametrize(
    ("secret", "timestamp", "suite_ticket", "in_a_query"),
    [
        (
            "testappSecret",
            "1546084445901",
            None,
            "HCbG3xNE3vzhO%2Bu7qCUL1jS5hsu2n5r2cFhnTrtyDAE%3D",
        ),
        (
            "c9RMIAGoL_K26gxkw4LrLGf2ERSQVqMBd1K_jclUIT3WM249uVCwf0Ug2RpG4dBh",
            "1629879099342",
            "SEx31XX20YLqvcLVpnwObQHIbvv85ZD6UGXCphXEmp0zCNNfj6VMMklvZjVNDCf99rrKc476XMKS56d5p6iCOU",
            "auGsFduirwTx3fYqswR8SCuaKbHpHjJzUB%2FcIAWHGuw%3D",
        ),
    ],
)
def test_the_signature_of_a_server_call_against_known_answers(
    secret: str, timestamp: str, suite_ticket: str | None, in_a_query: str
) -> None:
    assert quote_plus(call_signature(secret, timestamp, suite_ticket)) == in_a_query
