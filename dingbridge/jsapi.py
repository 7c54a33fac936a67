"""What is known of each client API: whether it waits for a grant, and where it exists.

The rows stand in ``jsapi.json``. They were gathered from the platform's overview of H5 APIs, its
page for each API and the declarations in the npm package ``dingtalk-jsapi``; ``conflict`` says
where those disagree. Two rules settle such cases: a grant that any source asks for is needed
(listing an API too many in ``jsApiList`` does no harm, one too few fails with error 7), and a
platform that any source names is offered (the client refuses clearly where it is wrong). The one
exception to the latter is NFC, which works on Android alone, though the SDK declares more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

Platform = Literal["android", "ios", "pc", "harmony"]
PLATFORMS: tuple[Platform, ...] = get_args(Platform)


@dataclass(frozen=True, slots=True)
class Jsapi:
    """One API of the client.

    ``name`` is what ``jsApiList`` and the native bridge call it (``device.geolocation.get``),
    ``aliases`` are the SDK's flat names for it (``getLocation``, called as ``dd.getLocation``).
    ``platforms`` is empty for what no H5 page can call (mini-programs only). ``grant_known`` is
    False where no source says whether a grant is needed; ``needs_grant`` is then True.
    ``conflict`` names what the sources disagree about, or is empty.
    """

    name: str
    needs_grant: bool
    platforms: tuple[Platform, ...]
    aliases: tuple[str, ...] = ()
    grant_known: bool = True
    conflict: str = ""


def find(name: str) -> Jsapi | None:
    """The API called ``name``, by its dotted name or a flat alias, with or without ``dd.``.

    None for a name that no source knows; such an API may still exist in a newer client.
    """
    return _by_name().get(name.removeprefix("dd."))


@cache
def every() -> tuple[Jsapi, ...]:
    """All known APIs, in the order of their names."""
    text = files("dingbridge").joinpath("jsapi.json").read_text(encoding="utf-8")
    return tuple(
        Jsapi(
            name=row["name"],
            needs_grant=row["grant"] is not False,
            platforms=tuple(row["platforms"]),
            aliases=tuple(row.get("aliases", ())),
            grant_known=row["grant"] is not None,
            conflict=row.get("conflict", ""),
        )
        for row in json.loads(text)
    )


@cache
def _by_name() -> dict[str, Jsapi]:
    names = {alias: api for api in every() for alias in api.aliases}
    return names | {api.name: api for api in every()}
