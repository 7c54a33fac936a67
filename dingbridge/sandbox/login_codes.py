"""Auth codes and user tokens: what a person's sign-in is, for as long as the platform keeps it."""

import secrets
import threading
from dataclasses import dataclass

from dingbridge.sandbox.clock import Clock

CODE_LIFE = 300.0  # "the code is good for five minutes and can be used once"
TOKEN_LIFE = 7200.0
REFRESH_LIFE = 30 * 86_400.0


@dataclass(frozen=True)
class SignIn:
    """Who has signed in, and where: the corp in which it happened, and whether that is told."""

    userid: str
    corp_id: str
    tells_corp: bool = True


class OneTime:
    """Texts that are good once and for so many seconds; what each stands for."""

    def __init__(self, clock: Clock, life: float, size: int) -> None:
        self._clock = clock
        self._life = life
        self._size = size  # bytes of chance in a text
        self._lock = threading.Lock()
        self._live: dict[str, tuple[float, SignIn]] = {}

    def issue(self, sign_in: SignIn) -> str:
        """A new text."""
        now = self._clock.now()
        text = secrets.token_hex(self._size)
        with self._lock:
            self._live = {kept: entry for kept, entry in self._live.items() if entry[0] > now}
            self._live[text] = (now + self._life, sign_in)
        return text

    def redeem(self, text: object) -> SignIn | None:
        """What it stands for, this once; None if it is spent, too old or unknown."""
        if not isinstance(text, str):
            return None
        with self._lock:
            ends, sign_in = self._live.pop(text, (0.0, None))
        return sign_in if ends > self._clock.now() else None

    def show(self, text: str) -> SignIn | None:
        """What it stands for, without using it up."""
        with self._lock:
            ends, sign_in = self._live.get(text, (0.0, None))
        return sign_in if ends > self._clock.now() else None


class LoginCodes:
    """The kinds of codes and tokens of one platform; a code of one kind is nothing to another."""

    def __init__(self, clock: Clock) -> None:
        self.client = OneTime(clock, CODE_LIFE, 16)  # of requestAuthCode
        self.browser = OneTime(clock, CODE_LIFE, 16)  # of the browser login
        self.user_tokens = OneTime(clock, TOKEN_LIFE, 16)
        self.refresh_tokens = OneTime(clock, REFRESH_LIFE, 16)
