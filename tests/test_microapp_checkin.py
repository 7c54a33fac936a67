"""Check-in without a browser: stored once, whose it is, what is refused; over both databases."""

from __future__ import annotations

import html
import re
from datetime import datetime, tzinfo

import pytest
from microapp_visitor import JSON, ORIGIN, AppVisitor, error_code, new_key
from microapp_visitor import PAGE as HTML

from microapp import context
from microapp.tables import clean
from microapp.words import words

pytest_plugins = ["store_fixtures"]

PLACE = {
    "latitude": "30.279212",
    "longitude": "120.026208",
    "accuracy": "29",
    "address": "浙江省杭州市余杭区文一西路969号",
}


def form(**changed: object) -> dict[str, object]:
    return {"key": new_key(), "note": "", **PLACE, **changed}


def entries(visitor: AppVisitor) -> list[str]:
    """The texts of today's list, newest first."""
    page = visitor.get("/checkin").text
    found = re.findall(r"<li data-latitude.*?</li>", page, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", each)).split()) for each in found]


def test_a_check_in_is_in_todays_list_with_place_time_and_note(visitor: AppVisitor) -> None:
    assert words("zh")["checkin_empty"] in visitor.get("/checkin").text
    answer = visitor.post("/checkin", form(note="送样品"))
    assert answer.status_code == 201
    assert answer.json is not None
    time = answer.json["time"]
    assert re.fullmatch(r"\d\d:\d\d", time)
    assert entries(visitor) == [f"{time} {PLACE['address']} 误差约 29 米 送样品"]


def test_the_newest_is_first(visitor: AppVisitor) -> None:
    for note in ("first", "second", "third"):
        visitor.post("/checkin", form(note=note))
    assert [entry.split()[-1] for entry in entries(visitor)] == ["third", "second", "first"]


def test_the_same_submission_is_stored_once_however_often_it_comes(visitor: AppVisitor) -> None:
    submitted = form(note="once")
    first = visitor.post("/checkin", submitted)
    # The position moves a little between two taps: it is the same check-in all the same.
    second = visitor.post("/checkin", {**submitted, "latitude": "30.2793"})
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json == second.json
    assert len(entries(visitor)) == 1


def test_a_changed_note_under_the_same_key_is_told_and_changes_nothing(
    visitor: AppVisitor,
) -> None:
    submitted = form(note="stored, but the answer was lost")
    visitor.post("/checkin", submitted)
    answer = visitor.post("/checkin", {**submitted, "note": "changed"})
    assert answer.status_code == 409
    assert error_code(answer) == "submitted_before"
    (entry,) = entries(visitor)
    assert entry.endswith("stored, but the answer was lost")


def test_an_answer_that_was_lost_long_ago_does_not_stand_for_a_check_in_elsewhere(
    visitor: AppVisitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        minute = 0

        @classmethod
        def now(cls, zone: tzinfo) -> datetime:
            return datetime(2026, 2, 28, 4, cls.minute, tzinfo=zone)

    monkeypatch.setattr(context, "datetime", Clock)
    at_the_first, elsewhere = form(), {**PLACE, "latitude": "30.4", "address": "良渚"}
    assert visitor.post("/checkin", at_the_first).status_code == 201
    Clock.minute = 2  # the same visit, tried again
    assert visitor.post("/checkin", at_the_first).status_code == 200
    Clock.minute = 3
    answer = visitor.post("/checkin", {**at_the_first, **elsewhere})
    assert (answer.status_code, error_code(answer)) == (409, "submitted_before")
    assert visitor.post("/checkin", form(**elsewhere)).status_code == 201
    assert ["良渚" in entry for entry in entries(visitor)] == [True, False]


def test_a_colleague_sees_only_their_own(visitor: AppVisitor) -> None:
    visitor.post("/checkin", form(note="mine alone"))
    colleague = visitor.colleague("user6188")
    assert entries(colleague) == []
    assert "mine alone" not in colleague.get("/checkin").text


@pytest.mark.parametrize(
    "changed",
    [
        {"latitude": "91"},
        {"latitude": "-90.001"},
        {"longitude": "180.5"},
        {"latitude": "0", "longitude": "0"},
        {"latitude": "0.0", "longitude": "-0"},
        {"latitude": ""},
        {"latitude": "north"},
        {"latitude": "nan"},
        {"longitude": "inf"},
        {"longitude": "1e999"},
        {"accuracy": "0"},
        {"accuracy": "-5"},
        {"accuracy": "10001"},
        {"accuracy": "NaN"},
        {"accuracy": "undefined"},
    ],
)
def test_an_implausible_place_is_refused_and_nothing_is_stored(
    visitor: AppVisitor, changed: dict[str, str]
) -> None:
    answer = visitor.post("/checkin", form(**changed))
    assert answer.status_code == 422
    assert error_code(answer) == "place_implausible"
    assert entries(visitor) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"latitude": "0", "longitude": "120"},
        {"latitude": "-90", "longitude": "-180"},
        {"accuracy": "10000"},
        {"accuracy": "0.5"},
        {"address": ""},
    ],
)
def test_the_rims_of_the_plausible_are_stored(visitor: AppVisitor, changed: dict[str, str]) -> None:
    assert visitor.post("/checkin", form(**changed)).status_code == 201


