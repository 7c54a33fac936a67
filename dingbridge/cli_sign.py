"""`flask ding sign URL [--got URL]`: what is signed for a URL, and where another URL differs."""

from __future__ import annotations

from typing import cast

import click

from dingbridge import catalogue
from dingbridge.catalogue import Language
from dingbridge.cli_difference import pointed, visible
from dingbridge.cli_settings import default_language, json_text, plain_setting
from dingbridge.settings import QueryRule
from dingbridge.signature import plain_text
from dingbridge.url_candidates import signed_candidates
from dingbridge.url_decoding import MalformedEscapeError, java_decode
from dingbridge.url_difference import first_difference, name_changes

# Secrets and what changes with each page stand in the plain text by their names.
PLACEHOLDERS = ("<jsapi_ticket>", "<nonceStr>", "<timeStamp>")


def _readable(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    """Octets of a terminal that are no text become U+FFFD: nothing else could be printed."""
    return text and text.encode(errors="surrogateescape").decode(errors="replace")


@click.command("sign")
@click.argument("url", callback=_readable)
@click.option(
    "--got",
    callback=_readable,
    help="平台或浏览器用的地址 / The URL that the platform or browser used.",
)
@click.option("--lang", type=click.Choice(catalogue.LANGUAGES), help="语言 / Language.")
@click.option("--prefix", default="DING_", help="设置名的前缀 / Prefix of the settings' names.")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / JSON.")
@click.pass_context
def sign(
    context: click.Context,
    *,
    url: str,
    got: str | None,
    lang: Language | None,
    prefix: str,
    as_json: bool,
) -> None:
    """签名原文、候选形式、与另一地址的第一个不同 / Plain text, candidates, difference.

    \b
    退出码 / exit code: 0; 1 若 --got 与将要签名的形式不同 / if --got differs from what is signed.
    """
    if not url.lower().startswith(("http://", "https://")):
        raise click.BadParameter("http(s)://…", ctx=context, param_hint="URL")
    report = compare(url, got, configured_rule(prefix))
    if as_json:
        click.echo(json_text(report))
    else:
        click.echo(_as_text(report, lang or default_language()))
    context.exit(1 if got is not None and report["rule"] not in _equal(report) else 0)


def configured_rule(prefix: str) -> QueryRule:
    """The app's `SIGNED_QUERY` where it is one of the two, else the default: nothing stops this."""
    return "raw" if plain_setting(f"{prefix}SIGNED_QUERY") == "raw" else "decoded"


def compare(url: str, got: str | None, rule: QueryRule) -> dict[str, object]:
    """Everything that the command says, ready for JSON.

    Positions count characters from 1. `got.equal` names the candidates that `got` equals, with or
    without what follows its `#`: that is a fragment, or part of a decoded query. Where it equals
    none, it is compared with the one that it follows furthest. `got.changed` holds names of
    `url_difference`.
    """
    candidates = signed_candidates(url)
    signed = candidates[rule]
    report: dict[str, object] = {
        "url": url,
        "rule": rule,
        "signed_form": signed,
        "plain_text": plain_text(*PLACEHOLDERS, signed),
        "candidates": candidates,
        "malformed": _malformed(url),
    }
    if got is not None:
        bare = got.partition("#")[0]
        seen = bare if "#" not in signed or bare in candidates.values() else got
        equal = [name for name, form in candidates.items() if form == seen]
        # What equals another form differs in the rule; what equals none, in a form like its own.
        nearest = signed if equal else _nearest(seen, [signed, *candidates.values()])
        place = first_difference(nearest, seen)
        report["got"] = {
            "url": seen,
            "equal": equal,
            "compared_with": nearest,
            "first_difference": None if place is None else place + 1,
            "changed": [] if equal else list(name_changes(candidates["raw"], seen)),
        }
    return report


def _nearest(seen: str, forms: list[str]) -> str:
    return max(forms, key=lambda form: first_difference(form, seen) or 0)


def _malformed(url: str) -> int | None:
    base, _, query = url.partition("#")[0].partition("?")
    try:
        java_decode(query)
    except MalformedEscapeError as error:
        return len(base) + 1 + error.position + 1
    return None


def _equal(report: dict[str, object]) -> list[str]:
    got = cast("dict[str, list[str]]", report["got"])
    return got["equal"]


def _as_text(report: dict[str, object], lang: Language) -> str:
    words = {name: texts[lang] for name, texts in catalogue.titles("signing").items()}
    candidates = cast("dict[str, str]", report["candidates"])
    lines = [
        f"{words['url']}\n  {visible(report['url'])}",
        f"{words['signed_form']}\n  {visible(report['signed_form'])}",
        f"{words['plain_text']}\n  {visible(report['plain_text'])}",
    ]
    if report["malformed"] is not None:
        lines.append(words["malformed"].replace("{position}", str(report["malformed"])))
    if len(set(candidates.values())) == 1:
        lines.append(words["settled"])
    else:
        lines.append(words["candidates"])
        for name, form in candidates.items():
            mark = "*" if name == report["rule"] else " "
            lines.append(f"{mark} {words[name]}\n    {visible(form)}")
    if "got" in report:
        got = cast("dict[str, object]", report["got"])
        lines += _difference(got, words)
    return "\n".join(lines)


def _difference(got: dict[str, object], words: dict[str, str]) -> list[str]:
    equal = cast("list[str]", got["equal"])
    said = "; ".join(words[name] for name in equal) or words["none"]
    lines = [
        f"{words['got']}\n  {visible(got['url'])}",
        f"{words['equal']}: {said}",
    ]
    lines += pointed(str(got["compared_with"]), str(got["url"]), words)
    changed = cast("list[str]", got["changed"])
    if changed:
        lines.append(f"{words['changed']}: " + "; ".join(words[name] for name in changed))
    return lines
