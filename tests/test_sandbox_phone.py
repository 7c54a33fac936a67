"""What is around the simulated client: its place, codes, tags, chats, photographs and drive."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from sandbox_server import SandboxClient

from dingbridge.sandbox.phone_storage import KEPT_BYTES, PhoneStorage, StorageFull, plain_name
from dingbridge.sandbox.places import CITIES, EAST, NORTH, SOUTH, WEST, Place, address_at

CONTENT = "巡检报告\n".encode() * 1000


pytest_plugins = ["sandbox_fixtures"]


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    """An app's server: one file, one page that is not there, and one that is cut short."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            cookie = self.headers.get("Cookie", "")
            content = cookie.encode() if self.path == "/cookie" else CONTENT
            self.send_response(404 if self.path == "/gone" else 200)
            self.send_header("Content-Length", str(len(content) + (self.path == "/cut")))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Says nothing; the tests' output is the tests'."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def result(answer: dict[str, Any]) -> Any:
    assert answer["ok"] is True, answer
    return answer["result"]


def refused(answer: dict[str, Any]) -> dict[str, Any]:
    assert answer["ok"] is False, answer
    error: dict[str, Any] = answer["error"]
    return error


def asked(sandbox: SandboxClient, method: str, args: object = None) -> dict[str, Any]:
    """The question that the sandbox's page would put before a person."""
    question: dict[str, Any] = sandbox.native(method, args, asks=True, granted=True)["ask"]
    return question


# -- the place


@pytest.mark.row("R21")
def test_the_phone_is_where_it_was_put(sandbox: SandboxClient) -> None:
    device = sandbox.patch_device(place={"longitude": 121.48, "latitude": 31.22})
    place = result(sandbox.native("device.geolocation.get", granted=True))
    assert (place["longitude"], place["latitude"], place["accuracy"]) == (121.48, 31.22, 29)
    assert (place["province"], place["city"]) == ("上海市", "")
    assert place["address"] == device["address"]
    assert place["address"].startswith("上海市")
    assert place["address"].endswith("号")
    on_map = result(sandbox.native("biz.map.locate", granted=True))
    assert (on_map["longitude"], on_map["snippet"]) == (121.48, place["address"])


def test_an_address_is_left_out_where_the_page_does_not_want_it(sandbox: SandboxClient) -> None:
    for args in ({"withReGeocode": False}, {"coordinate": 0}):
        place = result(sandbox.native("device.geolocation.get", args, granted=True))
        assert "address" not in place
        assert place["accuracy"] == 29
    assert "isWifiEnabled" in place
    sandbox.patch_device(platform="ios")
    place = result(sandbox.native("device.geolocation.get", granted=True))
    assert "address" in place
    assert "isWifiEnabled" not in place


@pytest.mark.parametrize(
    "place",
    [
        {"longitude": 72.9},
        {"latitude": 90},
        {"latitude": "30"},
        {"longitude": math.nan},
        {"accuracy": 0},
        {"accuracy": True},
        {"altitude": 5},
        [120, 30],
        None,
    ],
)
def test_no_place_that_cannot_be_is_taken(sandbox: SandboxClient, place: object) -> None:
    body = f'{{"place": {place!r}}}'.replace("'", '"').replace("nan", "NaN")
    body = body.replace("True", "true").replace("None", "null")
    response = sandbox.ask("PATCH", "device", body.encode())
    assert response.status_code == 400
    assert "place" in response.json()["error"]
    assert sandbox.device()["place"] == {
        "longitude": 120.026208,
        "latitude": 30.279212,
        "accuracy": 29.0,
    }


@given(st.floats(WEST, EAST), st.floats(SOUTH, NORTH))
def test_every_place_has_one_address_in_chinese(longitude: float, latitude: float) -> None:
    address = str(address_at(Place(longitude, latitude)))
    assert address == str(address_at(Place(longitude, latitude)))
    assert any(address.startswith(city.province) for city in CITIES)
    assert address.endswith(("号", "附近"))


# -- codes and tags


@pytest.mark.row("R22")
@pytest.mark.parametrize(
    ("wanted", "text"),
    [("qrCode", "二维码"), ("qr", "二维码"), ("barCode", "42"), ("bar", "42"), ("all", "42")],
)
def test_a_scan_finds_the_first_code_of_the_type(
    sandbox: SandboxClient, wanted: str, text: str
) -> None:
    codes = [{"kind": "bar", "text": "42"}, {"kind": "qr", "text": "二维码"}]
    sandbox.patch_device(codes=codes)
    assert result(sandbox.native("biz.util.scan", {"type": wanted})) == {"text": text}
    kinds = {code["kind"] for code in asked(sandbox, "biz.util.scan", {"type": wanted})["codes"]}
    assert kinds == {"all": {"bar", "qr"}}.get(wanted, {wanted.removesuffix("Code")})


