"""Every page in every state: nothing scrolls sideways, nothing bars anybody, a quiet console."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from microapp_pages import LOOKS, STATES, Visit, every_look, pairwise
from microapp_states import Stage, barriers, cut_off, small_targets, watch_policy


def named(visits: list[Visit]) -> list[object]:
    return [pytest.param(*visit, id=f"{visit[0]}-{visit[1]}") for visit in visits]


@pytest.fixture
def look_at(stages: Callable[..., Stage]) -> Callable[..., None]:
    """Reaches a state and looks at it."""

    def look(state: str, lang: str, looks: tuple[str, ...]) -> None:
        stage = stages()
        phone = stage.phone
        broken_rules = watch_policy(phone.context)
        STATES[state].reach(stage, lang)
        for name in looks:
            LOOKS[name].take(phone.page)
            assert cut_off(phone.page) == [], name
            assert small_targets(phone.page) == [], name
            assert barriers(phone.page) == [], name
        assert broken_rules == []
        allowed = STATES[state].console
        assert [line for line in phone.console if not any(a in line for a in allowed)] == []
        assert phone.errors == []

    return look


@pytest.mark.parametrize(("state", "lang", "looks"), named(pairwise()))
def test_every_state_of_every_page_is_fit_for_people(
    look_at: Callable[..., None], state: str, lang: str, looks: tuple[str, ...]
) -> None:
    look_at(state, lang, looks)


@pytest.mark.faults
@pytest.mark.parametrize(("state", "lang", "looks"), named(every_look()))
def test_every_state_is_fit_for_people_in_every_look(
    look_at: Callable[..., None], state: str, lang: str, looks: tuple[str, ...]
) -> None:
    look_at(state, lang, looks)
