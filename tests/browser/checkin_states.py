"""The states of the check-in page."""

from __future__ import annotations

from microapp_states import CUT, NO_GRANT, STRANGER, ZONE, Stage, State, broken

from microapp.checkin_store import Place, add

LOCATE = "device.geolocation.get"
# On a walk around the place where the sandbox's phone is.
WALK = [
    (30.2801, 120.0249, "浙江省杭州市余杭区文一西路988号", "拜访客户：新合同"),
    (30.2787, 120.0281, "浙江省杭州市余杭区荆长路", ""),
    (
        30.2779,
        120.0255,
        "浙江省杭州市余杭区常二路12号 一栋很长很长名字的写字楼B座",
        "送样品\n等待签收",
    ),
]


def walked(stage: Stage, turn: int = 0) -> None:
    """Three check-ins of today; another turn stores another three."""
    for number, (latitude, longitude, address, note) in enumerate(WALK):
        at = stage.now(minutes_ago=50 * (len(WALK) - number))
        place = Place(latitude, longitude, 29.0, address)
        key = f"walk-to-customers-{turn}-{number}"
        with stage.database.write() as connection:
            day = at.astimezone(ZONE).date()
            add(connection, stage.person, place, key=key, note=note, at=at, day=day)


def located(stage: Stage) -> None:
    """Wait for the sketch."""
    stage.page.wait_for_selector("#sketch .map")


def checks_in(stage: Stage) -> None:
    """Type a note and check in."""
    located(stage)
    stage.page.fill("#note", "到达现场，<b>门卫</b> & 客户")
    stage.page.click("#checkin .main-button")


def checks_in_offline(stage: Stage) -> None:
    """The same without a network."""
    located(stage)
    stage.phone.context.set_offline(True)
    checks_in(stage)


def fails(stage: Stage) -> None:
    """Check in while the server cannot store it."""
    located(stage)
    stage.page.wait_for_selector(".list li")
    with broken(stage, "checkins"):
        checks_in(stage)
        stage.page.wait_for_selector("#outcome .note-bad")


def waits(stage: Stage) -> None:
    """Three seconds go by."""
    stage.page.wait_for_selector("#place .spinner")
    stage.page.clock.fast_forward(3100)


def sees_the_list(stage: Stage) -> None:
    """Signed in, whatever becomes of the grant."""
    stage.page.wait_for_selector(".list li")


def _state(name: str, shows: str, **more: object) -> State:
    return State("checkin", name, "/checkin", shows, **more)  # type: ignore[arg-type]


NOWHERE = {"latitude": 0, "longitude": 0, "accuracy": 12, "address": ""}
STATES = [
    _state("waiting", "#place .spinner", device={"bridge": "late", "late_ms": 60_000}),
    _state(
        "slow",
        "#place .note-slow",
        device={"bridge": "late", "late_ms": 60_000},
        arrange=lambda stage: stage.page.clock.install(),
        act=waits,
    ),
    _state("empty", "#sketch .map >> visible=true", act=located),
    _state("walked", ".list li", arrange=walked, act=located),
    _state("done", "#outcome .note-good", arrange=walked, act=checks_in),
    _state("location-off", "#place .note-bad", device={"location_off": True}),
    _state(
        "implausible",
        "#outcome .note-bad",
        device={"results": {LOCATE: NOWHERE}},
        act=checks_in,
        console=("422",),
    ),
    _state("failed", "#outcome .note-bad + button", arrange=walked, act=fails, console=("500",)),
    _state("offline", "#outcome .note-bad", act=checks_in_offline, console=CUT),
    _state("outside", ".is-elsewhere", device={"platform": "none"}),
    _state("desktop", ".is-elsewhere", device={"platform": "pc"}, arrange=walked),
    _state(
        "no-grant",
        "#place .note-bad",
        device={"errors": NO_GRANT},
        arrange=walked,
        act=sees_the_list,
    ),
    _state("ungranted", ".dingbridge-notice", device={"corp": STRANGER}),
]
