"""Reports without a browser: whose, of which days, in numbers and as CSV; over both databases."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import count
from time import perf_counter
from typing import Self
from urllib.parse import urljoin

import pytest
from microapp_visitor import JSON, ORIGIN, AppVisitor, error_code
from query_plans import plans
from sqlalchemy import insert
from werkzeug.test import TestResponse

from microapp import context
from microapp.checkin_store import checkin_days, checkins
from microapp.database import Database
from microapp.report_csv import plain
from microapp.report_range import DayRange
from microapp.words import words

pytest_plugins = ["store_fixtures"]
pytestmark = pytest.mark.row("R48")

TODAY = date(2026, 3, 4)  # a Wednesday
RUOLAN, LEI, MIN = "user5031", "user6188", "user7345"
NAMES = {RUOLAN: "欧阳若兰", LEI: "王磊", MIN: "李敏"}

Store = Callable[..., None]


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    class Noon(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls(TODAY.year, TODAY.month, TODAY.day, 4, tzinfo=tz)

    monkeypatch.setattr(context, "datetime", Noon)


@pytest.fixture
def store(database: Database, visitor: AppVisitor) -> Store:
    """Stores check-ins: who, on which days, at which hours of UTC, and anything else of a row."""
    corp = visitor.app.extensions["dingbridge"]["dingbridge"].settings.corp_id
    numbers = count()

    def add(userid: str, *days: date, hours: tuple[int, ...] = (1,), **more: object) -> None:
        rows = [
            {
                "corp": corp,
                "userid": userid,
                "name": NAMES.get(userid, userid),
                "key": f"stored-for-a-report-{next(numbers)}",
                "at": datetime(day.year, day.month, day.day, hour, tzinfo=UTC),
                "day": day,
                "latitude": 30.28,
                "longitude": 120.03,
                "accuracy": 29.0,
                "address": "文一西路969号",
                "note": "",
                **more,
            }
            for day in days
            for hour in hours
        ]
        with database.write() as connection:
            connection.execute(insert(checkins), rows)

    return add


@pytest.fixture
def admin(visitor: AppVisitor) -> AppVisitor:
    return visitor.colleague("manager4220", "张小沙", admin=True)


def table(page: str, name: str) -> list[tuple[str, ...]]:
    """The cells of a chart's table."""
    figure = re.search(rf'<figure class="chart" data-chart="{name}">.*?</figure>', page, re.DOTALL)
    if figure is None:
        return []
    rows = figure[0].partition("<tbody>")[2].split("<tr>")[1:]
    return [tuple(text_of(cell) for cell in re.split(r"<t[hd][^>]*>", row)[1:]) for row in rows]


def entries(page: str) -> list[str]:
    found = re.search(r'<ol class="list">(.*?)</ol>', page, re.DOTALL)
    return [text_of(item) for item in found[1].split("<li>")[1:]] if found else []


def link(page: str, words_in_it: str) -> str:
    """The address of a link, as a browser would ask for it from this page."""
    found = re.search(rf'href="([^"]+)"[^>]*>{words_in_it}</a>', page)
    assert found, words_in_it
    return urljoin("/report", html.unescape(found[1]))


