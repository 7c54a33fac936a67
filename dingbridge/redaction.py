"""Secrets replaced by asterisks: in addresses, in answers, in whatever is kept or printed (pure).

A secret is known by its name (`access_token=…`) or, where it is one of the app's own settings, by
its value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

MASK = "***"
_NAMES = r"token|secret|ticket|aes_?key|auth_?code|password"
_SECRET = re.compile(_NAMES, re.IGNORECASE)
# In an address `code` and `state` are what the browser login is made of.
_PARAMETER = re.compile(
    rf"((?:\b(?:code|state)|\w*(?:{_NAMES}|signature)\w*)=)[^&#\s\"']+", re.IGNORECASE
)


def mask_parameters(text: str) -> str:
    """`text` without the values of parameters whose names say that they are secret."""
    return _PARAMETER.sub(rf"\1{MASK}", text)


def mask_values(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of `secrets`."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def masked(value: Any) -> Any:
    """`value` (of JSON) with every secret in it, judged by its name, replaced."""
    if isinstance(value, dict):
        return {
            name: MASK if _is_secret(name, held) else masked(held) for name, held in value.items()
        }
    return [masked(held) for held in value] if isinstance(value, list) else value


def _is_secret(name: str, held: object) -> bool:
    """Not the cursors of paging, though they are called tokens."""
    paging = name.casefold() in ("nexttoken", "next_token")
    return isinstance(held, str) and bool(_SECRET.search(name)) and not paging
