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
_SECRET = re.compile(
    r"token|secret|ticket|(?:aes|session)_?key|(?:auth|permanent)_?code|password", re.IGNORECASE
)
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


def masked(value: Any, *, secret: bool = False) -> Any:
    """`value` (of JSON) with the texts replaced that are secret, judged by the names above them.

    `secret`: whether a name above says so already.
    """
    if isinstance(value, dict):
        return {n: masked(held, secret=secret or _is_secret(n)) for n, held in value.items()}
    if isinstance(value, list):
        return [masked(held, secret=secret) for held in value]
    return MASK if secret and isinstance(value, str) else value


def hidden(value: Any, *, secret: bool = False) -> set[str]:
    """The texts that `masked` replaces."""
    if isinstance(value, dict):
        found = [hidden(held, secret=secret or _is_secret(n)) for n, held in value.items()]
        return set().union(*found)
    if isinstance(value, list):
        return set().union(*(hidden(held, secret=secret) for held in value))
    return {value} if secret and isinstance(value, str) else set()


def _mask_parameter(found: re.Match[str]) -> str:
    return f"{found[1]}={MASK}" if names_secret(found[1]) else found[0]


def _is_secret(name: str) -> bool:
    """Not the cursors of paging, though they are called tokens."""
    return bool(_SECRET.search(name)) and name.casefold() not in ("nexttoken", "next_token")