def text_of(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def csv_rows(answer: TestResponse) -> list[list[str]]:
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def days_ago(number: int) -> date:
    return TODAY - timedelta(number)


def test_somebody_sees_their_own_check_ins_of_the_last_seven_days(
    visitor: AppVisitor, store: Store
) -> None:
    store(RUOLAN, TODAY, days_ago(6), hours=(1, 9))
    store(RUOLAN, days_ago(7))
    store(LEI, TODAY)
    page = visitor.get("/report").text
    assert words("zh")["report_mine"] in page
    assert table(page, "days") == [
        ("02-26", "2"),
        ("02-27", "0"),
        ("02-28", "0"),
        ("03-01", "0"),
        ("03-02", "0"),
        ("03-03", "0"),
        ("03-04", "2"),
    ]
    assert table(page, "people") == []
    listed = visitor.get("/report?view=list").text
    assert NAMES[LEI] not in page + listed
    assert [entry[:11] for entry in entries(listed)] == [
        "03-04 17:00",
        "03-04 09:00",
        "02-26 17:00",
        "02-26 09:00",
    ]


def test_an_administrator_sees_everybody_of_the_corp_by_day_and_by_person(
    admin: AppVisitor, store: Store
) -> None:
    store(LEI, TODAY, days_ago(1), hours=(1, 2, 3))
    store(RUOLAN, TODAY, days_ago(1), days_ago(2))
    store(MIN, TODAY, corp="ding-of-somebody-else")
    page = admin.get("/report").text
    assert table(page, "days")[-3:] == [
        ("03-02", "1"),
        ("03-03", "4"),
        ("03-04", "4"),
    ]
    assert table(page, "people") == [("王磊", "6", "2"), ("欧阳若兰", "3", "3")]
    assert "9 次 · 2 人" in page
    listed = admin.get(link(page, words("zh")["report_list"])).text
    assert entries(listed)[0].startswith("03-04 11:00 王磊 文一西路969号")
    assert NAMES[MIN] not in page + listed


def test_an_administrator_looks_at_one_person_by_a_link(admin: AppVisitor, store: Store) -> None:
    store(LEI, TODAY, hours=(1, 2))
    store(RUOLAN, TODAY)
    page = admin.get(link(admin.get("/report").text, "王磊")).text
    assert "王磊的签到" in page
    assert table(page, "days")[-1] == ("03-04", "2")
    assert table(page, "people") == []
    assert len(entries(admin.get(link(page, words("zh")["report_list"])).text)) == 2
    back = admin.get(link(page, words("zh")["report_back_to_all"])).text
    assert words("zh")["report_everyone"] in back


@pytest.mark.parametrize("path", ["/report", "/report/charts", "/report/checkins.csv"])
def test_another_persons_report_is_refused_by_its_address(
    visitor: AppVisitor, store: Store, path: str
) -> None:
    store(LEI, TODAY, address="where nobody may look")
    answer = visitor.get(f"{path}?person={LEI}")
    assert answer.status_code == 403
    assert "where nobody may look" not in answer.text
    assert NAMES[LEI] not in answer.text
    assert "你没有权限" in answer.text
    assert re.search(r"<code>[2-9A-Z]{4}-[2-9A-Z]{4}</code>", answer.text)
    refused = visitor.get(f"{path}?person={LEI}", Accept="application/json")
    assert refused.status_code == 403
    assert error_code(refused) == "forbidden"


def test_ones_own_name_in_the_address_is_no_offence(visitor: AppVisitor, store: Store) -> None:
    store(RUOLAN, TODAY)
    answer = visitor.get(f"/report?view=list&person={RUOLAN}")
    assert answer.status_code == 200
    assert len(entries(answer.text)) == 1


def test_who_is_no_administrator_any_more_sees_only_their_own(
    visitor: AppVisitor, store: Store
) -> None:
    store(RUOLAN, TODAY)
    store(LEI, TODAY)
    visitor.sign_in(RUOLAN, NAMES[RUOLAN], admin=True)
    assert len(entries(visitor.get("/report?view=list").text)) == 2
    visitor.sign_in(RUOLAN, NAMES[RUOLAN], admin=False)
    assert len(entries(visitor.get("/report?view=list").text)) == 1


@pytest.mark.parametrize("path", ["/report", "/report/charts", "/report/checkins.csv"])
def test_a_role_that_was_asked_for_hours_ago_is_asked_for_again(
    admin: AppVisitor, store: Store, path: str
) -> None:
    store(LEI, TODAY)
    with admin.client.session_transaction(base_url=ORIGIN) as session:
        kept = session["dingbridge"]
        session["dingbridge"] = {**kept, "at": kept["at"] - 3700}
    answer = admin.get(path)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "DingTalk"
    assert NAMES[LEI] not in answer.text


def test_without_a_session_there_is_the_frame_and_for_scripts_the_word_to_sign_in(
    visitor: AppVisitor, store: Store
) -> None:
    store(RUOLAN, TODAY, address="secret place")
    visitor.sign_out()
    page = visitor.get("/report")
    assert page.status_code == 200
    assert "data-signed-out" in page.text
    assert 'href="/ding/oauth?next=/report"' in page.text
    assert "secret place" not in page.text
    for path in ("/report/charts", "/report/checkins.csv"):
        answer = visitor.client.get(path, headers=JSON, base_url=ORIGIN)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "DingTalk"


def test_nothing_on_those_days_is_a_sentence(visitor: AppVisitor) -> None:
    page = visitor.get("/report").text
    assert words("zh")["report_empty"] in page
    assert "<figure" not in page
    assert "checkins.csv" not in page


@pytest.mark.parametrize(
    ("preset", "first"),
    [("today", "2026-03-04"), ("week", "2026-02-26"), ("month", "2026-03-01")],
)
def test_presets_end_today_and_win_over_the_fields(
    visitor: AppVisitor, preset: str, first: str
) -> None:
    page = visitor.get(f"/report?from=2020-01-01&to=2020-01-02&preset={preset}").text
    assert f'name="from" value="{first}"' in page
    assert 'name="to" value="2026-03-04"' in page
    assert f'data-address="/report?from={first}&to=2026-03-04"' in page


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("from=2026-03-04&to=2026-03-03", "range_backwards", "结束日期早于开始日期"),
        ("from=2025-03-03&to=2026-03-04", "range_too_long", "一次最多看一年"),
        ("from=0001-01-01&to=9999-12-31", "range_too_long", "一次最多看一年"),
        ("from=2026-02-30&to=2026-03-04", "range_unreadable", "请选择开始和结束的日期"),
        ("from=2026-03-01", "range_unreadable", "请选择开始和结束的日期"),
        ("to=2026-03-01", "range_unreadable", "请选择开始和结束的日期"),
        ("from=20260301&to=20260302", "range_unreadable", "请选择开始和结束的日期"),
        ("from=2026-W09-1&to=2026-03-04", "range_unreadable", "请选择开始和结束的日期"),
        ("from='%20OR%201=1--&to=<script>", "range_unreadable", "请选择开始和结束的日期"),
        ("from=%EF%BC%92026-03-01&to=2026-03-04", "range_unreadable", "请选择开始和结束的日期"),
    ],
)
def test_days_that_are_no_range_are_told_and_stay_in_their_fields(
    visitor: AppVisitor, store: Store, query: str, code: str, said: str
) -> None:
    store(RUOLAN, TODAY)
    answer = visitor.get(f"/report?{query}")
    assert answer.status_code == 422
    assert said in answer.text
    assert "<script>&" not in answer.text
    typed = dict(part.split("=", 1) for part in query.split("&"))
    if code != "range_unreadable":
        for name, value in typed.items():
            assert f'name="{name}" value="{value}"' in answer.text
    refused = visitor.get(f"/report/checkins.csv?{query}", Accept="application/json")
    assert refused.status_code == 422
    assert error_code(refused) == code


