"""The documents: what they point at is there, and what they tell to type can be typed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dingbridge.cli import ding
from dingbridge.openapi.client import checked

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
# A command of a later issue that a remedy names already.
NOT_YET = {"decrypt"}
OFFERS = (ROOT / "docs/platform-offers.md").read_text(encoding="utf-8")


def anchors_of(text: str) -> set[str]:
    """Explicit ones, and those that are made of headings."""
    made = (
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    )
    return {*re.findall(r'<a id="([^"]+)"', text), *made}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (
            anchor and anchor not in anchors_of(target.read_text(encoding="utf-8"))
        ):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_is_named_exists_with_the_options_that_are_named(page: Path) -> None:
    assert not NOT_YET & set(ding.commands)
    for name, line in re.findall(r"flask ding ([a-z]+)([^`\n]*)", page.read_text(encoding="utf-8")):
        if name in NOT_YET:
            continue
        assert name in ding.commands, line
        options = {option for known in ding.commands[name].params for option in known.opts}
        assert {word for word in line.split() if re.fullmatch(r"\[?--[a-z-]+", word)} <= {
            *options,
            *(f"[{option}" for option in options),
        }, line


@pytest.mark.row("R49")
@pytest.mark.parametrize(
    ("topic", "least"), [("DING", 2), ("公告", 1), ("审批", 5), ("签到与打卡", 3), ("接 ERP", 1)]
)
def test_each_of_the_platforms_offers_comes_with_apis_that_the_client_would_call(
    topic: str, least: int
) -> None:
    (section,) = re.findall(rf"^## {topic}.*?(?=^## |\Z)", OFFERS, re.MULTILINE | re.DOTALL)
    calls = re.findall(r"`(GET|POST|PUT) (/[^`\s]+)`", section)
    assert len(calls) >= least
    for method, path in calls:
        assert checked(method, path.replace("{unionId}", "union1"))[0] == method


@pytest.mark.row("R37")
def test_the_documents_say_in_both_languages_why_no_token_reaches_a_browser() -> None:
    for name in ("platform-offers.md", "login.md"):
        text = (ROOT / "docs" / name).read_text(encoding="utf-8")
        (section,) = re.findall(
            r"^## 为什么[^\n]*\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL
        )
        assert "access_token" in section
        assert "token" in section.replace("access_token", "")
        assert "会话" in section or "服务" in section
