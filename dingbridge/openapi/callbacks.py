"""The callback address of this app in this corp: register, show, change, delete, what was missed.

One app (or suite) has one address in one corp. Registering makes the platform call the address at
once with `check_url`; anything but an encrypted "success" is 71009 (documents "register the
callback interface" and its neighbours; apps that take events by Stream need none of this).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dingbridge.errors import CallRefused
from dingbridge.openapi.answers import Answer
from dingbridge.openapi.client import Client, Request

AES_KEY_LENGTH = 43


@dataclass(frozen=True)
class Registration:
    """What is registered; token and key stay out of `repr`."""

    tags: tuple[str, ...]
    url: str
    token: str = field(repr=False)
    aes_key: str = field(repr=False)


@dataclass(frozen=True)
class Failure:
    """An event that the address did not take, with its fields as the platform gives them."""

    tag: str
    at: int  # milliseconds since 1970
    fields: dict[str, object] = field(repr=False)


class Callbacks:
    """The one registration that an app has in a corp."""

    def __init__(self, client: Client) -> None:
        """`client` makes the calls."""
        self._client = client

    def register(self, url: str, tags: Sequence[str], token: str, aes_key: str) -> None:
        """Register an address for the events `tags`; `aes_key` has 43 characters.

        Raises CallRefused (`callback_registration`), PlatformError (71006 where there is one
        already, 71009, 71010, 71011, 71012).
        """
        self._put("register_call_back", url, tags, token, aes_key)

    def update(self, url: str, tags: Sequence[str], token: str, aes_key: str) -> None:
        """Change the registration, all of it. Raises as `register` does, and 71007."""
        self._put("update_call_back", url, tags, token, aes_key)

    def show(self) -> Registration:
        """What is registered. Raises PlatformError (71007 if nothing is)."""
        answer = self._get("get_call_back")
        return Registration(
            tags=answer.texts("call_back_tag"),
            url=answer.required("url"),
            token=answer.text("token"),
            aes_key=answer.text("aes_key"),
        )

    def delete(self) -> None:
        """End the registration. Raises PlatformError (71007)."""
        path = "/call_back/delete_call_back"
        self._client.send(Request("GET", path, repeatable=True, gone=frozenset({"71007"})))

    def failed(self) -> tuple[tuple[Failure, ...], bool]:
        """At most 200 events that were not taken, and whether there are more.

        The platform forgets those that it has told.
        """
        answer = self._get("get_call_back_failed_result", repeatable=False)
        failures = tuple(
            Failure(
                tag=row.required("call_back_tag"),
                at=row.number("event_time") if "event_time" in row else 0,
                fields=row.raw(),
            )
            for row in answer.objects("failed_list")
        )
        return failures, answer.flag("has_more")

    def _put(self, verb: str, url: str, tags: Sequence[str], token: str, aes_key: str) -> None:
        if not tags or not token or len(aes_key) != AES_KEY_LENGTH or "://" not in url:
            raise CallRefused("callback_registration")
        body = {"call_back_tag": list(tags), "token": token, "aes_key": aes_key, "url": url}
        path = f"/call_back/{verb}"
        self._client.send(Request("POST", path, json=body))

    def _get(self, verb: str, *, repeatable: bool = True) -> Answer:
        path = f"/call_back/{verb}"
        return Answer(self._client.send(Request("GET", path, repeatable=repeatable)), path)
