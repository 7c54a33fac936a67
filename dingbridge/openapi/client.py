"""One call to the platform, made as well as it can be: tokens, limits, repetitions, errors.

Every function of this package ends here. A call waits for its turn (`limiter`), carries the app's
token, and is repeated where that is right:

- the token is refused: the call again, once, with another one; nothing has been done before;
- the platform says that it is called too often: again, when the pause is over, if that is soon;
- the platform is busy (-1, `systemBusy`, HTTP 408 or 5xx): at most three times more, with growing
  pauses, and only calls that may be made twice;
- the connection broke: once more, and only calls that may be made twice.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar
from urllib.parse import quote, unquote

from dingbridge.envelopes import is_busy, is_token_refused
from dingbridge.errors import CallRefused, PlatformError, PlatformUnavailable, RateLimited
from dingbridge.openapi.limiter import Limiter, Patience
from dingbridge.openapi.limits import api_of, is_new
from dingbridge.settings import Generation
from dingbridge.transport import Transport

log = logging.getLogger(__name__)

T = TypeVar("T")

# A visitor waits for a page: a call made on its way must not wait longer than this in all.
PATIENCE_SECONDS = 5.0
BUSY_REPEATS = 3
LIMIT_REPEATS = 3
FIRST_BUSY_PAUSE = 0.5  # seconds, doubled each time

_PATH = re.compile(r"/[!-~]*")
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})


class Tokens(Protocol):
    """Whoever has the token for a call; `dingbridge.credentials.Credentials` is one."""

    def access_token(self) -> str:
        """The current token; raises CredentialUnavailable."""

    def replace_access_token(self, refused: str) -> str:
        """The token to use after `refused` was refused; raises CredentialUnavailable."""


@dataclass(frozen=True)
class Request:
    """One call, apart from its token.

    `repeatable`: making it twice does no harm. `api` names what limits count by, where the path
    holds ids. `gone`: the codes that say of a deletion that there is nothing to delete, which is
    success where an earlier try of the same call may have done it.
    """

    method: str
    path: str
    params: Mapping[str, str] | None = None
    json: object = None
    headers: Mapping[str, str] | None = None
    repeatable: bool = False
    api: str = ""
    gone: frozenset[str] = frozenset()

    @property
    def counted_as(self) -> str:
        """The API that limits count."""
        return self.api or api_of(self.method, self.path)


class Client:
    """Calls in the name of one app (and one corp). Safe for threads."""

    def __init__(
        self,
        transport: Transport,
        tokens: Tokens,
        limiter: Limiter,
        *,
        patience: float = PATIENCE_SECONDS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`patience` is how many seconds a call may spend waiting, in all."""
        self.transport = transport
        self.limiter = limiter
        self._tokens = tokens
        self._patience = patience
        self._sleep = sleep

    def patient(self, seconds: float) -> Client:
        """The same client for work that nobody waits for: a call may wait up to `seconds`."""
        return Client(
            self.transport, self._tokens, self.limiter, patience=seconds, sleep=self._sleep
        )

    def send(self, request: Request) -> dict[str, Any]:
        """One call with the app's token; the fields of the answer.

        Raises PlatformError and what derives from it, CredentialUnavailable, CallRefused.
        """

        def exchange(token: str) -> dict[str, Any]:
            return self._exchange("new" if is_new(request.path) else "old", request, token)

        attempts = Attempts(request.repeatable)
        try:
            return self.attempt(exchange, request.counted_as, attempts)
        except PlatformError as error:
            if attempts.repeated and {error.code, error.sub_code} & request.gone:
                return {}
            raise

    def send_as(self, request: Request, token: str | None) -> dict[str, Any]:
        """One call of the new generation with another token (a user's), or with none."""

        def exchange(_: str) -> dict[str, Any]:
            return self._exchange("new", request, token)

        attempts = Attempts(request.repeatable)
        return self.attempt(exchange, request.counted_as, attempts, authorised=False)

    def _exchange(
        self, generation: Generation, request: Request, token: str | None
    ) -> dict[str, Any]:
        return self.transport.call(
            generation,
            request.method,
            request.path,
            params=request.params,
            json=_body(request),
            token=token,
            headers=request.headers,
        )

    def attempt(
        self,
        exchange: Callable[[str], T],
        api: str,
        attempts: Attempts,
        *,
        authorised: bool = True,
    ) -> T:
        """What `exchange` returns, called with the token (an empty one unless `authorised`).

        Raises what `exchange` raises last, RateLimited, and CredentialUnavailable.
        """
        patience = Patience(self._patience, self._sleep)
        token = self._tokens.access_token() if authorised else ""
        while True:
            began = time.monotonic()
            try:
                with self.limiter.turn(api, patience):
                    began = time.monotonic()
                    answer = exchange(token)
            except RateLimited:
                raise  # our own: nothing was sent
            except PlatformError as error:
                pause = self._noted(error, api, age=time.monotonic() - began)
                if authorised and attempts.may_renew(error):
                    token, refused = self._tokens.replace_access_token(token), token
                    if token == refused:
                        raise
                elif pause is not None:
                    # The wait itself is the limiter's, before the next attempt.
                    if pause > patience.seconds or not attempts.may_repeat_limited():
                        raise
                elif not attempts.may_repeat(error, patience):
                    raise
            else:
                self.limiter.count(api)
                return answer

    def _noted(self, error: PlatformError, api: str, *, age: float) -> float | None:
        """What a failure means for everybody's calls; the seconds of a pause, if it is one."""
        log.info(
            "api_error endpoint=%s code=%s sub_code=%s request_id=%s",
            error.endpoint,
            error.code,
            error.sub_code,
            error.request_id,
        )
        pause = self.limiter.obey(error, api, age=age)
        if pause is None and not isinstance(error, PlatformUnavailable):
            self.limiter.count(api)
        return pause


