"""The states of the home page, and of the page for what is not there."""

from __future__ import annotations

from microapp_states import NO_GRANT, STRANGER, Stage, State


def loses_the_network(stage: Stage) -> None:
    """Everything is there; then there is no network any more."""
    stage.phone.state("ready")
    stage.page.wait_for_selector(".dingbridge-login-in")
    stage.phone.context.set_offline(True)


def stops_the_clock(stage: Stage) -> None:
    """The test says how time goes by."""
    stage.page.clock.install()


def tries_slowly(stage: Stage) -> None:
    """Try the device, and see three seconds go by."""
    stage.page.click("#try summary")
    stage.page.click("[data-action=locate]")
    stage.page.wait_for_selector("#result .spinner")
    stage.page.clock.fast_forward(3100)


def signed_in(stage: Stage) -> None:
    """Wait for it."""
    stage.page.wait_for_selector(".dingbridge-login-in >> visible=true")


LATE = {"bridge": "late", "late_ms": 60_000}
STATES = [
    State("home", "ready", "/", ".state-ready"),
    State("home", "waiting", "/", ".state-pending", device=LATE),
    State(
        "home",
        "slow",
        "/",
        "#result .note-slow",
        device=LATE,
        arrange=stops_the_clock,
        act=tries_slowly,
    ),
    State("home", "silent", "/", ".state-error", device={"bridge": "failed"}),
    State("home", "ungranted", "/", ".state-error", device={"errors": NO_GRANT}, act=signed_in),
    State(
        "home",
        "sign-in-failed",
        "/",
        ".dingbridge-login-failed >> visible=true",
        device={"corp": STRANGER},
    ),
    State("home", "offline", "/", "[data-offline] >> visible=true", act=loses_the_network),
    State("home", "outside", "/", ".state-outside", device={"platform": "none"}),
    State("home", "missing", "/no-such-page", "main h1", console=("404",)),
]
