"""`flask ding explain CODE|REFERENCE`: what a code means, or what failed for one visitor."""

from __future__ import annotations

import re

import click

from dingbridge import catalogue
from dingbridge.catalogue import Entry, Language
from dingbridge.cli_difference import visible
from dingbridge.cli_failure import paragraph, row
from dingbridge.cli_settings import (
    default_language,
    json_text,
    settings_of_failures,
    tell_faults,
)
from dingbridge.errors import SettingsError
from dingbridge.failures import open_failures, parse_reference

UNKNOWN = "unknown"
# As it stands in an answer: {"errorCode":"3",…}, errcode=40078, "code":"invalidClientId".
_NAMED = re.compile(
    r"""(?:error_?|err_?|\b)code["']?\s*[:=]\s*["']?(-?\w+(?:\.\w+)*)""", re.IGNORECASE
)


# Unknown options pass through as arguments, so that `explain -1` needs no `--` before the code.
@click.command("explain", context_settings={"ignore_unknown_options": True})
@click.argument("code")
@click.option("--lang", type=click.Choice(catalogue.LANGUAGES), help="语言 / Language.")
@click.option("--prefix", default="DING_", help="设置名的前缀 / Prefix of the settings' names.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON，两种语言 / JSON, both languages.")
@click.pass_context
def explain(
    context: click.Context, *, code: str, lang: Language | None, prefix: str, as_json: bool
) -> None:
    """说明错误码，或一个编号对应的那次失败 / Explain a code, or the failure a reference names.

    CODE: 52013, 3/52013 (errorCode/内层码), 88/40014, 080003, -1, invalidClientIdOrSecret …
    也可以是整段错误文字 / or all of an error's text: "权限校验失败 Code:52013 - Message: …"
    ABCD-2345：访客看到的编号，七天内可查 / the reference that a visitor read, for seven days.
    退出码 / exit code: 0, or 1 for what is unknown.
    """
    if code.startswith("--"):
        raise click.NoSuchOption(code, ctx=context)
    language = lang or default_language()
    reference = parse_reference(code)
    if reference is not None and not catalogue.find(code):
        context.exit(_explain_reference(reference, prefix, language, as_json=as_json))
    entries = look_up(code)
    known = entries[0].code != UNKNOWN or code.strip() == UNKNOWN
    if as_json:
        rows = [_row(entry) for entry in entries]
        click.echo(json_text({"code": code, "known": known, "entries": rows}))
    else:
        click.echo("\n\n".join(_paragraph(entry, code, language) for entry in entries))
    context.exit(0 if known else 1)


def _explain_reference(reference: str, prefix: str, lang: Language, *, as_json: bool) -> int:
    """Print what is known; the exit code."""
    try:
        settings = settings_of_failures(prefix)
        found = open_failures(settings).find(reference)
    except SettingsError as error:
        tell_faults(error, as_json=as_json)
        return 2
    rule = settings.signed_query
    if as_json:
        rows = [row(failure, rule) for failure in found]
        click.echo(json_text({"reference": reference, "known": bool(found), "failures": rows}))
    elif found:
        click.echo("\n\n".join(paragraph(failure, rule, lang) for failure in found))
    else:
        absent = catalogue.titles("failures")["absent"][lang]
        click.echo(absent.replace("{reference}", reference))
    return 0 if found else 1


def look_up(code: str) -> tuple[Entry, ...]:
    """The entries for `code`, `code/subcode`, or what a client or server answered with a code in
    it; at least one, if only `unknown`.

    A code that means several things (`-1`, `3`) has several entries.
    """
    if found := catalogue.find(code):
        return found
    outer, _, inner = code.partition("/")
    named = _NAMED.search(code)
    told = catalogue.explain(named[1] if named else outer, inner or None, text=code)
    if told.code != UNKNOWN:
        return (told,)
    said = code.strip().casefold()
    called = [e for e in catalogue.every() if said in (t.casefold() for t in e.title.values())]
    return tuple(called) or (told,)


def _paragraph(entry: Entry, code: str, language: Language) -> str:
    labels, families = catalogue.titles("labels"), catalogue.titles("families")
    # Where the values are known only when something fails, their names stand instead.
    values = {name: f"<{name}>" for name in entry.placeholders} | {"code": visible(code)}
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
