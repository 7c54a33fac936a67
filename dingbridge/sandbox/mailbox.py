"""What people have been sent: work notifications and messages in chats, as each of them sees it."""

import json
import secrets
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from dingbridge.sandbox.clock import Clock

CHINA = timezone(timedelta(hours=8))
KEPT = 2000
PER_DAY = 500
PER_MINUTE = 5000


@dataclass
class Letter:
    """One message: ``kind`` is notification, robot (in a chat or one to one) or conversation."""

    number: int
    kind: str
    at: float
    sender: str
    conversation: str
    receivers: tuple[str, ...]
    body: Mapping[str, Any]
    key: str
    read_by: set[str] = field(default_factory=set)
    recalled: bool = False
    status: Mapping[str, str] = field(default_factory=dict)

    def describe(self, names: Mapping[str, str]) -> dict[str, Any]:
        """As the admin API shows it."""
        return {
            "n": self.number,
            "kind": self.kind,
            "at": round(self.at, 3),
            "from": self.sender,
            "from_name": names.get(self.sender, ""),
            "conversation": self.conversation,
            "to": [{"userid": one, "name": names.get(one, one)} for one in self.receivers],
            "message": dict(self.body),
            "summary": summary(self.body),
            "status": dict(self.status),
            "read_by": sorted(self.read_by),
            "recalled": self.recalled,
        }


@dataclass
class Task:
    """A work notification that was handed over: its letter, and who was left out and why."""

    number: int
    at: float
    letter: Letter
    invalid_users: tuple[str, ...]
    invalid_departments: tuple[int, ...]
    dropped: tuple[tuple[str, int, int], ...]  # userid, code, limit


class Mailbox:
    """All letters, newest last; every method is safe for threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._letters: list[Letter] = []
        self._number = 0
        self._tasks: dict[int, Task] = {}
        self._sent: dict[tuple[str, str], set[str]] = {}
        self._sent_today: dict[tuple[str, str], int] = {}
        self._minute: list[tuple[float, int]] = []
        self.delivery_seconds = 0.0

    def deliver(
        self,
        kind: str,
        receivers: Sequence[str],
        body: Mapping[str, Any],
        *,
        sender: str,
        conversation: str = "",
    ) -> Letter:
        """Puts a message before its receivers."""
        with self._lock:
            self._number += 1
            letter = Letter(
                number=self._number,
                kind=kind,
                at=self._clock.now(),
                sender=sender,
                conversation=conversation,
                receivers=tuple(receivers),
                body=body,
                key=secrets.token_urlsafe(24),
            )
            self._letters.append(letter)
            del self._letters[:-KEPT]
            return letter

    def notify(
        self,
        receivers: Iterable[str],
        body: Mapping[str, Any],
        *,
        sender: str,
        invalid: tuple[tuple[str, ...], tuple[int, ...]] = ((), ()),
    ) -> Task:
        """A work notification, less those whom the platform's rules leave out without a word."""
        with self._lock:
            admitted, dropped = self._admitted(list(receivers), body)
        letter = self.deliver("notification", admitted, body, sender=sender)
        with self._lock:
            number = 256_271_000_000 + letter.number
            self._tasks[number] = Task(number, letter.at, letter, *invalid, tuple(dropped))
            return self._tasks[number]

    def task(self, number: object, within: float) -> Task | None:
        """The task of that number, if it is not older than ``within`` seconds."""
        with self._lock:
            task = self._tasks.get(number) if isinstance(number, int) else None
        young = task is not None and self._clock.now() - task.at <= within
        return task if young else None

    def progress(self, task: Task) -> tuple[int, int]:
        """Percent and status: 1 while it is delivered, 2 when it is done."""
        if self.delivery_seconds <= 0:
            return 100, 2
        share = (self._clock.now() - task.at) / self.delivery_seconds
        return (100, 2) if share >= 1 else (int(share * 100), 1)

    def by_key(self, key: object) -> Letter | None:
        """The letter that a robot's processQueryKey names."""
        with self._lock:
            return next((one for one in self._letters if one.key == key), None)

    def read(self, number: int, userid: str) -> bool:
        """Marks a letter as read by one of its receivers; whether there is such a letter."""
        with self._lock:
            for letter in self._letters:
                if letter.number == number and userid in letter.receivers:
                    letter.read_by.add(userid)
                    return True
        return False

    def show(self, names: Mapping[str, str], userid: str | None = None) -> list[dict[str, Any]]:
        """All letters, or those that one person sees: theirs, arrived, and not taken back."""
        with self._lock:
            return [
                letter.describe(names)
                for letter in self._letters
                if userid is None or (self._is_for(letter, userid) and self._arrived(letter))
            ]

    def on_the_way(self, userid: str) -> int:
        """How many letters for that person have not arrived yet."""
        with self._lock:
            return sum(
                self._is_for(letter, userid) and not self._arrived(letter)
                for letter in self._letters
            )

    @staticmethod
    def _is_for(letter: Letter, userid: str) -> bool:
        return userid in letter.receivers and not letter.recalled

    def _arrived(self, letter: Letter) -> bool:
        """Notifications take their time; whatever goes into a chat is there at once."""
        slow = letter.kind == "notification" and self.delivery_seconds > 0
        return not slow or self._clock.now() - letter.at >= self.delivery_seconds

    def _admitted(
        self, receivers: list[str], body: Mapping[str, Any]
    ) -> tuple[list[str], list[tuple[str, int, int]]]:
        now = self._clock.now()
        day = datetime.fromtimestamp(now, CHINA).strftime("%Y-%m-%d")
        text = json.dumps(body, sort_keys=True)
        self._minute = [(at, count) for at, count in self._minute if at > now - 60]
        room = PER_MINUTE - sum(count for _, count in self._minute)
        admitted: list[str] = []
        dropped: list[tuple[str, int, int]] = []
        for userid in receivers:
            sent = self._sent.setdefault((day, userid), set())
            count = self._sent_today.get((day, userid), 0)
            if text in sent:
                dropped.append((userid, 143106, 1))
            elif count >= PER_DAY:
                dropped.append((userid, 143105, PER_DAY))
            elif len(admitted) >= room:
                dropped.append((userid, 143103, PER_MINUTE))
            else:
                sent.add(text)
                self._sent_today[day, userid] = count + 1
                admitted.append(userid)
        self._minute.append((now, len(admitted)))
        return admitted, dropped


def summary(body: Mapping[str, Any]) -> str:
    """The line that a list of messages shows."""
    kind = str(body.get("msgtype", ""))
    content = body.get(kind)
    fields = content if isinstance(content, dict) else {}
    if kind == "oa":
        fields = fields.get("body") or {}
    told = fields.get("title") or fields.get("content") or fields.get("text")
    words = {"image": "[图片]", "voice": "[语音]", "file": "[文件]", "video": "[视频]"}
    return str(told or words.get(kind, f"[{kind}]"))[:200]
