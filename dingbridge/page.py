"""What a signed page carries: the exact URL, the `dd.config` payload, and words for failures.

This is the hot path. With a fresh ticket in memory it touches no network, disk or lock.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import NamedTuple, Protocol

from dingbridge import catalogue, jsapi
from dingbridge.errors import (
    CredentialUnavailable,
    DingBridgeError,
    PageUrlUncertain,
    SignatureError,
)
from dingbridge.page_url import FrontPolicy, page_url
from dingbridge.settings import Language, Settings
from dingbridge.signature import config_payload, sign_page

log = logging.getLogger("dingbridge")

# Without letters and digits that people confuse when they read a reference out loud.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LETTERS = 8 * _ALPHABET.encode()  # what each of the 256 octets is written as


class Tickets(Protocol):
    """Whoever has the current jsapi_ticket."""

    def ticket(self) -> str:
        """The current ticket; raises CredentialUnavailable."""
        ...


@dataclass(frozen=True)
class PageError:
    """Why a page could not be signed, for people.

    `subcode` is the platform's own code where it refused a ticket, for developers only.
    """

    code: str
    subcode: str
    message: str
    remedy: str


class PageView(NamedTuple):
    """One rendering of one page: what the browser gets, and the reference the log shares.

    `timestamp`, `nonce` and `signature` are those of `dd.config`, and empty where `error` is not.
    """

    url: str | None
    apis: tuple[str, ...]
    reference: str
    timestamp: str = ""
    nonce: str = ""
    signature: str = ""
    error: PageError | None = None
    cause: DingBridgeError | None = None  # what the error was made of, for the record


def new_reference() -> str:
    """A reference that a person can read out: eight characters, in the log line too."""
    return _draw()[0]


_drawn: list[tuple[str, str]] = []
os.register_at_fork(after_in_child=_drawn.clear)  # two workers must never draw the same


def _draw() -> tuple[str, str]:
    """A reference and a nonce, made in advance: inside a request each step costs several times
    what it does in a loop, a system call 11 µs.
    """
    try:
        return _drawn.pop()
    except IndexError:
        octets = os.urandom(4096)
        made = [_spelt(octets[at : at + 16]) for at in range(0, len(octets), 16)]
        _drawn.extend(made[1:])
        return made[0]


def _spelt(octets: bytes) -> tuple[str, str]:
    letters = octets[:8].translate(_LETTERS).decode()
    return f"{letters[:4]}-{letters[4:]}", octets[8:].hex()


def describe_apis(names: Sequence[str]) -> dict[str, dict[str, object]]:
    """For each declared API whether it needs a grant and where it exists.

    An API that the project's data does not know is taken to need a grant, everywhere.
    """
    described: dict[str, dict[str, object]] = {}
    for name in names:
        known = jsapi.find(name)
        if known is None:
            described[name] = {"grant": True, "platforms": sorted(jsapi.PLATFORMS)}
        else:
            described[name] = {"grant": known.needs_grant, "platforms": list(known.platforms)}
    return described


class PageSigner:
    """Signs pages for one app's credentials."""

    def __init__(self, settings: Settings, policy: FrontPolicy, tickets: Tickets) -> None:
        """`policy` says which headers are believed; `tickets` has the current ticket."""
        self._settings = settings
        self._policy = policy
        self._tickets = tickets

    def config(self, url: str, apis: Sequence[str], kind: int | None = None) -> dict[str, object]:
        """The `dd.config` payload for `url`; `kind` 1 asks for 服务窗 APIs.

        Raises CredentialUnavailable and SignatureError.
        """
        settings = self._settings
        return config_payload(
            url=url,
            ticket=self._tickets.ticket(),
            agent_id=settings.agent_id,
            corp_id=settings.corp_id,
            apis=apis,
            algorithm=settings.signature,
            rule=settings.signed_query,
            type=kind,
        )

    def view(
        self,
        environ: Mapping[str, object],
        apis: tuple[str, ...],
        lang: Language,
        developer: bool,
    ) -> PageView:
        """Sign the page of this request, or say why it stays unsigned.

        Raises PageUrlRefused: the request cannot be one of our pages.
        """
        reference, nonce = _draw()
        url: str | None = None
        try:
            url = page_url(environ, self._policy)
            ticket, rules = self._tickets.ticket(), self._settings
            timestamp, signature = sign_page(
                url, ticket, rules.signature, rules.signed_query, nonce
            )
        except (PageUrlUncertain, CredentialUnavailable, SignatureError) as error:
            log.warning("page unsigned reference=%s reason=%s", reference, error)
            said = explain_error(error, lang, developer)
            return PageView(url, apis, reference, error=said, cause=error)
        return PageView(url, apis, reference, timestamp, nonce, signature)


