"""The catalogue: complete in both languages, findable, and printed as docs/errors.md."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from dingbridge import catalogue
from dingbridge.catalogue import Entry, Family
from dingbridge.front_policy import Reason

CHINESE = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
DOCUMENT = Path(__file__).parents[1] / "docs" / "errors.md"


def _faults(judge: Callable[[Entry], Iterable[str]]) -> str:
    """What is wrong with which entries, a line each."""
    return "\n".join(
        f"{entry.family}:{entry.code}: {fault}"
        for entry in catalogue.every()
        for fault in judge(entry)
    )


def test_every_entry_has_a_code_a_family_a_symptom_and_sources() -> None:
    def judge(entry: Entry) -> Iterator[str]:
        if not entry.code:
            yield "no code"
        if entry.family not in catalogue.FAMILIES:
            yield "no such family"
        if entry.symptom not in catalogue.titles("symptoms"):
            yield f"no such symptom: {entry.symptom}"
        if not entry.sources.strip():
            yield "no sources"

    faults = _faults(judge)
    assert not faults, faults


def test_every_entry_is_complete_in_both_languages() -> None:
    def judge(entry: Entry) -> Iterator[str]:
        for part in catalogue.PARTS:
            text = getattr(entry, part)
            if set(text) != {"zh", "en"}:
                yield f"{part}: {sorted(text)} instead of both languages"
                continue
            if not CHINESE.search(text["zh"]):
                yield f"{part}: no Chinese"
            if not text["en"].strip():
                yield f"{part}: no English"
            if CHINESE.search(text["en"]):
                yield f"{part}: Chinese in the English text"

    faults = _faults(judge)
    assert not faults, faults


def test_what_a_visitor_reads_is_short_and_free_of_jargon() -> None:
    most = {"zh": 60, "en": 180}
    jargon = r"签名|票据|token|ticket|jsapi|agentId|corpId|\burl\b|dd\.|signature|grant|errcode|\{"

    def judge(entry: Entry) -> Iterator[str]:
        for language in catalogue.LANGUAGES:
            said = entry.message[language]
            if len(said) > most[language]:
                yield f"{language}: {len(said)} characters"
            if found := re.search(jargon, said, re.IGNORECASE):
                yield f"{language}: {found[0]!r}"

    faults = _faults(judge)
    assert not faults, faults


def test_both_languages_have_the_listed_placeholders() -> None:
    def judge(entry: Entry) -> Iterator[str]:
        found: set[str] = set()
        for part in catalogue.PARTS:
            text = getattr(entry, part)
            zh, en = (set(PLACEHOLDER.findall(text[language])) for language in ("zh", "en"))
            if zh != en:
                yield f"{part}: {sorted(zh ^ en)} in one language only"
            found |= zh
        if found != set(entry.placeholders):
            yield f"{sorted(found)} instead of {sorted(entry.placeholders)}"

    faults = _faults(judge)
    assert not faults, faults


def test_a_code_stands_once_in_its_family() -> None:
    keys = Counter((entry.family, entry.code.casefold()) for entry in catalogue.every())
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("kind", ["families", "symptoms", "labels", "signing", "login", "document"])
def test_titles_and_labels_are_in_both_languages(kind: str) -> None:
    titles = catalogue.titles(kind)  # type: ignore[arg-type]
    assert titles
    for text in titles.values():
        assert CHINESE.search(text["zh"])
        assert text["en"]
        assert not CHINESE.search(text["en"])


def test_every_family_and_symptom_has_entries() -> None:
    assert {entry.family for entry in catalogue.every()} == set(catalogue.titles("families"))
    assert {entry.symptom for entry in catalogue.every()} == set(catalogue.titles("symptoms"))


def _codes(family: Family) -> set[str]:
    return {entry.code for entry in catalogue.every() if entry.family == family}


def _row(number: str, family: Family, *codes: str) -> object:
    return pytest.param(family, set(codes), marks=pytest.mark.row(number), id=f"{number}-{family}")


@pytest.mark.parametrize(
    ("family", "codes"),
    [
        _row("R01", "server", "40096", "40089", "40001"),
        _row("R08", "client", "无效的agent_id", "080003"),
        _row("R08", "config", "52019"),
        _row("R09", "config", "52010", "52011", "52019"),
        _row("R12", "client", "7"),
        _row("R12", "bridge", "undeclared_api"),
        _row("R16", "client", "3"),
        _row("R16", "config", *(str(code) for code in range(52010, 52027))),
        _row("R17", "config", "52011"),
        _row("R18", "config", "52013"),
        _row("R21", "client", "4"),
        _row("R22", "bridge", "unsupported_here"),
        _row("R30", "page", "corp_placeholder", "corp_differs"),
        _row("R32", "server", "40078", "40029", "invalidParameter.authCode.notFound"),
        _row("R33", "page", "oauth_no_permission", "oauth_state", "login_stranger"),
        _row("R35", "page", "email_withheld", "mobile_withheld"),
        _row("R36", "page", "client_cache"),
        _row("R45", "server", "60020"),
    ],
)
def test_the_codes_of_the_demands_are_there(family: Family, codes: set[str]) -> None:
    assert codes <= _codes(family)


@pytest.mark.parametrize(
    ("family", "codes"),
    [
        ("client", {f"PC_{code}" for code in range(1002, 1014)}),
        ("client", {"-1", "1", "2", "7", "11", "12", "13", "14"}),
        ("client", {"3/redirect_uri_domain", "3/corp_without_app", "3/1002"}),
        ("sdk", {"1010", "1020", "1030", "1040", "4040", "4050", "4060", "5010", "5020"}),
        ("server", {"88", "45009", *(str(code) for code in range(90001, 90021))}),
        ("server", {"-1", "404", "22", "1111", "40014", "40035", "42001", "43004"}),
        ("server", {"InvalidAuthentication", "invalidClientIdOrSecret", "systemBusy"}),
        ("server", {"34002", "34004", "34016", "40048", "40068", "40069", "885001", "885006"}),
        ("server", {"unknownError", "Missingbody", "AuthenticationFailed.MissingParameter"}),
        ("server", {"platform_unreachable", "platform_timeout", "platform_unreadable"}),
        ("server", {"platform_failed", "platform_banned", "ticket_source_failed"}),
        ("page", {"settings", "ticket_unavailable", "token_unavailable", "too_large"}),
        ("page", {"not_found", "bad_request", "too_many_requests", "origin_refused"}),
    ],
)
def test_the_codes_of_documents_answers_and_this_package_are_there(
    family: Family, codes: set[str]
) -> None:
    assert codes <= _codes(family)


def test_every_reason_for_not_signing_a_page_is_explained() -> None:
    assert {str(reason) for reason in Reason} | {"url_malformed"} <= _codes("page")


@pytest.mark.parametrize(
    ("code", "needles"),
    [
        ("52019", ("agentId", "corpId")),
        ("52011", ("24", "corpId", "agentId")),
        ("52013", ("SHA-1", "SHA-256")),
        ("40089", ("40096",)),
        ("40096", ("40089", "invalidClientIdOrSecret")),
        ("90018", ("20", "40")),
    ],
)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_where_sources_disagree_the_cause_names_both(
    code: str, needles: tuple[str, ...], language: str
) -> None:
    (entry,) = catalogue.find(code)
    assert all(needle in entry.cause[language] for needle in needles)


@pytest.mark.row("R45")
def test_a_refused_address_is_named_in_cause_and_remedy() -> None:
    entry = catalogue.explain("60020", family="server")
    for part in ("cause", "remedy"):
        for language in catalogue.LANGUAGES:
            assert "203.0.113.7" in entry.say(part, language, {"address": "203.0.113.7"})  # type: ignore[arg-type]


@pytest.mark.row("R12")
def test_an_undeclared_api_comes_with_the_line_to_add() -> None:
    (entry,) = catalogue.find("undeclared_api")
    line = '{{ dingbridge("biz.util.scanCard") }}'
    assert line in entry.say("remedy", "zh", {"api": "biz.util.scanCard"})
    assert line in entry.say("remedy", "en", {"api": "biz.util.scanCard"})


def test_a_missing_value_leaves_no_brace_behind() -> None:
    (entry,) = catalogue.find("60020")
    assert "{" not in entry.say("cause", "zh")
    assert "…" in entry.say("cause", "zh")


def test_a_value_with_braces_is_not_filled_again() -> None:
    (entry,) = catalogue.find("undeclared_api")
    assert "{api}" in entry.say("cause", "en", {"api": "{api}"})


def test_find_gives_every_meaning_of_a_code_and_its_variants() -> None:
    assert [entry.family for entry in catalogue.find("-1")] == ["client", "server"]
    assert [entry.code for entry in catalogue.find("3", "client")][:2] == [
        "3",
        "3/redirect_uri_domain",
    ]
    assert catalogue.find("-1", "server")[0].title["en"] == "The system is busy"
    assert catalogue.find("pc_1005")[0].code == "PC_1005"
    assert catalogue.find("no such code") == ()
    assert catalogue.find("") == ()


BAD_SIGNATURE = (
    "权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[abcdefg],timestamp:[1525254205],"
    "url:[http://192.0.2.4:8080/],ticketList:[aC7X***]"
)


@pytest.mark.row("R16")
@pytest.mark.parametrize(
    ("code", "subcode", "text", "expected"),
    [
        ("3", "52013", "", "52013"),
        (3, 52013, "", "52013"),
        ("3", None, BAD_SIGNATURE, "52013"),
        ("3", None, "[错误码:52011] [jsapi ticket 读取失败]", "52011"),
        ("3", None, "jsapi ticket读取失败", "52011"),
        ("3", None, "errorCode=3, 无效的agent_id", "无效的agent_id"),
        (
            "3",
            None,
            "1002, err msg redirect_uri domain is not secure domain",
            "3/redirect_uri_domain",
        ),
        ("3", None, "对应企业没有 app.example.com 域名微应用", "3/corp_without_app"),
        ("3", None, "1002,corpId不合法", "3/1002"),
        ("3", "1002", "", "3/1002"),
        ("3", None, "1002, corpId or redirectURI is blank", "3/blank_parameter"),
        ("3", None, "权限校验失败", "3"),
        ("3", "99999", "", "3"),
        ("7", None, "Code:52013", "7"),
        ("11", None, "请把域名加入安全域名列表", "11/secure_domain"),
        ("11", None, "", "11"),
        ("-1", None, "", "-1"),
        ("8888", None, "requestJsApis() not invoked", "7"),
        ("8888", None, "", "unknown"),
        ("", None, "", "unknown"),
    ],
)
def test_the_most_telling_entry_explains_a_failure_of_the_client(
    code: str | int, subcode: str | int | None, text: str, expected: str
) -> None:
    assert catalogue.explain(code, subcode, text=text).code == expected
    assert catalogue.explain(code, subcode, "client", text=text).code == expected


@pytest.mark.parametrize(
    ("code", "subcode", "text", "expected"),
    [
        ("88", "40014", "", "40014"),
        ("88", None, "ding talk error[subcode=90002,submsg=调用过多]", "90002"),
        ("88", "-1", "", "-1"),
        ("88", "isv.unheard-of", "", "88"),
        ("-1", None, "", "-1"),
        ("Forbidden.AccessDenied.QpsLimitForSomethingNew", None, "", "rate_limited"),
        ("Throttling", None, "", "rate_limited"),
        ("http_429", None, "", "rate_limited"),
        ("http_418", None, "", "platform_http_error"),
        ("MISSINGBODY", None, "", "Missingbody"),
        ("unheard-of", None, "", "unknown"),
    ],
)
def test_the_most_telling_entry_explains_a_failure_of_the_server_apis(
    code: str, subcode: str | None, text: str, expected: str
) -> None:
    entry = catalogue.explain(code, subcode, "server", text=text)
    assert (entry.family, entry.code) == ("server", expected)


def test_an_inner_code_is_looked_for_where_the_outer_one_belongs() -> None:
    assert catalogue.explain("88", "-1").family == "server"


@pytest.mark.parametrize(
    ("family", "home"),
    [("page", "page"), ("server", "server"), ("sdk", "bridge"), (None, "bridge")],
)
def test_an_unknown_code_is_explained_as_such_in_its_family(
    family: Family | None, home: Family
) -> None:
    entry = catalogue.explain("unheard-of", family=family)
    assert (entry.family, entry.code) == (home, "unknown")


def test_the_document_is_what_the_catalogue_prints() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "dingbridge.catalogue"], capture_output=True, check=True
    )
    assert printed.stderr == b""
    assert DOCUMENT.read_bytes() == printed.stdout, "docs/errors.md is stale: make docs"


def test_the_document_leads_from_each_symptom_to_each_entry() -> None:
    page = catalogue.page()
    links = Counter(re.findall(r"\]\(#([^)]+)\)", page))
    anchors = Counter(re.findall(r'<a id="([^"]+)">', page))
    assert links == anchors
    assert set(anchors.values()) == {1}
    assert len(anchors) == len(catalogue.every())


def test_the_document_escapes_what_markdown_would_swallow() -> None:
    assert "\\$CORPID\\$" in catalogue.page()
    assert "X-Forwarded-\\*" in catalogue.page()
