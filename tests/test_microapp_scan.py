"""Scans without a browser: stored once, whose they are, harmless as text; over both databases."""

from __future__ import annotations

import html
import re

import pytest
from microapp_visitor import JSON, ORIGIN, PAGE, AppVisitor, error_code, new_key

from microapp.scan import PAGE_SIZE, SHOWN_LENGTH
from microapp.scan_store import TEXT_LENGTH
from microapp.web_address import host_of
from microapp.words import words

pytest_plugins = ["store_fixtures"]

TEXT = "资产 A-1024 / 三号楼 2 层"
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{ 7 * 7 }}",
    "'; DROP TABLE scans; --",
    "𠮷田 · 🚚 · ١٢٣",
]


def form(**changed: object) -> dict[str, object]:
    return {"key": new_key(), "kind": "qr", "text": TEXT, **changed}


def rows(visitor: AppVisitor, address: str = "/scan") -> list[str]:
    """The list items of a page as HTML, the newest first."""
    return re.findall(r"<li><span.*?</li>", visitor.get(address).text, re.DOTALL)


def texts(visitor: AppVisitor, address: str = "/scan") -> list[str]:
    """The texts of a page's list, the newest first."""
    return [html.unescape(re.findall(r'scan-text">(.*?)</p>', row, re.DOTALL)[0])
            for row in rows(visitor, address)]  # fmt: skip


def ids(visitor: AppVisitor, address: str = "/scan") -> list[int]:
    found = (re.findall(r'name="id" value="(\d+)"', row)[0] for row in rows(visitor, address))
    return [int(each) for each in found]


def delete(visitor: AppVisitor, row: object) -> int:
    return visitor.post("/scan/delete", {"id": row}).status_code


@pytest.mark.parametrize("kind", ["qr", "bar", "nfc", "typed"])
def test_what_was_scanned_is_in_the_list_with_its_kind_and_time(
    visitor: AppVisitor, kind: str
) -> None:
    assert words("zh")["scan_empty"] in visitor.get("/scan").text
    assert visitor.post("/scan", form(kind=kind)).status_code == 201
    assert texts(visitor) == [TEXT]
    assert words("zh")[f"scan_kind_{kind}"] in rows(visitor)[0]
    assert re.search(r">\d\d-\d\d \d\d:\d\d<", rows(visitor)[0])


def test_the_same_submission_is_stored_once_however_often_it_comes(visitor: AppVisitor) -> None:
    submitted = form()
    first, second = (visitor.post("/scan", submitted) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert len(rows(visitor)) == 1


def test_another_text_under_the_same_key_is_told_and_changes_nothing(visitor: AppVisitor) -> None:
    submitted = form()
    visitor.post("/scan", submitted)
    answer = visitor.post("/scan", {**submitted, "text": "another"})
    assert (answer.status_code, error_code(answer)) == (409, "submitted_before")
    assert texts(visitor) == [TEXT]


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_a_code_holds_is_text(visitor: AppVisitor, text: str) -> None:
    visitor.post("/scan", form(text=text))
    page = visitor.get("/scan").text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "data-open" not in page
    assert texts(visitor) == [text]


def test_lines_stay_and_what_cannot_be_seen_is_left_out(visitor: AppVisitor) -> None:
    visitor.post("/scan", form(text=" BEGIN:VCARD\r\nN:张;\x00小沙\u202e\r\nEND:VCARD\n"))
    assert texts(visitor) == ["BEGIN:VCARD\nN:张;小沙\nEND:VCARD"]


def test_what_separates_the_fields_of_a_code_stays(visitor: AppVisitor) -> None:
    code = "\x1d01069012345678921\x1d10A1\x1e\x04"
    visitor.post("/scan", form(text=code))
    assert texts(visitor) == [code]
    # By itself it is nothing.
    assert visitor.post("/scan", form(text="\x1d")).status_code == 422


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"kind": "face"}, 400, "bad_request"),
        ({"kind": None}, 400, "bad_request"),
        ({"key": "short"}, 400, "bad_request"),
        ({"text": None}, 422, "incomplete"),
        ({"text": " \n\x00 "}, 422, "incomplete"),
        ({"text": "长" * (TEXT_LENGTH + 1)}, 413, "too_large"),
        ({"text": "x" * 100_000}, 413, "too_large"),
    ],
)
def test_what_is_no_scan_is_refused_and_nothing_is_stored(
    visitor: AppVisitor, changed: dict[str, object], status: int, code: str
) -> None:
    submitted = {name: value for name, value in form(**changed).items() if value is not None}
    answer = visitor.post("/scan", submitted)
    assert (answer.status_code, error_code(answer)) == (status, code)
    assert rows(visitor) == []


