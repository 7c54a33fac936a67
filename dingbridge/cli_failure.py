"""The failure that a visitor's reference names, for `flask ding explain REFERENCE`."""

from __future__ import annotations

from datetime import datetime

from dingbridge import catalogue
from dingbridge.catalogue import Entry, Language
from dingbridge.cli_difference import pointed, visible
from dingbridge.errors import SignatureError
from dingbridge.failures import Failure
from dingbridge.settings import QueryRule
from dingbridge.signature import signed_form
from dingbridge.url_difference import first_difference, name_changes


def paragraph(failure: Failure, rule: QueryRule, lang: Language) -> str:
    """One failure for people: when, what, cause, remedy, what was known, which bytes differ."""
    words = {name: texts[lang] for name, texts in catalogue.titles("failures").items()}
    labels = {name: texts[lang] for name, texts in catalogue.titles("labels").items()}
    colon = "：" if lang == "zh" else ": "
    at = _time(failure).isoformat(sep=" ", timespec="seconds")
    lines = [f"{labels['reference']} {failure.reference} · {at} · {words[failure.kind]}"]
    for code, entry, values in explained(failure):
        lines += [
            f"{visible(entry.say('title', lang, values))}  [{visible(code)}]",
            f"  {labels['cause']}{colon}{visible(entry.say('cause', lang, values))}",
            f"  {labels['remedy']}{colon}{visible(entry.say('remedy', lang, values))}",
        ]
    lines.append(f"{words['known']}{colon}")
    lines += [f"  {name} = {visible(value)}" for name, value in failure.seen.items()]
    signing = {name: texts[lang] for name, texts in catalogue.titles("signing").items()}
    for name, (signed, shown) in compared(failure, rule).items():
        changed = "; ".join(signing[each] for each in name_changes(signed, shown))
        lines.append(f"{labels['signed_url']} / {labels[name]}{colon}{changed}")
        lines += pointed(signed, shown, signing)
    return "\n".join(lines)


def row(failure: Failure, rule: QueryRule) -> dict[str, object]:
    """One failure for programs, the words in both languages."""
    explanations = [
        {
            "code": code,
            **{
                part: {lang: entry.say(part, lang, values) for lang in catalogue.LANGUAGES}
                for part in ("title", "cause", "remedy")
            },
        }
        for code, entry, values in explained(failure)
    ]
    differences = [
        {
            "between": ["signed_url", name],
            "position": (first_difference(signed, shown) or 0) + 1,
            "changed": list(name_changes(signed, shown)),
        }
        for name, (signed, shown) in compared(failure, rule).items()
    ]
    return {
        "kind": failure.kind,
        "at": _time(failure).isoformat(timespec="seconds"),
        "explanations": explanations,
        "seen": dict(failure.seen),
        "differences": differences,
    }


def explained(failure: Failure) -> list[tuple[str, Entry, dict[str, str]]]:
    """The failure's code and, where the platform's refusal is behind it, that code too.

    Each with its entry of the catalogue and what fills the entry's placeholders.
    """
    seen, code = failure.seen, failure.code
    subcode = seen.get("sub_code") or seen.get("subcode")
    text = seen.get("platform_message") or seen.get("message", "")
    family = failure.family if failure.family in catalogue.FAMILIES else None
    inner = seen.get("platform_code")
    asked = [(code, family)] if inner is None else [(code, family), (inner, "server")]
    found = []
    for each, place in asked:
        # The sub-code belongs to the platform's answer.
        told = None if inner is not None and each == code else subcode
        entry = catalogue.explain(each, told, place, text=text)
        shown = f"{each}/{told}" if told and told != each else each
        found.append((shown, entry, {**seen, "code": told or each}))
    return found


def compared(failure: Failure, rule: QueryRule) -> dict[str, tuple[str, str]]:
    """The addresses that differ from the signed one, beside the form that they have to equal."""
    signed = failure.seen.get("signed_url", "")
    try:
        forms = {"page_url": signed, "platform_url": signed_form(signed, rule)}
    except SignatureError:
        forms = {"page_url": signed}
    shown = {name: failure.seen.get(name, "") for name in forms}
    return {
        name: (forms[name], shown[name])
        for name in forms
        if signed and shown[name] and shown[name] not in (signed, forms[name])
    }


def _time(failure: Failure) -> datetime:
    return datetime.fromtimestamp(failure.at).astimezone()
