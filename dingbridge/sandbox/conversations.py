"""The stand-in's chats: who is in them, which robot, and the ids by which they are reached."""

import secrets
import threading
from dataclasses import dataclass
from typing import Any

from dingbridge.sandbox.clock import Clock

CID_SECONDS = 86_400.0
CHAT_ID = "chat0f1e2d3c4b5a69788796a5b4c3d2e1f0"
OPEN_ID = "cidSandboxOpen9Kd7Lw2Qx5mB0A=="
TITLE = "沙箱项目组"


@dataclass(frozen=True)
class Chat:
    """A chat, owned by its first member; ``has_robot``: whether the app's robot is in it."""

    chat_id: str
    open_id: str
    title: str
    members: tuple[str, ...]
    has_robot: bool = True

    @property
    def owner(self) -> str:
        """The userid of whoever made it."""
        return self.members[0]

    def describe(self) -> dict[str, Any]:
        """As the admin API and the chooser show it."""
        return {
            "title": self.title,
            "chatId": self.chat_id,
            "openConversationId": self.open_id,
            "members": list(self.members),
            "owner": self.owner,
            "has_robot": self.has_robot,
        }


_FIELD = ("manager4220", "user5031", "user6188", "user2004")
_ALL = (*_FIELD, "user2001", "user2002", "user2003", "user2005")
CHATS = (
    Chat(CHAT_ID, OPEN_ID, TITLE, ("manager4220", "user5031", "user6188", "user2001")),
    Chat(
        "chatffeeddccbbaa99887766554433221100",
        "cidSandboxOpen2Vb8Zt4Rn7yC1Q==",
        "没有机器人的群",
        ("manager4220", "user2001"),
        has_robot=False,
    ),
    *(
        Chat(f"chat{number:032x}", f"cidSandboxOpen{number:02d}Wq7Hs3Jt9e==", title, members)
        for number, (title, members) in enumerate(
            (
                ("全员群", _ALL),
                ("华东区外勤", _FIELD),
                ("华东区外勤周报与问题反馈（请先看群公告，图片发原图，位置写到门牌号）", _FIELD),
                ("资产盘点 2026", ("user5031", "manager4220", "user6188")),
                ("报销与发票", ("user2005", *_FIELD)),
                ("研发值班", ("user2002", "user2003", "manager4220")),
                ("<b>测试群</b> & 'quotes'", ("manager4220", "user2003")),
            ),
            1,
        )
    ),
)


class Conversations:
    """The chats, and the cids that people have picked: each good once and for a day."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._picked: dict[str, tuple[str, float, Chat]] = {}

    def pick(self, userid: str, chat: Chat) -> str:
        """A cid of the chat for the person who picks it."""
        cid = f"cid{secrets.token_urlsafe(15)}=="
        with self._lock:
            self._picked[cid] = (userid, self._clock.now(), chat)
        return cid

    def of(self, userid: str) -> list[Chat]:
        """The chats that somebody is in."""
        return [chat for chat in CHATS if userid in chat.members]

    def redeem(self, cid: object) -> tuple[str, Chat] | None:
        """Who picked it and the chat, once; None for a spent, old or unknown one."""
        with self._lock:
            userid, at, chat = self._picked.pop(str(cid), ("", 0.0, CHATS[0]))
        return (userid, chat) if userid and self._clock.now() - at <= CID_SECONDS else None

    def by_open_id(self, open_id: object) -> Chat | None:
        """The chat of that openConversationId."""
        return next((chat for chat in CHATS if chat.open_id == open_id), None)

    def by_chat_id(self, chat_id: object) -> Chat | None:
        """The chat of that chatId."""
        return next((chat for chat in CHATS if chat.chat_id == chat_id), None)
