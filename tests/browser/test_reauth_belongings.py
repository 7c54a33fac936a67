"""What a visitor of a single-page app keeps over a refresh, and what is not thrown away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from phone import Phone
from spa_visitor import FORBIDDEN_STORAGE, FORM, FULL_STORAGE, PICK, REFUSED, visitor_of

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
        assert FORM["#customer"] not in (kept or "")

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


# What the micro-app's form lacks: fields without a name, some that come late, boxes that scroll.
MORE = """
  (async () => {
    while (!document.getElementById("visit")) await new Promise(requestAnimationFrame);
    const add = (html) => {
      const parsed = new DOMParser().parseFromString(html, "text/html").body;
      document.getElementById("view").append(...parsed.childNodes);
    };
    const tall = '<p>1<p>2<p>3<p>4<p>5<p>6<p>7<p>8<p>9<p>10';
    add('<input type=checkbox id=agreed><input><input><div id=inner></div>');
    add('<select id=late></select><select id=many multiple><option>a<option>b<option>c</select>');
    Object.assign(document.getElementById("inner").style, { height: "100px", overflow: "auto" });
    await window.comesLate();
    document.getElementById("late").append(new Option("x"), new Option("y"));
    document.getElementById("inner").append(
      ...new DOMParser().parseFromString(tall, "text/html").body.childNodes);
    add('<textarea id=area></textarea>');
    document.documentElement.dataset.late = "";
  })();
"""


@pytest.mark.row("R13")
def test_what_comes_late_or_has_no_name_or_scrolls_by_itself_comes_back_too(phones: Make) -> None:
    phone = phones(grant_life="path", context=SMALL)
    page = phone.page
    page.expose_function("comesLate", lambda: None)
    page.add_init_script(f"document.addEventListener('DOMContentLoaded', () => {{ {MORE} }});")
    visitor = visitor_of(phone, "links")
    visitor.go("visit")
    page.wait_for_selector("html[data-late]")
    page.check("#agreed")
    page.fill("#view > input:nth-of-type(3)", "the second without a name")
    page.fill("#area", "late")
    page.select_option("#late", "y")
    page.select_option("#many", ["a", "c"])
    page.evaluate("document.getElementById('inner').scrollTop = 80")
    with page.expect_event("domcontentloaded"):
        page.evaluate("document.getElementById('choose').click()")
    visitor.sees_the_colleague()
    page.wait_for_selector("html[data-late]")
    page.wait_for_function("() => document.getElementById('inner').scrollTop === 80")
    assert page.is_checked("#agreed")
    assert page.input_value("#view > input:nth-of-type(3)") == "the second without a name"
    assert (page.input_value("#area"), page.input_value("#late")) == ("late", "y")
    chosen = "Array.from(document.getElementById('many').selectedOptions, (one) => one.value)"
    assert page.evaluate(chosen) == ["a", "c"]


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
