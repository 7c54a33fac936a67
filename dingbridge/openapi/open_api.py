"""The platform's server APIs as one object: typed functions by topic, and `call` for the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from dingbridge.openapi.calendar import Calendar
from dingbridge.openapi.callbacks import Callbacks
from dingbridge.openapi.chats import Chats
from dingbridge.openapi.client import Client, Request, Tokens, checked
from dingbridge.openapi.departments import Departments
from dingbridge.openapi.identity import Identity
from dingbridge.openapi.ledgers import open_ledger
from dingbridge.openapi.limiter import Limiter
from dingbridge.openapi.limits import Caller
from dingbridge.openapi.media import MediaFiles
from dingbridge.openapi.notifications import Notifications
from dingbridge.openapi.users import Users
from dingbridge.settings import Settings
from dingbridge.transport import Transport


class OpenApi:
    """What an app may ask of the platform.

    ::

        bridge.openapi.users.get("manager4220").name
        bridge.openapi.notifications.send(text("请提交日报"), users=["manager4220"])
        bridge.openapi.call("POST", "/topapi/checkin/record/get", json={…})

    Every function raises PlatformError for an error of the platform (`code`, `sub_code`,
    `endpoint`, `request_id`; `explain(error, "zh")` for the catalogue's words), PlatformUnavailable
    if it did not answer, RateLimited if the app's own limits would be exceeded, CallRefused for
    what cannot be right, and CredentialUnavailable without a token.
    """

    def __init__(self, settings: Settings, client: Client) -> None:
        """`client` makes the calls; `open_api` builds one."""
        self._settings = settings
        self._client = client
        self.users = Users(client)
        self.departments = Departments(client)
        self.identity = Identity(client, settings.client_id, settings.client_secret)
        self.notifications = Notifications(client, settings.agent_id)
        self.chats = Chats(client, settings.client_id)
        self.media = MediaFiles(client)
        self.calendar = Calendar(client)
        self.callbacks = Callbacks(client)

    def patient(self, seconds: float) -> OpenApi:
        """The same for work that nobody waits for: a call may spend up to `seconds` waiting for
        limits and between repetitions, instead of five.
        """
        return OpenApi(self._settings, self._client.patient(seconds))

    def call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: object = None,
        repeatable: bool | None = None,
        api: str = "",
    ) -> dict[str, Any]:
        """Any API by method and path, with the app's token where that generation expects it.

        `/v1.0/…` is of the new generation (api.dingtalk.com), any other path of the old one. The
        query goes into `params`, not into the path. `repeatable` says that making the call twice
        does no harm; by default that is what HTTP says of the method, and no POST. `api` names
        what limits count by where the path holds ids, such as `GET /v1.0/todo/users/{}/tasks`.

        Returns the fields of the answer.
        """
        method, path = checked(method, path)
        if repeatable is None:
            repeatable = method in ("GET", "PUT", "DELETE")
        sent = Request(method, path, params, json, repeatable=repeatable, api=api)
        return self._client.send(sent)

    def usage(self) -> tuple[int, int]:
        """Calls of this month that the quota counts, by this app's own books, and the quota."""
        return self._client.limiter.used(), self._settings.api_quota


def open_api(settings: Settings, transport: Transport, tokens: Tokens) -> OpenApi:
    """The server APIs for the app that `settings` describe.

    Raises SettingsError if the instance folder cannot be used.
    """
    limiter = Limiter(caller(settings), open_ledger(settings))
    return OpenApi(settings, Client(transport, tokens, limiter))


def caller(settings: Settings) -> Caller:
    """In whose name the app calls, for the limits."""
    addresses = f"{settings.oapi_url}\0{settings.api_url}"
    return Caller(
        platform=hashlib.sha256(addresses.encode()).hexdigest()[:12],
        mode=settings.mode,
        app=settings.client_id,
        corp=settings.corp_id,
        rate=settings.api_rate,
        quota=settings.api_quota,
    )
