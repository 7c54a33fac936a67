"""Secrets replaced by asterisks: in addresses, in answers, in whatever is kept or printed (pure).

A secret is known by its name (`access_token=…`) or, where it is one of the app's own settings, by
its value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

MASK = "***"
SHORTEST = 4  # characters; replacing less would only spoil the text around it
_SECRET = re.compile(r"token|secret|ticket|aes_?key|auth_?code|password", re.IGNORECASE)
# In an address `code` and `state` are what the browser login is made of.
_SECRET_PARAMETER = re.compile(
    rf"(?:code|state)\Z|.*?(?:{_SECRET.pattern}|signature)", re.IGNORECASE
)
# A name begins where no letter stands before it: the search is linear, whatever is sent to us.
_PARAMETER = re.compile(r"(?<!\w)(\w+)=([^&#\s\"']+)")


def mask_parameters(text: str) -> str:
    """`text` without the values of parameters whose names say that they are secret."""
    return _PARAMETER.sub(_mask_parameter, text)


def names_secret(name: str) -> bool:
    """Whether a parameter of this name is secret."""
    return _SECRET_PARAMETER.match(name) is not None


def mask_values(text: str, secrets: Iterable[str]) -> str:
    """`text` without any of `secrets` that is long enough to be one."""
    for secret in secrets:
        if len(secret) >= SHORTEST:
            text = text.replace(secret, MASK)
    return text


def masked(value: Any) -> Any:
    """`value` (of JSON) with every secret in it, judged by its name, replaced."""
    if isinstance(value, dict):
        return {
            name: MASK if _is_secret(name, held) else masked(held) for name, held in value.items()
        }
    return [masked(held) for held in value] if isinstance(value, list) else value


def hidden(value: Any) -> set[str]:
    """The texts that `masked` replaces."""
    if isinstance(value, dict):
        told = {held for name, held in value.items() if _is_secret(name, held)}
        return told.union(*(hidden(held) for held in value.values()))
    return set().union(*(hidden(held) for held in value)) if isinstance(value, list) else set()


def _mask_parameter(found: re.Match[str]) -> str:
    return f"{found[1]}={MASK}" if names_secret(found[1]) else found[0]


def _is_secret(name: str, held: object) -> bool:
    """Not the cursors of paging, though they are called tokens."""
    paging = name.casefold() in ("nexttoken", "next_token")
    return isinstance(held, str) and bool(_SECRET.search(name)) and not paging
