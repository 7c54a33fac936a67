"""What tests of the chat page do: choose, send, look; the fixtures are chat_fixtures'."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from microapp_visitor import ORIGIN, AppVisitor, new_key
from sandbox_server import SandboxClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from dingbridge.sandbox.conversations import CHATS
from microapp.chat_store import messages
from microapp.database import Database

USERID, NAME = "manager4220", "张小沙"
COLLEAGUE = "user2005"  # in the sandbox's corp, but not in its first chat
CHAT, ROBOTLESS = CHATS[0], CHATS[1]
TEXT = "三号楼的巡检已完成"
SEND, NOTIFY = "/v1.0/robot/groupMessages/send", "/topapi/message/corpconversation/asyncsend_v2"
OLDER = "/message/send_to_conversation"
PROGRESS = "/topapi/message/corpconversation/getsendprogress"


older_way = pytest.mark.parametrize("chat_settings", ["cid"], indirect=True)


def form(to: object = "me", **changed: object) -> dict[str, object]:
    return {"key": new_key(), "to": to, "kind": "text", "text": TEXT, **changed}


def keep(visitor: AppVisitor, **choice: object) -> TestResponse:
    """Post what the client's picker gave."""
    headers = {"Accept": "application/json", "Origin": ORIGIN}
    return visitor.client.post("/chat/choices", json=choice, headers=headers, base_url=ORIGIN)


def choose(visitor: AppVisitor, target: str = CHAT.open_id, title: str = CHAT.title) -> int:
    answer = keep(visitor, openConversationId=target, title=title)
    assert answer.json is not None
    return int(answer.json["id"])


def pick(visitor: AppVisitor, sandbox: SandboxClient, userid: str = USERID) -> tuple[str, int]:
    """A cid of the first chat, and the choice that is kept of it."""
    cid = sandbox.sandbox.platform.corp.conversations.pick(userid, CHAT)
    answer = keep(visitor, cid=cid, title=CHAT.title)
    assert answer.json is not None
    return cid, int(answer.json["id"])


def rows(visitor: AppVisitor, address: str = "/chat") -> list[str]:
    """The messages of a page as people read them, the newest first."""
    found = re.findall(r"<li><span.*?</li>", visitor.get(address).text, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in found]


def receivers(visitor: AppVisitor) -> dict[str, str]:
    """What the form offers, by value."""
    page = visitor.get("/chat").text
    (chosen,) = re.findall(r'<select id="to".*?</select>', page, re.DOTALL)
    return {v: html.unescape(t) for v, t in re.findall(r'value="(\w+)">([^<]*)<', chosen)}


def inbox(sandbox: SandboxClient, userid: str = USERID) -> list[dict[str, Any]]:
    """What somebody has got."""
    found: list[dict[str, Any]] = sandbox.ask("GET", f"messages?user={userid}").json()["messages"]
    return found


def ask(visitor: AppVisitor, row: object) -> TestResponse:
    return visitor.post(f"/chat/{row}/delivery", {})


def only_id(visitor: AppVisitor, stored: Database) -> int:
    with stored.read() as connection:
        return int(connection.execute(select(messages.c.id)).scalar_one())


def age(sent: Database, time: timedelta) -> None:
    """The only message was submitted that much earlier."""
    with sent.write() as connection:
        at = connection.execute(select(messages.c.at)).scalar_one()
        connection.execute(update(messages).values(at=at - time))
