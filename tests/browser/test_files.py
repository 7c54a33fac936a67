"""Files in a real browser: uploads that survive what happens on the way, the drive, deleting."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from files_states import CHOOSE, choose, keep, several_pages, stored
from held import hold
from microapp_states import Stage, cut_off, open_stage
from phone import Phone
from playwright.sync_api import Route, expect
from served import Served
from sqlalchemy import select
from uploaded_files import EXE, PDF, film, png

from dingbridge.settings import Settings
from microapp.file_shelf import open_shelf
from microapp.files_store import files

PIECES = "**/files/uploads/*/*"
NAME = "现场视频.mp4"
CONTENT = film(1_200_000)


class Uploader:
    """Somebody who uploads with one phone."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.phone = stage.phone
        self.page = stage.page

    def open(self) -> Uploader:
        self.phone.open("/files")
        self.page.wait_for_selector("[data-part=files]:not([data-signed-out])")
        return self

    def sees_it_uploaded(self, name: str = NAME) -> None:
        self.page.wait_for_selector("[data-state=uploaded]")
        expect(self.page.locator(".list .file b").first).to_have_text(name)

    def stored(self) -> dict[str, bytes]:
        """What the server has, by name."""
        shelf = open_shelf(Settings.load(self.phone.sandbox.environment(self.stage.instance)))
        with self.stage.database.read() as connection:
            rows = connection.execute(select(files)).all()
        return {row.file_name: shelf.path(row.token).read_bytes() for row in rows}

    def drive(self) -> list[dict[str, Any]]:
        """What lies in the phone's drive (钉盘), but for the file that is in each."""
        found: list[dict[str, Any]] = self.phone._ask("GET", "drive", None)["files"]
        return [file for file in found if file["fileName"] != "外勤须知.txt"]

    def path(self, file_id: int) -> Path:
        """Where the bytes of a file are."""
        shelf = open_shelf(Settings.load(self.phone.sandbox.environment(self.stage.instance)))
        with self.stage.database.read() as connection:
            row = connection.execute(select(files).where(files.c.id == file_id)).one()
        return shelf.path(row.token)


@pytest.fixture
def uploading(stages: Callable[..., Stage]) -> Callable[..., Uploader]:
    return lambda **device: Uploader(stages(**device))


@pytest.fixture
def uploader(uploading: Callable[..., Uploader]) -> Uploader:
    return uploading().open()


@pytest.mark.row("R48")
@pytest.mark.parametrize("platform", ["android", "ios", "harmony", "pc"])
def test_what_is_chosen_is_uploaded_and_stands_in_the_list(
    uploading: Callable[..., Uploader], platform: str
) -> None:
    uploader = uploading(platform=platform).open()
    choose(uploader.stage, NAME, CONTENT)
    uploader.sees_it_uploaded()
    assert uploader.stored() == {NAME: CONTENT}
    assert uploader.phone.documents() == 1
    camera = uploader.page.locator("#photograph")
    expect(camera).to_be_hidden() if platform == "pc" else expect(camera).to_be_visible()
    assert camera.locator("input").get_attribute("capture") == "environment"
    assert (uploader.phone.console, uploader.phone.errors) == ([], [])


def test_several_files_follow_one_another(uploader: Uploader) -> None:
    chosen: list[Any] = [
        {"name": f"{n}.txt", "mimeType": "text/plain", "buffer": b"a" * (n + 1)} for n in range(3)
    ]
    uploader.page.set_input_files(CHOOSE, chosen)
    expect(uploader.page.locator("[data-state=uploaded]")).to_have_count(3)
    assert uploader.stored() == {f"{n}.txt": b"a" * (n + 1) for n in range(3)}
    expect(uploader.page.locator(".list .file")).to_have_count(3)