def test_a_scan_with_nothing_to_scan_is_cancelled(sandbox: SandboxClient) -> None:
    sandbox.patch_device(codes=[{"kind": "qr", "text": "x"}], tags=[])
    assert refused(sandbox.native("biz.util.scan", {"type": "barCode"}))["errorCode"] == "-1"
    assert refused(sandbox.native("device.nfc.nfcRead"))["errorCode"] == "-1"


def test_any_text_that_a_code_can_carry_comes_back_as_it_is(sandbox: SandboxClient) -> None:
    for text in ("行一\n行二\t末", "<script>alert(1)</script>", "𠮷" * 3000):
        sandbox.patch_device(codes=[{"kind": "qr", "text": text}], tags=[text])
        assert result(sandbox.native("biz.util.scan"))["text"] == text
        assert result(sandbox.native("device.nfc.nfcRead"))["content"] == text


@pytest.mark.parametrize(
    "changes",
    [
        b'{"codes": [{"kind": "qr"}]}',
        b'{"codes": [{"kind": "pdf417", "text": "x"}]}',
        b'{"codes": [{"kind": "qr", "text": ""}]}',
        b'{"codes": [{"kind": "qr", "text": "\\ud800"}]}',
        b'{"codes": "x"}',
        b'{"tags": [5]}',
        b'{"tags": ["' + b"x" * 3001 + b'"]}',
        b'{"tags": [' + b'"x",' * 50 + b'"x"]}',
        b'{"answers": "nobody"}',
    ],
)
def test_codes_that_cannot_be_are_refused(sandbox: SandboxClient, changes: bytes) -> None:
    before = sandbox.device()
    assert sandbox.ask("PATCH", "device", changes).status_code == 400
    assert sandbox.device() == before


@pytest.mark.row("R22")
def test_nobody_is_asked_for_a_tag_where_the_client_cannot_read_one(sandbox: SandboxClient) -> None:
    assert asked(sandbox, "device.nfc.nfcRead")["tags"][0] == "沙箱资产 A-1024"
    sandbox.patch_device(platform="harmony")
    assert refused(sandbox.native("device.nfc.nfcRead", asks=True))["errorCode"] == "1"


# -- who answers


def test_a_person_is_asked_only_where_the_page_can_and_the_device_wants_it(
    sandbox: SandboxClient,
) -> None:
    question = asked(sandbox, "device.notification.confirm", {"message": "好吗"})
    assert question == {"kind": "confirm", "args": {"message": "好吗"}}
    assert sandbox.calls() == []
    assert "result" in sandbox.native("device.notification.confirm")
    assert "result" in sandbox.native("device.base.getPhoneInfo", asks=True)
    sandbox.patch_device(results={"biz.util.scan": {"text": "set"}})
    assert result(sandbox.native("biz.util.scan", asks=True)) == {"text": "set"}
    sandbox.patch_device(answers="automatic")
    assert "result" in sandbox.native("device.notification.confirm", asks=True)


@pytest.mark.row("R12")
def test_nobody_is_asked_without_a_grant(sandbox: SandboxClient) -> None:
    answer = sandbox.native("biz.chat.pickConversation", asks=True, granted=False)
    assert refused(answer)["errorCode"] == "7"


# -- chats


@pytest.mark.row("R23")
def test_the_chat_that_a_person_chose_is_the_one_that_is_reached(sandbox: SandboxClient) -> None:
    chats = asked(sandbox, "biz.chat.pickConversation")["chats"]
    chosen = next(chat for chat in chats if chat["title"] == "华东区外勤")
    answer = {"chat": [chosen["openConversationId"]]}
    picked = sandbox.native("biz.chat.pickConversation", granted=True, answer=answer)
    assert result(picked)["title"] == "华东区外勤"
    _, chat = sandbox.sandbox.platform.corp.conversations.redeem(picked["result"]["cid"]) or (0, 0)
    assert chat.open_id == chosen["openConversationId"]  # type: ignore[union-attr]
    method = "biz.chat.chooseConversationByCorpId"
    assert result(sandbox.native(method, granted=True, answer=answer)) == {
        "title": chosen["title"],
        "chatId": chosen["chatId"],
        "openConversationId": chosen["openConversationId"],
    }


