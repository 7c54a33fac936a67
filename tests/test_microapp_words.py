"""What people read: both languages say it, say the same, and say it without a developer's words."""

from __future__ import annotations

import re

import pytest
from microapp_visitor import ORIGIN, PAGE

import app as micro_app
from microapp.words import words

# What visitors need not know. Words for developers have keys of their own: developer_….
JARGON = re.compile(
    r"\b(api|jsapi|sdk|token|ticket|session|cookie|javascript|json|http|url|uri|server error|"
    r"exception|timeout|null|undefined|csrf|csp|html|single-page|database|bridge|signature|agentid|"
    r"corpid|userid)\b|接口|令牌|会话密钥|签名|数据库|前端|后端|单页应用|超时|异常|参数",
    re.IGNORECASE,
)
LONGEST = {"zh": 60, "en": 130}  # characters: two or three lines on a phone
KEYS = sorted(words("zh"))
FOR_PEOPLE = [key for key in KEYS if not key.startswith("developer_")]


def test_both_languages_say_the_same_things() -> None:
    chinese, english = words("zh"), words("en")
    assert chinese.keys() == english.keys()
    fields = re.compile(r"\{\w+\}")
    for key in KEYS:
        assert sorted(fields.findall(chinese[key])) == sorted(fields.findall(english[key])), key
        assert re.search(r"[\u4e00-\u9fff]", chinese[key]) or key == "language_label", key
        assert english[key].strip() == english[key] != "", key


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_people_read_is_short_and_without_jargon(lang: str) -> None:
    said = words("zh" if lang == "zh" else "en")
    found = [f"{key}: {said[key]}" for key in FOR_PEOPLE if JARGON.search(said[key])]
    assert found == []
    assert [key for key in FOR_PEOPLE if len(said[key]) > LONGEST[lang]] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_of_failures_have_headings_for_people_not_the_titles_for_developers(
    settings: dict[str, object], lang: str
) -> None:
    client = micro_app.create_app({**settings, "DING_LANG": lang}).test_client()
    said = words("zh" if lang == "zh" else "en")
    for path, key in (("/no-such-page", "missing"), ("/chat/choices", "other")):
        page = client.get(path, headers=PAGE, base_url=ORIGIN).text
        assert re.findall("<h1>(.*?)</h1>", page) == [said[f"failed_{key}"]]