@pytest.mark.parametrize(
    "query",
    [
        "from=0001-01-01&to=0001-12-31",
        "from=9999-01-01&to=9999-12-31",
        "from=2026-03-04&to=2026-03-04&before=",
        "view=list&before=0",
        "view=list&before=-1",
        "view=list&before=99999999999999999999",
        "view=list&before=1%20OR%201=1",
        "people=0",
        "people=-7",
        "people=many",
        "people=99999999999999999999",
        "preset=century",
        "person=",
        "person=%00",
        "person=" + "x" * 2000,
    ],
)
def test_whatever_the_address_says_it_is_answered_without_a_failure(
    admin: AppVisitor, store: Store, query: str
) -> None:
    store(LEI, TODAY)
    assert admin.get(f"/report?{query}").status_code in {200, 404}


def test_a_day_is_the_corps_day(visitor: AppVisitor, store: Store) -> None:
    # Half past midnight in Shanghai is still the day before in UTC.
    store(RUOLAN, days_ago(0), at=datetime(2026, 3, 3, 16, 30, tzinfo=UTC))
    page = visitor.get("/report?preset=today").text
    assert table(page, "days") == [("03-04", "1")]
    listed = visitor.get("/report?preset=today&view=list").text
    assert entries(listed)[0].startswith("03-04 00:30")
    rows = csv_rows(visitor.get("/report/checkins.csv?preset=today"))
    assert rows[1][:2] == ["2026-03-04", "00:30:00"]


