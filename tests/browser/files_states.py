"""The states of the files page, and of the page of one file."""

from __future__ import annotations

import itertools

from microapp_states import CUT, STRANGER, ZONE, Stage, State, broken
from playwright.sync_api import Route
from uploaded_files import EXE, PDF, film, office, png

from dingbridge.settings import Settings
from microapp.file_shelf import open_shelf
from microapp.files_store import Wanted, begin, finish

_numbers = itertools.count()
CHOOSE = "input[name=file]"
STORED = {
    "拜访客户 合同（终稿）.pdf": PDF * 4000,
    "a_name_without_any_break_that_goes_on_and_on_and_on_and_on_until_it_ends.xlsx": office("xl/a"),
    "笔记 <b>现场</b> & 'B座'.txt": "到达现场".encode(),
    "现场照片 2026年2月27日.png": png(600, 400),
}


def keep(stage: Stage, name: str, content: bytes) -> int:
    """Store a file of the phone's user; its id."""
    shelf = open_shelf(Settings.load(stage.phone.sandbox.environment(stage.instance)))
    now = stage.now()
    wanted = Wanted(f"a-file-of-a-state-{next(_numbers)}", name, len(content))
    with stage.database.write() as connection:
        row, _ = begin(connection, stage.person, wanted, quota=10**9, now=now)
        shelf.create(row.token)
        shelf.append(row.token, 0, content, len(content))
        day = now.astimezone(ZONE).date()
        return int(finish(connection, stage.person, row, at=now, day=day).id)


def stored(stage: Stage) -> None:
    """A few files, the newest a picture."""
    for name, content in STORED.items():
        keep(stage, name, content)


def stored_under_a_clock(stage: Stage) -> None:
    """The same, and time is ours."""
    stored(stage)
    stage.page.clock.install()


def signed_in_without_a_grant(stage: Stage) -> None:
    """Signed in; then the client is of a corp for which no signature is right."""
    stored(stage)
    stage.phone.open("/files")
    stage.page.wait_for_selector(".list .file")
    stage.phone.set(corp=STRANGER)


def several_pages(stage: Stage) -> None:
    """More than the list shows at once."""
    for number in range(12):
        keep(stage, f"{number}.txt", b"a" * (number + 1))
    stored(stage)


def choose(stage: Stage, name: str = "现场视频.mp4", content: bytes | None = None) -> None:
    """Choose a file, once the list is there."""
    stage.page.wait_for_selector("[data-part=files]:not([data-signed-out])")
    given = film(400_000) if content is None else content
    chosen = stage.instance.parent / "chosen" / str(next(_numbers)) / name
    chosen.parent.mkdir(parents=True)
    chosen.write_bytes(given)  # a phone reads it piece by piece, long after it was chosen
    stage.page.set_input_files(CHOOSE, chosen)


def hold_pieces(stage: Stage) -> None:
    """The second piece never gets an answer."""

    def pass_the_first(route: Route) -> None:
        if route.request.url.endswith("/0"):
            route.continue_()

    stage.page.route("**/files/uploads/*/*", pass_the_first)


def breaks_off(stage: Stage) -> None:
    """The connection breaks after the first piece, and how far it got is not known again."""
    stage.page.wait_for_selector("[data-part=files]:not([data-signed-out])")
    begun = []

    def begin_once(route: Route) -> None:
        begun.append(route)
        if len(begun) == 1:
            route.continue_()

    def break_the_second(route: Route) -> None:
        if route.request.url.endswith("/0"):
            route.continue_()
        else:
            route.abort()

    stage.page.route("**/files/uploads", begin_once)
    stage.page.route("**/files/uploads/*/*", break_the_second)
    choose(stage)


def fails(stage: Stage) -> None:
    """Choose a file that the server cannot store."""
    stage.page.wait_for_selector("[data-part=files]:not([data-signed-out])")
    with broken(stage, "file_uploads"):
        choose(stage)
        stage.page.wait_for_selector("#uploads .note-bad")


