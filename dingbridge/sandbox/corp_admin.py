"""The part of the sandbox's own API that shows the corp: its people, and what they were sent."""

import json
from collections.abc import Callable

from dingbridge.sandbox.checks import BadValue, checked, number, text, whole
from dingbridge.sandbox.file_response import file_response
from dingbridge.sandbox.http_message import Request, Response, json_response
from dingbridge.sandbox.message_cards import card
from dingbridge.sandbox.platform_state import PlatformState

BODY_LIMIT = 1 << 16


class CorpAdmin:
    """``GET messages[?user=…]``, ``POST messages/read``, ``PATCH messages``, ``GET media``,
    ``GET directory``.
    """

    def __init__(self, platform: PlatformState) -> None:
        self._platform = platform
        self.routes: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "directory"): self._directory,
            ("GET", "media"): self._media,
            ("GET", "messages"): self._messages,
            ("PATCH", "messages"): self._patch_messages,
            ("POST", "messages/read"): self._read,
        }

    def _directory(self, _request: Request) -> Response:
        return json_response(self._platform.corp.directory.describe())

    def _messages(self, request: Request) -> Response:
        """All that was sent; with ``user`` what has reached that person, and is on its way."""
        corp, user = self._platform.corp, request.query.get("user")
        names = {one["userid"]: one["name"] for one in corp.directory.everybody()}
        letters = [
            {**letter, "card": card(letter["message"], corp.media)}
            for letter in corp.mailbox.show(names, user)
        ]
        coming = {} if user is None else {"on_the_way": corp.mailbox.on_the_way(user)}
        return json_response({"messages": letters, **coming})

    def _media(self, request: Request) -> Response:
        return file_response(self._platform.corp.media.get(request.query.get("id")))

    def _patch_messages(self, request: Request) -> Response:
        """How many seconds of the stand-in's clock the delivery of a notification takes."""
        wish = checked(_json(request), {"delivery_seconds": number(0, 86_400)}, "messages")
        mailbox = self._platform.corp.mailbox
        mailbox.delivery_seconds = float(wish.get("delivery_seconds", mailbox.delivery_seconds))
        return json_response({"delivery_seconds": mailbox.delivery_seconds})

    def _read(self, request: Request) -> Response:
        wish = checked(_json(request), {"n": whole(1, 10**9), "user": text(64)}, "the request")
        if set(wish) != {"n", "user"}:
            raise BadValue("the request needs n and user")
        if not self._platform.corp.mailbox.read(wish["n"], wish["user"]):
            raise BadValue("nobody of that name has got that message")
        return json_response(wish)


def _json(request: Request) -> object:
    try:
        return json.loads(request.body.read(BODY_LIMIT))
    except (ValueError, RecursionError):
        raise BadValue("the body is not JSON") from None
