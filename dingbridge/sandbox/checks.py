"""Checks of what the admin API is sent: one clear sentence for whatever does not fit."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Check = Callable[[object], Any]
Settings = TypeVar("Settings")


class BadValue(ValueError):
    """A value that cannot be taken; the text says which and what would do."""


def one_of(*choices: str) -> Check:
    """One of a few words."""

    def check(value: object) -> str:
        if not isinstance(value, str) or value not in choices:
            raise BadValue("must be one of " + ", ".join(choices))
        return value

    return check


def number(low: float, high: float) -> Check:
    """A number between two bounds."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadValue("must be a number")
        if not low <= value <= high:
            raise BadValue(f"must lie between {low:g} and {high:g}")
        return value

    return check


def whole(low: int, high: int) -> Check:
    """A whole number between two bounds."""
    bounded = number(low, high)

    def check(value: object) -> int:
        taken = bounded(value)
        if not isinstance(taken, int):
            raise BadValue("must be a whole number")
        return taken

    return check


def text(limit: int = 200) -> Check:
    """A string of printable characters, not longer than ``limit``."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not value:
            raise BadValue("must be a string that is not empty")
        if len(value) > limit or not value.isprintable():
            raise BadValue(f"must be printable and at most {limit} characters long")
        return value

    return check


def written(limit: int) -> Check:
    """A string as a code can carry it, line ends included: Unicode, not empty."""

    def check(value: object) -> str:
        if not isinstance(value, str) or not value:
            raise BadValue("must be a string that is not empty")
        if len(value) > limit or any("\ud800" <= each <= "\udfff" for each in value):
            raise BadValue(f"must be Unicode and at most {limit} characters long")
        return value

    return check


def ascii_text(limit: int) -> Check:
    """A string of printable ASCII characters, fit for a header."""
    printable = text(limit)

    def check(value: object) -> str:
        taken: str = printable(value)
        if not taken.isascii():
            raise BadValue("must be ASCII")
        return taken

    return check


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise BadValue("must be true or false")
    return value


def json_value(value: object) -> object:
    """Anything that JSON can say, and can say again."""
    try:
        json.dumps(value, allow_nan=False)
    except (ValueError, RecursionError):
        raise BadValue("holds a number that is none, or is nested too deeply") from None
    return value


def optional(check: Check) -> Check:
    """What ``check`` takes, or null."""
    return lambda value: None if value is None else check(value)


def list_of(check: Check, limit: int = 100) -> Check:
    """A list, each entry as ``check`` says."""

    def checked(value: object) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > limit:
            raise BadValue(f"must be a list of at most {limit} entries")
        return tuple(check(entry) for entry in value)

    return checked


def record(checks: Mapping[str, Check]) -> Check:
    """An object with exactly those names, each value as its check says."""

    def check(value: object) -> dict[str, Any]:
        taken = checked(value, checks, "entry")
        missing = [name for name in checks if name not in taken]
        if missing:
            raise BadValue(f"has an entry without {missing[0]}")
        return taken

    return check


def table_of(check: Check) -> Check:
    """An object whose names are short strings; a null takes its name out of the table."""

    def checked(value: object) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict) or len(value) > 200:
            raise BadValue("must be an object of at most 200 names")
        for name in value:
            if len(name) > 200:
                raise BadValue("has a name that is longer than 200 characters")
        return {name: check(entry) for name, entry in value.items() if entry is not None}

    return checked


def mapping(value: object, where: str) -> Mapping[str, object]:
    """``value`` if it is a JSON object, else BadValue naming ``where``."""
    if not isinstance(value, dict):
        raise BadValue(f"{where} must be a JSON object")
    return value


def checked(changes: object, checks: Mapping[str, Check], where: str) -> dict[str, Any]:
    """``changes`` with every value checked; BadValue names an unknown key or a bad value."""
    accepted = {}
    for key, value in mapping(changes, where).items():
        if key not in checks:
            known = ", ".join(sorted(checks))
            raise BadValue(f"{where} has no setting {key[:60]!r}; there are: {known}")
        try:
            accepted[key] = checks[key](value)
        except BadValue as bad:
            raise BadValue(f"{where}: {key} {bad}") from None
    return accepted


def patched(settings: Settings, accepted: Mapping[str, Any]) -> Settings:
    """A copy of a frozen dataclass with those fields changed."""
    return dataclasses.replace(settings, **accepted)  # type: ignore[type-var]