@pytest.mark.parametrize("older", ["comes first", "comes last", "fails last"])
def test_of_two_lists_that_are_on_their_way_the_one_asked_for_last_stays(
    uploader: Uploader, older: str
) -> None:
    page, entries = uploader.page, uploader.page.locator(".list .file")
    held, lists = hold(page, "**/files"), []
    for name in ("a.txt", "b.txt"):
        with page.expect_request("**/files"):
            choose(uploader.stage, name, b"text")
        expect(page.locator("[data-state=uploaded]")).to_have_text(re.compile(name))
        lists.append(held[-1].fetch())  # as the server has it now, whenever it arrives
    if older == "comes first":
        held[0].fulfill(response=lists[0])
    held[1].fulfill(response=lists[1])
    expect(entries).to_have_count(2)
    if older == "comes last":
        with page.expect_event("requestfinished"):
            held[0].fulfill(response=lists[0])
    if older == "fails last":
        with page.expect_event("requestfailed"):
            held[0].abort()
    page.wait_for_selector("[data-part=files]:not([aria-busy])")
    expect(entries).to_have_count(2)
    expect(page.locator("[data-part=files] .note-bad")).to_have_count(0)


def test_from_an_older_page_of_the_list_an_upload_leads_back_to_the_newest(
    uploader: Uploader,
) -> None:
    several_pages(uploader.stage)
    uploader.open()
    uploader.page.get_by_role("link", name="更早的").click()
    uploader.page.wait_for_url("**/files?before=*")
    choose(uploader.stage, NAME, CONTENT)
    uploader.sees_it_uploaded()


def test_progress_is_shown_and_read_out_by_name(uploader: Uploader) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held or not route.request.url.endswith("/0"):
            held.append(route)
        else:
            route.continue_()

    uploader.page.route(PIECES, hold)
    choose(uploader.stage, NAME, CONTENT)
    bar = uploader.page.get_by_role("progressbar", name=NAME)
    expect(bar).to_have_js_property("value", 10)
    expect(uploader.page.locator("#uploads")).to_contain_text("正在上传 10%")
    held[0].continue_()
    uploader.page.unroute(PIECES)
    uploader.sees_it_uploaded()


def test_a_connection_that_drops_costs_one_piece(uploader: Uploader) -> None:
    asked: list[str] = []

    def drop_the_second(route: Route) -> None:
        asked.append(route.request.url.rsplit("/", 1)[1])
        if len(asked) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    uploader.page.route(PIECES, drop_the_second)
    choose(uploader.stage, NAME, CONTENT)
    uploader.page.wait_for_selector("[data-state=broken]")
    uploader.sees_it_uploaded()
    assert asked[:3] == ["0", "131072", "131072"]
    assert len(set(asked)) == len(asked) - 1
    assert uploader.stored() == {NAME: CONTENT}


def test_an_answer_that_is_lost_is_asked_for_and_nothing_is_sent_or_stored_twice(
    uploader: Uploader,
) -> None:
    lost: list[str] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.url)
        route.fetch()  # the server has the piece, the page does not know
        route.abort()

    uploader.page.route(PIECES, lose)
    choose(uploader.stage, "一块.txt", "只有一块".encode())
    uploader.sees_it_uploaded("一块.txt")
    assert uploader.stored() == {"一块.txt": "只有一块".encode()}


def test_offline_it_waits_and_goes_on_by_itself(uploader: Uploader) -> None:
    uploader.phone.context.set_offline(True)
    choose(uploader.stage, NAME, CONTENT)
    uploader.page.wait_for_selector("[data-state=until_online]")
    expect(uploader.page.locator("[data-offline]")).to_be_visible()
    expect(uploader.page.locator("#uploads")).to_contain_text("连上网络后自动继续")
    uploader.phone.context.set_offline(False)
    uploader.sees_it_uploaded()
    assert uploader.stored() == {NAME: CONTENT}


def test_an_expired_session_is_renewed_in_the_middle(uploader: Uploader) -> None:
    def expire(route: Route) -> None:
        if not route.request.url.endswith("/0"):
            uploader.page.unroute(PIECES)
            uploader.phone.context.clear_cookies(name="session")
        route.fallback()

    uploader.page.route(PIECES, expire)
    choose(uploader.stage, NAME, CONTENT)
    uploader.sees_it_uploaded()
    assert uploader.stored() == {NAME: CONTENT}
    assert uploader.phone.documents() == 1


