"""Sending a message: its row first, then the platform, then what came of it."""

from __future__ import annotations

from typing import Any

from flask import request
from sqlalchemy import Row

from dingbridge.errors import DingBridgeError
from dingbridge.openapi.messages import Message
from dingbridge.page import new_reference
from dingbridge.redirects import browser_path
from microapp.chat_messages import Draft, one_line
from microapp.chat_store import CODE_LENGTH, begin, choice_of, finish
from microapp.context import MicroApp
from microapp.paging import parse_id
from microapp.platform_failures import PLATFORM_FAILURES, entry_of, is_unclear
from microapp.tables import submission_key
from microapp.words import words

TO_ME = "me"
_PICTURE = "/static/link.png"  # a link needs one, and the platform fetches it from outside


class Unsent(DingBridgeError):
    """A message that was not sent, or of which nobody knows: `error` is why.

    `reference` stands in its row too.
    """

    def __init__(self, error: DingBridgeError, reference: str) -> None:
        """`error` is what the platform's call raised."""
        super().__init__(error.code, error.values)
        self.error = error
        self.reference = reference
        self.is_unclear = is_unclear(error)


def send(micro: MicroApp) -> tuple[Row[Any], bool]:
    """Send what the current request's form asks for, once; its row, and whether it is new.

    Raises RequestRefused for what is not sent and why, Unsent, and CallRefused
    (`no_conversation`) for a chat that cannot be written to any more.
    """
    person, now = micro.person(), micro.now()
    key, draft = submission_key(request.form.get("key")), Draft.read(request.form)
    to = request.form.get("to", "")
    with micro.database.write() as connection:
        choice = None
        if to != TO_ME:
            choice = choice_of(connection, person, parse_id(to), _way(micro), now)
        message = _message(micro, draft, choice)
        day = micro.day_of(now)
        row, is_due = begin(connection, person, draft, choice, key=key, at=now, day=day)
    if is_due:
        _send(micro, row, choice, message)
    return row, is_due


def _way(micro: MicroApp) -> str:
    return micro.bridge.settings.chat_way


def _message(micro: MicroApp, draft: Draft, choice: Row[Any] | None) -> Message:
    origin = micro.bridge.settings.public_origins[0]
    # A robot speaks for everybody: what it says names who said it.
    is_robot = choice is not None and choice.way == "robot"
    return draft.message(
        picture=f"{origin}{browser_path(request.script_root)}{_PICTURE}",
        button=words(micro.bridge.language())["chat_card_button"],
        sender=one_line(micro.person().name) if is_robot else "",
    )


def _send(micro: MicroApp, row: Row[Any], choice: Row[Any] | None, message: Message) -> None:
    try:
        task = _hand_over(micro, choice, message)
    except PLATFORM_FAILURES as error:
        unsent = Unsent(error, new_reference())
        state = "unknown" if unsent.is_unclear else "failed"
        code = entry_of(error).code[:CODE_LENGTH]
        with micro.database.write() as connection:
            finish(connection, row, state, code=code, reference=unsent.reference)
        raise unsent from error
    with micro.database.write() as connection:
        finish(connection, row, "sent", task=task)


def _hand_over(micro: MicroApp, choice: Row[Any] | None, message: Message) -> int | None:
    """Ask the platform to send; the task of a notification."""
    openapi, person = micro.bridge.openapi, micro.person()
    if choice is None:
        return openapi.notifications.send(message, users=[person.userid])
    if choice.way == "robot":
        openapi.chats.send(choice.target, message)
    else:
        openapi.chats.send_to_cid(choice.target, message, sender=person.userid)
    return None
