"""What a visitor of a single-page app keeps over a refresh, and what is not thrown away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from phone import Phone
from spa_visitor import FORBIDDEN_STORAGE, FULL_STORAGE, PICK, REFUSED, visitor_of

SMALL = {"viewport": {"width": 390, "height": 600}}

Make = Callable[..., Phone]


@pytest.mark.row("R13")
@pytest.mark.parametrize("storage", ["allowed", "forbidden", "full"])
def test_form_scroll_and_what_is_no_field_come_back(phones: Make, storage: str) -> None:
    phone = phones(grant_life="path", context=SMALL)
    page = phone.page
    if storage == "forbidden":
        page.add_init_script(FORBIDDEN_STORAGE)
    if storage == "full":
        page.add_init_script(FULL_STORAGE)
    visitor = visitor_of(phone, "history")
    visitor.go("visit")
    visitor.fill_in()
    page.evaluate("window.scrollTo(0, 123)")
    page.evaluate("document.querySelector('[data-action=people]').click()")
    visitor.sees_the_colleague()
    assert visitor.counts() == (3, 3, 1)
    assert visitor.still_has_what_was_filled_in()
    page.wait_for_function("() => window.pageYOffset === 123")
    if storage != "forbidden":
        kept = page.evaluate("sessionStorage.getItem('dingbridge.reauth')")
        assert (kept is None) == (storage == "full")

    # Whoever was chosen comes along too, though that stands in no form field.
    phone.set(errors={PICK: REFUSED})
    page.click("[data-action=people]")
    visitor.reads_the_notice()
    phone.set(errors={PICK: None})
    with page.expect_event("domcontentloaded"):
        page.click(".dingbridge-retry")
    visitor.sees_the_colleague()
    assert phone.calls(method=PICK)[-1]["args"]["pickedUsers"] == ["manager4220"]
    assert visitor.still_has_what_was_filled_in()
    assert phone.errors == []


def test_what_the_visitor_types_meanwhile_is_not_overwritten(phones: Make) -> None:
    phone = phones()
    visitor = visitor_of(phone, "history", "visit")
    visitor.fill_in()
    phone.set(errors={PICK: REFUSED})
    phone.page.click("[data-action=people]")
    visitor.reads_the_notice()
    phone.page.fill("#customer", "typed after the return")
    # A field that appears only now has the page gone over once more.
    phone.page.evaluate("document.getElementById('view').append(document.createElement('p'))")
    phone.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert phone.page.input_value("#customer") == "typed after the return"


@pytest.mark.parametrize("kind", ["file", "password"])
def test_what_cannot_be_written_down_is_not_thrown_away_without_asking(
    phones: Make, kind: str
) -> None:
    phone = phones(grant_life="path")
    visitor = visitor_of(phone, "history")
    visitor.go("visit")
    phone.page.evaluate(
        """(kind) => {
          const field = document.createElement("input");
          Object.assign(field, { type: kind, id: "secret" });
          document.getElementById("visit").append(field);
        }""",
        kind,
    )
    if kind == "file":
        photo = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"x"}
        phone.page.set_input_files("#secret", photo)  # type: ignore[arg-type]
    else:
        phone.page.fill("#secret", "hunter2")
    phone.page.click("[data-action=people]")
    visitor.reads_the_notice()
    assert visitor.counts() == (1, 1, 1)
    assert "hunter2" not in phone.page.evaluate("JSON.stringify(sessionStorage)")
    # The button is the visitor's own decision.
    with phone.page.expect_event("domcontentloaded"):
        phone.page.click(".dingbridge-retry")
    visitor.sees_the_colleague()


def test_a_page_that_asks_before_it_is_left_is_not_asked_by_a_refresh(phones: Make) -> None:
    phone = phones(grant_life="path")
    asked: list[str] = []
    phone.page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    visitor = visitor_of(phone, "history")
    phone.page.evaluate(
        "window.addEventListener('beforeunload', (event) => event.preventDefault())"
    )
    visitor.go("visit")
    visitor.fill_in()
    visitor.picks_a_colleague()
    assert asked == []
    assert visitor.counts() == (3, 3, 1)


def test_offline_no_page_is_thrown_away(phones: Make) -> None:
    phone = phones(grant_life="path")
    visitor = visitor_of(phone, "history")
    visitor.go("visit")
    visitor.fill_in()
    # The client answers from the device; only the network is gone.
    phone.page.route("**/__sandbox__/**", lambda route: route.continue_())
    phone.page.evaluate("Object.defineProperty(navigator, 'onLine', { get: () => false })")
    phone.page.click("[data-action=people]")
    visitor.reads_the_notice()
    assert visitor.counts() == (1, 1, 1)
    assert visitor.still_has_what_was_filled_in()