def test_names_are_those_of_the_check_in_and_a_sum_has_the_latest(
    admin: AppVisitor, store: Store
) -> None:
    store(LEI, days_ago(2), name="王小磊")
    store(LEI, days_ago(1), name="王磊")
    store(LEI, days_ago(30), name="小王")
    page = admin.get("/report").text
    assert table(page, "people") == [("王磊", "2", "2")]
    listed = admin.get("/report?view=list").text
    assert [entry.split()[2] for entry in entries(listed)] == ["王磊", "王小磊"]
    earlier = admin.get("/report?from=2026-02-01&to=2026-02-10").text
    assert table(earlier, "people") == [("小王", "1", "1")]
    rows = csv_rows(admin.get("/report/checkins.csv"))
    assert [row[2] for row in rows[1:]] == ["王小磊", "王磊"]


def test_a_sum_without_a_check_in_has_the_userid_for_a_name(
    admin: AppVisitor, store: Store, database: Database
) -> None:
    """As after a restore that counted twice: an administrator sees numbers, and no failure."""
    store(LEI, TODAY)
    corp = admin.app.extensions["dingbridge"]["dingbridge"].settings.corp_id
    stray = {"corp": corp, "day": TODAY, "userid": "user9000", "times": 2}
    with database.write() as connection:
        connection.execute(insert(checkin_days).values(stray))
    answer = admin.get("/report")
    assert answer.status_code == 200
    assert table(answer.text, "people") == [("user9000", "2", "1"), ("王磊", "1", "1")]


def test_namesakes_are_told_apart(admin: AppVisitor, store: Store) -> None:
    store(LEI, TODAY, hours=(1, 2))
    store("user9000", TODAY, name="王磊")
    assert [row[0] for row in table(admin.get("/report").text, "people")] == [
        f"王磊 ({LEI})",
        "王磊 (user9000)",
    ]


def test_long_ranges_are_summed_by_week_and_by_month(visitor: AppVisitor, store: Store) -> None:
    store(RUOLAN, *(days_ago(number) for number in range(60)))
    page = visitor.get("/report?from=2026-02-01&to=2026-03-04").text
    assert words("zh")["report_by_week"] in page
    assert table(page, "days") == [
        ("02-01", "1"),  # a Sunday
        ("02-02", "7"),
        ("02-09", "7"),
        ("02-16", "7"),
        ("02-23", "7"),
        ("03-02", "3"),
    ]
    page = visitor.get("/report?from=2025-03-05&to=2026-03-04").text
    assert words("zh")["report_by_month"] in page
    months = table(page, "days")
    assert len(months) == 13
    assert months[0] == ("2025-03", "0")
    assert months[-3:] == [("2026-01", "28"), ("2026-02", "28"), ("2026-03", "4")]


@pytest.mark.parametrize("length", [1, 31, 32, 182, 183, 366])
def test_every_day_of_a_range_counts_once(length: int) -> None:
    days = DayRange(TODAY - timedelta(length - 1), TODAY)
    unit, sums = days.sums({TODAY - timedelta(number): 1 for number in range(length)})
    assert sum(sums.values()) == length
    assert len(sums) <= 31
    assert unit == ("day" if length <= 31 else "week" if length <= 182 else "month")


