"""The stand-in's ways into chats: the app's robot, and the older one by ``cid``."""

from collections.abc import Mapping

from dingbridge.sandbox.api_envelope import ApiError, OapiError, Routes, parsed
from dingbridge.sandbox.conversations import Chat
from dingbridge.sandbox.http_message import Request, Response
from dingbridge.sandbox.notifications_api import checked_message
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.server_calls import Body, api, number, oapi

PARAM_BYTES = 15_000
_CARD = ("title", "text")
_PARAMS: dict[str, tuple[str, ...]] = {
    "sampleText": ("content",),
    "sampleMarkdown": ("title", "text"),
    "sampleImageMsg": ("photoURL",),
    "sampleLink": ("text", "title", "picUrl", "messageUrl"),
    "sampleActionCard": (*_CARD, "singleTitle", "singleURL"),
    **{
        f"sampleActionCard{count}": (
            *_CARD,
            *(f"action{part}{each}" for each in range(1, count + 1) for part in ("Title", "URL")),
        )
        for count in range(2, 6)
    },
    "sampleActionCard6": (*_CARD, "buttonTitle1", "buttonUrl1", "buttonTitle2", "buttonUrl2"),
    "sampleAudio": ("mediaId", "duration"),
    "sampleFile": ("mediaId", "fileName", "fileType"),
    "sampleVideo": ("duration", "videoMediaId", "videoType", "picMediaId"),
}
CONVERT = "/v1.0/im/chat/{chatId}/convertToOpenConversationId"


