"""Reasons for refusals and doubts, and the words for them."""

from __future__ import annotations

import pytest

from dingbridge import catalogue
from dingbridge.page_url import FrontPolicy, Origin, Reason


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words_for_people(reason: Reason) -> None:
    assert [entry.code for entry in catalogue.find(reason, "page")] == [reason]


def test_two_policies_of_the_same_settings_are_equal() -> None:
    origins = (Origin.parse("https://h"), Origin.parse("https://h:443"))
    assert FrontPolicy(origins) == FrontPolicy(origins)
    assert hash(FrontPolicy(origins)) == hash(FrontPolicy(origins))
    assert FrontPolicy(origins).sole_origin == "https://h"


def test_a_peer_without_an_address_is_nobody() -> None:
    policy = FrontPolicy((Origin.parse("https://h"),), ("127.0.0.1", "unix"))
    assert not policy.trusts({})
    assert policy.trusts({"REMOTE_ADDR": ""})
    assert policy.trusts({"REMOTE_ADDR": "127.0.0.1"})