def walk(visitor: AppVisitor, address: str) -> list[str]:
    """All entries of a list, page after page."""
    found: list[str] = []
    for _ in range(20):
        page = visitor.get(address).text
        found += entries(page)
        if words("zh")["report_older"] not in page:
            return found
        address = link(page, words("zh")["report_older"])
    raise AssertionError("the list has no end")


def test_the_list_is_paged_and_holds_each_check_in_once(admin: AppVisitor, store: Store) -> None:
    # Many at the same moment: their order is that of the ids.
    for number in range(12):
        store(LEI, TODAY, days_ago(1), note=f"no-{number}")
        store(RUOLAN, TODAY, note=f"hers-{number}")
    everybody = walk(admin, "/report?view=list")
    assert len(everybody) == len(set(everybody)) == 36
    assert [entry[:5] for entry in everybody] == ["03-04"] * 24 + ["03-03"] * 12
    alone = walk(admin, f"/report?view=list&person={LEI}")
    assert len(alone) == 24
    assert not any("hers" in entry for entry in alone)


def test_a_page_of_the_list_cannot_be_asked_for_by_somebody_elses_entry(
    visitor: AppVisitor, store: Store
) -> None:
    store(LEI, TODAY)
    store(RUOLAN, TODAY)
    assert visitor.get("/report?view=list&before=1").status_code == 404
    assert visitor.get("/report?view=list&before=2").status_code == 200


def test_people_are_paged_too(admin: AppVisitor, store: Store) -> None:
    for number in range(23):
        store(f"user{number}", TODAY, hours=tuple(range(number % 5 + 1)))
    address = "/report"
    found: list[tuple[str, ...]] = []
    for size in (10, 10, 3):
        page = admin.get(address).text
        assert "23 人" in page
        people = table(page, "people")
        assert len(people) == size
        found += people
        if size == 10:
            address = link(page, words("zh")["report_more_people"])
    assert words("zh")["report_more_people"] not in page
    assert len({person[0] for person in found}) == 23
    times = [int(person[1]) for person in found]
    assert times == sorted(times, reverse=True)


def test_people_with_long_names_are_fewer_on_a_page_and_each_is_on_one(
    admin: AppVisitor, store: Store
) -> None:
    for number in range(23):
        store(f"{number:064}", TODAY, hours=tuple(range(number % 5 + 1)), name="&" * 25)
    pages, address = [], "/report?dd_nav_bgcolor=FF0B62D6"
    while len(pages) < 23:
        page = admin.get(address).text
        pages.append(table(page, "people"))
        if words("zh")["report_more_people"] not in page:
            break
        address = link(page, words("zh")["report_more_people"])
    assert all(0 < len(people) < 10 for people in pages)
    people = [person for page_of_people in pages for person in page_of_people]
    assert len(people) == len({person[0] for person in people}) == 23
    times = [int(person[1]) for person in people]
    assert times == sorted(times, reverse=True)


def test_whatever_was_typed_is_text(admin: AppVisitor, store: Store) -> None:
    text = "<b onclick=x>{{ 7*7 }}"  # as short as what a list shows
    store("user1", TODAY, name=text[:19], address=text, note=text)
    page, listed = admin.get("/report").text, admin.get("/report?view=list").text
    assert "<b onclick" not in page + listed
    assert entries(listed)[0].count("<b onclick=x>{{ 7*7") == 3
    assert table(page, "people")[0][0] == text[:19]


def test_the_csv_file_is_one_that_excel_opens_in_chinese(visitor: AppVisitor, store: Store) -> None:
    store(RUOLAN, TODAY, note='送"样品", 两盒\n等签收', longitude=-120.5)
    answer = visitor.get("/report/checkins.csv?from=2026-03-01&to=2026-03-04")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.data.count(b"\r\n") == 2
    assert answer.data.endswith(b"\r\n")
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="2026-03-01_2026-03-04.csv"; filename*=UTF-8'
        "''%E7%AD%BE%E5%88%B0_2026-03-01_2026-03-04.csv"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert csv_rows(answer) == [
        [
            "日期",
            "时间",
            "姓名",
            "用户 ID",
            "地址",
            "纬度（GCJ-02）",
            "经度（GCJ-02）",
            "误差（米）",
            "备注",
        ],
        [
            "2026-03-04",
            "09:00:00",
            "欧阳若兰",
            "user5031",
            "文一西路969号",
            "30.280000",
            "-120.500000",
            "29",
            '送"样品", 两盒\n等签收',
        ],
    ]


