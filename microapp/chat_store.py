"""The chats that people chose, and what they sent.

A message has a row before the platform is asked to send it (`sending`), and what came of it after
(`sent`, `failed`, `unknown`). If the server stops in between, the row tells so: it is shown as
unknown, and nothing is sent a second time unless a person decides so.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    func,
    select,
)

from dingbridge.errors import CallRefused
from dingbridge.login.session import SessionUser
from dingbridge.problems import RequestRefused
from microapp.chat_messages import TEXT_LENGTH, TITLE_LENGTH, URL_LENGTH, Draft
from microapp.tables import RowId, UtcTime, is_of, personal_table, require_own, store_once

NAME_LENGTH = 200  # characters of a chat's name; what is longer is cut
TARGET_LENGTH = 200
CODE_LENGTH = 100
OFFERED = 6  # chats in the form, those chosen last
A_MINUTE = 20  # messages of one person: what a robot may send to one chat, too
CID_LIFE = timedelta(hours=24)  # and a cid is good once (document "pickConversation")
# The platform answers within half a minute or never: see the times in dingbridge.transport.
ANSWERED_WITHIN = timedelta(minutes=2)

choices = personal_table(
    "chat_choices",
    Column("way", String(8), nullable=False),  # robot or cid
    Column("target", String(TARGET_LENGTH), nullable=False),  # openConversationId or cid
    Column("title", String(NAME_LENGTH), nullable=False),
    Column("spent", Boolean(), nullable=False),
)
Index("chat_choices_by_target", choices.c.way, choices.c.target)
messages = personal_table(
    "chat_messages",
    Column("way", String(8), nullable=False),  # robot, cid, or notice: to oneself
    Column("choice", RowId, nullable=True),
    Column("receiver", String(NAME_LENGTH), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("title", String(TITLE_LENGTH), nullable=False),
    Column("text", String(TEXT_LENGTH), nullable=False),
    Column("url", String(URL_LENGTH), nullable=False),
    Column("state", String(8), nullable=False),
    Column("code", String(CODE_LENGTH), nullable=False),  # of the catalogue: what went wrong
    Column("reference", String(16), nullable=False),
    Column("task", BigInteger(), nullable=True),  # the platform's, of a notification
    Column("delivery", String(10), nullable=False),  # see chat_delivery
    Column("percent", Integer(), nullable=False),
    Column("checked", UtcTime(), nullable=True),
)
Index("chat_messages_by_person", messages.c.corp, messages.c.userid, messages.c.id)


def choose(
    connection: Connection,
    person: SessionUser,
    way: str,
    target: str,
    title: str,
    at: datetime,
    day: date,
) -> Row[Any]:
    """Keep that a person chose a chat; the same chat again is the same choice.

    Which one it was only the person's own client tells, and it signs nothing. Messages name the
    choice's row, so nobody sends to what somebody else has chosen.

    Raises RequestRefused (403, `forbidden`) for a cid that somebody else has chosen: the client
    gives each person another one.
    """
    c = choices.c
    if way == "cid":
        others = select(c.id).where(c.way == way, c.target == target, ~is_of(choices, person))
        if connection.execute(others.limit(1)).first():
            raise RequestRefused(403, "forbidden")
    values = {"way": way, "target": target, "title": title, "spent": False, "at": at, "day": day}
    key = _key_of(way, target)
    row, is_new = store_once(connection, choices, person, {**values, "key": key})
    if not is_new and way == "robot":
        latest = {"title": title, "at": at, "day": day}
        connection.execute(choices.update().where(c.id == row.id).values(**latest))
    return row


def offered(
    connection: Connection, person: SessionUser, way: str, now: datetime
) -> Sequence[Row[Any]]:
    """The chats that a person chose and may send to now, the latest first."""
    c = choices.c
    mine = select(choices).where(is_of(choices, person), c.way == way, ~c.spent)
    if way == "cid":
        mine = mine.where(c.at > now - CID_LIFE)
    return connection.execute(mine.order_by(c.at.desc(), c.id.desc()).limit(OFFERED)).all()


def choice_of(
    connection: Connection, person: SessionUser, row_id: int, way: str, now: datetime
) -> Row[Any]:
    """The person's own choice.

    Raises RequestRefused (404) for another person's, CallRefused (`no_conversation`) for one that
    is too old, or of a way by which the app does not send any more.
    """
    row = require_own(connection, choices, person, row_id)
    if row.way != way or (way == "cid" and row.at <= now - CID_LIFE):
        raise CallRefused("no_conversation")
    return row


def begin(
    connection: Connection,
    person: SessionUser,
    draft: Draft,
    choice: Row[Any] | None,
    *,
    key: str,
    at: datetime,
    day: date,
) -> tuple[Row[Any], bool]:
    """The row of a message, and whether it is now to be sent; `choice` None means to oneself.

    The same submission again is sent again only if the platform refused it before. Raises
    RequestRefused (409): `submitted_before` with other content than what was sent, `send_running`,
    `send_unclear`; 429 (`too_many_requests`); CallRefused (`no_conversation`) for a spent cid.
    """
    values: dict[str, Any] = {
        **asdict(draft),
        "way": choice.way if choice else "notice",
        "choice": choice.id if choice else None,
        "receiver": choice.title if choice else "",
    }
    fresh = {"at": at, "day": day, "state": "sending", "code": "", "reference": ""}
    fresh |= {"task": None, "delivery": "", "percent": 0, "checked": None}
    row, is_due = store_once(connection, messages, person, {**values, **fresh, "key": key})
    if not is_due:
        is_due = _may_go_again(row, values, at)
        if is_due:
            again = messages.update().where(messages.c.id == row.id, messages.c.state == "failed")
            if not connection.execute(again.values(**values, **fresh)).rowcount:
                raise RequestRefused(409, "send_running")  # another request was quicker
    if is_due:
        _require_patience(connection, person, at)
        _spend(connection, choice)
    return row, is_due


def finish(connection: Connection, row: Row[Any], state: str, **seen: object) -> None:
    """What came of it: `sent` with its `task`, `failed` or `unknown` with `code`, `reference`."""
    connection.execute(messages.update().where(messages.c.id == row.id).values(state=state, **seen))
    if state == "failed" and row.choice is not None:
        # Nothing went out, so a cid may still be good.
        mine = choices.update().where(choices.c.id == row.choice)
        connection.execute(mine.values(spent=False))


def state_of(row: Row[Any], now: datetime) -> str:
    """The message's state; `unknown` if nobody can be waiting for the platform any more."""
    is_lost = row.state == "sending" and now - row.at > ANSWERED_WITHIN
    return "unknown" if is_lost else str(row.state)


