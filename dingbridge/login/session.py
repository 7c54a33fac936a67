"""The session of somebody who is signed in: user, corp and time, in Flask's own session.

It stands under the bridge's name, so that several bridges of one app do not see each other's.
"""

from __future__ import annotations

import time
from collections.abc import Callable, MutableMapping
from dataclasses import asdict, dataclass
from typing import Any

from dingbridge.login.person import Person

# After this the person signs in again, which in the client goes by itself.
SESSION_SECONDS = 12 * 3600
# A role may be taken away: so long somebody counts as administrator before signing in again.
ADMIN_SECONDS = 3600
# Machines of one fleet do not agree to the second.
_SKEW_SECONDS = 60


@dataclass(frozen=True)
class SessionUser:
    """Who is signed in. `at` is when, in seconds since 1970; `admin` is of the corp, then."""

    userid: str
    name: str
    admin: bool
    corp: str
    at: int

    @classmethod
    def read(cls, kept: object, corp: str, now: float) -> SessionUser | None:
        """What `start` has kept, if it is of that corp and not too old; else None."""
        match kept:
            case {
                "userid": str() as userid,
                "name": str() as name,
                "admin": bool() as admin,
                "corp": str() as kept_corp,
                "at": int() as at,
            } if kept_corp == corp and -_SKEW_SECONDS <= now - at < SESSION_SECONDS:
                return cls(userid, name, admin, kept_corp, at)
        return None

    def is_admin(self, now: float) -> bool:
        """Whether this is an administrator, asked for lately."""
        return self.admin and now - self.at < ADMIN_SECONDS

    def is_former_admin(self, now: float) -> bool:
        """Whether this was an administrator too long ago to be one without being asked again."""
        return self.admin and not self.is_admin(now)

    def public(self) -> dict[str, object]:
        """For the person's own page."""
        return {
            "userid": self.userid,
            "name": self.name,
            "corpId": self.corp,
            "admin": self.admin,
        }


def start(
    session: MutableMapping[str, Any], name: str, person: Person, *, others: set[str]
) -> SessionUser:
    """A new session for `person` under `name`: whatever else was in the session is gone.

    `others` are the names of the app's other bridges, whose sessions are not ours to end.
    """
    user = SessionUser(person.userid, person.name, person.admin, person.corp_id, int(time.time()))
    kept = {other: session[other] for other in others - {name} if other in session}
    session.clear()
    session.update({**kept, name: asdict(user)})
    return user


def end(session: MutableMapping[str, Any], name: str) -> None:
    """Nobody is signed in any more."""
    session.pop(name, None)


def regenerate(interface: object, session: object) -> None:
    """Give the session another id, where its kind has one (server-side sessions do)."""
    change: Callable[[object], None] | None = getattr(interface, "regenerate", None)
    if change is not None:
        change(session)
