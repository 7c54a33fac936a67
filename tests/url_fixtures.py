"""The project's measured URLs: what a browser showed, and what reached the app behind a front.

`tests/fixtures/url/corpus.json` holds groups of one profile, front and expectation; a row is
[origin, target, target at the app, Host at the app, headers], where null means "as the browser
sent it". `profiles.json` says how an operator sets the app up for each profile.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dingbridge.page_url import FrontPolicy, Origin

FOLDER = Path(__file__).parent / "fixtures" / "url"
LOOPBACK = "127.0.0.1"
# Profiles whose fronts name the scheme only in a header of their own, which nobody reads.
SCHEME_UNSAID = {"client_scheme", "cf_visitor"}
# Attacks that may be signed although their entry says `refuse`, each with the reason.
SIGNED_BY_CONTRACT = {
    "a175": (
        "No server hands on a name with an underscore, so nothing of the attack arrives: a listed"
        " Host and a trusted proxy's scheme are left, and for these the contract signs."
    ),
}
# The same, where the list of origins holds one scheme for each host.
_LIST_SETTLES = "No header says the scheme, and what headers leave out the list settles."
SIGNED_WITH_ONE_SCHEME = SIGNED_BY_CONTRACT | dict.fromkeys(("a131", "a176", "a220"), _LIST_SETTLES)


def load(name: str) -> Any:
    """The content of one of the JSON files."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Measured:
    """One page load: the browser's side, and what the app got."""

    profile: str
    front: str
    expect: str
    origin: str
    target: str
    app_target: str
    app_host: str
    headers: dict[str, str]

    @property
    def href(self) -> str:
        """`location.href` without its fragment."""
        return self.origin + self.target

    @property
    def environ(self) -> dict[str, object]:
        """The request as gunicorn hands it to the app."""
        return wsgi_environ(self.app_target, [("Host", self.app_host), *self.headers.items()])

    @property
    def changes(self) -> tuple[str, ...]:
        """What a front that destroys the URL did to this one, told from what it handed on.

        All of them merge slashes; those with Go drop parameters, one loses a dot and a port.
        """
        if self.front.startswith("frp"):
            return ("query_pruned",)
        if self.front == "nginx_$host+port":
            return ("host", "port")
        path, handed_on = (text.partition("?")[0] for text in (self.target, self.app_target))
        recoded = path.count("%") != handed_on.count("%")
        merged = "//" in path.replace("%2f", "/").replace("%2F", "/")
        only_case = not recoded and not merged and path != handed_on
        mark_lost = self.target.endswith("?") and not self.app_target.endswith("?")
        found = {
            "path_escapes": recoded,
            "merged_slashes": merged,
            "escape_case": only_case,
            "bare_question_mark": mark_lost,
        }
        return tuple(name for name, applies in found.items() if applies)


@cache
def corpus() -> tuple[Measured, ...]:
    """All measured page loads."""
    return tuple(_rows())


def _rows() -> Iterator[Measured]:
    for group in load("corpus.json"):
        for row in group["rows"]:
            origin, target, app_target, app_host, headers = [*row, None, None, None][:5]
            yield Measured(
                profile=group["profile"],
                front=group["front"],
                expect=group["expect"],
                origin=origin,
                target=target,
                app_target=target if app_target is None else app_target,
                app_host=origin.partition("://")[2] if app_host is None else app_host,
                headers={**group["headers"], **(headers or {})},
            )


@cache
def policy_for(profile: str) -> FrontPolicy:
    """The settings that an operator behind this profile's fronts gives the app.

    The list holds the origins of all the profile's page loads: no row says which one is its own.
    """
    setup = load("profiles.json")[profile]
    origins = dict.fromkeys(Origin.parse(row.origin) for row in corpus() if row.profile == profile)
    only = setup["only_origin"]
    return FrontPolicy(
        origins=(Origin.parse(only),) if only else tuple(origins),
        trusted_proxies=tuple(setup["trusted_proxies"]),
        hops=setup["hops"],
        forwarded_port=setup["forwarded_port"],
        original_uri_header=setup["original_uri_header"],
    )


def may_be_signed(attack: dict[str, Any], url: str | None) -> bool:
    """Whether an attack's entry allows what was signed, or (None) that nothing was."""
    if url is None:
        return attack["expect"] != "sign"
    if attack["id"] in SIGNED_BY_CONTRACT:
        target, headers = parse_raw(attack["raw"])
        sent = dict(headers)
        return url == f"{sent['X-Forwarded-Proto']}://{sent['Host']}{target}"
    return attack["expect"] != "refuse" and url in attack["sign_any_of"]


def wsgi_environ(
    target: str, headers: list[tuple[str, str]], peer: str = LOOPBACK
) -> dict[str, object]:
    """A WSGI environment as gunicorn makes it: repeated headers joined by commas."""
    environ: dict[str, object] = {
        "RAW_URI": target,
        "REMOTE_ADDR": peer,
        "REQUEST_METHOD": "GET",
        "wsgi.url_scheme": "http",
    }
    for name, value in headers:
        key = f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def parse_raw(raw: str) -> tuple[str, list[tuple[str, str]]]:
    """Target and headers of a raw HTTP request; as gunicorn does, without underscored names."""
    first, *lines = raw.partition("\r\n\r\n")[0].split("\r\n")
    target = first.partition(" ")[2].rpartition(" ")[0]
    headers = [(name, value.strip(" \t")) for name, _, value in (x.partition(":") for x in lines)]
    return target, [(name, value) for name, value in headers if "_" not in name]
