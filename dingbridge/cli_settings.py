"""What the commands share: settings, language, and JSON for a terminal.

Settings come from the environment and `.env`, and before these from the configuration of an app
that is named with `flask --app …` or FLASK_APP. No command needs one: an app that cannot be loaded
is told, and the rest goes on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict

import click
from flask.cli import ScriptInfo

from dingbridge.catalogue import Language
from dingbridge.errors import SettingsError
from dingbridge.settings import Settings
from dingbridge.settings_source import settings_source

# What finding a failure depends on, where it has these values only, and what stands in for the
# rest that an app has to have.
_OF_FAILURES = ("CORP_ID", "CLIENT_ID", "CLIENT_SECRET", "STORE_KEYS", "REDIS_URL", "INSTANCE")
_RARE = {"MODE": "isv", "SIGNED_QUERY": "raw"}
_STANDING_IN: dict[str, object] = {"AGENT_ID": "0", "PUBLIC_ORIGINS": "https://app.invalid"}


def default_language() -> Language:
    """`DING_LANG` where it is one of ours, else Chinese: invalid settings stop no command."""
    return "en" if plain_setting("DING_LANG").lower() == "en" else "zh"


def plain_setting(name: str) -> str:
    """One setting as it is written; blank where there is none or no source can be read."""
    try:
        return str(_given().get(name) or "").strip()
    except SettingsError:
        return ""


def command_settings(prefix: str) -> Settings:
    """All settings; raises SettingsError."""
    return Settings.load(_given(), prefix)


def settings_of_failures(prefix: str) -> Settings:
    """Enough of the settings to find a failure; what is wrong with the others does not matter.

    Raises SettingsError.
    """
    given, names = _given(), list(_OF_FAILURES)
    names += [name for name, value in _RARE.items() if given.get(prefix + name) == value]
    chosen = _STANDING_IN | {name: given.get(prefix + name) for name in names}
    return Settings.load({prefix + name: value for name, value in chosen.items()}, prefix)


def _given() -> Mapping[str, object]:
    return settings_source(_configuration(click.get_current_context()))


def _configuration(context: click.Context) -> Mapping[str, object] | None:
    """That of the app which was named; read once for each command."""
    key = f"{__name__}.configuration"
    if key not in context.meta:
        context.meta[key] = None
        info = context.find_object(ScriptInfo)
        if info is not None and info.app_import_path:
            try:
                context.meta[key] = info.load_app().config
            except Exception as error:  # noqa: BLE001 - an app may raise anything, secrets in its text
                name = type(error).__name__
                click.echo(f"--app: 应用无法加载 / cannot be loaded ({name})", err=True)
    configuration: Mapping[str, object] | None = context.meta[key]
    return configuration


def tell_faults(error: SettingsError, *, as_json: bool) -> None:
    """Print what is wrong with the settings."""
    if as_json:
        faults = [asdict(fault) for fault in error.faults]
        click.echo(json_text({"error": {"code": error.code, "faults": faults}}))
    else:
        click.echo(str(error), err=True)


def json_text(value: object) -> str:
    """JSON for people and programs: readable, but for what could move a terminal's cursor or
    cannot be printed at all, which is escaped.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