def test_what_does_not_pass_is_told_and_one_tap_goes_on(uploader: Uploader, served: Served) -> None:
    """The folder of the files is away, as a disk may be."""
    folder = served.instance / "files"
    away = folder.with_name("files-away")
    folder.rename(away)
    folder.write_bytes(b"")
    try:
        choose(uploader.stage, NAME, CONTENT)
        uploader.page.wait_for_selector("#uploads .note-bad")
    finally:
        folder.unlink()
        away.rename(folder)
    reference = uploader.page.inner_text("#uploads code")
    assert reference in served.app.output()
    uploader.page.click("#uploads .side-button")
    uploader.sees_it_uploaded()
    assert uploader.stored() == {NAME: CONTENT}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("setup.exe", EXE, "可以上传图片"),
        ("照片.jpg", EXE, "内容与它的扩展名不符"),
        ("空.txt", b"", "文件是空的"),
        ("大.mp4", film((20 << 20) + 1), "文件超过 20 MB"),
    ],
)
def test_what_is_refused_says_why_and_the_next_file_goes_on(
    uploader: Uploader, name: str, content: bytes, sentence: str
) -> None:
    choose(uploader.stage, name, content)
    choose(uploader.stage, "好.txt", b"good")
    uploader.page.wait_for_selector("#uploads .note-bad")
    failure = uploader.page.locator("li[data-state=failed]")
    expect(failure).to_contain_text(sentence)
    expect(failure).to_contain_text("编号")
    expect(failure.locator(".side-button")).to_have_count(0)  # to try again would be no use
    uploader.sees_it_uploaded("好.txt")
    assert uploader.stored() == {"好.txt": b"good"}
    failure.get_by_role("button", name=f"从列表移除 {name}").click()
    expect(failure).to_have_count(0)


def test_a_file_that_is_gone_from_the_phone_is_told(uploader: Uploader, tmp_path: Path) -> None:
    chosen = tmp_path / NAME
    chosen.write_bytes(CONTENT)

    def remove(route: Route) -> None:
        chosen.unlink(missing_ok=True)
        route.continue_()

    uploader.page.route("**/files/uploads", remove)
    uploader.page.set_input_files(CHOOSE, chosen)
    expect(uploader.page.locator("#uploads .note-bad")).to_contain_text("读不出这个文件")
    assert uploader.stored() == {}


def test_leaving_during_an_upload_is_asked_about_in_old_browsers_too(uploader: Uploader) -> None:
    # What a browser does with it is its own; those before Chromium 119 look at this value alone.
    leave = """() => {
      const event = document.createEvent("BeforeUnloadEvent");
      event.initEvent("beforeunload", false, true);
      dispatchEvent(event);
      return [event.defaultPrevented, event.returnValue !== ""];
    }"""
    assert uploader.page.evaluate(leave) == [False, False]
    uploader.page.route(PIECES, lambda _: None)
    choose(uploader.stage, NAME, CONTENT)
    uploader.page.wait_for_selector("[data-state=uploading]")
    assert uploader.page.evaluate(leave) == [True, True]


def test_a_long_name_stays_on_the_screen_where_overflow_wrap_anywhere_is_unknown(
    uploader: Uploader,
) -> None:
    def serve_to_an_old_browser(route: Route) -> None:
        answer = route.fetch()
        style, number = re.subn(r"overflow-wrap: ?anywhere", "", answer.text())
        route.fulfill(response=answer, body=style)
        left_out.append(number)

    left_out: list[int] = []
    stored(uploader.stage)
    uploader.page.set_viewport_size({"width": 320, "height": 568})
    uploader.page.route("**/app.css", serve_to_an_old_browser)
    uploader.open()
    expect(uploader.page.locator(".list .file")).to_have_count(4)
    assert left_out == [1]
    assert cut_off(uploader.page) == []


