"""What a failed sign-in is called, in the catalogue's words."""

from __future__ import annotations

from dataclasses import dataclass

from dingbridge import catalogue
from dingbridge.errors import CallRefused, DingBridgeError, PlatformError
from dingbridge.login.refusals import SPENT, LoginRefused
from dingbridge.openapi.explanation import explain
from dingbridge.page import explain_error
from dingbridge.settings import Language


@dataclass(frozen=True)
class LoginWords:
    """`message` is for the visitor, `cause` and `remedy` for whoever runs the app."""

    code: str
    message: str
    cause: str
    remedy: str


def explain_login(error: DingBridgeError, lang: Language, developer: bool) -> LoginWords:
    """The words for `error`; the code is the platform's own where it said no.

    What else the platform answered (such as the server's address) is for developers.
    """
    if isinstance(error, (PlatformError, CallRefused)):
        said = explain(error, lang)
        code = getattr(error, "sub_code", "") or error.code
        if developer:
            return LoginWords(code, said.message, said.cause, said.remedy)
        bland = catalogue.explain("server_error", family="page")
        return LoginWords(code, said.message, "", bland.say("remedy", lang))
    if isinstance(error, LoginRefused):
        entry = catalogue.explain(error.code, family="server" if error.code == SPENT else "page")
        message, cause, remedy = (
            entry.say(part, lang, error.values) for part in ("message", "cause", "remedy")
        )
        return LoginWords(error.code, message, cause, remedy)
    told = explain_error(error, lang, developer)
    entry = catalogue.explain(error.code, family="page")
    return LoginWords(told.code, told.message, entry.say("cause", lang, error.values), told.remedy)
