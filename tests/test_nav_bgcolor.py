"""dd_nav_bgcolor in links: read as the client reads it, added without touching anything else."""

from __future__ import annotations

import pytest
from flask import Flask, render_template_string

from dingbridge import DingBridge
from dingbridge.nav_bgcolor import parse_nav_bgcolor, with_nav_bgcolor


@pytest.mark.row("R20")
@pytest.mark.parametrize(
    ("query", "colour"),
    [
        ("dd_nav_bgcolor=FF112233", "FF112233"),
        ("a=1&dd_nav_bgcolor=112233", "FF112233"),
        ("dd_nav_bgcolor=80aabbcc&b", "80AABBCC"),
        ("dd_nav_bgcolor=red&dd_nav_bgcolor=FF112233", None),
        ("dd_nav_bgcolor=", None),
        ("dd_nav_bgcolor=1234567", None),
        ("dd_nav_bgcolor=%23112233", None),
        ("xdd_nav_bgcolor=FF112233", None),
        ("", None),
    ],
)
def test_the_first_colour_of_a_query_counts_if_it_is_one(query: str, colour: str | None) -> None:
    assert parse_nav_bgcolor(query) == colour


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/visit", "/visit?dd_nav_bgcolor=FF5E97F6"),
        ("/visit?", "/visit?dd_nav_bgcolor=FF5E97F6"),
        ("/visit?a=%2F+b#part", "/visit?a=%2F+b&dd_nav_bgcolor=FF5E97F6#part"),
        ("/?dd_nav_bgcolor=00000000&b=1", "/?b=1&dd_nav_bgcolor=FF5E97F6"),
        ("/?a&&b=&", "/?a&&b=&&dd_nav_bgcolor=FF5E97F6"),
        ("https://a.test/x#?no", "https://a.test/x?dd_nav_bgcolor=FF5E97F6#?no"),
    ],
)
def test_a_colour_is_added_and_the_rest_of_the_link_stays(url: str, expected: str) -> None:
    assert with_nav_bgcolor(url, "#5e97f6") == expected
    assert with_nav_bgcolor(expected, "FF5E97F6") == expected


@pytest.mark.parametrize("colour", ["", "red", "#12345", "0x112233", "112233 ", "1122334455"])
def test_a_colour_that_the_client_would_not_understand_is_refused(colour: str) -> None:
    with pytest.raises(ValueError, match="RRGGBB"):
        with_nav_bgcolor("/", colour)


@pytest.mark.row("R20")
def test_links_of_a_page_carry_on_its_colour(settings: dict[str, object]) -> None:
    app = Flask("links")
    app.config.update(settings)
    DingBridge(app)

    @app.get("/")
    def page() -> str:
        return render_template_string(
            "{{ '/next?a=1' | nav_bgcolor }} {{ '/red' | nav_bgcolor('FFAA0000') }}"
        )

    client = app.test_client()
    coloured = client.get("/?dd_nav_bgcolor=112233").text
    assert coloured == "/next?a=1&amp;dd_nav_bgcolor=FF112233 /red?dd_nav_bgcolor=FFAA0000"
    assert client.get("/").text.startswith("/next?a=1 ")
    assert client.get("/?dd_nav_bgcolor=red").text.startswith("/next?a=1 ")
