"""The stand-in's directory: people of one corp with their names, departments and roles."""

import json
import secrets
import threading
from collections.abc import Iterator, Mapping
from typing import Any

Person = dict[str, Any]
Department = dict[str, Any]

ROOT = 1
ORG_NAME = "沙箱科技"
_DEPARTMENTS = (
    (101, ROOT, "产品部"),
    (102, ROOT, "研发部"),
    (103, ROOT, "市场部"),
    (104, ROOT, "人力资源部"),
    (1021, 102, "前端组"),
    (1022, 102, "后端组"),
)
# Names of two to nine characters, one beyond the basic plane, one with a middle dot.
_PEOPLE: tuple[Mapping[str, Any], ...] = (
    {
        "userid": "manager4220",
        "name": "张小沙",
        "title": "外勤主管",
        "dept_id_list": [ROOT, 103],
        "admin": True,
    },
    {"userid": "user5031", "name": "欧阳若兰", "title": "外勤专员", "dept_id_list": [103]},
    {"userid": "user6188", "name": "王磊", "title": "外勤专员", "dept_id_list": [103]},
    {"userid": "user2001", "name": "李晓明", "title": "产品经理", "dept_id_list": [101]},
    {"userid": "user2002", "name": "欧阳静", "title": "前端工程师", "dept_id_list": [102, 1021]},
    {"userid": "user2003", "name": "𠮷田健", "title": "后端工程师", "dept_id_list": [1022]},
    {"userid": "user2004", "name": "阿依古丽·买买提", "title": "市场专员", "dept_id_list": [103]},
    {"userid": "user2005", "name": "陈思远", "title": "人事专员", "dept_id_list": [104]},
)
_ROLES = {
    "manager4220": [{"id": 901, "name": "主管理员", "group_name": "默认"}],
    "user2001": [{"id": 911, "name": "财务", "group_name": "职务"}],
    "user2005": [{"id": 912, "name": "人事", "group_name": "职务"}],
}
_LEADERS = {"manager4220": 103, "user2001": 101, "user2002": 102}


class Directory:
    """People by userid and departments by id; every method is safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._departments: dict[int, Department] = {
            ROOT: {"dept_id": ROOT, "name": ORG_NAME, "order": 0},
        }
        for order, (identity, parent, name) in enumerate(_DEPARTMENTS, 1):
            self._departments[identity] = {
                "dept_id": identity,
                "name": name,
                "parent_id": parent,
                "order": order,
            }
        self._next_department = 2001
        self._people: dict[str, Person] = {}
        for number, known in enumerate(_PEOPLE):
            userid = known["userid"]
            self._people[userid] = {
                "unionid": f"sandboxUnion{number}7iE",
                "mobile": f"138000000{number:02d}",
                "state_code": "86",
                "email": f"{userid}@example.com",
                "work_place": "杭州",
                "job_number": f"A{number:03d}",
                "hired_date": 1_597_573_616_000 + number * 86_400_000,
                "active": True,
                "admin": False,
                "boss": False,
                "senior": False,
                "real_authed": True,
                "hide_mobile": False,
                "role_list": _ROLES.get(userid, []),
                "leads": [_LEADERS[userid]] if userid in _LEADERS else [],
                **known,
            }

    # -- people

    def person(self, userid: object) -> Person | None:
        """A copy of the person, or None."""
        with self._lock:
            known = self._people.get(userid) if isinstance(userid, str) else None
            return dict(known) if known else None

    def by_unionid(self, unionid: object) -> Person | None:
        """A copy of the person of that unionid, or None."""
        return next((one for one in self.everybody() if one["unionid"] == unionid), None)

    def everybody(self) -> list[Person]:
        """Copies of all, in the order in which they came."""
        with self._lock:
            return [dict(person) for person in self._people.values()]

    def members(self, department: int, *, below: bool = False) -> list[Person]:
        """Those in a department, with those of the departments below it if wanted."""
        with self._lock:
            wanted = {department, *(self._below(department) if below else ())}
            return [one for one in self.everybody() if wanted & set(one["dept_id_list"])]

    def taken(self, field: str, value: object, but: str = "") -> bool:
        """Whether somebody else has that value in ``field``."""
        with self._lock:
            return any(
                person.get(field) == value and userid != but
                for userid, person in self._people.items()
            )

    def put(self, userid: str | None, fields: Mapping[str, Any]) -> Person:
        """Adds a person, or changes what ``fields`` name; a copy of the result."""
        with self._lock:
            userid = userid or f"{secrets.randbelow(10**17):017d}"
            person = self._people.setdefault(
                userid,
                {
                    "userid": userid,
                    "unionid": f"sandbox{secrets.token_urlsafe(15)}iE",
                    "state_code": "86",
                    "active": False,
                    "admin": False,
                    "boss": False,
                    "senior": False,
                    "real_authed": False,
                    "hide_mobile": False,
                    "role_list": [],
                    "leads": [],
                },
            )
            person.update(fields)
            return dict(person)

    def remove(self, userid: object) -> bool:
        """Whether there was such a person."""
        with self._lock:
            return isinstance(userid, str) and self._people.pop(userid, None) is not None

    # -- departments

    def department(self, identity: object) -> Department | None:
        """A copy with its member counts, or None."""
        with self._lock:
            if not isinstance(identity, int) or identity not in self._departments:
                return None
            return {
                **self._departments[identity],
                "member_count": len(self.members(identity, below=True)),
                "owning_member_count": len(self.members(identity)),
            }

    def children(self, identity: int) -> list[Department]:
        """Copies of the departments directly below, by their order."""
        with self._lock:
            below = [
                dict(one) for one in self._departments.values() if one.get("parent_id") == identity
            ]
        return sorted(below, key=lambda one: (one.get("order", 0), one["dept_id"]))

    def put_department(self, identity: int | None, fields: Mapping[str, Any]) -> int:
        """Adds a department, or changes what ``fields`` name; its id."""
        with self._lock:
            if identity is None:
                identity = self._next_department
                self._next_department += 1
                self._departments[identity] = {"dept_id": identity, "order": identity}
            self._departments[identity].update(fields)
            return identity

    def remove_department(self, identity: int) -> None:
        """Takes it out."""
        with self._lock:
            self._departments.pop(identity, None)

    def is_below(self, identity: int, above: int) -> bool:
        """Whether one is the other, or somewhere below it."""
        with self._lock:
            return identity == above or identity in set(self._below(above))

    def describe(self) -> dict[str, Any]:
        """Departments and people as the sandbox's page shows them."""
        with self._lock:
            names = {one["dept_id"]: one["name"] for one in self._departments.values()}
            people = [
                {
                    "userid": one["userid"],
                    "name": one["name"],
                    "title": one.get("title", ""),
                    "departments": [names.get(each, str(each)) for each in one["dept_id_list"]],
                    "roles": [role["name"] for role in one["role_list"]],
                    "admin": one["admin"],
                }
                for one in self._people.values()
            ]
            return {"departments": list(map(dict, self._departments.values())), "people": people}

    def _below(self, identity: int) -> Iterator[int]:
        for child in self.children(identity):
            yield child["dept_id"]
            yield from self._below(child["dept_id"])


def extension(person: Person) -> str:
    """The corp's own fields as the platform gives them: JSON within a string."""
    return json.dumps(person["extension"], ensure_ascii=False)