def test_a_long_text_is_cut_in_the_list_and_whole_on_its_own_page(visitor: AppVisitor) -> None:
    text = "https://example.com/" + "码" * (TEXT_LENGTH - 20)
    assert visitor.post("/scan", form(text=text)).status_code == 201
    assert texts(visitor) == [text[:SHOWN_LENGTH] + "…"]
    (row,) = ids(visitor)
    assert f'href="/scan/{row}"' in rows(visitor)[0]
    parts, address = [], f"/scan/{row}"
    while address:
        part = visitor.get(address).text
        parts += re.findall(r'scan-text">(.*?)</p>', part)
        address = (re.findall(rf'href="(/scan/{row}\?from=\d+)"', part) or [""])[0]
    assert len(parts) > 1
    assert "".join(parts) == text


def test_an_address_as_long_as_people_have_is_whole_on_its_own_page(visitor: AppVisitor) -> None:
    text = "https://example.com/" + "x" * 400
    visitor.post("/scan", form(text=text))
    whole = visitor.get(f"/scan/{ids(visitor)[0]}").text
    assert f'scan-text">{text}</p>' in whole
    assert "打开 example.com" in whole


@pytest.mark.parametrize(
    ("address", "host"),
    [
        ("https://example.com/a?b=1#c", "example.com"),
        ("HTTP://Example.COM:8080", "example.com"),
        ("https://例え.テスト/", "xn--r8jz45g.xn--zckzah"),
        ("http://192.0.2.1/", "192.0.2.1"),
        ("https://dingtalk.com@evil.example/", ""),
        ("https://user:password@example.com/", ""),
        ("https://evil.example\\@dingtalk.com/", ""),
        ("https://example.com/a b", ""),
        ("https://example.com/\n", ""),
        ("https://example.com:port/", ""),
        ("https://[::1/", ""),
        ("https://[2001:db8::1]/", "2001:db8::1"),
        # What Python and a browser would make different hosts of.
        ("https://faß.de/", ""),
        ("https://βόλος.com/", ""),
        ("https://exa%6dple.com/", ""),
        ("https://exam\u200dple.com/", ""),
        ("https://exa<mple.com/", ""),
        ("https:///path", ""),
        ("https:example.com", ""),
        ("//example.com/", ""),
        ("javascript:alert(1)//https://example.com", ""),
        ("data:text/html,<script>", ""),
        ("dingtalk://dingtalkclient/page/link?url=https://example.com", ""),
        ("see https://example.com", ""),
        (f"https://{'a' * 64}.example/", ""),
        ("", ""),
    ],
)
def test_an_address_is_recognised_with_the_host_that_it_leads_to(address: str, host: str) -> None:
    assert host_of(address) == host


def test_an_address_is_a_link_that_tells_its_host_and_nothing_of_us(visitor: AppVisitor) -> None:
    visitor.post("/scan", form(text="https://example.com/?a=1&b=%3Cscript%3E"))
    (row,) = rows(visitor)
    link = re.findall(r"<a [^>]*>[^<]*</a>", row)[0]
    assert 'href="https://example.com/?a=1&amp;b=%3Cscript%3E"' in link
    assert 'rel="noreferrer"' in link
    assert "打开 example.com" in link


def test_a_scan_is_deleted_once(visitor: AppVisitor) -> None:
    for text in ("first", "second"):
        visitor.post("/scan", form(text=text))
    newest = ids(visitor)[0]
    assert delete(visitor, newest) == 200
    assert delete(visitor, newest) == 404
    assert texts(visitor) == ["first"]


