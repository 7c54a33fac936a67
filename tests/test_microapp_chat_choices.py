"""Whose chat it is: only what a person has chosen, by the app's own way, while it is good."""

from __future__ import annotations

from datetime import timedelta

import pytest
from chat_stage import (
    CHAT,
    COLLEAGUE,
    NAME,
    OLDER,
    ROBOTLESS,
    USERID,
    choose,
    form,
    inbox,
    keep,
    older_way,
    pick,
    receivers,
    rows,
)
from microapp_visitor import AppVisitor, error_code
from sandbox_server import SandboxClient

import app as micro_app
from microapp import context

pytest_plugins = ["chat_fixtures"]


def test_a_colleague_cannot_send_to_my_choice(writer: AppVisitor, dingtalk: SandboxClient) -> None:
    mine = choose(writer)
    colleague = writer.colleague(COLLEAGUE, admin=True)
    assert str(mine) not in receivers(colleague)
    answer = colleague.post("/chat", form(mine))
    assert (answer.status_code, error_code(answer)) == (404, "not_found")
    assert inbox(dingtalk) == []
    assert rows(colleague) == []


@older_way
def test_a_cid_that_somebody_else_has_picked_is_refused(
    writer: AppVisitor, dingtalk: SandboxClient
) -> None:
    cid, _ = pick(writer, dingtalk)
    colleague = writer.colleague("user5031")
    answer = keep(colleague, cid=cid, title="not mine")
    assert (answer.status_code, error_code(answer)) == (403, "forbidden")
    # One that this server has never seen goes to the platform in the sender's own name.
    foreign = dingtalk.sandbox.platform.corp.conversations.pick(USERID, CHAT)
    stranger = writer.colleague(COLLEAGUE)
    kept = keep(stranger, cid=foreign, title="not mine either")
    assert kept.json is not None
    answer = stranger.post("/chat", form(kept.json["id"]))
    assert (answer.status_code, error_code(answer)) == (403, "40015")
    assert inbox(dingtalk) == []


@older_way
def test_a_cid_is_offered_and_taken_for_a_day(
    writer: AppVisitor, dingtalk: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, choice = pick(writer, dingtalk)
    later = context.MicroApp.now
    monkeypatch.setattr(
        context.MicroApp, "now", lambda micro: later(micro) + timedelta(hours=24, seconds=1)
    )
    assert str(choice) not in receivers(writer)
    answer = writer.post("/chat", form(choice))
    assert (answer.status_code, error_code(answer)) == (422, "no_conversation")
    assert dingtalk.platform_calls(OLDER) == 0


def test_choices_of_the_other_way_are_neither_offered_nor_taken(
    chat_settings: dict[str, object], writer: AppVisitor
) -> None:
    choice = choose(writer)
    older = AppVisitor(
        micro_app.create_app({**chat_settings, "DING_CHAT_WAY": "cid"}), USERID, NAME
    )
    assert str(choice) not in receivers(older)
    answer = older.post("/chat", form(choice))
    assert (answer.status_code, error_code(answer)) == (422, "no_conversation")


def test_a_chat_without_the_robot_is_explained(writer: AppVisitor) -> None:
    answer = writer.post("/chat", form(choose(writer, ROBOTLESS.open_id, ROBOTLESS.title)))
    assert (answer.status_code, error_code(answer)) == (403, "resource.unavailable")
    assert "机器人" in rows(writer)[0]


def test_the_same_chat_chosen_again_is_one_offer_under_its_newest_name(writer: AppVisitor) -> None:
    first = choose(writer)
    assert choose(writer, title="renamed") == first
    offered = receivers(writer)
    assert [title for value, title in offered.items() if value not in ("", "me")] == ["renamed"]
