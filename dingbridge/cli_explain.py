"""`flask ding explain CODE`: what a code means and what to do, from the catalogue."""

from __future__ import annotations

import json
import os

import click

from dingbridge import catalogue
from dingbridge.catalogue import Entry, Language

UNKNOWN = "unknown"


def default_language() -> Language:
    """`DING_LANG` where it is one of ours, else Chinese: invalid settings stop no command."""
    return "en" if os.environ.get("DING_LANG", "").strip().lower() == "en" else "zh"


# Unknown options pass through as arguments, so that `explain -1` needs no `--` before the code.
@click.command("explain", context_settings={"ignore_unknown_options": True})
@click.argument("code")
@click.option("--lang", type=click.Choice(catalogue.LANGUAGES), help="语言 / Language.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，两种语言 / JSON, both languages.")
@click.pass_context
def explain(context: click.Context, code: str, lang: Language | None, as_json: bool) -> None:
    """说明错误码的原因与处理 / Explain a code: cause and remedy.

    CODE: 52013, 3/52013 (errorCode/内层码), 88/40014, 080003, -1, invalidClientIdOrSecret …
    退出码 / exit code: 0, or 1 for a code that the catalogue does not know.
    """
    if code.startswith("--"):
        raise click.NoSuchOption(code, ctx=context)
    entries = look_up(code)
    known = entries[0].code != UNKNOWN or code.strip() == UNKNOWN
    if as_json:
        rows = [_row(entry) for entry in entries]
        answer = {"code": code, "known": known, "entries": rows}
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        language = lang or default_language()
        click.echo("\n\n".join(_paragraph(entry, code, language) for entry in entries))
    context.exit(0 if known else 1)


def look_up(code: str) -> tuple[Entry, ...]:
    """The entries for `code` or `code/subcode`; at least one, if only `unknown`.

    A code that means several things (`-1`, `3`) has several entries.
    """
    outer, _, inner = code.partition("/")
    return catalogue.find(code) or (catalogue.explain(outer, inner or None),)


def _paragraph(entry: Entry, code: str, language: Language) -> str:
    labels, families = catalogue.titles("labels"), catalogue.titles("families")
    # Where the values are known only when something fails, their names stand instead.
    values = {name: f"<{name}>" for name in entry.placeholders} | {"code": code}
    lines = [f"{entry.code}  {entry.say('title', language)}  [{families[entry.family][language]}]"]
    parts: tuple[catalogue.Part, ...] = ("message", "cause", "remedy")
    colon = "：" if language == "zh" else ": "
    lines += [
        f"  {labels[part][language]}{colon}{entry.say(part, language, values)}" for part in parts
    ]
    lines.append(f"  {labels['sources'][language]}{colon}{entry.sources}")
    return "\n".join(lines)


def _row(entry: Entry) -> dict[str, object]:
    return {
        "code": entry.code,
        "family": entry.family,
        **{part: getattr(entry, part) for part in catalogue.PARTS},
        "sources": entry.sources,
    }
