"""The states of the chat page."""

from __future__ import annotations

import itertools
import time
from typing import Any

from microapp_states import CUT, NO_GRANT, STRANGER, ZONE, Stage, State
from sqlalchemy import Row

from dingbridge.sandbox.conversations import CHATS
from microapp.chat_messages import Draft
from microapp.chat_store import begin, choose, finish

SEND = "/v1.0/robot/groupMessages/send"
LONG_NAME = CHATS[4].title
_numbers = itertools.count()


def sent(stage: Stage) -> None:
    """Messages of today, each with another outcome."""
    done = {"delivery": "read", "percent": 100, "task": 1}
    dropped = {"delivery": "dropped", "percent": 100, "task": 2, "code": "143106"}
    refused = {"code": "resource.unavailable", "reference": "H7KM-Q2XW"}
    unclear = {"code": "platform_timeout", "reference": "M3TR-9KDA"}
    report = Draft("link", "巡检报告", "三号楼二层，全部正常", "https://example.com/report")
    keep(stage, "older", Draft("text", "", "昨天的", ""), "", "sent", {})
    keep(stage, "1", Draft("text", "", "<b>到了</b> & 'A座'", ""), LONG_NAME, "sent", {})
    keep(stage, "2", report, CHATS[1].title, "failed", refused)
    keep(stage, "3", Draft("card", "任务", "请在下班前确认", "https://e.com"), "", "sent", done)
    keep(stage, "4", Draft("text", "", "请确认\n两行" * 20, ""), "", "sent", dropped)
    keep(stage, "5", Draft("text", "", "还在吗", ""), CHATS[0].title, "unknown", unclear)


def keep(
    stage: Stage, key: str, draft: Draft, chat: str, state: str, seen: dict[str, object]
) -> None:
    """Store one message, with what came of it."""
    at = stage.now(minutes_ago=30)
    day = at.astimezone(ZONE).date()
    choice = keep_choice(stage, f"cid-of-{key}", chat) if chat else None
    with stage.database.write() as connection:
        key = f"message-of-a-state-{key}"
        row, _ = begin(connection, stage.person, draft, choice, key=key, at=at, day=day)
        finish(connection, row, state, **seen)


def keep_choice(stage: Stage, target: str, title: str) -> Row[Any]:
    """Store that a chat was chosen."""
    at = stage.now(minutes_ago=30)
    day = at.astimezone(ZONE).date()
    with stage.database.write() as connection:
        return choose(connection, stage.person, "robot", target, title, at, day)


def chooses(stage: Stage) -> None:
    """Choose a chat."""
    stage.page.wait_for_selector("[data-part=sent]:not([data-signed-out])")
    stage.page.click("#choose")


def chooses_and_sends(stage: Stage) -> None:
    """Choose a chat and send to it."""
    chooses(stage)
    stage.page.wait_for_selector("#chosen .note-good")
    stage.page.fill("#text", "到达现场，<b>门卫</b> & 客户")
    stage.page.click("#chat .main-button")


def sends_offline(stage: Stage) -> None:
    """The same, the network breaking off in between."""
    chooses(stage)
    stage.page.wait_for_selector("#chosen .note-good")
    stage.phone.context.set_offline(True)
    stage.page.fill("#text", "到达现场")
    stage.page.click("#chat .main-button")


def sends_slowly(stage: Stage) -> None:
    """The platform takes its time, and three seconds go by."""
    chooses_and_sends(stage)
    stage.page.wait_for_selector("#outcome .spinner")
    stage.page.clock.fast_forward(3100)


def notifies(stage: Stage) -> None:
    """Send something new to oneself, and wait until it is delivered."""
    stage.page.wait_for_selector("[data-part=sent]:not([data-signed-out])")
    stage.page.select_option("#to", "me")
    # The platform takes the same content once a day.
    stage.page.fill("#text", f"提醒自己：{time.time_ns()}-{next(_numbers)}")
    stage.page.click("#chat .main-button")


def writes_a_card(stage: Stage) -> None:
    """Choose another kind."""
    stage.page.select_option("#kind", "card")


def breaks_once(stage: Stage) -> None:
    """The connection breaks while the platform sends."""
    stage.phone.sandbox.platform.faults.patch({SEND: {"kind": "reset", "times": 1}})


def slow_once(stage: Stage) -> None:
    """The platform sends, but slowly."""
    stage.phone.sandbox.platform.faults.patch({SEND: {"kind": "slow", "times": 1, "seconds": 2}})
    stage.page.clock.install()


def _state(name: str, shows: str, **more: object) -> State:
    return State("chat", name, "/chat", shows, **more)  # type: ignore[arg-type]


STATES = [
    _state("waiting", ".dingbridge-login-pending", device={"bridge": "late", "late_ms": 60_000}),
    _state("empty", "[data-part=sent] .note-empty"),
    _state("chosen", "#chosen .note-good", device={"chat": CHATS[4].open_id}, act=chooses),
    _state("card", "#url >> visible=true", act=writes_a_card),
    _state("sent", ".list li", arrange=sent),
    _state("done", ".list li", act=chooses_and_sends),
    _state("following", ".list .note-good >> text=/已送达|Delivered/", act=notifies),
    _state("slow", "#outcome .note-slow", arrange=slow_once, act=sends_slowly),
    _state(
        "refused",
        "#outcome .note-bad",
        device={"chat": CHATS[1].open_id},
        act=chooses_and_sends,
        console=("403",),
    ),
    _state(
        "unclear",
        "#outcome .note-bad",
        arrange=breaks_once,
        act=chooses_and_sends,
        console=("409",),
    ),
    _state("offline", "#outcome .note-bad", act=sends_offline, console=CUT),
    _state("outside", ".is-elsewhere", device={"platform": "none"}),
    _state("desktop", ".list li", device={"platform": "pc"}, arrange=sent),
    _state(
        "sign-in-failed",
        "[data-part=sent] .dingbridge-login-failed >> visible=true",
        device={"corp": STRANGER},
    ),
    _state("ungranted", "#chosen .note-bad", device={"errors": NO_GRANT}, act=chooses),
]
