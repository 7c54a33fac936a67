"""The stand-in's work notifications, ``/topapi/message/corpconversation/*``."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from dingbridge.sandbox.api_envelope import OapiError, Routes, parsed
from dingbridge.sandbox.mailbox import Task
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.server_calls import Body, number, oapi

DAY = 86_400.0
BODY_BYTES, MARKDOWN_CHARACTERS = 2048, 5000
_REQUIRED: dict[str, tuple[str, ...]] = {
    "text": ("content",),
    "image": ("media_id",),
    "voice": ("media_id", "duration"),
    "file": ("media_id",),
    "link": ("messageUrl", "picUrl", "title", "text"),
    "oa": ("message_url", "head", "body"),
    "markdown": ("title", "text"),
    "action_card": ("markdown",),
}


class NotificationsApi:
    """Takes a message, answers with a task, and tells later who was left out."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state
        handlers: dict[str, Callable[[Body], Mapping[str, object]]] = {
            "asyncsend_v2": self._send,
            "sendbytemplate": self._send_template,
            "getsendprogress": self._progress,
            "getsendresult": self._result,
            "recall": self._recall,
            "status_bar/update": self._status,
        }
        self.routes: Routes = {
            f"/topapi/message/corpconversation/{verb}": ("messages", oapi(state, handler))
            for verb, handler in handlers.items()
        }

    def _send(self, body: Body) -> Mapping[str, object]:
        self._require_agent(body)
        message = checked_message(body.get("msg"), self._state)
        to_all = body.get("to_all_user") in (True, "true")
        bar = message["msgtype"] == "oa" and "status_bar" in message["oa"]
        if bar and (to_all or body.get("dept_id_list") or len(_split(body, "userid_list")) > 5):
            raise OapiError(40035, "不合法的参数：status_bar只支持不超过5个userid")
        return {"task_id": self._handed_over(body, message, to_all=to_all).number}

    def _send_template(self, body: Body) -> Mapping[str, object]:
        self._require_agent(body)
        values = parsed(str(body.get("data", "")).encode())
        if not body.get("template_id") or not isinstance(values, dict):
            raise OapiError(40035, "不合法的参数：template_id or data")
        told = {"template_id": body["template_id"], "values": values}
        message = {"msgtype": "template", "template": {**told, "title": json.dumps(values)}}
        return {"task_id": self._handed_over(body, message, to_all=False).number}

    def _handed_over(self, body: Body, message: Mapping[str, Any], *, to_all: bool) -> Task:
        users, departments = _split(body, "userid_list"), _split(body, "dept_id_list")
        if not (users or departments or to_all):
            raise OapiError(1430000, "接收者为空")
        if len(users) > 100:
            raise OapiError(40032, "不合法的UserID列表长度")
        if len(departments) > 20:
            raise OapiError(40035, "不合法的参数：dept_id_list长度超过20")
        directory = self._state.corp.directory
        receivers = [one["userid"] for one in directory.everybody()] if to_all else []
        receivers += [userid for userid in users if directory.person(userid)]
        invalid_departments = []
        for identity in departments:
            known = identity.isdecimal() and directory.department(int(identity))
            if known:
                receivers += [one["userid"] for one in directory.members(int(identity), below=True)]
            elif identity.isdecimal():
                invalid_departments.append(int(identity))
        invalid_users = tuple(userid for userid in users if not directory.person(userid))
        return self._state.corp.mailbox.notify(
            dict.fromkeys(receivers),
            message,
            sender=self._state.identity.agent_id,
            invalid=(invalid_users, tuple(invalid_departments)),
        )

    def _progress(self, body: Body) -> Mapping[str, object]:
        task = self._task(body, 7 * DAY)
        percent, status = self._state.corp.mailbox.progress(task)
        return {"progress": {"progress_in_percent": percent, "status": status}}

    def _result(self, body: Body) -> Mapping[str, object]:
        task = self._task(body, DAY)
        letter = task.letter
        if self._state.corp.mailbox.progress(task)[1] != 2 or len(letter.receivers) > 100:
            raise OapiError(41052, "本次发送人数过多,不再返回发送结果")
        unread = [one for one in letter.receivers if one not in letter.read_by]
        result = {
            "invalid_user_id_list": list(task.invalid_users),
            "forbidden_user_id_list": [userid for userid, _, _ in task.dropped],
            "failed_user_id_list": [],
            "read_user_id_list": sorted(letter.read_by),
            "unread_user_id_list": unread,
            "invalid_dept_id_list": list(task.invalid_departments),
            "forbidden_list": [
                {"userid": userid, "code": str(code), "count": limit}
                for userid, code, limit in task.dropped
            ],
        }
        return {"send_result": result}

    def _recall(self, body: Body) -> Mapping[str, object]:
        task = self._state.corp.mailbox.task(number(body.get("msg_task_id")), DAY)
        if task is None or not self._is_agent(body):
            raise OapiError(400002, "agentId不合法或taskId不合法")
        task.letter.recalled = True
        return {}

    def _status(self, body: Body) -> Mapping[str, object]:
        self._require_agent(body)
        task = self._task(body, 7 * DAY)
        if not body.get("status_value") or task.letter.body["msgtype"] != "oa":
            raise OapiError(40035, "不合法的参数")
        colour = str(body.get("status_bg", ""))
        task.letter.status = {"value": str(body["status_value"]), "colour": colour}
        return {}

    def _task(self, body: Body, within: float) -> Task:
        task = self._state.corp.mailbox.task(number(body.get("task_id")), within)
        if task is None or not self._is_agent(body):
            raise OapiError(40035, "不合法的参数")
        return task

    def _is_agent(self, body: Body) -> bool:
        return str(body.get("agent_id", "")) == self._state.identity.agent_id

    def _require_agent(self, body: Body) -> None:
        if not self._is_agent(body):
            raise OapiError(40056, "不合法的agentid")


def checked_message(message: object, state: PlatformState) -> dict[str, Any]:
    """The message, if it is of one of the documented types; else the platform's error."""
    if isinstance(message, str):
        message = parsed(message.encode())
    if not isinstance(message, dict):
        raise OapiError(34014, "会话消息的json结构无效或不完整")
    kind = message.get("msgtype")
    if not isinstance(kind, str) or kind not in _REQUIRED:
        raise OapiError(40008, "不合法的消息类型")
    content = message.get(kind)
    missing = not isinstance(content, dict) or any(not content.get(n) for n in _REQUIRED[kind])
    if not isinstance(content, dict) or missing:
        raise OapiError(34014, "会话消息的json结构无效或不完整")
    size = len(json.dumps(message, ensure_ascii=False).encode())
    long = len(content["text"]) > MARKDOWN_CHARACTERS if kind == "markdown" else size > BODY_BYTES
    if long:
        raise OapiError(45002, "消息内容超过限制")
    _require_parts(kind, content, state)
    return message


def _require_parts(kind: str, content: Mapping[str, Any], state: PlatformState) -> None:
    if "media_id" in _REQUIRED[kind] and not state.corp.media.get(content["media_id"]):
        raise OapiError(40007, "不合法的媒体文件id")
    if kind == "voice" and not 0 < (number(content["duration"]) or 0) < 60:
        raise OapiError(45007, "语音播放时间超过限制")
    if kind == "action_card":
        one = content.get("single_title") and content.get("single_url")
        several = content.get("btn_json_list") and content.get("btn_orientation") in ("0", "1")
        if not (one or several):
            raise OapiError(34014, "会话消息的json结构无效或不完整")


def _split(body: Body, name: str) -> list[str]:
    return [part.strip() for part in str(body.get(name) or "").split(",") if part.strip()]
