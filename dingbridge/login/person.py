"""Who has signed in, as far as the platform tells."""

from __future__ import annotations

from dataclasses import dataclass, field

from dingbridge.openapi.identity import SignedIn
from dingbridge.openapi.users import User

# What an app asks about most, and the platform gives only with a tick in the console.
PRIVATE = ("email", "mobile")


@dataclass(frozen=True)
class Person:
    """Somebody of the corp. A field in `withheld` is unknown, which is not the same as empty."""

    userid: str
    name: str
    corp_id: str
    admin: bool
    unionid: str = ""
    avatar: str = ""
    title: str = ""
    job_number: str = ""
    departments: tuple[int, ...] = ()
    boss: bool = False
    email: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)
    withheld: tuple[str, ...] = ()

    @classmethod
    def told(cls, user: User, corp_id: str) -> Person:
        """From the directory's answer."""
        return cls(
            userid=user.userid,
            name=_one_line(user.name),
            corp_id=corp_id,
            admin=user.admin,
            unionid=user.unionid,
            avatar=user.avatar,
            title=user.title,
            job_number=user.job_number,
            departments=user.departments,
            boss=user.boss,
            email=user.email or user.org_email,
            mobile=user.mobile,
            withheld=tuple(name for name in PRIVATE if name in user.withheld),
        )

    @classmethod
    def untold(cls, signed_in: SignedIn, corp_id: str) -> Person:
        """Where the app may not read the directory: what came with the code is all there is."""
        withheld = ("avatar", "title", "job_number", "departments", "boss", *PRIVATE)
        return cls(
            userid=signed_in.userid,
            name=_one_line(signed_in.name) or signed_in.userid,
            corp_id=corp_id,
            admin=signed_in.admin,
            unionid=signed_in.unionid,
            withheld=withheld,
        )

    def public(self) -> dict[str, object]:
        """For the person's own page: a withheld field is null and named in `withheld`."""
        told: dict[str, object] = {
            "userid": self.userid,
            "name": self.name,
            "corpId": self.corp_id,
            "admin": self.admin,
            "unionid": self.unionid,
            "avatar": self.avatar,
            "title": self.title,
            "jobNumber": self.job_number,
            "departments": list(self.departments),
            "boss": self.boss,
            "email": self.email,
            "mobile": self.mobile,
        }
        names = {"job_number": "jobNumber"}
        withheld = [names.get(name, name) for name in self.withheld]
        return {**told, **dict.fromkeys(withheld), "withheld": withheld}


def _one_line(name: str) -> str:
    """A name as a line of a page or a log has it, however somebody has typed it."""
    return " ".join(name.split())
