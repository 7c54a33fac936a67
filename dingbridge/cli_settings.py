"""What the commands share: settings and language from the environment, and JSON for a terminal."""

from __future__ import annotations

import json
import os
from dataclasses import asdict

import click

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
    return "en" if os.environ.get("DING_LANG", "").strip().lower() == "en" else "zh"


def command_settings(prefix: str) -> Settings:
    """The settings from the environment and from `.env`; raises SettingsError."""
    return Settings.load(settings_source(), prefix)


def settings_of_failures(prefix: str) -> Settings:
    """Enough of the settings to find a failure; what is wrong with the others does not matter.

    Raises SettingsError.
    """
    given, names = settings_source(), list(_OF_FAILURES)
    names += [name for name, value in _RARE.items() if given.get(prefix + name) == value]
    chosen = _STANDING_IN | {name: given.get(prefix + name) for name in names}
    return Settings.load({prefix + name: value for name, value in chosen.items()}, prefix)


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
