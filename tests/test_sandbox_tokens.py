"""How long tokens and tickets live, by the platform's clock."""

from __future__ import annotations

import json

import pytest

from dingbridge.sandbox.clock import Clock
from dingbridge.sandbox.tokens import CAP, LIFE, TokenStore, masked, unknown_ticket


@pytest.fixture
def clock() -> Clock:
    return Clock(1_700_000_000.0, lambda: 0.0)


@pytest.fixture
def store(clock: Clock) -> TokenStore:
    return TokenStore(clock)


@pytest.mark.row("R02")
def test_a_repeated_request_returns_the_same_token_and_renews_it(
    store: TokenStore, clock: Clock
) -> None:
    token = store.access_token()
    clock.change(advance=LIFE - 1)
    assert store.access_token() == token
    clock.change(advance=LIFE - 1)
    assert store.accepts(token)
    clock.change(advance=1)
    assert not store.accepts(token)
    assert store.access_token() != token


def test_only_the_live_token_is_accepted(store: TokenStore) -> None:
    assert not store.accepts("anything")
    token = store.access_token()
    assert not store.accepts(token + "x")
    assert not store.accepts("令牌")
    assert store.revoke_token() == 1
    assert not store.accepts(token)
    assert store.revoke_token() == 0


@pytest.mark.row("R02")
def test_a_ticket_is_renewed_and_dies_a_day_after_it_was_made(
    store: TokenStore, clock: Clock
) -> None:
    ticket = store.ticket(strict=True)
    for _ in range(23):
        clock.change(advance=3600)
        assert store.ticket(strict=True) == ticket
    clock.change(advance=3599)
    assert store.ticket(strict=True) == ticket
    clock.change(advance=1)
    assert store.live_tickets() == []
    assert store.ticket(strict=True) != ticket


def test_an_answer_near_the_cap_is_a_new_ticket_and_the_old_one_lives_on(
    store: TokenStore, clock: Clock
) -> None:
    old = store.ticket()
    for _ in range(22):
        clock.change(advance=3600)
        assert store.ticket() == old
    clock.change(advance=1)
    new = store.ticket()
    assert new != old
    clock.change(advance=CAP - 22 * 3600 - 2)
    assert store.live_tickets() == [new, old]
    clock.change(advance=1)
    assert store.live_tickets() == [new]


def test_an_unasked_ticket_dies_after_two_hours(store: TokenStore, clock: Clock) -> None:
    store.ticket()
    clock.change(advance=LIFE)
    assert store.live_tickets() == []


@pytest.mark.row("R03")
def test_under_the_older_rule_a_new_ticket_ends_the_one_before(store: TokenStore) -> None:
    first = store.ticket(replace=True)
    second = store.ticket(replace=True)
    assert first != second
    assert store.live_tickets() == [second]


def test_revoked_tickets_are_gone_at_once(store: TokenStore) -> None:
    ticket = store.ticket()
    assert store.revoke_tickets() == 1
    assert store.live_tickets() == []
    assert store.ticket() != ticket


def test_a_clock_that_goes_back_ends_nothing(store: TokenStore, clock: Clock) -> None:
    ticket = store.ticket()
    clock.change(offset=-LIFE)
    assert store.live_tickets() == [ticket]
    assert store.ticket() == ticket


@pytest.mark.row("R34")
def test_the_description_shows_ages_and_no_values(store: TokenStore, clock: Clock) -> None:
    assert store.describe() == {"tokens": [], "tickets": []}
    token, ticket = store.access_token(), store.ticket()
    clock.change(advance=60)
    shown = store.describe()
    assert shown["tokens"] == [{"value": masked(token), "age": 60.0, "left": LIFE - 60}]
    assert ticket not in json.dumps(shown)
    assert token not in json.dumps(shown)


def test_an_unknown_ticket_looks_like_any_other(store: TokenStore) -> None:
    assert len(unknown_ticket()) == len(store.ticket())
    assert unknown_ticket() not in store.live_tickets()