class Attempts:
    """What has been tried for one call; `repeated` once a try that may have been carried out is
    followed by another.
    """

    def __init__(self, repeatable: bool) -> None:
        """`repeatable`: making the call twice does no harm."""
        self.repeated = False
        self._repeatable = repeatable
        self._renewed = False
        self._reconnected = False
        self._busy = 0
        self._limited = 0

    def may_renew(self, error: PlatformError) -> bool:
        """Whether another token may help, for the first time."""
        if self._renewed or not is_token_refused(error):
            return False
        self._renewed = True
        return True

    def may_repeat_limited(self) -> bool:
        """Limited calls were not carried out, so any call may be repeated."""
        self._limited += 1
        return self._limited <= LIMIT_REPEATS

    def may_repeat(self, error: PlatformError, patience: Patience) -> bool:
        """Whether to go on after a failure of the platform's, having waited as long as is due."""
        if self._repeatable and self._is_due(error, patience):
            self.repeated = True
            return True
        return False

    def _is_due(self, error: PlatformError, patience: Patience) -> bool:
        if is_busy(error):
            self._busy += 1
            pause = FIRST_BUSY_PAUSE * 2 ** (self._busy - 1)
            return self._busy <= BUSY_REPEATS and patience.wait(pause)
        if error.code == "platform_unreachable" and not self._reconnected:
            self._reconnected = True  # most often a kept connection that the other side had closed
            return True
        return False


def checked(method: str, path: str) -> tuple[str, str]:
    """Method and path of a call that somebody wrote by hand.

    Raises CallRefused (`bad_method`, `bad_path`).
    """
    method = method.upper()
    if method not in _METHODS:
        raise CallRefused("bad_method", {"method": method[:20]})
    # `requests` sends %2e as a dot.
    climbs = re.search(r"/\.\.?(/|$)", unquote(path))
    if not _PATH.fullmatch(path) or path.startswith("//") or re.search(r"[?#\\]", path) or climbs:
        raise CallRefused("bad_path", {"path": path[:200]})
    return method, path


def segment(value: str) -> str:
    """An id as one part of a path, whatever stands in it.

    Raises CallRefused (`bad_path`) for what would make another path of it: nothing, `.` and `..`.
    """
    if value in ("", ".", ".."):
        raise CallRefused("bad_path", {"path": f"/{value}/"})
    return quote(value, safe="", errors="replace")


def _body(request: Request) -> object:
    """What is sent: an object at least, so that the Content-Type has something to speak of."""
    if request.json is None and request.method in ("POST", "PUT", "PATCH"):
        return {}
    return request.json