def test_the_csv_file_of_others_is_for_administrators(
    visitor: AppVisitor, admin: AppVisitor, store: Store
) -> None:
    store(RUOLAN, TODAY)
    store(LEI, TODAY)
    assert [row[3] for row in csv_rows(visitor.get("/report/checkins.csv"))[1:]] == [RUOLAN]
    assert len(csv_rows(admin.get("/report/checkins.csv"))) == 3
    alone = csv_rows(admin.get(f"/report/checkins.csv?person={LEI}"))
    assert [row[3] for row in alone[1:]] == [LEI]


def test_a_link_to_the_csv_file_is_good_without_a_session_for_ten_minutes_and_for_its_scope_alone(
    visitor: AppVisitor, admin: AppVisitor, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(RUOLAN, TODAY, days_ago(3))
    store(LEI, TODAY)
    given = {
        who: who.post("/report/link?from=2026-03-04&to=2026-03-04", {}).json
        for who in (visitor, admin)
    }
    whose = {visitor: [RUOLAN], admin: [RUOLAN, LEI]}
    for who, answer in given.items():
        who.sign_out()
        assert answer is not None
        got = who.get(answer["url"])
        assert got.headers["Content-Disposition"].startswith("attachment")
        assert [row[3] for row in csv_rows(got)[1:]] == whose[who]
        for forged in (answer["url"][:-1], "/report/link", "/report/link?t=MQ.x.y"):
            assert who.get(forged).status_code == 403
        assert who.post("/report/link", {}).status_code == 401
    moment = datetime.now(UTC).timestamp()
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: moment + 610)
    assert all(who.get(answer["url"]).status_code == 403 for who, answer in given.items() if answer)


def test_a_link_to_the_csv_file_of_others_is_for_administrators_whose_role_is_fresh(
    visitor: AppVisitor, admin: AppVisitor
) -> None:
    assert visitor.post(f"/report/link?person={LEI}", {}).status_code == 403
    foreign = admin.post("/report/link", {}, Origin="https://evil.example")
    assert foreign.status_code == 403
    with admin.client.session_transaction(base_url=ORIGIN) as session:
        kept = session["dingbridge"]
        session["dingbridge"] = {**kept, "at": kept["at"] - 3700}
    aged = admin.post("/report/link", {})
    assert (aged.status_code, aged.headers["WWW-Authenticate"]) == (401, "DingTalk")


def test_the_colour_of_the_navigation_bar_stays(admin: AppVisitor, store: Store) -> None:
    store(LEI, TODAY)
    page = admin.get("/report?dd_nav_bgcolor=FF0B62D6").text
    assert '<input type="hidden" name="dd_nav_bgcolor" value="FF0B62D6">' in page
    for found in re.findall(r'(?:href="|data-address="/report)(\?[^"]*)"', page):
        assert "dd_nav_bgcolor=FF0B62D6" in found
    assert "dd_nav_bgcolor" not in admin.get("/report").text


def test_the_csv_file_speaks_the_visitors_language(visitor: AppVisitor, store: Store) -> None:
    store(RUOLAN, TODAY)
    visitor.client.set_cookie("lang", "en", domain="app.example.test")
    answer = visitor.get("/report/checkins.csv")
    assert csv_rows(answer)[0][:3] == ["Date", "Time", "Name"]
    assert "UTF-8''check-ins_2026" in answer.headers["Content-Disposition"]


