"""Why a sign-in is refused, with the HTTP status that says so."""

from __future__ import annotations

from collections.abc import Mapping

from dingbridge.envelopes import is_busy, is_limit, is_token_refused
from dingbridge.errors import DingBridgeError, PlatformError, RateLimited
from dingbridge.errors import PlatformUnavailable as Unavailable

# What the platform says of a code that is used, too old, unknown, or of another corp or kind.
# 40078 is today's; the rest is what documents of other years and interfaces call it.
SPENT = "40078"
_SPENT_TOO = frozenset({SPENT, "40029", "40102", "42008", "invalidParameter.authCode.notFound"})
# Nobody of the corp: an unknown unionid or userid.
_STRANGER = frozenset({"60121", "33012", "invalidParameter.user.notFound"})

RETRY_SECONDS = 5


class LoginRefused(DingBridgeError):
    """A sign-in that is refused here; `status` is 4xx, `code` the catalogue's key.

    `platform_error` is what the platform said, where it was asked.
    """

    def __init__(
        self,
        code: str,
        status: int,
        values: Mapping[str, str] | None = None,
        platform_error: PlatformError | None = None,
    ) -> None:
        """`code`: of the family "page", or `SPENT`."""
        super().__init__(code, values)
        self.status = status
        self.platform_error = platform_error


def is_spent(error: PlatformError) -> bool:
    """Whether the platform says that the code is good for nothing any more."""
    return bool({error.code, error.sub_code} & _SPENT_TOO)


def is_stranger(error: PlatformError) -> bool:
    """Whether the platform says that there is no such person in the corp."""
    return bool({error.code, error.sub_code} & _STRANGER)


def refusal(error: DingBridgeError) -> tuple[int, int | None]:
    """The HTTP status for a failed sign-in, and for 503 the seconds until it is worth another try.

    What the platform refuses for good (a permission, an address off the white list) is 403. All
    the rest is 503: a platform that is away or busy, that has us wait, or whose answer was such
    that the next call could not be made with it.
    """
    if isinstance(error, LoginRefused):
        return error.status, None
    if isinstance(error, RateLimited):
        return 503, max(1, round(error.retry_after))
    # A refused token has been renewed once already; the next renewal is a minute away at most.
    for_good = (
        isinstance(error, PlatformError)
        and not isinstance(error, Unavailable)
        and not (is_busy(error) or is_limit(error) or is_token_refused(error))
    )
    return (403, None) if for_good else (503, RETRY_SECONDS)