@pytest.mark.parametrize(
    "key",
    [None, "", "short", "x" * 65, "with space and more", "'; DROP TABLE checkins;--", "键" * 20],
)
def test_a_submission_without_a_proper_key_is_refused(visitor: AppVisitor, key: str | None) -> None:
    submitted = {name: value for name, value in form(key=key).items() if value is not None}
    answer = visitor.post("/checkin", submitted)
    assert answer.status_code == 400
    assert error_code(answer) == "bad_request"
    assert entries(visitor) == []


def test_a_note_that_is_too_long_is_refused_and_a_long_one_is_kept_whole(
    visitor: AppVisitor,
) -> None:
    answer = visitor.post("/checkin", form(note="长" * 501))
    assert answer.status_code == 413
    assert error_code(answer) == "too_large"
    assert entries(visitor) == []
    visitor.post("/checkin", form(note="长" * 500))
    assert "长" * 500 in entries(visitor)[0]


def test_a_body_without_end_is_refused(visitor: AppVisitor) -> None:
    answer = visitor.post("/checkin", form(note="x" * 100_000))
    assert answer.status_code == 413
    assert entries(visitor) == []


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "{{ 7 * 7 }}",
        "'; DROP TABLE checkins; --",
        "𠮷田 · 🚚 · ١٢٣",
    ],
)
def test_whatever_is_typed_is_text(visitor: AppVisitor, text: str) -> None:
    visitor.post("/checkin", form(note=text, address=text))
    page = visitor.get("/checkin").text
    assert "<script>alert" not in page
    assert "<img" not in page
    (entry,) = entries(visitor)
    assert entry.count(text) == 2


def test_characters_that_no_person_types_are_left_out(visitor: AppVisitor) -> None:
    assert visitor.post("/checkin", form(note="a\x00b\x1b[31m\u202ec\nd")).status_code == 201
    assert entries(visitor)[0].endswith("ab[31mc d")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("三号楼\u3000二层\xa0东", "三号楼 二层 东"),
        ("👨\u200d👩\u200d👧 نامه\u200cای", "👨\u200d👩\u200d👧 نامه\u200cای"),
        ("a\rb\r\nc\u2028d\x85e\tf", "a\nb\nc\nde\tf"),
        ("01\x1d10\x1e\x04", "0110"),
        ("\u2066txt.\u202eexe\u2069\u061c", "txt.exe"),
        ("\u3000 \n", ""),
    ],
)
def test_what_people_type_is_not_changed_but_for_what_nobody_types(typed: str, kept: str) -> None:
    assert clean(typed) == kept


def test_an_address_that_is_too_long_is_cut(visitor: AppVisitor) -> None:
    assert visitor.post("/checkin", form(address="路" * 500)).status_code == 201
    assert "路" * 200 in entries(visitor)[0]
    assert "路" * 201 not in entries(visitor)[0]


def test_a_day_is_the_corps_day(visitor: AppVisitor, monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        """Half past eleven in the evening in Shanghai, then half past midnight."""

        utc_hour = 15

        @classmethod
        def now(cls, zone: tzinfo) -> datetime:
            return datetime(2026, 2, 28, cls.utc_hour, 30, tzinfo=zone)

    monkeypatch.setattr(context, "datetime", Clock)
    visitor.post("/checkin", form(note="before midnight"))
    assert entries(visitor)[0].startswith("23:30")
    Clock.utc_hour = 16
    assert entries(visitor) == []
    assert "2026-03-01" in visitor.get("/checkin").text
    visitor.post("/checkin", form(note="after midnight"))
    assert entries(visitor)[0].startswith("00:30")


def test_without_a_session_the_page_has_its_frame_and_the_way_to_sign_in(
    visitor: AppVisitor,
) -> None:
    visitor.post("/checkin", form(note="secret of somebody"))
    visitor.sign_out()
    answer = visitor.get("/checkin")
    assert answer.status_code == 200
    assert "data-signed-out" in answer.text
    assert 'href="/ding/oauth?next=/checkin"' in answer.text
    assert f'<noscript><p class="offline">{words("zh")["checkin_without_script"]}' in answer.text
    assert "secret of somebody" not in answer.text


def test_without_a_session_nothing_is_stored(visitor: AppVisitor) -> None:
    visitor.sign_out()
    answer = visitor.post("/checkin", form())
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "DingTalk"
    visitor.sign_in("user5031", "欧阳若兰")
    assert entries(visitor) == []


def test_another_sites_form_stores_nothing(visitor: AppVisitor) -> None:
    answer = visitor.post("/checkin", form(), Origin="https://evil.example")
    assert answer.status_code == 403
    assert error_code(answer) == "origin_refused"
    assert entries(visitor) == []


def test_a_plain_form_comes_back_to_the_page_and_its_failure_is_a_page(
    visitor: AppVisitor,
) -> None:
    answer = visitor.client.post("/checkin", data=form(), headers=HTML, base_url=ORIGIN)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/checkin"
    answer = visitor.client.post(
        "/checkin", data=form(latitude="99"), headers=HTML, base_url=ORIGIN
    )
    assert answer.status_code == 422
    assert "<p>没有得到准确的位置" in answer.text
    assert re.search(r"<code>[2-9A-Z]{4}-[2-9A-Z]{4}</code>", answer.text)


def test_what_is_not_there_is_json_for_scripts(visitor: AppVisitor) -> None:
    answer = visitor.client.get("/checkin/1", headers=JSON, base_url=ORIGIN)
    assert answer.status_code == 404
    assert error_code(answer) == "not_found"
    answer = visitor.client.delete("/checkin", headers=JSON, base_url=ORIGIN)
    assert answer.status_code == 405
    assert error_code(answer) == "method_not_allowed"