def chooses_offline(stage: Stage) -> None:
    """Choose a file without a network."""
    stage.page.wait_for_selector("[data-part=files]:not([data-signed-out])")
    stage.phone.context.set_offline(True)
    choose(stage)


def opens(stage: Stage, kind: str = "PNG") -> None:
    """Go to the page of a file."""
    stage.page.click(f".file:has-text('{kind}')")
    stage.page.wait_for_selector("#file")


def saves(stage: Stage) -> None:
    """Save the picture to the drive."""
    opens(stage)
    stage.page.click("#save")


def is_about_to_delete(stage: Stage) -> None:
    """The first of two taps."""
    opens(stage, "PDF")
    stage.page.click("summary")


def saves_offline(stage: Stage) -> None:
    """Save to the drive without a network."""
    opens(stage)
    stage.phone.state("ready")
    stage.phone.context.set_offline(True)
    stage.page.click("#save")


def saves_slowly(stage: Stage) -> None:
    """The server's answer does not come for more than three seconds."""
    opens(stage)
    stage.page.route("**/link", lambda _: None)
    stage.page.click("#save")
    stage.page.wait_for_selector("#outcome .spinner")
    stage.page.clock.fast_forward(3100)


def damaged(stage: Stage) -> None:
    """A picture that is nothing but its first bytes."""
    keep(stage, "damaged.png", png()[:40])


def _state(name: str, shows: str, **more: object) -> State:
    return State("files", name, "/files", shows, **more)  # type: ignore[arg-type]


STATES = [
    _state("waiting", ".dingbridge-login-pending", device={"bridge": "late", "late_ms": 60_000}),
    _state("empty", "[data-part=files] .note-empty"),
    _state("stored", ".list .file", arrange=stored),
    _state("pages", ".pages", arrange=several_pages),
    _state("uploading", "[data-state=uploading]", arrange=hold_pieces, act=choose),
    _state("uploaded", "[data-state=uploaded]", arrange=stored, act=choose),
    _state(
        "forbidden",
        "#uploads .note-bad",
        act=lambda stage: choose(stage, "setup.exe", EXE),
        console=("415",),
    ),
    _state(
        "lies",
        "#uploads .note-bad",
        act=lambda stage: choose(stage, "照片.jpg", EXE),
        console=("415",),
    ),
    _state("broken", "[data-state=broken]", act=breaks_off, console=("ERR_FAILED",)),
    _state("failed", "#uploads .note-bad + button", arrange=stored, act=fails, console=("500",)),
    _state("offline", "[data-state=until_online]", act=chooses_offline, console=CUT),
    _state("outside", "[data-login-link] >> visible=true", device={"platform": "none"}),
    _state("picture", "#file img", arrange=stored, act=opens),
    _state("document", "#file", arrange=stored, act=lambda stage: opens(stage, "PDF")),
    _state("damaged", "#picture-outcome .note", arrange=damaged, act=opens),
    _state("saved", "#outcome .note-good", arrange=stored, act=saves),
    _state("deleting", "details[open]", arrange=stored, act=is_about_to_delete),
    _state("save-offline", "#outcome .note-bad", arrange=stored, act=saves_offline, console=CUT),
    _state(
        "save-slow",
        "#outcome .note-slow",
        arrange=stored_under_a_clock,
        act=saves_slowly,
    ),
    _state(
        "desktop", ".is-elsewhere .elsewhere", device={"platform": "pc"}, arrange=stored, act=opens
    ),
    _state("no-login", ".dingbridge-login-failed >> visible=true", device={"corp": STRANGER}),
    _state("ungranted", "#outcome .note-bad", arrange=signed_in_without_a_grant, act=saves),
    # Opened without a session, it signs in and loads anew; there is no such file then either.
    State("files", "of-another", "/files/999999", "main a.button", console=("401", "404")),
]
