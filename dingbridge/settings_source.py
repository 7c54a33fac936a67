"""Where settings come from: Flask's configuration, the environment, a `.env` file."""

from __future__ import annotations

import os
from collections import ChainMap
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

from dingbridge.errors import Fault, SettingsError

_FILE = Path(".env")  # of the current folder


def settings_source(config: Mapping[str, object] | None = None) -> Mapping[str, object]:
    """Every setting by its name: the first of `config`, the environment and `.env` that has it.

    A blank value counts, as the default, whatever a `.env` file says that was written for another
    start; None, with which Flask's configuration begins, does not.

    Raises SettingsError for a `.env` that is no text.
    """
    given = {name: value for name, value in (config or {}).items() if value is not None}
    return ChainMap(given, dict(os.environ), _of_file())


def _of_file() -> dict[str, object]:
    try:
        return dict(dotenv_values(_FILE)) if _FILE.is_file() else {}
    except UnicodeDecodeError:
        fault = Fault(".env", "不是 UTF-8 / is not UTF-8", "另存为 UTF-8 / save it as UTF-8")
        raise SettingsError([fault]) from None
