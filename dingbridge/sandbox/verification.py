"""Verifies a ``dd.config`` request the way the platform does, by code of its own.

Nothing here is shared with the package's signature module: a mistake that both made would pass.
The order of the checks is this stand-in's model; only the sub-codes are the platform's.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from secrets import compare_digest
from urllib.parse import urlsplit

from dingbridge.sandbox.tokens import masked

MESSAGES = {
    52010: "无效的corpid",
    52011: "jsapi ticket 读取失败",
    52013: "签名校验失败",
    52014: "无效的url",
    52015: "无效的随机字符串",
    52016: "无效的签名",
    52017: "无效的jsapi列表",
    52018: "无效的时间戳",
    52019: "无效的agentid",
    52022: "无效的jsapi类型",
}
_ESCAPES = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
# A surrogate spelt in UTF-8, whole or cut off, is one replacement character to Java and up to
# three to Python.
_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]?")


@dataclass(frozen=True)
class Rules:
    """Whose request is good, and how its signature was made."""

    corp_id: str
    agent_id: str
    algorithm: str = "sha256"
    query_rule: str = "decoded"


@dataclass(frozen=True)
class Refusal:
    """Why a request was refused: the sub-code, and the text that the client hands to the page."""

    sub_code: int
    message: str


def verify(
    args: Mapping[str, object], url: str | None, tickets: Sequence[str], rules: Rules
) -> Refusal | None:
    """None if the request is good.

    ``args`` is what the page gave to dd.config; ``url`` the page's address as the client has it,
    with or without a fragment; ``tickets`` the live ones, any of which will do.
    """
    page = (url or "").split("#", 1)[0]
    sub_code = _first_fault(args, page, tickets, rules)
    if sub_code is None:
        return None
    shown = ",".join(masked(ticket) for ticket in tickets)
    return Refusal(
        sub_code,
        f"权限校验失败 Code:{sub_code} - Message: {MESSAGES[sub_code]},"
        f"nonce:[{_text(args.get('nonceStr'))}],timestamp:[{_text(args.get('timeStamp'))}],"
        f"url:[{page}],ticketList:[{shown}]",
    )


def _first_fault(
    args: Mapping[str, object], page: str, tickets: Sequence[str], rules: Rules
) -> int | None:
    nonce, timestamp = _text(args.get("nonceStr")), _text(args.get("timeStamp"))
    signature = args.get("signature")
    checks = (
        (52010, _text(args.get("corpId")) == rules.corp_id),
        (52019, _text(args.get("agentId")) == rules.agent_id),
        (52017, _is_list_of_names(args.get("jsApiList"))),
        (52022, str(args.get("type") or 0) in ("0", "1")),
        (52018, re.fullmatch(r"[0-9]{1,20}", timestamp) is not None),
        (52015, bool(nonce)),
        (52014, _is_address(page)),
        (52011, bool(tickets)),
        (52016, isinstance(signature, str) and bool(signature)),
    )
    for sub_code, good in checks:
        if not good:
            return sub_code
    given = str(signature).encode("utf-8", "surrogatepass")
    signed = page if rules.query_rule == "raw" else decoded_query(page)
    for ticket in tickets:
        if compare_digest(given, expected(ticket, nonce, timestamp, signed, rules.algorithm)):
            return None
    return 52013


def expected(ticket: str, nonce: str, timestamp: str, url: str, algorithm: str) -> bytes:
    """The right signature: lower-case hexadecimal digits, as bytes."""
    parts = {"jsapi_ticket": ticket, "noncestr": nonce, "timestamp": timestamp, "url": url}
    plain = "&".join(f"{name}={value}" for name, value in parts.items())
    digest = hashlib.new(algorithm, plain.encode("utf-8", "surrogatepass"), usedforsecurity=False)
    return digest.hexdigest().encode("ascii")


def decoded_query(url: str) -> str:
    """The URL with its query decoded once, as java.net.URLDecoder does it; the rest stays.

    Where Java's decoder would throw (an escape that is none), the URL is taken as it is: a platform
    that answered nothing at all could not be told from one that is down.
    """
    address, mark, query = url.partition("?")
    if "%" in _ESCAPES.sub("", query):
        return url
    decoded = _ESCAPES.sub(lambda found: _utf8(found[0]), query.replace("+", " "))
    return address + mark + decoded


def _utf8(escapes: str) -> str:
    octets = bytes.fromhex(escapes.replace("%", ""))
    return "\ufffd".join(part.decode("utf-8", "replace") for part in _SURROGATE.split(octets))


def _text(value: object) -> str:
    """Strings and whole numbers as text; the platform takes a timestamp in either form."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def _is_list_of_names(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and name for name in value)


def _is_address(page: str) -> bool:
    try:
        parts = urlsplit(page)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