def explain_error(error: DingBridgeError, lang: Language, developer: bool) -> PageError:
    """The catalogue's sentences for an error; what the platform answered is for developers."""
    entry = catalogue.explain(error.code, family="page")
    subcode, remedy = "", entry.say("remedy", lang, error.values)
    if developer and isinstance(error, CredentialUnavailable) and error.platform_error:
        refusal = error.platform_error
        told = catalogue.explain(refusal.code, refusal.sub_code, "server")
        subcode, remedy = refusal.sub_code or refusal.code, told.say("remedy", lang, refusal.values)
    return PageError(error.code, subcode, entry.say("message", lang, error.values), remedy)


def signed_tags(view: PageView, before: str, constant: str, after: str) -> str:
    """The tags of a page: between `before` and `after` what differs from one rendering to the next.

    That is the beginning of the data block's JSON; `constant` is the page's `constant_config`, and
    `after` goes on with its `constant_data`. The whole is safe inside a script element, whatever
    the URL holds.
    """
    url = view.url
    if url is not None and _PLAIN.fullmatch(url):
        address = '"' + url.replace("&", "\\u0026") + '"'
    else:
        address = escape_json(url)
    if view.error is None:  # digits and hexadecimal digits need no escape
        return (
            f'{before}{{"url":{address},"config":{{"timeStamp":"{view.timestamp}",'
            f'"nonceStr":"{view.nonce}","signature":"{view.signature}",{constant},'
            f'"reference":"{view.reference}","error":null,{after}'
        )
    error = escape_json(asdict(view.error))
    return (
        f'{before}{{"url":{address},"config":null,"reference":"{view.reference}",'
        f'"error":{error},{after}'
    )


# Most URLs: nothing in them but `&` is written otherwise in JSON or HTML.
_PLAIN = re.compile(r"[A-Za-z0-9:/?&=.,;~%+@!$*()_-]*")


def constant_config(agent: str, corp: str, apis: tuple[str, ...], kind: int | None) -> str:
    """What of the payload of `dd.config` is the same for each rendering of one template."""
    config: dict[str, object] = {"agentId": agent, "corpId": corp, "jsApiList": apis}
    if kind is not None:
        config["type"] = kind
    return escape_json(config)[1:]


def constant_data(names: tuple[str, ...], lang: Language, developer: bool, prefix: str) -> str:
    """The rest of the data block: what is the same for each rendering of one template.

    `prefix` is the path of the routes, with any path prefix.
    """
    words: dict[str, object] = {
        entry.code: {"message": entry.message[lang], "remedy": entry.remedy[lang]}
        for entry in catalogue.every()
        # A refused call is met in single-page apps, which go on at once.
        if entry.family == "bridge" or (entry.family, entry.code) == ("client", "7")
    }
    labels = {name: text[lang] for name, text in catalogue.titles("labels").items()}
    block = {
        "apis": describe_apis(names),
        "lang": lang,
        "developer": developer,
        "endpoints": {name: f"{prefix}/{name}" for name in ("sign", "outcome", "explain")},
        "words": {**words, **labels},
    }
    return escape_json(block)[1:]


def escape_json(value: object) -> str:
    """JSON that can stand in HTML: no `<`, `>` or `&`, no U+2028 or U+2029."""
    text = _encode(value)
    for character, escape in _ESCAPES:
        text = text.replace(character, escape)
    return text


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ESCAPES = [(character, f"\\u{ord(character):04x}") for character in "<>&\u2028\u2029"]
