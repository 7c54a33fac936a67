"""A platform that lies: every part of every answer that is read here, wrong in every way.

The honest answers are the sandbox's, over real HTTP; each is then told again with one part of it
replaced, as the bytes that such an answer is. What comes of it is a value, with no half of a
surrogate pair anywhere in it, or an error of this package, and never anything else.
"""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from openapi_stage import Stage, open_stage
from test_openapi_calendar import KEY, NINE, unionid
from test_openapi_contacts import auth_code
from test_openapi_messages import CHAT, CONVERSATION, PNG

from dingbridge.envelopes import read_envelope
from dingbridge.errors import DingBridgeError
from dingbridge.openapi import OpenApi, explain
from dingbridge.openapi.messages import text
from dingbridge.sandbox.login_codes import SignIn

HALF = "\ud800".encode("utf-8", "surrogatepass")
LIES: tuple[object, ...] = (
    None, True, -1, 10**30, 1.5, "", "x", "9" * 40, "\ud800", "a\n\x00b",
    [], [None], [[]], {}, {"a": {"b": 1}},
)  # fmt: skip


def _picture(stage: Stage) -> Path:
    path = stage.folder / "图.png"
    path.write_bytes(PNG)
    return path


def _event(stage: Stage) -> tuple[str, str]:
    person = unionid(stage)
    return person, stage.openapi.calendar.create(person, "周会", NINE, attendees=[person]).id


def _notification(stage: Stage) -> int:
    # The same words reach a person once a day.
    said = text(f"早 {stage.calls('/topapi/message/corpconversation/asyncsend_v2')}")
    return stage.openapi.notifications.send(said, users=["manager4220"])


def _sent(stage: Stage) -> str:
    return stage.openapi.chats.send(CONVERSATION, text("早")).key


def _registered(stage: Stage) -> None:
    stage.openapi.callbacks.register("https://a.example/ding", ["user_add_org"], "token", KEY)


def _signed_in(stage: Stage) -> SignIn:
    return SignIn("manager4220", stage.settings.corp_id)


def _browser_code(stage: Stage) -> str:
    return stage.sandbox.sandbox.platform.codes.browser.issue(_signed_in(stage))


def _user_token(stage: Stage) -> str:
    return stage.sandbox.sandbox.platform.codes.user_tokens.issue(_signed_in(stage))


def _received(stage: Stage) -> str:
    return stage.openapi.media.upload(_picture(stage), "image").media_id


def _missed(stage: Stage) -> None:
    row = {"call_back_tag": "user_add_org", "event_time": 1700000000000, "userid": ["u1"]}
    body = json.dumps({"errcode": 0, "has_more": True, "failed_list": [row]})
    path = "/call_back/get_call_back_failed_result"
    stage.sandbox.fault(path, "custom", times=1, body=body)


def _nothing(_: Stage) -> None:
    return None


