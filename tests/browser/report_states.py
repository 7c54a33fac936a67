"""The states of the report page."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from microapp_states import CUT, NAME, STRANGER, USERID, ZONE, Stage, State, broken

from microapp.checkin_store import Place, add

COLLEAGUE = "user5031"  # no administrator
# Who checks in how often on which of the last days, today being the last.
WEEK = {
    (USERID, NAME): (1, 0, 2, 1, 3, 2, 1),
    (COLLEAGUE, "欧阳若兰"): (3, 2, 4, 3, 0, 0, 5),
    ("user6188", "王磊"): (2, 2, 2, 2, 1, 0, 2),
    ("user7345", "李敏"): (0, 1, 0, 1, 0, 0, 0),
    ("user8002", "王磊"): (1, 0, 0, 0, 0, 0, 1),
    ("user8003", "阿卜杜勒·热合曼·买买提"): (4, 3, 3, 4, 2, 1, 2),
}
ADDRESS = "浙江省杭州市余杭区文一西路969号 一栋很长很长名字的写字楼B座"


def worked(stage: Stage) -> None:
    """A week of several people."""
    now = stage.now()
    with stage.database.write() as connection:
        for (userid, name), times in WEEK.items():
            person = replace(stage.person, userid=userid, name=name)
            for ago, number in enumerate(reversed(times)):
                day = now.astimezone(ZONE).date() - timedelta(ago)
                for index in range(number):
                    add(
                        connection,
                        person,
                        Place(30.28, 120.02, 29.0, ADDRESS),
                        key=f"a-week-of-{userid}-{ago}-{index}",
                        note="送样品\n等待签收" if index else "",
                        at=now - timedelta(days=ago),
                        day=day,
                    )


def drawn(stage: Stage) -> None:
    """Wait for the charts."""
    stage.page.wait_for_selector(".chart-box canvas")


def fails(stage: Stage) -> None:
    """Ask for other days of a store that is broken."""
    drawn(stage)
    with broken(stage, "checkins"):
        stage.page.click("[value=month]")
        stage.page.wait_for_selector(".report .note-bad")


def goes_offline(stage: Stage) -> None:
    """Ask for other days without a network."""
    drawn(stage)
    stage.phone.context.set_offline(True)
    stage.page.click("[value=month]")


def stops_the_clock(stage: Stage) -> None:
    """A week of several people, looked at while the test says how time goes by."""
    worked(stage)
    stage.page.clock.install()


def waits(stage: Stage) -> None:
    """Ask over a slow network, and see three seconds go by."""
    drawn(stage)
    network = stage.phone.context.new_cdp_session(stage.page)
    slow = {"latency": 60_000, "downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    stage.page.click("[value=month]")
    stage.page.wait_for_selector("#outcome .spinner")
    stage.page.clock.fast_forward(3100)


def unfolds(stage: Stage) -> None:
    """Open the tables."""
    drawn(stage)
    for summary in stage.page.query_selector_all(".chart summary"):
        summary.click()


def _state(name: str, shows: str, path: str = "/report", **more: object) -> State:
    return State("report", name, path, shows, **more)  # type: ignore[arg-type]


TODAY = datetime.now(ZONE).date()
YEAR_AGO = TODAY - timedelta(days=364)
TABLE = ".chart table a >> visible=true"
STATES = [
    _state(
        "signing-in",
        ".report .dingbridge-login-pending >> visible=true",
        device={"bridge": "late", "late_ms": 60_000},
    ),
    _state("empty", ".report .note-empty"),
    _state("week", ".chart-box canvas", arrange=worked, act=drawn),
    _state("numbers", TABLE, arrange=worked, act=unfolds),
    _state("year", ".chart-box canvas", f"/report?from={YEAR_AGO}&to={TODAY}", arrange=worked),
    _state("person", ".chart-box canvas", f"/report?person={COLLEAGUE}", arrange=worked),
    _state("mine", ".chart-box canvas", device={"user": COLLEAGUE}, arrange=worked),
    _state("list", ".list li", "/report?view=list", arrange=worked),
    _state("slow", "#outcome .note-slow", arrange=stops_the_clock, act=waits),
    _state("failed", ".report .note-bad", arrange=worked, act=fails, console=("500",)),
    _state(
        "offline",
        ".report .note-bad",
        arrange=worked,
        act=goes_offline,
        console=CUT,
    ),
    _state(
        "backwards",
        ".report .note-warn",
        "/report?from=2026-03-04&to=2026-03-03",
        console=("422",),
    ),
    _state(
        "no-rights",
        ".report .note-warn code",
        "/report?person=user6188",
        device={"user": COLLEAGUE},
        arrange=worked,
        console=("403",),
    ),
    _state("outside", ".report [data-login-link] >> visible=true", device={"platform": "none"}),
    _state(
        "sign-in-failed",
        ".report .dingbridge-login-failed >> visible=true",
        device={"corp": STRANGER},
        console=("403",),
    ),
    _state("desktop", ".chart-box canvas", device={"platform": "pc"}, arrange=worked),
]