def test_a_colleague_neither_sees_nor_deletes_it(visitor: AppVisitor) -> None:
    visitor.post("/scan", form(text="mine alone"))
    (mine,) = ids(visitor)
    colleague = visitor.colleague("user6188", admin=True)
    assert rows(colleague) == []
    answer = colleague.get(f"/scan/{mine}")
    assert answer.status_code == 404
    assert "mine alone" not in answer.text
    assert delete(colleague, mine) == 404
    assert texts(visitor) == ["mine alone"]


@pytest.mark.parametrize("row", ["0", "9223372036854775807", "9" * 30, "-1", "x", "1%00"])
def test_an_address_of_nothing_is_not_found(visitor: AppVisitor, row: str) -> None:
    assert visitor.get(f"/scan/{row}").status_code == 404
    assert delete(visitor, row) == 404


def test_a_long_list_is_paged_and_every_row_stands_on_one_page(visitor: AppVisitor) -> None:
    stored = [f"code {number}" for number in range(2 * PAGE_SIZE + 3)]
    for text in stored:
        visitor.post("/scan", form(text=text))
    seen: list[str] = []
    address = "/scan"
    for size in (PAGE_SIZE, PAGE_SIZE, 3):
        shown = texts(visitor, address)
        assert len(shown) == size
        seen += shown
        older = re.findall(r'href="(/scan\?before=\d+)"', visitor.get(address).text)
        address = older[0] if older else ""
    assert seen == stored[::-1]
    assert address == ""
    assert words("zh")["scan_no_more"] in visitor.get("/scan?before=1").text


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 19, "1;--", "%00", "١"])
def test_a_page_of_nothing_is_not_found(visitor: AppVisitor, before: str) -> None:
    assert visitor.get(f"/scan?before={before}").status_code == 404


def test_without_a_session_the_page_has_its_frame_and_nothing_is_stored_or_told(
    visitor: AppVisitor,
) -> None:
    visitor.post("/scan", form(text="secret of somebody"))
    (row,) = ids(visitor)
    visitor.sign_out()
    answer = visitor.get("/scan")
    assert answer.status_code == 200
    assert "data-signed-out" in answer.text
    assert "secret of somebody" not in answer.text
    assert visitor.get(f"/scan/{row}").status_code == 401
    assert visitor.post("/scan", form()).status_code == 401
    assert delete(visitor, row) == 401
    visitor.sign_in("user5031", "欧阳若兰")
    assert texts(visitor) == ["secret of somebody"]


def test_another_sites_form_stores_and_deletes_nothing(visitor: AppVisitor) -> None:
    visitor.post("/scan", form())
    (row,) = ids(visitor)
    for address in ("/scan", "/scan/delete"):
        answer = visitor.post(address, {**form(), "id": row}, Origin="https://evil.example")
        assert (answer.status_code, error_code(answer)) == (403, "origin_refused")
    assert len(rows(visitor)) == 1


def test_plain_forms_come_back_to_the_page(visitor: AppVisitor) -> None:
    for address in ("/scan", "/scan/delete"):
        posted = {**form(), "id": [*ids(visitor), ""][0]}
        answer = visitor.client.post(address, data=posted, headers=PAGE, base_url=ORIGIN)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/scan")
    assert rows(visitor) == []


def test_a_form_comes_back_in_the_colour_of_the_navigation_bar(visitor: AppVisitor) -> None:
    colour = "dd_nav_bgcolor=FF0B62D6"
    visitor.post("/scan", form())
    actions = re.findall(r'action="(/scan[^"]*)"', visitor.get(f"/scan?{colour}").text)
    assert actions == [f"/scan?{colour}", f"/scan/delete?{colour}"]
    for address in actions:
        posted = {**form(), "id": ids(visitor)[0]}
        answer = visitor.client.post(address, data=posted, headers=PAGE, base_url=ORIGIN)
        assert answer.headers["Location"] == f"/scan?{colour}"


def test_what_is_wrong_is_json_for_scripts(visitor: AppVisitor) -> None:
    answer = visitor.client.delete("/scan", headers=JSON, base_url=ORIGIN)
    assert (answer.status_code, error_code(answer)) == (405, "method_not_allowed")
