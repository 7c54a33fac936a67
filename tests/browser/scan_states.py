"""The states of the scan page, and of the page of one text."""

from __future__ import annotations

from microapp_states import CUT, STRANGER, ZONE, Stage, State, broken

from microapp.scan_store import add

CODES = [
    ("qr", "资产 A-1024 / 三号楼 2 层 / 空调机组"),
    ("bar", "6901234567892"),
    ("qr", "https://example.com/assets/1024?from=label"),
    ("nfc", "<b>门禁</b> & 'B座'"),
    ("typed", "https://dingtalk.com@evil.example/"),
    ("qr", "这张标签写得很长。" * 40),
]


def scanned(stage: Stage) -> None:
    """Several texts of today, and more than a page holds."""
    for number, (kind, text) in enumerate(("qr", f"编号 {n}") for n in range(3)):
        keep(stage, number, kind, text)
    for number, (kind, text) in enumerate(CODES, 3):
        keep(stage, number, kind, text)


def keep(stage: Stage, number: int, kind: str, text: str) -> None:
    """Store one."""
    at = stage.now(minutes_ago=60 - number)
    day = at.astimezone(ZONE).date()
    with stage.database.write() as connection:
        key = f"scan-number-of-a-state-{number}"
        add(connection, stage.person, key=key, kind=kind, text=text, at=at, day=day)


def scans(stage: Stage) -> None:
    """Scan a QR code."""
    stage.page.click("[data-read=qr]")


def signed_in_scans(stage: Stage) -> None:
    """The same once the list is there."""
    stage.page.wait_for_selector("[data-part=scanned]:not([data-signed-out])")
    scans(stage)


def fails(stage: Stage) -> None:
    """Scan a code that the server cannot store."""
    stage.page.wait_for_selector(".list li")
    with broken(stage, "scans"):
        scans(stage)
        stage.page.wait_for_selector("#outcome .note-bad")


def types_offline(stage: Stage) -> None:
    """Type a code without a network."""
    stage.page.wait_for_selector("[data-part=scanned]:not([data-signed-out])")
    stage.phone.context.set_offline(True)
    stage.page.fill("#text", "SN20260115-8842")
    stage.page.press("#text", "Tab")
    stage.page.keyboard.press("Enter")


def reads_a_tag(stage: Stage) -> None:
    """Read an NFC tag."""
    stage.page.click("[data-read=nfc]")


def waits(stage: Stage) -> None:
    """Scan, and three seconds go by."""
    scans(stage)
    stage.page.wait_for_selector("#outcome .spinner")
    stage.page.clock.fast_forward(3100)


def about_to_delete(stage: Stage) -> None:
    """The first of two taps."""
    stage.page.click("button[name=id] >> nth=0")


def opens_one(stage: Stage) -> None:
    """The page of a long text."""
    stage.page.click("text=/查看全部|Show all/")


def _state(name: str, shows: str, **more: object) -> State:
    return State("scan", name, "/scan", shows, **more)  # type: ignore[arg-type]


LATE = {"bridge": "late", "late_ms": 60_000}
STATES = [
    _state("waiting", ".dingbridge-login-pending", device=LATE),
    _state(
        "slow",
        "#outcome .note-slow",
        device=LATE,
        arrange=lambda stage: stage.page.clock.install(),
        act=waits,
    ),
    _state("empty", "[data-part=scanned] .note-empty"),
    _state("scanned", ".list li", arrange=scanned),
    _state("done", "#outcome .note-good", arrange=scanned, act=signed_in_scans),
    _state("cancelled", "#outcome .note", device={"codes": []}, act=signed_in_scans),
    _state("nothing", "#outcome .note", device={"tags": [" "]}, act=reads_a_tag),
    _state("tag-reader-off", "#outcome .note", device={"nfc": False}, act=reads_a_tag),
    _state("iphone", "#no-nfc >> visible=true", device={"platform": "ios"}),
    _state("deleting", ".is-armed", arrange=scanned, act=about_to_delete),
    _state("one", "#back", arrange=scanned, act=opens_one),
    _state("failed", "#outcome .note-bad + button", arrange=scanned, act=fails, console=("500",)),
    _state("offline", "#outcome .note-bad", act=types_offline, console=CUT),
    _state("outside", ".is-elsewhere", device={"platform": "none"}),
    _state("desktop", ".is-elsewhere", device={"platform": "pc"}, arrange=scanned),
    # Scanning needs no grant; what a client of another corp refuses is the sign-in.
    _state("not-signed-in", ".dingbridge-login-failed", device={"corp": STRANGER}),
]
