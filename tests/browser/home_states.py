"""The states of the home page, and of the page for what is not there."""

from __future__ import annotations

from microapp_states import STRANGER, State

STATES = [
    State("home", "ready", "/", ".state-ready"),
    State("home", "waiting", "/", ".state-pending", device={"bridge": "late", "late_ms": 60_000}),
    State("home", "silent", "/", ".state-error", device={"bridge": "failed"}),
    State("home", "ungranted", "/", ".state-error", device={"corp": STRANGER}),
    State("home", "outside", "/", ".state-outside", device={"platform": "none"}),
    State("home", "missing", "/no-such-page", "main h1", console=("404",)),
]
