"""Chat: messages to a chat that the person chooses, and notifications to oneself."""

from __future__ import annotations

import re
import secrets

from flask import Blueprint, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from dingbridge import catalogue
from dingbridge.problems import RequestRefused, json_body
from microapp.chat_delivery import follow, is_open, told
from microapp.chat_messages import KINDS, TEXT_LENGTH, TITLE_LENGTH, URL_LENGTH, one_line
from microapp.chat_sending import TO_ME, Unsent, send
from microapp.chat_store import NAME_LENGTH, choose, messages, offered
from microapp.context import MicroApp, back_to
from microapp.failures import wants_json
from microapp.page_room import weight
from microapp.paging import EMPTY, Room, newest, page_before, parse_id
from microapp.platform_failures import PLATFORM_FAILURES, answer_failure

PAGE_SIZE = 3
SHOWN_LENGTH = 60  # characters of a message in the list
NAME_ROOM = 66  # bytes of HTML that a chat's name takes
_FORM_LIMIT = 16 * 1024  # bytes
_CHOICE_LIMIT = 4 * 1024
_LIST = Room(PAGE_SIZE, 1950, lambda row: 620 + weight((row.title + row.text)[:SHOWN_LENGTH]))
_TARGET = re.compile(r"[!-~]{1,200}")


def chat_page(micro: MicroApp) -> Blueprint:
    """`/chat`, and below it the chats that were chosen and what became of messages."""
    page = Blueprint("chat", __name__)
    _add_list(page, micro)
    _add_sending(page, micro)
    _add_choosing(page, micro)
    _add_following(page, micro)
    for failure in PLATFORM_FAILURES:
        page.register_error_handler(failure, lambda error: answer_failure(micro.bridge, error))
    page.register_error_handler(Unsent, lambda error: _answer_unsent(micro, error))
    return page


def _add_list(page: Blueprint, micro: MicroApp) -> None:
    @page.get("/chat")
    def show() -> str:
        """The page; without a session its list says that it is being signed in."""
        person, now = micro.bridge.user(), micro.now()
        way, lang = micro.bridge.settings.chat_way, micro.bridge.language()
        before = page_before(request.args.get("before"))
        listed, chats = EMPTY, []
        if person is not None:
            with micro.database.read() as connection:
                listed = newest(connection, messages, person, before, _LIST)
                chats = list(offered(connection, person, way, now))
        return render_template(
            "chat.html",
            person=person,
            way=way,
            chats=chats,
            to_me=TO_ME,
            kinds=KINDS,
            lengths={"title": TITLE_LENGTH, "text": TEXT_LENGTH, "url": URL_LENGTH},
            listed=listed,
            before=before,
            zone=micro.zone,
            told=lambda row: told(row, now, lang),
            is_open=lambda row: is_open(row, now),
            shown_length=SHOWN_LENGTH,
            name_room=NAME_ROOM,
            key=secrets.token_urlsafe(18),
        )


def _add_sending(page: Blueprint, micro: MicroApp) -> None:
    @page.post("/chat")
    @micro.bridge.login_required
    def store() -> ResponseReturnValue:
        """Send a message: 201, or 200 where it was sent before; a plain form goes back."""
        request.max_content_length = _FORM_LIMIT
        row, is_new = send(micro)
        if not wants_json():
            return back_to("/chat")
        return jsonify({"id": row.id}), 201 if is_new else 200


def _add_choosing(page: Blueprint, micro: MicroApp) -> None:
    @page.post("/chat/choices")
    @micro.bridge.login_required
    def keep() -> ResponseReturnValue:
        """Keep which chat the client's picker gave; messages then name this row alone."""
        posted = json_body(_CHOICE_LIMIT)
        way, now = micro.bridge.settings.chat_way, micro.now()
        target = _target(micro, posted, way)
        title = one_line(posted.get("title"))[:NAME_LENGTH]
        with micro.database.write() as connection:
            day = micro.day_of(now)
            row = choose(connection, micro.person(), way, target, title, now, day)
        return jsonify({"id": row.id, "title": title})


def _add_following(page: Blueprint, micro: MicroApp) -> None:
    @page.post("/chat/<row_id>/delivery")
    @micro.bridge.login_required
    def delivery(row_id: str) -> ResponseReturnValue:
        """Ask what became of a notification; `final` where asking again would tell no more."""
        row, now = follow(micro, parse_id(row_id)), micro.now()
        if not wants_json():
            return back_to("/chat")
        said = told(row, now, micro.bridge.language())
        return jsonify(
            {"tone": said.tone, "sentence": said.sentence, "final": not is_open(row, now)}
        )


def _target(micro: MicroApp, posted: dict[str, object], way: str) -> str:
    """By what the platform knows the chat.

    Raises RequestRefused (400), and what asking for an older chatId's openConversationId raises.
    """
    given = posted.get("cid" if way == "cid" else "openConversationId")
    chat = posted.get("chatId")
    if way == "robot" and not given and isinstance(chat, str) and _TARGET.fullmatch(chat):
        given = micro.bridge.openapi.chats.open_conversation_id(chat)
    if not isinstance(given, str) or not _TARGET.fullmatch(given):
        raise RequestRefused(400, "bad_request")
    return given


def _answer_unsent(micro: MicroApp, unsent: Unsent) -> ResponseReturnValue:
    unclear = catalogue.explain("send_unclear", family="page") if unsent.is_unclear else None
    return answer_failure(micro.bridge, unsent.error, unsent.reference, unclear)