def test_a_stopped_upload_leaves_nothing_and_lets_the_next_one_on(uploader: Uploader) -> None:
    def kept() -> set[Path]:
        return {p for p in (uploader.stage.instance / "files").rglob("*") if p.is_file()}

    before = kept()  # other tests' uploads among them
    uploader.page.route(
        PIECES, lambda route: route.continue_() if "/0" in route.request.url else None
    )
    choose(uploader.stage, NAME, CONTENT)
    uploader.page.wait_for_selector("[data-state=uploading] progress:not([value='0'])")
    with uploader.page.expect_response(lambda answer: answer.request.method == "DELETE"):
        uploader.page.get_by_role("button", name=f"取消上传 {NAME}").click()
    expect(uploader.page.locator("#uploads li")).to_have_count(0)
    assert not any(path.stat().st_size == 131072 for path in kept() - before)
    assert uploader.stored() == {}


def test_markup_in_a_name_is_text(uploader: Uploader) -> None:
    name = "<img src=x onerror=alert(1)>.txt"
    choose(uploader.stage, name, b"text")
    expect(uploader.page.locator("#uploads .file-name")).to_have_text(name)
    uploader.sees_it_uploaded("_img src=x onerror=alert(1)_.txt")
    assert uploader.page.locator("#uploads img").count() == 0
    assert uploader.phone.console == []


@pytest.mark.row("R48")
@pytest.mark.parametrize("platform", ["android", "ios", "harmony"])
def test_a_file_is_saved_to_the_drive_under_its_name(
    uploading: Callable[..., Uploader], platform: str
) -> None:
    uploader = uploading(platform=platform)
    file_id = keep(uploader.stage, "合同（终稿）.pdf", PDF)
    uploader.phone.open(f"/files/{file_id}")
    uploader.page.click("#save")
    expect(uploader.page.locator("#outcome .note-good")).to_contain_text("合同（终稿）.pdf")
    (saved,) = uploader.drive()
    assert (saved["fileName"], saved["fileSize"]) == ("合同（终稿）.pdf", len(PDF))
    where = f"{uploader.phone.sandbox.page_url}__sandbox__/drive/file"
    asked = {"device": uploader.phone.name, "id": saved["fileId"]}
    assert requests.get(where, params=asked, timeout=10).content == PDF


def test_the_drive_is_asked_once_however_often_it_is_tapped(uploader: Uploader) -> None:
    file_id = keep(uploader.stage, "a.pdf", PDF)
    uploader.phone.open(f"/files/{file_id}")
    uploader.phone.state("ready")
    uploader.page.evaluate("() => { const { save } = window; save.click(); save.click(); }")
    uploader.page.wait_for_selector("#outcome .note-good")
    assert len(uploader.drive()) == 1


def test_a_link_the_drive_cannot_fetch_is_told_and_tried_again(uploader: Uploader) -> None:
    file_id = keep(uploader.stage, "a.pdf", PDF)
    uploader.phone.open(f"/files/{file_id}")
    path = uploader.path(file_id)
    path.rename(path.with_suffix(".away"))
    uploader.page.click("#save")
    uploader.page.wait_for_selector("#outcome .note-bad")
    assert uploader.drive() == []
    path.with_suffix(".away").rename(path)
    uploader.page.click("#outcome .side-button")
    uploader.page.wait_for_selector("#outcome .note-good")
    assert len(uploader.drive()) == 1


def test_where_there_is_no_drive_a_sentence_says_where_it_is(
    uploading: Callable[..., Uploader],
) -> None:
    uploader = uploading(platform="pc")
    file_id = keep(uploader.stage, "a.pdf", PDF)
    uploader.phone.open(f"/files/{file_id}")
    expect(uploader.page.get_by_text("要在手机钉钉里操作")).to_be_visible()
    expect(uploader.page.locator("#save")).to_be_hidden()


def test_a_picture_is_shown_and_a_download_carries_its_name(uploader: Uploader) -> None:
    file_id = keep(uploader.stage, "现场照片.png", png(60, 40))
    uploader.open()
    uploader.page.click(".file")
    picture = uploader.page.get_by_role("img", name="现场照片.png")
    expect(picture).to_have_js_property("naturalWidth", 60)
    with uploader.page.expect_download() as download:
        uploader.page.click("#download")
    assert download.value.suggested_filename == "现场照片.png"
    assert Path(download.value.path()).read_bytes() == png(60, 40)
    assert uploader.page.url.endswith(f"/files/{file_id}")
    assert uploader.phone.console == []