def test_a_long_csv_file_is_read_and_sent_in_bounded_pieces(
    visitor: AppVisitor, store: Store, database: Database
) -> None:
    days = [days_ago(number) for number in range(300)]
    store(RUOLAN, *days, hours=tuple(range(15)))  # 4500: two full pieces and a rest
    answer = visitor.client.get(
        "/report/checkins.csv?from=2025-03-05&to=2026-03-04", base_url=ORIGIN, buffered=False
    )
    pieces = list(answer.iter_encoded())
    assert max(map(len, pieces)) < 2000 * 200
    assert len(pieces) == 4
    rows = list(csv.reader(io.StringIO(b"".join(pieces).decode("utf-8-sig"))))[1:]
    assert len(rows) == 4500
    moments = [tuple(row[:2]) for row in rows]
    assert moments == sorted(set(moments))


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1+1",
        "@SUM(A1)",
        "|cmd",
        "%x",
        " =1+1",
        "\t=1",
        "\r=1",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM",
        '=HYPERLINK("http://evil.example","签到")',
        "0012",
        "012345678901234567",
        "123456789012",
        "3-1",
        "1/2",
        "12:30",
        "9:30 pm",
        "1E5",
        "1.50",
        "1,000",
        "(5)",
        "50%",
        "¥8",
        "TRUE",
        "false",
        "Jan 1",
        "1mar",
        "SEPT2",
        "2026年3月1日",
        "下午3时",
        "１２",
        "３／１",
    ],
)
def test_what_a_spreadsheet_would_run_or_write_anew_is_marked(text: str) -> None:
    assert plain(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "王磊",
        "a=b",
        "user-1",
        "12",
        "0",
        "13800138000",
        "文一西路969号",
        "0号",
        "3 boxes",
        "A1",
        "may",
        "1 to 2",
    ],
)
def test_what_is_text_anyhow_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


def test_a_note_made_to_be_slow_to_judge_is_judged_at_once() -> None:
    begin = perf_counter()
    for text in ("1" + "mar" * 200 + "!", "1 e" * 200 + "!", "1" + " pm" * 200 + "!"):
        assert plain(text) == text
    assert perf_counter() - begin < 1


def test_formulas_of_every_column_are_neutralised(admin: AppVisitor, store: Store) -> None:
    store("-user", TODAY, name="=1+1", address="@SUM(A1)", note="+2")
    assert csv_rows(admin.get("/report/checkins.csv"))[1][2:5] == ["'=1+1", "'-user", "'@SUM(A1)"]
    assert csv_rows(admin.get("/report/checkins.csv"))[1][8] == "'+2"


@pytest.mark.parametrize("path", ["/report", "/report/checkins.csv"])
def test_a_store_that_fails_is_told_before_anything_is_sent(
    admin: AppVisitor, database: Database, path: str
) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("ALTER TABLE checkins RENAME TO checkins_away")
    admin.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = admin.get(path)
    assert answer.status_code == 500
    assert "<h1>" in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "?",
        "?person=user5031",
        "?view=list",
        "?view=list&before=900",
        "/checkins.csv?",
        "/checkins.csv?person=user5031",
    ],
)
def test_every_query_follows_an_index(
    admin: AppVisitor, store: Store, database: Database, query: str
) -> None:
    for number in range(20):
        store(f"user{5030 + number}", *(days_ago(day) for day in range(330)))
    if database.engine.dialect.name == "postgresql":  # SQLite never does it by itself
        with database.write() as connection:
            connection.exec_driver_sql("ANALYZE")
    asked = plans(database, lambda: admin.get(f"/report{query}&from=2026-02-26&to=2026-03-04"))
    assert asked
    for plan in asked:
        assert "checkin" in plan
        # No table as a whole, and no index as a whole either.
        assert not re.search(r"Seq Scan on checkin|SCAN checkin", plan), plan
        assert re.search(r"SEARCH checkin(s|_days) USING|Index Cond", plan), plan
        # A person's is found by the person, not among everybody's of those days.
        assert "person=" not in query or re.search(r"userid\S* =|userid=", plan), plan