def test_the_chats_are_those_of_whoever_is_signed_in(sandbox: SandboxClient) -> None:
    assert len(asked(sandbox, "biz.chat.chooseConversation")["chats"]) == 9
    own = asked(sandbox, "biz.chat.chooseConversation", {"filterNotOwnerGroup": True})["chats"]
    assert {chat["owner"] for chat in own} == {"manager4220"}
    sandbox.patch_device(user="user2005")
    titles = [chat["title"] for chat in sandbox.ask("GET", "chats").json()["chats"]]
    assert titles == ["全员群", "报销与发票"]


@pytest.mark.parametrize(
    ("args", "confirm"),
    [({}, True), ({"isConfirm": False}, False), ({"isConfirm": "false"}, False)],
)
def test_the_older_way_confirms_unless_the_page_declines(
    sandbox: SandboxClient, args: dict[str, object], confirm: bool
) -> None:
    assert asked(sandbox, "biz.chat.pickConversation", args)["confirm"] is confirm
    assert asked(sandbox, "biz.chat.chooseConversationByCorpId", args)["confirm"] is False


def test_a_test_says_which_chat_is_chosen_without_a_person(sandbox: SandboxClient) -> None:
    robotless = sandbox.ask("GET", "chats").json()["chats"][1]
    sandbox.patch_device(chat=robotless["openConversationId"])
    method = "biz.chat.chooseConversationByCorpId"
    assert result(sandbox.native(method, granted=True))["title"] == robotless["title"]


# -- photographs and the drive


def test_pictures_have_addresses_that_a_browser_can_load(sandbox: SandboxClient) -> None:
    (address,) = result(sandbox.native("biz.util.uploadImage"))
    picture = requests.get(address, timeout=10)
    assert picture.headers["Content-Type"] == "image/png"
    assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")
    own = sandbox.ask("POST", "album?name=%E6%88%91.jpg", b"\xff\xd8jpeg").json()
    photos = asked(sandbox, "biz.util.uploadImage", {"multiple": True, "max": 99})
    assert (photos["max"], photos["photos"][0]) == (9, own)
    answer = {"photos": [own["id"], photos["photos"][1]["id"]]}
    chosen = result(sandbox.native("biz.util.chooseImage", granted=True, answer=answer))
    assert chosen["files"][0]["size"] == 6
    assert requests.get(chosen["filePaths"][0], timeout=10).content == b"\xff\xd8jpeg"


@pytest.mark.row("R48")
def test_a_servers_file_is_saved_to_the_drive_by_its_address(
    sandbox: SandboxClient, files: str
) -> None:
    args = {"corpId": "ding", "url": f"{files}/a", "name": "巡检报告.txt"}
    first, second = (
        result(sandbox.native("biz.cspace.saveFile", args, granted=True))["data"][0]
        for _ in range(2)
    )
    assert set(first) == {"spaceId", "fileId", "fileName", "fileSize", "fileType"}
    assert (first["fileName"], first["fileSize"], first["fileType"]) == (
        "巡检报告.txt",
        len(CONTENT),
        "txt",
    )
    assert second["fileName"] == "巡检报告(1).txt"
    kept = sandbox.ask("GET", f"drive/file?id={first['fileId']}")
    assert kept.content == CONTENT
    preview = {"spaceId": first["spaceId"], "fileId": first["fileId"]}
    assert result(sandbox.native("biz.cspace.preview", preview, granted=True)) == {}
    assert (
        sandbox.as_device("other").native("biz.cspace.preview", preview, granted=True)["ok"]
        is False
    )


def test_the_drive_gets_no_cookies_and_any_folder(sandbox: SandboxClient, files: str) -> None:
    folder = asked(sandbox, "biz.cspace.saveFile")["folders"][1]
    args = {"url": f"{files}/cookie", "name": "c.txt"}
    answer = {"folder": [folder["id"]]}
    sandbox.native("biz.cspace.saveFile", args, granted=True, answer=answer)
    saved = sandbox.ask("GET", "drive").json()["files"][0]
    assert (saved["folder"], saved["fileSize"]) == (folder["name"], 0)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"name": "x"}, "url is blank"),
        ({"url": "FILES/a"}, "name is blank"),
        ({"url": 5, "name": "x"}, "url is blank"),
        ({"url": "FILES/gone", "name": "x"}, "answered 404"),
        ({"url": "FILES/cut", "name": "x"}, "cannot be fetched"),
        ({"url": "file:///etc/passwd", "name": "x"}, "neither http nor https"),
        ({"url": "http://127.0.0.1:9/", "name": "x"}, "cannot be fetched"),
        ({"url": "http://[", "name": "x"}, "cannot be fetched"),
        ({"url": "@nothing", "name": "x"}, "media_id"),
    ],
)
def test_what_cannot_be_saved_is_an_error_of_the_client(
    sandbox: SandboxClient, files: str, args: dict[str, Any], said: str
) -> None:
    args = {key: str(v).replace("FILES", files) if v != 5 else v for key, v in args.items()}
    error = refused(sandbox.native("biz.cspace.saveFile", args, granted=True))
    assert error["errorCode"] == "3"
    assert said in error["errorMessage"]
    assert len(sandbox.ask("GET", "drive").json()["files"]) == 1