def test_an_expired_session_does_not_spoil_a_download(uploader: Uploader) -> None:
    file_id = keep(uploader.stage, "a.pdf", PDF)
    uploader.phone.open(f"/files/{file_id}")
    uploader.phone.context.clear_cookies(name="session")
    with uploader.page.expect_download() as download:
        uploader.page.click("#download")
    assert Path(download.value.path()).read_bytes() == PDF


def test_deleting_asks_first_and_leads_back_to_the_list(uploader: Uploader) -> None:
    stored(uploader.stage)
    uploader.open()
    uploader.page.click(".file:has-text('PDF')")
    button = uploader.page.get_by_role("button", name="确定删除")
    expect(button).to_be_hidden()
    uploader.page.click("summary")
    expect(
        uploader.page.get_by_text("不能恢复。确定要删除“拜访客户 合同（终稿）.pdf”吗")
    ).to_be_visible()
    button.click()
    expect(uploader.page.locator(".list .file")).to_have_count(3)
    assert "拜访客户 合同（终稿）.pdf" not in uploader.stored()


def test_a_deletion_whose_answer_is_lost_is_done_all_the_same(uploader: Uploader) -> None:
    file_id = keep(uploader.stage, "a.pdf", PDF)
    uploader.phone.open(f"/files/{file_id}")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()
        uploader.page.unroute("**/delete")

    uploader.page.route("**/delete", lose)
    uploader.page.click("summary")
    uploader.page.get_by_role("button", name="确定删除").click()
    uploader.page.wait_for_selector("#delete-outcome .note-bad")
    uploader.page.click("#delete-outcome .side-button")
    uploader.page.wait_for_selector("[data-part=files] .note-empty")
    assert uploader.stored() == {}


def test_another_persons_file_is_a_page_that_is_not_there(uploader: Uploader) -> None:
    file_id = keep(uploader.stage, "mine.pdf", PDF)
    uploader.phone.set(user="user5031")
    uploader.phone.context.clear_cookies(name="session")
    uploader.phone.open(f"/files/{file_id}")
    expect(uploader.page.get_by_role("heading", name="没有这个页面")).to_be_visible()
    assert "mine.pdf" not in uploader.page.content()


def test_without_scripts_files_are_uploaded_shown_downloaded_and_deleted(
    phones: Callable[..., Phone], served: Served
) -> None:
    phone = phones(context={"java_script_enabled": False}, platform="none")
    stage = open_stage(phone, served.instance)
    page = phone.open("/files")
    page.get_by_role("link", name="用钉钉登录").click()
    page.get_by_text("张小沙").click()
    page.set_input_files(CHOOSE, {"name": "图.png", "mimeType": "image/png", "buffer": png(60, 40)})
    page.get_by_role("button", name="上传").click()
    page.get_by_role("link", name=re.compile("图.png")).click()
    expect(page.get_by_role("img", name="图.png")).to_be_visible()
    expect(page.locator("#save")).to_be_hidden()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载").click()
    assert download.value.suggested_filename == "图.png"
    page.click("summary")
    page.get_by_role("button", name="确定删除").click()
    expect(page.get_by_text("还没有文件")).to_be_visible()
    page.set_input_files(CHOOSE, {"name": "a.exe", "mimeType": "image/png", "buffer": EXE})
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_text("这种文件不能上传，没有保存。")).to_be_visible()
    stage.database.close()


def test_the_keyboard_alone_chooses_and_stops(uploader: Uploader) -> None:
    page = uploader.page
    page.focus(CHOOSE)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"text"})
    uploader.sees_it_uploaded("a.txt")
    page.focus(".file")
    page.keyboard.press("Enter")
    page.wait_for_selector("#file")
    page.focus("summary")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-part=files] .note-empty")
    assert uploader.stored() == {}
