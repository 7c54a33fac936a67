"""The error tree: a handful of classes, each holding what was seen.

Every error has a `code`, which is a key of the catalogue (see `dingbridge.catalogue`): the
sentence for the visitor, the cause and the remedy stand there, in Chinese and English, not in the
exception. `values` fills the placeholders of those sentences. Neither `str(error)` nor `values`
ever holds a secret, a token or a ticket.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class DingBridgeError(Exception):
    """Whatever this package raises on purpose."""

    def __init__(self, code: str, values: Mapping[str, str] | None = None) -> None:
        """`code` is the catalogue's key, `values` fill the placeholders of its sentences."""
        self.code = code
        self.values: dict[str, str] = dict(values or {})
        super().__init__(code)

    def __str__(self) -> str:
        """The code with its values, fit for a log line."""
        seen = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.code} ({seen})" if seen else self.code


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with one setting.

    `where` says where DingTalk's console shows the value, or what to write instead.
    """

    name: str
    wrong: str
    where: str


class SettingsError(DingBridgeError):
    """The settings as a whole cannot be used; `faults` holds everything that is wrong at once."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """`faults`: at least one."""
        super().__init__("settings", {"names": ", ".join(fault.name for fault in faults)})
        self.faults = tuple(faults)

    def __str__(self) -> str:
        """All faults, one to a line."""
        lines = [f"  {fault.name}: {fault.wrong}\n      {fault.where}" for fault in self.faults]
        return "\n".join([f"settings: {len(self.faults)} to mend / 处待修正", *lines])


class PageUrlRefused(DingBridgeError):
    """The request cannot be one of our pages; it is answered with a bland 4xx.

    `reason` is a name for the operator's log, such as `host_not_allowed`.
    """

    def __init__(self, reason: str) -> None:
        """`reason`: one of the names in `dingbridge.page_url`, also the catalogue's key."""
        super().__init__(reason)
        self.reason = reason


class PageUrlUncertain(DingBridgeError):
    """A doubt about the browser's URL remains: the page renders, but unsigned."""

    def __init__(self, reason: str) -> None:
        """`reason`: one of the names in `dingbridge.page_url`, also the catalogue's key."""
        super().__init__(reason)
        self.reason = reason


class SignatureError(DingBridgeError):
    """There is no signature for this URL under the chosen rules."""


class CallbackError(DingBridgeError):
    """A callback is not the platform's to this app, or its token, key or owner cannot be used.

    `reason` is a name for the operator's log: `token`, `aes_key`, `owner`, `signature`, `base64`,
    `length`, `padding`, `utf8`.
    """

    def __init__(self, code: str, reason: str) -> None:
        """`code`: the catalogue's key, such as `callback_signature`."""
        super().__init__(code, {"reason": reason})
        self.reason = reason


class PlatformError(DingBridgeError):
    """The platform answered with an error.

    Attributes: `code` and `sub_code` as strings, exactly as the platform wrote them (`"40096"`,
    `"invalidClientIdOrSecret"`); `endpoint`, the path without its query; `request_id`;
    `http_status`; `platform_message`, the platform's own text.
    """

    def __init__(
        self,
        code: str,
        *,
        sub_code: str = "",
        endpoint: str = "",
        request_id: str = "",
        http_status: int | None = None,
        platform_message: str = "",
        values: Mapping[str, str] | None = None,
    ) -> None:
        """See the class; `values` adds placeholders such as the address of a 60020."""
        seen = {
            "sub_code": sub_code,
            "endpoint": endpoint,
            "request_id": request_id,
            "http_status": "" if http_status is None else str(http_status),
            "platform_message": platform_message,
        }
        super().__init__(code, {**{k: v for k, v in seen.items() if v}, **(values or {})})
        self.sub_code = sub_code
        self.endpoint = endpoint
        self.request_id = request_id
        self.http_status = http_status
        self.platform_message = platform_message


class PlatformUnavailable(PlatformError):
    """The platform could not be reached, or gave no answer that can be read."""


class RateLimited(PlatformUnavailable):
    """Nothing was sent: the app's own limit is reached, or the platform told it to pause.

    `retry_after` is in seconds; `scope` names whose limit it is, such as `app_api`.
    """

    def __init__(
        self, code: str, *, retry_after: float, scope: str, endpoint: str, platform_code: str = ""
    ) -> None:
        """`code`: `limited_here` or `paused_by_platform`, then with the platform's code."""
        values = {"seconds": f"{max(retry_after, 0.1):.1f}", "scope": scope}
        if platform_code:
            values["platform_code"] = platform_code
        super().__init__(code, endpoint=endpoint, values=values)
        self.retry_after = retry_after
        self.scope = scope


class CallRefused(DingBridgeError):
    """Nothing was sent: the call cannot be right, and the platform would refuse it."""


class CredentialUnavailable(DingBridgeError):
    """No valid token or ticket exists and none can be had now.

    `platform_error` is why the platform gave none, when it was asked.
    """

    def __init__(self, code: str, platform_error: PlatformError | None = None) -> None:
        """`code`: the catalogue's key, such as `ticket_unavailable`."""
        values = {} if platform_error is None else {"platform_code": platform_error.code}
        super().__init__(code, values)
        self.platform_error = platform_error
