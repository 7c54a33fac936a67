"""What the stand-in's corp consists of beside the app's tokens: people, messages, files, dates."""

import threading
from dataclasses import asdict, dataclass
from typing import Any

from dingbridge.sandbox.calendar_events import CalendarEvents
from dingbridge.sandbox.call_limits import CallLimits
from dingbridge.sandbox.checks import Check, flag, patched
from dingbridge.sandbox.clock import Clock
from dingbridge.sandbox.conversations import Conversations
from dingbridge.sandbox.directory import Directory
from dingbridge.sandbox.mailbox import Mailbox
from dingbridge.sandbox.media_store import MediaStore


@dataclass(frozen=True)
class Permissions:
    """What has been ticked for the app in the console.

    ``mobile`` and ``email``: the private fields of people. ``manage``: changing the directory.
    ``older_conversations``: sending by ``cid``, for apps made before 2022-09-23.
    """

    mobile: bool = False
    email: bool = False
    manage: bool = True
    older_conversations: bool = True


PERMISSION_CHECKS: dict[str, Check] = dict.fromkeys(
    ("mobile", "email", "manage", "older_conversations"), flag
)


class Corp:
    """Everything of one corp that its apps may ask for."""

    def __init__(self, clock: Clock) -> None:
        self.permissions = Permissions()
        self.directory = Directory()
        self.mailbox = Mailbox(clock)
        self.conversations = Conversations(clock)
        self.media = MediaStore(clock)
        self.calendar = CalendarEvents(clock)
        self.limits = CallLimits(clock)
        self.callback: dict[str, Any] | None = None
        self.lock = threading.Lock()

    def permit(self, accepted: dict[str, Any]) -> None:
        """Takes checked ticks."""
        self.permissions = patched(self.permissions, accepted)

    def describe(self) -> dict[str, Any]:
        """Ticks and limits, for the admin API."""
        return {"permissions": asdict(self.permissions), "limits": self.limits.describe()}
