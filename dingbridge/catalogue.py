"""Every code and every sentence for people, in Chinese and English.

The entries stand in ``catalogue.json``. Each has a ``title``, a ``message`` (what a visitor reads:
what happened and what to do), and for whoever runs or writes the app a ``cause`` and a ``remedy``.
Where the platform's own documents disagree, the cause names both readings. ``python -m
dingbridge.catalogue`` prints all of it as ``docs/errors.md``.

A code means different things in different places (-1 is "cancelled" from the client and "busy"
from the server), so entries belong to a family. One code with several faces (errorCode 3) has an
entry for each: the plain ``3`` and variants such as ``3/redirect_uri_domain``, which are told
apart by the platform's text.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

Family = Literal["client", "config", "sdk", "bridge", "page", "server"]
Language = Literal["zh", "en"]
Part = Literal["title", "message", "cause", "remedy"]

FAMILIES: tuple[Family, ...] = get_args(Family)
LANGUAGES: tuple[Language, ...] = get_args(Language)
PARTS: tuple[Part, ...] = get_args(Part)

# What turns up in one family may carry a code of its neighbours; they are searched in this order.
_NEIGHBOURS: dict[Family | None, tuple[Family, ...]] = {
    None: FAMILIES,
    "client": ("client", "config", "sdk", "bridge"),
    "config": ("config", "client", "sdk", "bridge"),
    "sdk": ("sdk", "client", "config", "bridge"),
    "bridge": ("bridge", "client", "config", "sdk"),
    "page": ("page",),
    "server": ("server",),
}
# Codes that only say "see inside": the telling one is the sub-code, or stands in the text.
_WRAPPERS = frozenset({"3", "88"})
# As the platform writes it: "Code:52013 - Message", "错误码:52011", "subcode=90002".
_INNER_CODE = re.compile(r"(?:code|错误码)\s*[:：=]\s*([A-Za-z0-9_.]+)", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known about one code; the four texts are dicts with the keys ``zh`` and ``en``.

    ``placeholders`` are the names that stand in braces in the texts (``{api}``). ``sources`` says
    in a few words where the knowledge comes from, ``symptom`` is the key of what a person sees,
    ``phrases`` are bits of the platform's own text by which the entry is recognised.
    """

    code: str
    family: Family
    title: dict[str, str]
    message: dict[str, str]
    cause: dict[str, str]
    remedy: dict[str, str]
    placeholders: tuple[str, ...] = ()
    sources: str = ""
    symptom: str = ""
    phrases: tuple[str, ...] = ()

    def say(
        self, part: Part, language: Language, values: Mapping[str, object] | None = None
    ) -> str:
        """One text, its placeholders filled from ``values``; one that is missing becomes ``…``."""
        known = values or {}
        texts: dict[str, str] = getattr(self, part)
        return _PLACEHOLDER.sub(lambda found: str(known.get(found[1], "…")), texts[language])


def find(code: str, family: Family | None = None) -> tuple[Entry, ...]:
    """All entries for ``code``, its variants (``3/…``) after it; empty where nobody knows it."""
    wanted = code.strip().casefold()
    entries = (entry for entry in every() if family in (None, entry.family))
    return tuple(entry for entry in entries if _is_or_varies(entry, wanted))


