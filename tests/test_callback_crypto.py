"""The cipher of callbacks, against vectors on which several implementations agree."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from dingbridge import catalogue
from dingbridge.callback_crypto import CallbackCrypto, CallbackError

HERE = Path(__file__).resolve().parent
VECTORS: list[dict[str, Any]] = json.loads(
    (HERE / "fixtures/callback/vectors.json").read_text(encoding="utf-8")
)
KEY = "4g5j64qlyl3zvetqxz5jiocdr586fn2zvjpa8zls3ij"
OURS = CallbackCrypto("123456", KEY, "suite4xxxxxxxxxxxxxxx")
CODES = {
    "bad_signature": "callback_signature",
    "wrong_owner": "callback_owner",
    "aes_key": "callback_settings",
    "truncated": "callback_unreadable",
    "bad_base64": "callback_unreadable",
    "padding": "callback_unreadable",
    "content": "callback_unreadable",
}


def named(*, valid: bool) -> list[Any]:
    return [
        pytest.param(vector, id=f"{vector['id']}-{vector['category']}")
        for vector in VECTORS
        if vector["valid"] is valid
    ]


def opened(vector: dict[str, Any]) -> bytes:
    crypto = CallbackCrypto(vector["token"], vector["aes_key"], vector["owner_key"])
    asked = (vector[name] for name in ("encrypt", "signature", "timestamp", "nonce"))
    return crypto.decrypt(*asked)


def sealed(text: bytes) -> tuple[str, str, str, str]:
    """A signed callback of any plain text, made without the code under test."""
    key = base64.b64decode(f"{KEY}=")
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    encrypt = base64.b64encode(cipher.update(text) + cipher.finalize()).decode()
    joined = "".join(sorted(["123456", "1", "n", encrypt]))
    return encrypt, hashlib.sha1(joined.encode()).hexdigest(), "1", "n"  # noqa: S324


def refusal(*asked: Any) -> CallbackError:
    with pytest.raises(CallbackError) as error:
        OURS.decrypt(*asked)
    return error.value


@pytest.mark.parametrize("vector", named(valid=True))
def test_what_others_encrypt_is_read(vector: dict[str, Any]) -> None:
    assert opened(vector) == vector["plaintext"].encode()


@pytest.mark.parametrize("vector", named(valid=False))
def test_what_is_not_the_platforms_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(CallbackError) as error:
        opened(vector)
    # Flipped bits and wrong lengths end in another owner or in nothing that can be read.
    either = {"callback_unreadable", "callback_owner"}
    codes = {CODES[vector["category"]]} if vector["category"] in CODES else either
    assert error.value.code in (codes if vector["owner_key"] else {"callback_settings"})
    secrets = [vector[name] for name in ("token", "aes_key", "encrypt")]
    assert not any(secret in str(error.value) for secret in secrets if secret)


@pytest.mark.parametrize(
    "vector", [case for case in named(valid=True) if "random" in case.values[0]]
)
def test_what_is_encrypted_is_the_same_octets_as_others_make(
    vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "dingbridge.callback_crypto.secrets.token_bytes", lambda _: vector["random"].encode()
    )
    crypto = CallbackCrypto(vector["token"], vector["aes_key"], vector["owner_key"])
    assert crypto.encrypt(vector["plaintext"], vector["timestamp"], vector["nonce"]) == {
        "msg_signature": vector["signature"],
        "timeStamp": vector["timestamp"],
        "nonce": vector["nonce"],
        "encrypt": vector["encrypt"],
    }


@given(st.one_of(st.text(), st.binary()))
def test_every_message_comes_back_and_no_two_answers_are_alike(message: str | bytes) -> None:
    octets = message.encode("utf-8", "replace") if isinstance(message, str) else message
    first, second = (OURS.encrypt(octets, "1445827045067", "n") for _ in range(2))
    assert first["encrypt"] != second["encrypt"]
    asked = (first["encrypt"], first["msg_signature"], "1445827045067", "n")
    try:
        octets.decode()
    except UnicodeDecodeError:
        assert refusal(*asked).reason == "utf8"
    else:
        assert OURS.decrypt(*asked) == octets


@given(st.binary(max_size=200))
def test_whatever_is_signed_and_encrypted_is_refused_by_a_name(text: bytes) -> None:
    # Nothing that is made up ends with this owner.
    error = refusal(*sealed(text + bytes(-len(text) % 16)))
    assert error.code in {"callback_unreadable", "callback_owner"}


@given(
    st.tuples(*[st.one_of(st.none(), st.integers(), st.text(st.characters()))] * 4),
)
def test_whatever_is_not_signed_is_refused_as_that(asked: tuple[Any, ...]) -> None:
    assert refusal(*asked).code == "callback_signature"


def test_nothing_is_decoded_before_the_signature_is_right() -> None:
    encrypt, signature, *rest = sealed(b"x" * 16)
    assert refusal("no base64", signature, *rest).code == "callback_signature"
    assert refusal(encrypt, signature.upper(), *rest).code == "callback_signature"
    assert refusal(encrypt, signature[:-1], *rest).code == "callback_signature"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "length"),
        (bytes([16]) * 16, "length"),  # nothing but filling
        (b"r" * 16 + b"\0\0\0" + bytes([13]) * 13, "length"),  # a length cut off
        (b"r" * 16 + b"\0\0\0\x02" + b"x" + bytes([11]) * 11, "length"),
        (b"r" * 16 + b"\0" * 16, "padding"),
        (b"r" * 16 + bytes([15]) + bytes([16]) * 15, "padding"),
        (b"r" * 15 + bytes([32]), "padding"),  # more filling than text
    ],
)
def test_a_text_without_its_parts_is_refused_by_name(text: bytes, reason: str) -> None:
    assert refusal(*sealed(text)).reason == reason


@pytest.mark.parametrize("filling", range(1, 33))
def test_every_filling_up_to_thirty_two_is_read(filling: int) -> None:
    owner = b"suite4xxxxxxxxxxxxxxx"
    message = b"x" * (-(20 + len(owner) + filling) % 16)
    text = b"r" * 16 + len(message).to_bytes(4, "big") + message + owner
    assert OURS.decrypt(*sealed(text + bytes([filling]) * filling)) == message


@pytest.mark.parametrize(
    ("token", "key", "owner", "reason"),
    [
        ("", KEY, "ding1", "token"),
        ("令牌", KEY, "ding1", "token"),
        ("123456", KEY[:-1], "ding1", "aes_key"),
        ("123456", KEY + "=", "ding1", "aes_key"),
        ("123456", KEY[:-1] + "\n", "ding1", "aes_key"),
        ("123456", KEY[:-1] + "+", "ding1", "aes_key"),
        ("123456", KEY, "", "owner"),
    ],
)
def test_settings_that_cannot_be_right_are_refused_at_once(
    token: str, key: str, owner: str, reason: str
) -> None:
    with pytest.raises(CallbackError) as error:
        CallbackCrypto(token, key, owner)
    assert (error.value.code, error.value.reason) == ("callback_settings", reason)
    assert key not in str(error.value)


@pytest.mark.parametrize(
    "code",
    ["callback_settings", "callback_signature", "callback_unreadable", "callback_owner"],
)
def test_each_refusal_is_explained_with_the_code_of_the_official_classes(code: str) -> None:
    (entry,) = catalogue.find(code)
    assert re.search(r"90000[4-9]|900010", entry.cause["zh"])


def test_the_route_of_the_document_answers_the_platform_and_nobody_else() -> None:
    document = (HERE.parent / "docs/callbacks.md").read_text(encoding="utf-8")
    (route,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    kept: list[dict[str, Any]] = []
    app = Flask(__name__)
    crypto = OURS
    exec(route, {"app": app, "crypto": crypto, "keep": kept.append})  # noqa: S102
    capture = next(vector for vector in VECTORS if vector["id"] == "cap0")
    query = {name: capture[name] for name in ("signature", "timestamp", "nonce")}
    client = app.test_client()
    answer = client.post("/callback", query_string=query, json={"encrypt": capture["encrypt"]})
    assert answer.status_code == 200
    told = answer.get_json()
    assert set(told) == {"msg_signature", "timeStamp", "nonce", "encrypt"}
    said = (told["encrypt"], told["msg_signature"], told["timeStamp"], told["nonce"])
    assert crypto.decrypt(*said) == b"success"
    assert kept == [json.loads(capture["plaintext"])]
    for query_string, body in (({}, {}), (query, {"encrypt": 7}), (query, []), ({}, None)):
        refused = client.post("/callback", query_string=query_string, json=body)
        assert (refused.status_code, refused.data) == (403, b"")
    assert len(kept) == 1
