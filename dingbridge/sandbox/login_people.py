"""Who can sign in: people of the app's corp, and one of another."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Person:
    """Somebody with an account. ``corp`` is another corp's id, None for one of the app's own."""

    userid: str
    name: str
    unionid: str
    title: str = ""
    admin: bool = False
    admin_level: int = 0
    corp: str | None = None

    def details(self) -> dict[str, Any]:
        """As the corp's directory tells it to an app without ticks for private fields."""
        return {
            "userid": self.userid,
            "unionid": self.unionid,
            "name": self.name,
            "avatar": "",
            "title": self.title,
            "dept_id_list": [1],
            "admin": self.admin,
            "boss": self.admin_level == 100,
            "senior": False,
            "active": True,
            "real_authed": True,
        }

    def about_themselves(self) -> dict[str, Any]:
        """As they tell it to an app in a browser."""
        return {
            "nick": self.name,
            "avatarUrl": "",
            "openId": f"open-{self.userid}",
            "unionId": self.unionid,
        }


PEOPLE = (
    Person("manager4220", "张小沙", "unionAaBbCc4220iE", "外勤主管", admin=True, admin_level=1),
    Person("user5031", "欧阳若兰", "unionDdEeFf5031iE", "外勤专员"),
    Person("user6188", "王磊", "unionGgHhIi6188iE", "外勤专员"),
    Person("guest7001", "陈晨", "unionJjKkLl7001iE", corp="dingsandboxother01"),
)


def by_userid(userid: str) -> Person | None:
    """The person of that id."""
    return next((person for person in PEOPLE if person.userid == userid), None)


def by_unionid(unionid: str) -> Person | None:
    """The person of that unionid."""
    return next((person for person in PEOPLE if person.unionid == unionid), None)