def explain(
    code: str | int,
    subcode: str | int | None = None,
    family: Family | None = None,
    *,
    text: str = "",
) -> Entry:
    """The entry that says most about a failure, whatever the strings hold.

    ``subcode`` (52013 inside errorCode 3, ``sub_code`` of a server's answer) says more than the
    code, and the platform's own ``text`` may hold such a code, or a phrase that tells variants
    apart. ``family`` is where the failure turned up; None means anywhere. Without any match the
    result is the family's entry ``unknown``.
    """
    outer, inner = str(code).strip().casefold(), str(subcode or "").strip().casefold()
    places = _NEIGHBOURS[family]
    known = _look_up(outer, places)
    if known and family is None:
        places = _NEIGHBOURS[known.family]
    vague = known is None or outer in _WRAPPERS
    inside = [found.casefold() for found in _INNER_CODE.findall(text)] if vague else []
    told = (_look_up(each, places) for each in [inner, *inside] if each != outer)
    seen = f"{code} {text}".casefold()
    told_by_text = (
        entry
        for entry in every()
        if entry.family in places
        and (vague or _is_or_varies(entry, outer))
        and any(phrase.casefold() in seen for phrase in entry.phrases)
    )
    fallback: Family = family if family in ("page", "server") else "bridge"
    return (
        next(filter(None, told), None)
        or next(told_by_text, None)
        or _look_up(f"{outer}/{inner}", places)
        or known
        or _by_code()[fallback, "unknown"]
    )


@cache
def every() -> tuple[Entry, ...]:
    """All entries, in the order of the file."""
    return tuple(
        Entry(
            code=row["code"],
            family=row["family"],
            **{part: row[part] for part in PARTS},
            placeholders=tuple(row.get("placeholders", ())),
            sources=row["sources"],
            symptom=row["symptom"],
            phrases=tuple(row.get("phrases", ())),
        )
        for row in _data()["entries"]
    )


def titles(
    kind: Literal["families", "symptoms", "labels", "signing", "login", "failures", "document"],
) -> dict[str, dict[str, str]]:
    """The words for families, symptoms, labels (``reference``), and each of the other topics."""
    words: dict[str, dict[str, str]] = _data()[kind]
    return words


@cache
def _data() -> dict[str, Any]:
    text = files("dingbridge").joinpath("catalogue.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


@cache
def _by_code() -> dict[tuple[Family, str], Entry]:
    return {(entry.family, entry.code.casefold()): entry for entry in every()}


def _look_up(code: str, places: tuple[Family, ...]) -> Entry | None:
    hits = (_by_code().get((place, code)) for place in places)
    return next((entry for entry in hits if entry), None)


def _is_or_varies(entry: Entry, code: str) -> bool:
    return f"{entry.code.casefold()}/".startswith(f"{code}/")


def page() -> str:
    """All of it as Markdown, Chinese before English, with contents by what a person sees."""
    words = titles("document")
    parts = [
        f"<!-- {_both(words['notice'])} -->",
        f"# {_both(words['title'])}",
        *(words["introduction"][language] for language in LANGUAGES),
        f"## {_both(words['contents'])}",
    ]
    for symptom, title in titles("symptoms").items():
        links = [_link(entry) for entry in every() if entry.symptom == symptom]
        parts += [f"### {_both(title)}", "\n".join(links)]
    for family, title in titles("families").items():
        parts.append(f"## {_both(title)} (`{family}`)")
        parts += [_section(entry) for entry in every() if entry.family == family]
    return "\n\n".join(parts) + "\n"


def _section(entry: Entry) -> str:
    words = titles("labels")
    lines = [f'### <a id="{_anchor(entry)}"></a>`{entry.code}` {_both(entry.title)}']
    for language in LANGUAGES:
        said: tuple[Part, ...] = ("message", "cause", "remedy")
        lines += [
            f"- **{words[part][language]}** {_plain(getattr(entry, part)[language])}"
            for part in said
        ]
        lines.append("")
    return "\n".join([*lines, f"{_both(words['sources'])}: {entry.sources}"])


def _link(entry: Entry) -> str:
    return f"- [`{entry.code}` {_both(entry.title)}](#{_anchor(entry)})"


def _anchor(entry: Entry) -> str:
    return re.sub(r"[^\w-]", "-", f"{entry.family}-{entry.code}").casefold()


def _both(text: Mapping[str, str]) -> str:
    return " / ".join(_plain(text[language]) for language in LANGUAGES)


def _plain(text: str) -> str:
    """Marks that Markdown, or GitHub's formulas, would swallow."""
    return re.sub(r"([*$<>])", r"\\\1", text)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(page())