def test_attachments_come_from_the_drive_or_go_into_it(sandbox: SandboxClient) -> None:
    method = "biz.util.uploadAttachment"
    question = asked(sandbox, method, {"types": ["photo", "space"], "space": {"max": 3}})
    assert (question["max"], question["types"]) == (3, ["photo", "space"])
    answer = {"files": [question["files"][0]["fileId"]]}
    taken = result(sandbox.native(method, granted=True, answer=answer))
    assert (taken["type"], taken["data"]) == ("space", question["files"])
    photo = {"photos": [question["photos"][0]["id"]]}
    put = result(sandbox.native(method, granted=True, answer=photo))
    assert (put["type"], put["data"][0]["fileType"]) == ("image", "png")
    assert sandbox.ask("GET", "drive").json()["files"][0]["fileId"] == put["data"][0]["fileId"]


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        ("biz.chat.pickConversation", {"chat": ["cidNobodys"]}),
        ("biz.chat.pickConversation", {"chat": "cid"}),
        ("biz.util.uploadImage", {"photos": [5]}),
        ("biz.util.uploadImage", {"photos": ["../p1"]}),
        ("biz.cspace.chooseSpaceDir", {"folder": ["0"]}),
        ("biz.util.uploadAttachment", {"files": ["0"]}),
        ("biz.util.scan", "text"),
    ],
)
def test_an_answer_that_nobody_could_give_is_refused(
    sandbox: SandboxClient, method: str, answer: object
) -> None:
    call = {"method": method, "granted": True, "answer": answer}
    response = requests.post(f"{sandbox.phone_url}__sandbox__/native", json=call, timeout=10)
    assert response.status_code == 400
    assert "answer" in response.json()["error"]


def test_to_choose_nothing_is_to_cancel(sandbox: SandboxClient) -> None:
    answer = sandbox.native("biz.util.uploadImage", answer={"photos": []})
    assert refused(answer)["errorCode"] == "-1"


def test_a_page_in_the_drive_can_do_nothing_to_the_sandbox(
    sandbox: SandboxClient, files: str
) -> None:
    args = {"url": f"{files}/a", "name": "../../<img src=x>/evil.html"}
    saved = result(sandbox.native("biz.cspace.saveFile", args, granted=True))["data"][0]
    assert saved["fileName"] == "evil.html"
    kept = sandbox.ask("GET", f"drive/file?id={saved['fileId']}")
    assert kept.headers["Content-Type"] == "application/octet-stream"
    assert kept.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in kept.headers["Content-Security-Policy"]
    assert sandbox.ask("GET", "drive/file?id=1").status_code == 404
    assert sandbox.ask("GET", "photo").status_code == 404
    assert sandbox.ask("POST", "album?name=x.png").status_code == 400


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("报告.pdf", "报告.pdf"),
        ("..\\..\\a\x00b\n.txt", "ab.txt"),
        ("/", "未命名"),
        ("..", "未命名"),
        ("x" * 300 + ".docx", "x" * 195 + ".docx"),
    ],
)
def test_a_name_in_the_drive_is_no_path(name: str, shown: str) -> None:
    assert plain_name(name) == shown


def test_there_is_an_end_to_what_a_phone_keeps() -> None:
    storage = PhoneStorage("d")
    content = bytes(KEPT_BYTES // 2)
    storage.save("a", content, "70001")
    with pytest.raises(StorageFull):
        storage.add_photo("b.png", content)
    assert len(storage.files()) == 2


def test_every_device_has_a_drive_of_its_own_that_a_reset_empties(
    sandbox: SandboxClient, files: str
) -> None:
    one, two = sandbox.as_device("one"), sandbox.as_device("two")
    one.native("biz.cspace.saveFile", {"url": f"{files}/a", "name": "a"}, granted=True)
    drives = [sandbox.ask("GET", f"drive?device={name}").json()["files"] for name in ("one", "two")]
    assert [len(drive) for drive in drives] == [2, 1]
    one.reset(scope="device")
    assert len(sandbox.ask("GET", "drive?device=one").json()["files"]) == 1
    assert two.device()["device"] == "two"