# Each with what has to be there first.
FUNCTIONS: dict[str, tuple[Callable[[Stage], Any], Callable[[OpenApi, Any], object]]] = {
    "users.get": (_nothing, lambda api, _: api.users.get("manager4220")),
    "users.create": (
        _nothing,
        lambda api, _: api.users.create("王五", departments=[1], mobile="+86-13900000001"),
    ),
    "users.in_department": (_nothing, lambda api, _: list(api.users.in_department(1))),
    "users.ids_in_department": (_nothing, lambda api, _: api.users.ids_in_department(1)),
    "users.by_unionid": (unionid, lambda api, person: api.users.by_unionid(person)),
    "departments.get": (_nothing, lambda api, _: api.departments.get(1)),
    "departments.create": (_nothing, lambda api, _: api.departments.create("新部门")),
    "departments.children": (_nothing, lambda api, _: api.departments.children()),
    "departments.below": (_nothing, lambda api, _: list(islice(api.departments.below(), 100))),
    "notifications.send": (
        _nothing,
        lambda api, _: api.notifications.send(text("晚"), users=["manager4220"]),
    ),
    "notifications.progress": (_notification, lambda api, task: api.notifications.progress(task)),
    "notifications.result": (_notification, lambda api, task: api.notifications.result(task)),
    "chats.send": (_nothing, lambda api, _: api.chats.send(CONVERSATION, text("早"))),
    "chats.send_to_users": (
        _nothing,
        lambda api, _: api.chats.send_to_users(["manager4220"], text("早")),
    ),
    "chats.open_conversation_id": (_nothing, lambda api, _: api.chats.open_conversation_id(CHAT)),
    "chats.readers": (_sent, lambda api, key: api.chats.readers(CONVERSATION, key)),
    "chats.recall": (_sent, lambda api, key: api.chats.recall(CONVERSATION, [key, "unknown"])),
    "media.upload": (_picture, lambda api, path: api.media.upload(path, "image")),
    "calendar.get": (_event, lambda api, event: api.calendar.get(*event)),
    "calendar.events": (_event, lambda api, event: list(api.calendar.events(event[0]))),
    "identity.by_code": (auth_code, lambda api, code: api.identity.by_code(code)),
    "identity.user_token": (_browser_code, lambda api, code: api.identity.user_token(code)),
    "identity.me": (_user_token, lambda api, token: api.identity.me(token)),
    "media.received_file_url": (
        _received,
        lambda api, code: api.media.received_file_url(code, "robot"),
    ),
    "callbacks.failed": (_missed, lambda api, _: api.callbacks.failed()),
    "callbacks.show": (_registered, lambda api, _: api.callbacks.show()),
}


class Recorder:
    """The real transport; keeps what the platform answered."""

    def __init__(self, stage: Stage) -> None:
        self._transport = stage.transport
        self.answers: list[dict[str, Any]] = []

    def call(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        self.answers.append(self._transport.call(*arguments, **more))
        return copy.deepcopy(self.answers[-1])

    def upload(self, *arguments: Any, **more: Any) -> dict[str, Any]:
        self.answers.append(self._transport.upload(*arguments, **more))
        return copy.deepcopy(self.answers[-1])


class Parrot:
    """A transport that always tells the same, read as any answer is."""

    def __init__(self, answer: dict[str, Any]) -> None:
        self._body = json.dumps(answer).encode()

    def call(self, *_: Any, **__: Any) -> dict[str, Any]:
        return read_envelope(self._body, endpoint="/x", http_status=200)

    upload = call


def lies_about(honest: dict[str, Any], lies: tuple[object, ...] = LIES) -> Iterator[dict[str, Any]]:
    """`honest` with each part of it replaced by each lie, or gone."""
    for place in list(_places(honest, ())):
        for lie in lies:
            told = copy.deepcopy(honest)
            _owner(told, place)[place[-1]] = lie
            yield told
        told = copy.deepcopy(honest)
        del _owner(told, place)[place[-1]]
        yield told


def _places(value: object, here: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    parts: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if _is_list(value) else ()
    )
    for name, part in parts:
        yield (*here, name)
        if not (_is_list(value) and name > 1):  # two of a list are enough
            yield from _places(part, (*here, name))


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _owner(answer: Any, place: tuple[Any, ...]) -> Any:
    for name in place[:-1]:
        answer = answer[name]
    return answer


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with open_stage(tmp_path_factory.mktemp("lies")) as opened:
        opened.sandbox.patch_platform(limits={"second": None, "minute": None})
        yield opened


@pytest.mark.row("R40")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_lie_about_any_field_is_an_error_of_this_package_or_no_harm(
    stage: Stage, name: str
) -> None:
    prepare, act = FUNCTIONS[name]
    thing = prepare(stage)
    recorder = Recorder(stage)
    act(stage.client_over(recorder), thing)
    refusals = []
    lies = list(lies_about(recorder.answers[-1]))
    for lie in lies:
        try:
            told = act(stage.client_over(Parrot(lie)), thing)
            assert HALF not in pickle.dumps((told, repr(told)))
        except DingBridgeError as error:
            refusals.append(error)
    assert len(lies) >= len(LIES)
    assert len(refusals) < len(lies)
    assert all(explain(error, "zh").cause for error in refusals)
