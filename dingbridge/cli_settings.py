"""What the commands read from the environment: the settings of the app, and the language."""

from __future__ import annotations

import os
from collections import ChainMap
from pathlib import Path

from dotenv import dotenv_values

from dingbridge.catalogue import Language
from dingbridge.settings import Settings


def default_language() -> Language:
    """`DING_LANG` where it is one of ours, else Chinese: invalid settings stop no command."""
    return "en" if os.environ.get("DING_LANG", "").strip().lower() == "en" else "zh"


def command_settings(prefix: str) -> Settings:
    """The settings from the environment and from `.env`; raises SettingsError."""
    dotenv = dotenv_values(".env") if Path(".env").is_file() else {}
    given: list[dict[str, object]] = [
        {name: value for name, value in source.items() if value} for source in (os.environ, dotenv)
    ]
    return Settings.load(ChainMap(*given), prefix)