class ChatsApi:
    """The robot is a member of some chats; a message can be asked about and taken back."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state
        robot = "/v1.0/robot/"
        handlers = {
            f"{robot}groupMessages/send": self._send,
            f"{robot}groupMessages/query": self._query,
            f"{robot}groupMessages/recall": self._recall,
            f"{robot}oToMessages/batchSend": self._send_to_users,
            f"{robot}messageFiles/download": self._received_file,
            CONVERT: self._convert,
        }
        self.routes: Routes = {
            path: ("chats", api(state, path, {"POST": handler}))
            for path, handler in handlers.items()
        }
        older = oapi(state, self._older, permission="older_conversations")
        self.routes["/message/send_to_conversation"] = ("chats", older)

    def _send(self, _request: Request, body: Body) -> Mapping[str, object]:
        chat = self._chat(body)
        self._require_robot(body)
        if not chat.has_robot:
            raise ApiError(400, "resource.unavailable", "机器人不在群内")
        message = self._message(body)
        letter = self._state.corp.mailbox.deliver(
            "robot",
            chat.members,
            message,
            sender=self._state.identity.client_id,
            conversation=chat.title,
        )
        return {"processQueryKey": letter.key}

    def _send_to_users(self, _request: Request, body: Body) -> Mapping[str, object]:
        self._require_robot(body)
        users = body.get("userIds")
        if not isinstance(users, list) or not users:
            raise ApiError(400, "invalidParameter.userIds.empty", "用户userId列表为空")
        if len(users) > 20:
            raise ApiError(400, "invalidParameter.userIds.overMax", "用户userId列表超过最大限制")
        known = [one for one in users if self._state.corp.directory.person(one)]
        letter = self._state.corp.mailbox.deliver(
            "robot", known, self._message(body), sender=self._state.identity.client_id
        )
        invalid = [str(one) for one in users if one not in known]
        return {
            "processQueryKey": letter.key,
            "invalidStaffIdList": invalid,
            "flowControlledStaffIdList": [],
        }

    def _query(self, _request: Request, body: Body) -> Mapping[str, object]:
        letter = self._state.corp.mailbox.by_key(body.get("processQueryKey"))
        if letter is None:
            raise ApiError(400, "invalid.processQueryKey", "无效的processQueryKey")
        size = min(number(body.get("maxResults")) or 50, 200)
        start = number(body.get("nextToken")) or 0
        readers = sorted(letter.read_by)
        page = readers[start : start + size]
        return {
            "sendStatus": "RECALLED" if letter.recalled else "SUCCESS",
            "readUserIds": page,
            "hasMore": start + size < len(readers),
            "nextToken": str(start + size),
        }

    def _recall(self, _request: Request, body: Body) -> Mapping[str, object]:
        self._chat(body)
        self._require_robot(body)
        keys = body.get("processQueryKeys")
        if not isinstance(keys, list) or not keys:
            raise ApiError(400, "invalidParameter.processQueryKey.missing", "缺少processQueryKey")
        if len(keys) > 20:
            code = "invalidParameter.processQueryKeys.overMax"
            raise ApiError(400, code, "processQueryKeys超过数量上限20")
        done, failed = [], {}
        for key in keys:
            letter = self._state.corp.mailbox.by_key(key)
            if letter is None:
                failed[str(key)] = "无效的processQueryKey"
            else:
                letter.recalled = True
                done.append(key)
        return {"successResult": done, "failedResult": failed}

    def _convert(self, request: Request, _body: Body) -> Mapping[str, object]:
        chat = self._state.corp.conversations.by_chat_id(request.path.split("/")[4])
        if chat is None:
            raise ApiError(400, "invalideChatId", "不合法的chatId")
        return {"openConversationId": chat.open_id}

    def _received_file(self, _request: Request, body: Body) -> Mapping[str, object] | Response:
        stored = self._state.corp.media.get(body.get("downloadCode"))
        if stored is None:
            raise ApiError(400, "invalidParameter.downloadCode", "无效的downloadCode")
        return {"downloadUrl": f"https://files.example.com/{stored.name}"}

    def _older(self, body: Body) -> Mapping[str, object]:
        message = checked_message(body.get("msg"), self._state)
        if not self._state.corp.directory.person(body.get("sender")):
            raise OapiError(40003, "不合法的UserID")
        redeemed = self._state.corp.conversations.redeem(body.get("cid"))
        if redeemed is None:
            raise OapiError(40016, "不合法的会话ID")
        _, chat = redeemed
        if body["sender"] not in chat.members:
            raise OapiError(40015, "发送者不在会话中")
        self._state.corp.mailbox.deliver(
            "conversation",
            chat.members,
            message,
            sender=str(body["sender"]),
            conversation=chat.title,
        )
        return {"receiver": "|".join(chat.members)}

    def _chat(self, body: Body) -> Chat:
        if not body.get("openConversationId"):
            raise ApiError(400, "miss.openConversationId", "缺少openConversationId")
        chat = self._state.corp.conversations.by_open_id(body["openConversationId"])
        if chat is None:
            raise ApiError(400, "invalid.openConversationId", "无效的openConversationId")
        return chat

    def _require_robot(self, body: Body) -> None:
        code = body.get("robotCode")
        if not code:
            raise ApiError(400, "invalidParameter.robotCode.missing", "缺少robotCode")
        if code != self._state.identity.client_id:
            text = "此应用appkey和机器人robotCode不匹配，请使用机器人应用的appkey"
            raise ApiError(400, "invalidParameter.robotCode.auth", text)

    def _message(self, body: Body) -> dict[str, object]:
        key, param = body.get("msgKey"), body.get("msgParam")
        if not key:
            raise ApiError(400, "invalidParameter.msgKey.empty", "缺少msgKey")
        if not isinstance(key, str) or key not in _PARAMS:
            raise ApiError(400, "invalidParameter.msgKey.invalid", "msgKey无效")
        fields = parsed(param.encode()) if isinstance(param, str) else None
        if not isinstance(fields, dict) or not isinstance(param, str):
            raise ApiError(400, "invalidParameter.msgParam.invalid", "msgParam必须是json格式")
        if len(param.encode()) > PARAM_BYTES:
            raise ApiError(400, "invalidParameter.msgParam.tooLong", "消息内容太长")
        if any(not fields.get(name) for name in _PARAMS[key]):
            raise ApiError(400, "invalidParameter.param.invalid", "参数不合法")
        return {"msgtype": key, key: fields}
