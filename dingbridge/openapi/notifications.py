"""Work notifications: messages to people in the app's name (`/topapi/message/corpconversation/*`).

The platform answers success even where it drops a message (same content to the same person within
a day, more than 500 a day to one person, more than 5000 receivers a minute): only `result` tells.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from dingbridge.errors import CallRefused
from dingbridge.openapi.answers import Answer
from dingbridge.openapi.client import Client, Request
from dingbridge.openapi.messages import Message

USERS_LIMIT = 100
DEPARTMENTS_LIMIT = 20
STATUS_RECEIVERS_LIMIT = 5
_ROOT = "/topapi/message/corpconversation"


class Status(IntEnum):
    """How far the platform is."""

    WAITING = 0
    RUNNING = 1
    DONE = 2


@dataclass(frozen=True)
class Progress:
    """`percent` is 0 to 100."""

    percent: int
    status: Status


@dataclass(frozen=True)
class Dropped:
    """A receiver whom the platform did not send to, and why: a code such as 143106 (the same
    content on the same day) and the limit that was reached.
    """

    userid: str
    code: str
    limit: int


@dataclass(frozen=True)
class Result:
    """Who has got a notification; asked for within 24 hours, for at most 100 receivers."""

    read: tuple[str, ...]
    unread: tuple[str, ...]
    failed: tuple[str, ...]
    invalid_users: tuple[str, ...]
    invalid_departments: tuple[int, ...]
    forbidden: tuple[str, ...]
    dropped: tuple[Dropped, ...]


class Notifications:
    """Send, follow and recall work notifications."""

    def __init__(self, client: Client, agent_id: str) -> None:
        """`agent_id` is the app in whose name they appear."""
        self._client = client
        self._agent_id = agent_id

    def send(
        self,
        message: Message,
        *,
        users: Sequence[str] = (),
        departments: Sequence[int] = (),
        to_all: bool = False,
    ) -> int:
        """Hand a notification to the platform; the task's id, for `progress` and `result`.

        Receivers are at most 100 `users` and 20 `departments` (with all below them), or everybody.

        Never repeated: the platform would drop the same content, with a task of its own that says
        so, and the task of what was delivered would be lost.

        Raises CallRefused (`receivers`, `too_many_receivers`), PlatformError.
        """
        body = {**self._receivers(users, departments, to_all), "msg": message.as_notification()}
        if "status_bar" in message.content and not 0 < len(users) <= STATUS_RECEIVERS_LIMIT:
            raise CallRefused("too_many_receivers", {"limit": str(STATUS_RECEIVERS_LIMIT)})
        return self._send("asyncsend_v2", body, repeatable=False).number("task_id")

    def send_template(
        self,
        template: str,
        values: Mapping[str, str],
        *,
        users: Sequence[str] = (),
        departments: Sequence[int] = (),
    ) -> int:
        """As `send`, by a template of the console: third-party apps made since 2020-11-27 may send
        in no other way.
        """
        body = {
            **self._receivers(users, departments, to_all=False),
            "template_id": template,
            "data": json.dumps(dict(values), ensure_ascii=False),
        }
        del body["to_all_user"]
        return self._send("sendbytemplate", body, repeatable=False).number("task_id")

    def progress(self, task: int) -> Progress:
        """How far a task is; known for 7 days (24 hours, another line of the same page says).

        Raises PlatformError (40035 for an unknown task).
        """
        answer = self._send("getsendprogress", self._task(task)).object("progress")
        status = answer.number("status")
        if status not in set(Status):
            raise answer.unreadable("status")
        return Progress(answer.number("progress_in_percent"), Status(status))

    def result(self, task: int) -> Result:
        """Who has got it and who has read it. Raises PlatformError (40035, 41052)."""
        answer = self._send("getsendresult", self._task(task)).object("send_result")
        return Result(
            read=answer.texts("read_user_id_list"),
            unread=answer.texts("unread_user_id_list"),
            failed=answer.texts("failed_user_id_list"),
            invalid_users=answer.texts("invalid_user_id_list"),
            invalid_departments=answer.numbers("invalid_dept_id_list"),
            forbidden=answer.texts("forbidden_user_id_list"),
            dropped=tuple(
                Dropped(row.text("userid"), str(row.number("code")), row.number("count"))
                for row in answer.objects("forbidden_list")
            ),
        )

    def recall(self, task: int) -> None:
        """Take a notification back, within 24 hours. Raises PlatformError (400002)."""
        body = {"agent_id": self._agent_number(), "msg_task_id": task}
        self._send("recall", body)

    def set_status(self, task: int, word: str, colour: str = "") -> None:
        """Change the status bar of an OA notification, within 7 days; `colour` as `0xFF78C06E`."""
        body = {**self._task(task), "status_value": word}
        if colour:
            body["status_bg"] = colour
        self._send("status_bar/update", body)

    def _receivers(
        self, users: Sequence[str], departments: Sequence[int], to_all: bool
    ) -> dict[str, object]:
        if not (users or departments or to_all) or (to_all and (users or departments)):
            raise CallRefused("receivers")
        if len(users) > USERS_LIMIT or len(departments) > DEPARTMENTS_LIMIT:
            limit = USERS_LIMIT if len(users) > USERS_LIMIT else DEPARTMENTS_LIMIT
            raise CallRefused("too_many_receivers", {"limit": str(limit)})
        body: dict[str, object] = {"agent_id": self._agent_number(), "to_all_user": to_all}
        if users:
            body["userid_list"] = ",".join(users)
        if departments:
            body["dept_id_list"] = ",".join(str(department) for department in departments)
        return body

    def _task(self, task: int) -> dict[str, object]:
        return {"agent_id": self._agent_number(), "task_id": task}

    def _agent_number(self) -> int:
        return int(self._agent_id)

    def _send(self, verb: str, body: object, *, repeatable: bool = True) -> Answer:
        path = f"{_ROOT}/{verb}"
        answer = self._client.send(Request("POST", path, json=body, repeatable=repeatable))
        return Answer(answer, path)
