"""Messages to conversations: by today's way and by the older one.

Today a page lets the person choose a chat (`chooseChat`), gets its openConversationId, and the
app's robot, which has to be a member of the chat, sends to it. The older way gets a `cid` from
`pickConversation`, good once and for 24 hours, and sends in the person's name; it is closed to apps
made since 2022-09-23 (documents "robot sends group chat messages", "send ordinary messages").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dingbridge.errors import CallRefused
from dingbridge.openapi.answers import Answer
from dingbridge.openapi.client import Client, Request, segment
from dingbridge.openapi.messages import Message

USERS_LIMIT = 20
RECALL_LIMIT = 20


@dataclass(frozen=True)
class Sent:
    """A message on its way. `key` is for `readers` and `recall`, empty for one sent by `cid`;
    `receivers` are known for those only.
    """

    key: str = ""
    receivers: tuple[str, ...] = ()


@dataclass(frozen=True)
class SentToUsers:
    """A robot's message to people one by one; who does not get it, and why."""

    key: str
    invalid: tuple[str, ...]
    flow_controlled: tuple[str, ...]


class Chats:
    """Send to conversations, find out who has read, recall."""

    def __init__(self, client: Client, robot_code: str) -> None:
        """`robot_code` is the app's robot; for apps of the corp itself it is the Client ID."""
        self._client = client
        self._robot_code = robot_code

    def send_to_choice(
        self, choice: Mapping[str, object], message: Message, *, sender: str
    ) -> Sent:
        """Send to what the client's chat picker gave the page, whichever way it opens.

        `choice` is the result of `chooseChat` (`openConversationId`, or `chatId`) or of
        `pickConversation` (`cid`); `sender` is the userid of the person who chose.

        Raises CallRefused (`no_conversation`) and what the other methods raise.
        """
        conversation, chat, cid = (
            choice.get(name) for name in ("openConversationId", "chatId", "cid")
        )
        if isinstance(conversation, str) and conversation:
            return self.send(conversation, message)
        if isinstance(chat, str) and chat:
            return self.send(self.open_conversation_id(chat), message)
        if isinstance(cid, str) and cid:
            return self.send_to_cid(cid, message, sender=sender)
        raise CallRefused("no_conversation")

    def send(self, conversation: str, message: Message, *, robot_code: str = "") -> Sent:
        """The robot's message to a chat, by its openConversationId.

        Raises CallRefused (`not_for_robots`), PlatformError (`invalid.openConversationId`,
        `invalidParameter.robotCode.auth`, `resource.unavailable` where the robot is no member …).
        """
        key, param = message.as_robot()
        path = "/v1.0/robot/groupMessages/send"
        body = {
            "openConversationId": conversation,
            "robotCode": robot_code or self._robot_code,
            "msgKey": key,
            "msgParam": param,
        }
        answer = self._client.send(Request("POST", path, json=body))
        return Sent(Answer(answer, path).identifier("processQueryKey"))

    def send_to_users(self, users: Sequence[str], message: Message) -> SentToUsers:
        """The robot's message to at most 20 people, each in their own chat with the robot.

        Raises CallRefused (`too_many_receivers`, `not_for_robots`), PlatformError.
        """
        if not 0 < len(users) <= USERS_LIMIT:
            raise CallRefused("too_many_receivers", {"limit": str(USERS_LIMIT)})
        key, param = message.as_robot()
        path = "/v1.0/robot/oToMessages/batchSend"
        body = {
            "robotCode": self._robot_code,
            "userIds": list(users),
            "msgKey": key,
            "msgParam": param,
        }
        answer = Answer(self._client.send(Request("POST", path, json=body)), path)
        return SentToUsers(
            key=answer.identifier("processQueryKey"),
            invalid=answer.texts("invalidStaffIdList"),
            flow_controlled=answer.texts("flowControlledStaffIdList"),
        )

    def send_to_cid(self, cid: str, message: Message, *, sender: str) -> Sent:
        """A message in the name of `sender` (a userid) to the conversation `cid`, the older way.

        Only members of the corp get it.

        Raises PlatformError (40015, 40016, 40017 …; 60011 for an app that may not).
        """
        path = "/message/send_to_conversation"
        body = {"sender": sender, "cid": cid, "msg": message.as_notification()}
        answer = Answer(self._client.send(Request("POST", path, json=body)), path)
        return Sent(receivers=tuple(filter(None, answer.text("receiver").split("|"))))

    def open_conversation_id(self, chat: str) -> str:
        """The openConversationId of a chat whose chatId is known.

        Raises PlatformError (`invalideChatId`, as the platform spells it).
        """
        path = f"/v1.0/im/chat/{segment(chat)}/convertToOpenConversationId"
        sent = Request(
            "POST",
            path,
            repeatable=True,
            api="POST /v1.0/im/chat/{}/convertToOpenConversationId",
        )
        return Answer(self._client.send(sent), path).identifier("openConversationId")

    def readers(self, conversation: str, key: str) -> tuple[str, ...]:
        """The userids of those who have read a robot's message."""
        path = "/v1.0/robot/groupMessages/query"
        body: dict[str, object] = {
            "openConversationId": conversation,
            "robotCode": self._robot_code,
            "processQueryKey": key,
            "maxResults": 200,
        }
        found: list[str] = []
        for _ in range(100):  # twenty thousand people; a chat has a thousand at most
            sent = Request("POST", path, json=body, repeatable=True)
            answer = Answer(self._client.send(sent), path)
            found += answer.texts("readUserIds")
            if not answer.flag("hasMore"):
                break
            body["nextToken"] = answer.identifier("nextToken")
        return tuple(found)

    def recall(self, conversation: str, keys: Sequence[str]) -> dict[str, str]:
        """Take back at most 20 robot messages; those that could not be, with the reason.

        Raises CallRefused (`too_many_messages`), PlatformError.
        """
        if not 0 < len(keys) <= RECALL_LIMIT:
            raise CallRefused("too_many_messages", {"limit": str(RECALL_LIMIT)})
        path = "/v1.0/robot/groupMessages/recall"
        body = {
            "openConversationId": conversation,
            "robotCode": self._robot_code,
            "processQueryKeys": list(keys),
        }
        answer = Answer(self._client.send(Request("POST", path, json=body, repeatable=True)), path)
        if "failedResult" not in answer:
            return {}
        failed = answer.object("failedResult")
        return {key: failed.text(key) for key in failed.raw()}
