"""The stand-in's chats: who is in them, which robot, and the ids by which they are reached."""

import secrets
import threading
from dataclasses import dataclass

from dingbridge.sandbox.clock import Clock

CID_SECONDS = 86_400.0
CHAT_ID = "chat0f1e2d3c4b5a69788796a5b4c3d2e1f0"
OPEN_ID = "cidSandboxOpen9Kd7Lw2Qx5mB0A=="
TITLE = "沙箱项目组"


@dataclass(frozen=True)
class Chat:
    """A chat; ``has_robot`` tells whether the app's robot is a member."""

    chat_id: str
    open_id: str
    title: str
    members: tuple[str, ...]
    has_robot: bool = True


CHATS = (
    Chat(CHAT_ID, OPEN_ID, TITLE, ("manager4220", "user5031", "user6188", "user2001")),
    Chat(
        "chatffeeddccbbaa99887766554433221100",
        "cidSandboxOpen2Vb8Zt4Rn7yC1Q==",
        "没有机器人的群",
        ("manager4220", "user2001"),
        has_robot=False,
    ),
)


class Conversations:
    """The chats, and the cids that people have picked: each good once and for a day."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._picked: dict[str, tuple[str, float, Chat]] = {}

    def pick(self, userid: str) -> str:
        """A cid of the first chat for the person who picks it."""
        cid = f"cid{secrets.token_urlsafe(15)}=="
        with self._lock:
            self._picked[cid] = (userid, self._clock.now(), CHATS[0])
        return cid

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
