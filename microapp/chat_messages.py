"""What a person may send: a text, a link or a card, checked before anybody is asked to send it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from dingbridge.openapi.messages import Button, Message, card, link, text
from dingbridge.problems import RequestRefused
from microapp.tables import clean
from microapp.web_address import host_of

KINDS = ("text", "link", "card")
TITLE_LENGTH = 64  # characters
TEXT_LENGTH = 500  # what the platform advises at most for a text
URL_LENGTH = 500  # the most that a card's button takes
# Of a work notification, and of a message by cid, as JSON in UTF-8; the platform refuses more.
BODY_BYTES = 2048


@dataclass(frozen=True)
class Draft:
    """What was typed; a text has neither `title` nor `url`."""

    kind: str
    title: str
    text: str
    url: str

    @classmethod
    def read(cls, posted: Mapping[str, str]) -> Self:
        """What a form posts.

        Raises RequestRefused: 400 for another kind, 413 (`too_large`), 422 (`incomplete`,
        `address_implausible`).
        """
        kind, content = posted.get("kind", ""), clean(posted.get("text"))
        if kind not in KINDS:
            raise RequestRefused(400, "bad_request")
        title, url = one_line(posted.get("title")), clean(posted.get("url"))
        if kind == "text":
            title = url = ""
        if not content or (kind != "text" and not (title and url)):
            raise RequestRefused(422, "incomplete")
        if len(content) > TEXT_LENGTH or len(title) > TITLE_LENGTH or len(url) > URL_LENGTH:
            raise RequestRefused(413, "too_large")
        if url and not host_of(url):
            raise RequestRefused(422, "address_implausible")
        return cls(kind, title, content, url)

    def message(self, *, picture: str, button: str, sender: str = "") -> Message:
        """For the platform: `picture` is a link's, `button` the word on a card's.

        `sender` stands below the text of what the app's robot says in somebody's name.

        Raises RequestRefused (413) for what the platform would refuse as too long.
        """
        if self.kind == "text":
            made = text(self._signed("\n", sender))
        elif self.kind == "link":
            made = link(self.title, self._signed(" ", sender), self.url, picture)
        else:
            made = card(self.title, self._signed("\n\n", sender), Button(button, self.url))
        if len(json.dumps(made.as_notification(), ensure_ascii=False).encode()) > BODY_BYTES:
            raise RequestRefused(413, "too_large")
        return made

    def _signed(self, between: str, sender: str) -> str:
        return f"{self.text}{between}—— {sender}" if sender else self.text


def one_line(value: object) -> str:
    """Cleaned text without line breaks, as titles and names are."""
    return " ".join(clean(value).split())