def _may_go_again(row: Row[Any], values: Mapping[str, Any], now: datetime) -> bool:
    state = state_of(row, now)
    if state == "sent":
        if any(getattr(row, name) != value for name, value in values.items()):
            raise RequestRefused(409, "submitted_before")
        return False
    if state != "failed":
        raise RequestRefused(409, "send_running" if state == "sending" else "send_unclear")
    return True


def _require_patience(connection: Connection, person: SessionUser, at: datetime) -> None:
    lately = messages.c.at > at - timedelta(minutes=1)
    mine = select(func.count()).select_from(messages).where(is_of(messages, person), lately)
    if connection.execute(mine).scalar_one() > A_MINUTE:  # this one is counted
        raise RequestRefused(429, "too_many_requests")


def _spend(connection: Connection, choice: Row[Any] | None) -> None:
    """A cid is good once: taken before it is tried, so that two requests cannot both have it."""
    if choice is None or choice.way != "cid":
        return
    once = choices.update().where(choices.c.id == choice.id, ~choices.c.spent).values(spent=True)
    if not connection.execute(once).rowcount:
        raise CallRefused("no_conversation")


def _key_of(way: str, target: str) -> str:
    """One row for each chat: an id of the platform's may hold what no key may."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"{way} {target}".encode()).digest()).decode()[
        :43
    ]
