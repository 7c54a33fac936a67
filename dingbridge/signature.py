"""The signatures that the platform asks for: of `dd.config`, and of signed server calls (pure).

Rules: DingTalk's document "JSAPI 鉴权" (dd.config). The plain text is
`jsapi_ticket=…&noncestr=…&timestamp=…&url=…` in UTF-8, its hash in lower-case hexadecimal. The
official samples disagree on the hash (SHA-1 until 2020, SHA-256 since 2022) and on the URL (query
decoded once, or as it is), so both are settings and each has its one place here.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from dingbridge.errors import SignatureError
from dingbridge.settings import Algorithm, QueryRule
from dingbridge.url_decoding import MalformedEscapeError, java_decode

__all__ = ["call_signature", "config_payload", "plain_text", "sign", "sign_page", "signed_form"]


def _hash(name: str, *modules: str) -> Callable[[bytes], Any]:
    """CPython's own code for a hash, as its `random` takes it too, from the first module there is.

    Amid a request's other work the way through OpenSSL costs a page more than the hash itself.
    """
    for module in modules:
        with suppress(ImportError):
            own: Callable[[bytes], Any] = getattr(importlib.import_module(module), name)
            return own
    # The platform's older rule is SHA-1; nothing is protected by its collision resistance.
    return lambda octets: hashlib.new(name, octets, usedforsecurity=False)


_HASHES = {"sha256": _hash("sha256", "_sha2", "_sha256"), "sha1": _hash("sha1", "_sha1")}


def signed_form(url: str, rule: QueryRule) -> str:
    """The form of a URL that goes into the plain text.

    The fragment is dropped; host, port and path stay untouched, also a bare `?`. Under the rule
    `decoded` the scheme is in lower case, as in every browser's address, and the query is decoded
    once as Java's URLDecoder does. Where Java would throw (a `%` without two hexadecimal digits),
    the whole query stays as it is: the sample has no answer for such a URL, and the raw form is
    the only other one that a client can mean.
    """
    url = url.partition("#")[0]
    if rule == "raw":
        return url
    if not url[:5].islower():
        scheme, colon, rest = url.partition(":")
        url = scheme.lower() + colon + rest
    if "%" not in url and "+" not in url:
        return url
    base, mark, query = url.partition("?")
    try:
        return base + mark + java_decode(query)
    except MalformedEscapeError:
        return url


_PLAIN_TEXT = "jsapi_ticket=%s&noncestr=%s&timestamp=%s&url=%s"


def plain_text(ticket: str, nonce: str, timestamp: str, url: str) -> str:
    """What is hashed. `url` is in its signed form, `timestamp` the digits sent to `dd.config`."""
    return _PLAIN_TEXT % (ticket, nonce, timestamp, url)


def sign(plain: str, algorithm: Algorithm) -> str:
    """The hash of a plain text in lower-case hexadecimal.

    Raises SignatureError for text that has no UTF-8 form (lone surrogates).
    """
    try:
        octets = plain.encode()
    except UnicodeEncodeError:
        raise SignatureError("url_malformed") from None
    text: str = _HASHES[algorithm](octets).hexdigest()
    return text


def sign_page(
    url: str,
    ticket: str,
    algorithm: Algorithm,
    rule: QueryRule,
    nonce: str,
    timestamp: str | None = None,
) -> tuple[str, str]:
    """Timestamp (milliseconds since 1970, decimal; now unless given) and signature of a page.

    Raises SignatureError.
    """
    if timestamp is None:
        timestamp = str(time.time_ns() // 1_000_000)
    # Else every form is the same: a call less.
    if "%" in url or "+" in url or "#" in url or not url[:5].islower():
        url = signed_form(url, rule)
    return timestamp, sign(_PLAIN_TEXT % (ticket, nonce, timestamp, url), algorithm)


def config_payload(  # noqa: PLR0913 - one keyword for each thing that dd.config takes
    *,
    url: str,
    ticket: str,
    agent_id: str,
    corp_id: str,
    apis: Sequence[str],
    algorithm: Algorithm,
    rule: QueryRule,
    type: int | None = None,  # noqa: A002 - the platform's own word
    nonce: str | None = None,
    timestamp: str | None = None,
) -> dict[str, object]:
    """The argument of `dd.config` for the page at `url`.

    `apis` are the names for jsApiList, without `dd.`; `type` is 0 (micro-app) or 1 (服务窗) and
    left out if None. `nonce` and `timestamp` (a decimal string, milliseconds since 1970) are made
    here unless given. Raises SignatureError.
    """
    if nonce is None:
        nonce = secrets.token_hex(8)
    timestamp, signature = sign_page(url, ticket, algorithm, rule, nonce, timestamp)
    payload: dict[str, object] = {
        "agentId": agent_id,
        "corpId": corp_id,
        "timeStamp": timestamp,
        "nonceStr": nonce,
        "signature": signature,
        "jsApiList": list(apis),
    }
    if type is not None:
        payload["type"] = type
    return payload


def call_signature(secret: str, timestamp: str, suite_ticket: str | None = None) -> str:
    """The `signature` parameter of a server call that carries `accessKey` and `timestamp`.

    Such calls are `/sns/getuserinfo_bycode` (`secret` is the app's) and, with the `suite_ticket`
    that the platform has pushed, `/service/get_corp_token` and `/service/get_auth_info` (the
    suite's). `timestamp`: a decimal string, milliseconds since 1970, the same as in the call.

    Returns base64; whoever puts it into a query encodes it as any other value. Source: documents
    "signature calculation" of third-party apps and of login by `sns`.
    """
    text = timestamp if suite_ticket is None else f"{timestamp}\n{suite_ticket}"
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()
