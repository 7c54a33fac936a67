"""Every page of the micro-app in every state: what tests and screenshots go through.

A new page adds its module's `STATES` here.
"""

from __future__ import annotations

from collections import defaultdict

import chat_states
import checkin_states
import files_states
import home_states
import report_states
import scan_states
from all_pairs import all_pairs
from microapp_states import Look, State

STATES: dict[str, State] = {
    str(state): state
    for page in (home_states, checkin_states, scan_states, chat_states, files_states, report_states)
    for state in page.STATES
}
LANGUAGES = ("zh", "en")
LOOKS = {
    str(look): look
    for look in (
        Look(width, theme, text)
        for width in (320, 390, 1280)
        for theme in ("light", "dark")
        for text in (100, 200)
    )
}

# A visit is one loading of a page: in a state and a language, with everything looked at there.
Visit = tuple[str, str, tuple[str, ...]]


def every_look() -> list[Visit]:
    """All looks at all states in both languages."""
    return [(state, lang, tuple(LOOKS)) for state in STATES for lang in LANGUAGES]


def pairwise() -> list[Visit]:
    """Few looks, in which every two of state, language, width, theme and text size meet."""
    factors = {
        "state": tuple(STATES),
        "width": ("320", "390", "1280"),
        "lang": LANGUAGES,
        "theme": ("light", "dark"),
        "text": ("100", "200"),
    }
    visits: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in all_pairs(factors):
        look = f"{row['width']}-{row['theme']}-{row['text']}"
        visits[row["state"], row["lang"]].append(look)
    return [(state, lang, tuple(looks)) for (state, lang), looks in visits.items()]
