"""What is asked of every page of the sandbox."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def sideways(page: Page) -> int:
    """By how many pixels the page could be scrolled sideways."""
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


def violations(page: Page, within: str = "html") -> list[str]:
    """What axe finds against WCAG 2.2 AA in one part of the page, the app's own frame apart."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        """async (within) => (await axe.run({ include: [within], exclude: ['#frame'] }, {
        iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
        })).violations""",
        within,
    )
    return [json.dumps([item["id"], [node["target"] for node in item["nodes"]]]) for item in found]
