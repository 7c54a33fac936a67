"""Where tokens and tickets come from: the platform's endpoints.

An answer with a missing or absurd lifetime or a value of the wrong type is an error here, so that
nothing of the kind is ever kept.
"""

from __future__ import annotations

import re
from typing import Any, Protocol

from dingbridge.errors import PlatformUnavailable
from dingbridge.lease import LONGEST_LIFE, Issued
from dingbridge.settings import Settings
from dingbridge.transport import Transport

# The platform's lives are hours; one of seconds would have it asked dozens of times a minute.
SHORTEST_LIFE = 15

_VALUE = re.compile(r"[!-~]{1,2048}")


class Issuer(Protocol):
    """Whoever hands out tokens and tickets."""

    def token(self) -> Issued:
        """A token; raises PlatformError."""

    def ticket(self, token: str) -> Issued:
        """A ticket, asked for with a token; raises PlatformError."""


class PlatformIssuer:
    """The platform's endpoints for an internal app, of the generation that the settings choose.

    Repeated calls within a life return the same value and lengthen its life by 7200 s; a ticket is
    dead for good 24 hours after it was made (documents "obtain the access token of an internal
    app" and "JSAPI authentication").
    """

    def __init__(self, settings: Settings, transport: Transport) -> None:
        """`settings` hold the app's key and secret, which go nowhere but to these endpoints."""
        self._key = settings.client_id
        self._secret = settings.client_secret
        self._generation = settings.api_generation
        self._transport = transport

    def token(self) -> Issued:
        """Asks `/gettoken` or `/v1.0/oauth2/accessToken`."""
        if self._generation == "old":
            path = "/gettoken"  # reads the query only; a body gets 40035
            query = {"appkey": self._key, "appsecret": self._secret}
            answer = self._transport.call("old", "GET", path, params=query)
            return issued(answer, path, "access_token", "expires_in", SHORTEST_LIFE)
        path = "/v1.0/oauth2/accessToken"
        body = {"appKey": self._key, "appSecret": self._secret}
        answer = self._transport.call("new", "POST", path, json=body)
        return issued(answer, path, "accessToken", "expireIn", SHORTEST_LIFE)

    def ticket(self, token: str) -> Issued:
        """Asks `/get_jsapi_ticket` or `/v1.0/oauth2/jsapiTickets`."""
        if self._generation == "old":
            path = "/get_jsapi_ticket"
            query = {"type": "jsapi"}  # required in 2016, ignored today
            answer = self._transport.call("old", "GET", path, params=query, token=token)
            return issued(answer, path, "ticket", "expires_in", SHORTEST_LIFE)
        path = "/v1.0/oauth2/jsapiTickets"
        answer = self._transport.call("new", "POST", path, token=token)
        return issued(answer, path, "jsapiTicket", "expireIn", SHORTEST_LIFE)


def issued(
    answer: dict[str, Any], endpoint: str, value: str, seconds: str, shortest: int = 1
) -> Issued:
    """The two fields of an answer, checked.

    Raises PlatformUnavailable (`platform_unreadable`, naming the field) for anything else than a
    printable string and a whole number of seconds from `shortest` to 86400.
    """
    text, life = answer.get(value), answer.get(seconds)
    if not isinstance(text, str) or not _VALUE.fullmatch(text):
        raise PlatformUnavailable("platform_unreadable", endpoint=endpoint, values={"field": value})
    if isinstance(life, bool) or not isinstance(life, int) or not shortest <= life <= LONGEST_LIFE:
        raise PlatformUnavailable(
            "platform_unreadable", endpoint=endpoint, values={"field": seconds}
        )
    return Issued(text, life)
