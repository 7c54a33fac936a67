"""What a failed call means, in the catalogue's words."""

from __future__ import annotations

from dataclasses import dataclass

from dingbridge import catalogue
from dingbridge.catalogue import Language
from dingbridge.errors import DingBridgeError, PlatformError


@dataclass(frozen=True)
class Explanation:
    """`message` is for a visitor, `cause` and `remedy` for whoever runs or writes the app."""

    code: str
    title: str
    message: str
    cause: str
    remedy: str


def explain(error: DingBridgeError, language: Language) -> Explanation:
    """The catalogue's words for an error of this package, with what was seen filled in."""
    sub_code, text = "", ""
    if isinstance(error, PlatformError):
        sub_code, text = error.sub_code, error.platform_message
    entry = catalogue.explain(error.code, sub_code, "server", text=text)
    values = {"code": error.code, **error.values}
    return Explanation(
        code=entry.code,
        title=entry.say("title", language, values),
        message=entry.say("message", language, values),
        cause=entry.say("cause", language, values),
        remedy=entry.say("remedy", language, values),
    )
