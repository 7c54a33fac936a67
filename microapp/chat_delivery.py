"""What became of a work notification: asked of the platform while that can still change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from dingbridge.openapi.notifications import Notifications, Result, Status
from dingbridge.settings import Language
from microapp.chat_store import CODE_LENGTH, messages, state_of
from microapp.context import MicroApp
from microapp.platform_failures import entry_named
from microapp.tables import require_own
from microapp.words import words

# Of `delivery`: "" (not asked yet), running and delivered may become these, which stay.
FINAL = frozenset({"read", "dropped", "failed"})
KNOWN_FOR = timedelta(hours=24)  # so long the platform tells the result
PAUSE = timedelta(seconds=1)  # however many pages ask


@dataclass(frozen=True)
class Told:
    """What a person reads of a message: `tone` is good, bad, warn or none."""

    tone: str
    sentence: str


def is_open(row: Row[Any], now: datetime) -> bool:
    """Whether asking the platform again could tell something new."""
    is_asked = row.way == "notice" and row.state == "sent" and row.task is not None
    return is_asked and row.delivery not in FINAL and now - row.at < KNOWN_FOR


def follow(micro: MicroApp, row_id: int) -> Row[Any]:
    """The person's own message, with what the platform now says of its delivery.

    Raises RequestRefused (404) for another person's, and what the platform's calls raise.
    """
    person, now = micro.person(), micro.now()
    with micro.database.read() as connection:
        row = require_own(connection, messages, person, row_id)
    if not is_open(row, now) or (row.checked is not None and now - row.checked < PAUSE):
        return row
    seen = _seen(micro.bridge.openapi.notifications, row)
    with micro.database.write() as connection:
        return _keep(connection, row, {**seen, "checked": now})


def told(row: Row[Any], now: datetime, lang: Language) -> Told:
    """The sentence for a message's state and delivery."""
    said, state = words(lang), state_of(row, now)
    if state != "sent":
        tone = {"sending": "", "unknown": "warn", "failed": "bad"}[state]
        sentence = said.get(f"chat_state_{state}") or entry_named(row.code).say("message", lang)
        return Told(tone, sentence)
    if row.way != "notice" or not row.delivery:
        return Told("good", said["chat_state_sent"])
    if row.delivery == "dropped" and row.code:
        return Told("bad", entry_named(row.code).say("message", lang))
    tone = {"running": "", "dropped": "bad", "failed": "bad"}.get(row.delivery, "good")
    return Told(tone, said[f"chat_delivery_{row.delivery}"].format(percent=row.percent))


def _seen(notifications: Notifications, row: Row[Any]) -> dict[str, object]:
    progress = notifications.progress(row.task)
    if progress.status is not Status.DONE:
        return {"delivery": "running", "percent": progress.percent}
    delivery, code = _of_result(notifications.result(row.task), row.userid)
    return {"delivery": delivery, "percent": 100, "code": code}


def _of_result(result: Result, userid: str) -> tuple[str, str]:
    """What the result says of its only receiver; the code of why, where it was dropped."""
    for dropped in result.dropped:
        if dropped.userid == userid:
            return "dropped", dropped.code[:CODE_LENGTH]
    if userid in result.forbidden:
        return "dropped", ""
    if userid in result.failed or userid in result.invalid_users:
        return "failed", ""
    return "read" if userid in result.read else "delivered", ""


def _keep(connection: Connection, row: Row[Any], seen: dict[str, object]) -> Row[Any]:
    c = messages.c
    # An answer that was on its way longer than a later one does not take its word back.
    still_open = messages.update().where(c.id == row.id, c.delivery.not_in(FINAL))
    connection.execute(still_open.values(**seen))
    return connection.execute(select(messages).where(c.id == row.id)).one()
