"""`flask ding call METHOD PATH`: any server API, with the app's token, limits and explanations."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path

import click

from dingbridge import catalogue
from dingbridge.catalogue import Language
from dingbridge.cli_difference import visible
from dingbridge.cli_settings import command_settings, default_language, json_text, tell_faults
from dingbridge.credentials import Credentials, open_credentials
from dingbridge.errors import (
    CallRefused,
    CredentialUnavailable,
    DingBridgeError,
    PlatformError,
    SettingsError,
)
from dingbridge.openapi import Explanation, explain, open_api
from dingbridge.redaction import hidden, mask_values, masked
from dingbridge.transport import Transport

_PATIENCE = 60.0  # seconds: whoever types a command can wait


@click.command("call")
@click.argument("method")
@click.argument("path")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="查询参数 / Query.")
@click.option("--body", metavar="JSON|@FILE|-", help="请求正文 / JSON body, a file, or stdin.")
@click.option("--repeatable", is_flag=True, help="重复调用无害 / Making it twice does no harm.")
@click.option("--prefix", default="DING_", help="设置名的前缀 / Prefix of the settings' names.")
@click.option("--lang", type=click.Choice(catalogue.LANGUAGES), help="语言 / Language.")
@click.option("--json", "as_json", is_flag=True, help="出错时也输出 JSON / Errors as JSON too.")
@click.pass_context
def call(  # noqa: PLR0913  # click hands each option in
    context: click.Context,
    *,
    method: str,
    path: str,
    params: tuple[str, ...],
    body: str | None,
    repeatable: bool,
    prefix: str,
    lang: Language | None,
    as_json: bool,
) -> None:
    """调用任意服务端接口 / Call any server API.

    \b
    flask ding call POST /topapi/v2/user/get --body '{"userid": "manager4220"}'
    flask ding call GET /v1.0/calendar/users/UNIONID/calendars/primary/events

    \b
    输出回答的 JSON，其中的令牌被遮住。退出码：0；1：平台报错；2：用法或设置有误。
    Prints the answer as JSON, tokens masked. Exit codes: 0; 1 for an error of the platform; 2 for
    wrong usage or settings.
    """
    query, sent = _query(params), _body(body)
    language = lang or default_language()
    try:
        settings = command_settings(prefix)
        transport = Transport(settings)
        tokens = open_credentials(settings, transport=transport, watched=False)
        client = open_api(settings, transport, tokens).patient(_PATIENCE)
        answer = client.call(method, path, params=query, json=sent, repeatable=repeatable or None)
    except SettingsError as error:
        tell_faults(error, as_json=as_json)
        context.exit(2)
    except DingBridgeError as error:
        _complain(error, explain(error, language), language, as_json=as_json)
        context.exit(2 if isinstance(error, CallRefused) else 1)
    # What is secret in one field is so in all of them.
    secrets = {*hidden(answer), *settings.secrets(), _token(tokens)}
    longest_first = sorted(secrets, key=len, reverse=True)
    click.echo(mask_values(json_text(masked(answer)), longest_first))


def _query(params: tuple[str, ...]) -> dict[str, str]:
    pairs = [param.partition("=") for param in params]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise click.BadParameter("NAME=VALUE", param_hint="--param")
    if any("\ud800" <= letter <= "\udfff" for letter in "".join(params)):
        raise click.BadParameter("UTF-8", param_hint="--param")  # octets that are no text
    return {name: value for name, _, value in pairs}


def _body(text: str | None) -> object:
    if text is None:
        return None
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8")
        body: object = json.loads(text)
        json.dumps(body, ensure_ascii=False, allow_nan=False).encode()  # as it will be sent
    except (OSError, ValueError, RecursionError) as error:
        raise click.BadParameter(str(error), param_hint="--body") from None
    return body


def _token(tokens: Credentials) -> str:
    """The token that is now in use; none, should there be none any more: the call is done."""
    with suppress(CredentialUnavailable):
        return tokens.access_token()
    return ""


def _complain(
    error: DingBridgeError, words: Explanation, language: Language, *, as_json: bool
) -> None:
    if as_json:
        told = {
            "code": error.code,
            "sub_code": error.sub_code if isinstance(error, PlatformError) else "",
            "title": words.title,
            "cause": words.cause,
            "remedy": words.remedy,
            "seen": error.values,
        }
        click.echo(json_text({"error": told}))
        return
    labels, colon = catalogue.titles("labels"), "：" if language == "zh" else ": "
    lines = [
        f"{words.title}  [{error.code}]",
        f"  {labels['cause'][language]}{colon}{words.cause}",
        f"  {labels['remedy'][language]}{colon}{words.remedy}",
        *(f"  {name} = {value}" for name, value in error.values.items()),
    ]
    # The platform's words, and what was typed, may hold anything.
    click.echo("\n".join(map(visible, lines)), err=True)
