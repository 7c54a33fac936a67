"""People of the corp: `/topapi/v2/user/*` and `/topapi/user/*` (documents "user management")."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypedDict, Unpack

from dingbridge.envelopes import read_json
from dingbridge.errors import CallRefused
from dingbridge.openapi.answers import Answer
from dingbridge.openapi.client import Client, Request

NAME_LIMIT = 80
DEPARTMENTS_LIMIT = 100
PAGE_SIZE = 100
_PAGES_LIMIT = 10_000  # a platform that never says "no more" must not keep a worker for ever

# Fields that are given only with a tick in the console (the app → 权限管理 → 通讯录管理), by the
# name of the tick. Third-party apps are given none of them, whatever is ticked.
TICKS: Mapping[str, str] = MappingProxyType(
    {
        "mobile": "企业员工手机号信息",
        "state_code": "企业员工手机号信息",
        "email": "邮箱等个人信息",
        "work_place": "邮箱等个人信息",
        "remark": "邮箱等个人信息",
        "extension": "邮箱等个人信息",
    }
)


@dataclass(frozen=True)
class Role:
    """A role that the corp has given to somebody."""

    id: int
    name: str
    group: str


@dataclass(frozen=True)
class User:
    """A person as the corp's directory has them.

    `withheld` names the fields that the platform did not give to this app; they are empty here,
    which says nothing about the person. `TICKS` says which tick in the console gives each. (Where
    somebody's email, workplace, remark and extension are all blank, the platform's answer is the
    same as without the tick, and they are named as well.)
    """

    userid: str
    name: str
    unionid: str = ""
    avatar: str = ""
    title: str = ""
    job_number: str = ""
    telephone: str = field(default="", repr=False)
    mobile: str = field(default="", repr=False)
    state_code: str = ""
    hide_mobile: bool = False
    email: str = field(default="", repr=False)
    org_email: str = field(default="", repr=False)
    work_place: str = ""
    remark: str = field(default="", repr=False)
    extension: Mapping[str, object] = field(default_factory=dict, repr=False)
    departments: tuple[int, ...] = ()
    leads: tuple[int, ...] = ()
    roles: tuple[Role, ...] = ()
    manager: str = ""
    hired_date: int | None = None  # milliseconds since 1970
    active: bool = False
    real_authed: bool = False
    admin: bool = False
    boss: bool = False
    senior: bool = False
    withheld: frozenset[str] = frozenset()


@dataclass(frozen=True)
class UserRef:
    """Whom a unionid belongs to: `contact` says whether they are of the corp."""

    userid: str
    contact: Literal["internal", "external"]


class UserDetails(TypedDict, total=False):
    """What can be set of a person beside name and departments, under the platform's names."""

    hide_mobile: bool
    telephone: str
    job_number: str
    title: str
    email: str
    org_email: str
    work_place: str
    remark: str
    extension: Mapping[str, str]
    senior_mode: bool
    hired_date: int
    manager_userid: str


class Users:
    """Create, get, update, delete and list people."""

    def __init__(self, client: Client) -> None:
        """`client` makes the calls."""
        self._client = client

    def get(self, userid: str, *, language: Literal["zh_CN", "en_US"] = "zh_CN") -> User:
        """One person. Raises PlatformError (33012, 60121 if there is none of that id)."""
        answer = self._result("/topapi/v2/user/get", {"userid": userid, "language": language})
        return read_user(answer)

    def create(
        self,
        name: str,
        mobile: str,
        departments: Sequence[int],
        *,
        userid: str = "",
        **details: Unpack[UserDetails],
    ) -> str:
        """A new person; the userid, made by the platform where none is given.

        `mobile` is of mainland China, or `+xx-number`; `departments` are 1 to 100 ids.

        Raises CallRefused (`user_name`, `department_list`), PlatformError (60102, 60104 …).
        """
        fields = {"mobile": mobile, **_fields(name, departments, details)}
        if userid:
            fields["userid"] = userid
        answer = self._result("/topapi/v2/user/create", fields, repeatable=False)
        return answer.identifier("userid")

    def update(
        self,
        userid: str,
        *,
        name: str | None = None,
        departments: Sequence[int] | None = None,
        **details: Unpack[UserDetails],
    ) -> None:
        """Change what is given, and nothing else.

        The platform replaces `extension` as a whole: give every entry that is to stay.

        Raises CallRefused and PlatformError as `create` does.
        """
        path = "/topapi/v2/user/update"
        body = {"userid": userid, **_fields(name, departments, details)}
        self._client.send(Request("POST", path, json=body, repeatable=True))

    def delete(self, userid: str) -> None:
        """Take a person out of the corp. Raises PlatformError (33012)."""
        path, gone = "/topapi/v2/user/delete", frozenset({"33012", "60121"})
        self._client.send(
            Request("POST", path, json={"userid": userid}, repeatable=True, gone=gone)
        )

    def in_department(self, department: int, *, page_size: int = PAGE_SIZE) -> Iterator[User]:
        """The people who are in a department itself, page after page as they are asked for.

        Raises PlatformError (60019, 50004 …), CallRefused unless `page_size` is 1 to 100.
        """
        if not 1 <= page_size <= PAGE_SIZE:
            raise CallRefused("page_size", {"size": str(page_size), "limit": str(PAGE_SIZE)})
        cursor = 0
        for _ in range(_PAGES_LIMIT):
            body = {"dept_id": department, "cursor": cursor, "size": page_size}
            page = self._result("/topapi/v2/user/list", body)
            for answer in page.objects("list"):
                yield read_user(answer, department)
            if not page.flag("has_more"):
                return
            following = page.number("next_cursor")
            if following <= cursor:
                raise page.unreadable("next_cursor")
            cursor = following

    def ids_in_department(self, department: int) -> tuple[str, ...]:
        """The userids of those who are in a department itself."""
        return self._result("/topapi/user/listid", {"dept_id": department}).texts("userid_list")

    def by_unionid(self, unionid: str) -> UserRef:
        """Who a unionid belongs to in this corp. Raises PlatformError (60121 for a stranger)."""
        answer = self._result("/topapi/user/getbyunionid", {"unionid": unionid})
        kind = answer.number("contact_type")
        if kind not in (0, 1):
            raise answer.unreadable("contact_type")
        return UserRef(answer.identifier("userid"), "external" if kind else "internal")

    def _result(self, path: str, body: object, *, repeatable: bool = True) -> Answer:
        sent = Request("POST", path, json=body, repeatable=repeatable)
        return Answer(self._client.send(sent), path).object("result")


def read_user(answer: Answer, department: int | None = None) -> User:
    """A person from `/topapi/v2/user/get`, or from a page of `department`'s list.

    Raises PlatformUnavailable (`platform_unreadable`) naming the field that cannot be used.
    """
    if department is None:
        leads = tuple(
            place.number("dept_id")
            for place in answer.objects("leader_in_dept")
            if place.flag("leader")
        )
    else:
        leads = (department,) if answer.flag("leader") else ()
    return User(
        userid=answer.identifier("userid"),
        name=answer.required("name"),
        unionid=answer.text("unionid"),
        avatar=answer.text("avatar"),
        title=answer.text("title"),
        job_number=answer.text("job_number"),
        telephone=answer.text("telephone"),
        mobile=answer.text("mobile"),
        state_code=answer.text("state_code"),
        hide_mobile=answer.flag("hide_mobile"),
        email=answer.text("email"),
        org_email=answer.text("org_email"),
        work_place=answer.text("work_place"),
        remark=answer.text("remark"),
        extension=_extension(answer),
        departments=answer.numbers("dept_id_list"),
        leads=leads,
        roles=tuple(
            Role(role.number("id"), role.text("name"), role.text("group_name"))
            for role in answer.objects("role_list")
        ),
        manager=answer.text("manager_userid"),
        hired_date=answer.number("hired_date") if "hired_date" in answer else None,
        active=answer.flag("active"),
        real_authed=answer.flag("real_authed"),
        admin=answer.flag("admin"),
        boss=answer.flag("boss"),
        senior=answer.flag("senior"),
        withheld=_withheld(answer),
    )


def _withheld(answer: Answer) -> frozenset[str]:
    """The fields of each tick of which the platform gave none."""
    given = {tick for name, tick in TICKS.items() if name in answer}
    return frozenset(name for name, tick in TICKS.items() if tick not in given)


def _extension(answer: Answer) -> dict[str, object]:
    """The corp's own fields, which come as JSON within a string."""
    text = answer.text("extension")
    if not text:
        return {}
    try:
        entries = read_json(text)
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, dict):
        raise answer.unreadable("extension")
    return entries


def _fields(
    name: str | None, departments: Sequence[int] | None, details: UserDetails
) -> dict[str, object]:
    """The body's fields, checked where the platform would refuse them with a vague word."""
    fields: dict[str, object] = {**details}
    if name is not None:
        if not 0 < len(name) <= NAME_LIMIT:
            raise CallRefused("user_name", {"limit": str(NAME_LIMIT)})
        fields["name"] = name
    if departments is not None:
        if not 0 < len(departments) <= DEPARTMENTS_LIMIT:
            raise CallRefused("department_list", {"limit": str(DEPARTMENTS_LIMIT)})
        fields["dept_id_list"] = ",".join(str(department) for department in departments)
    if "extension" in details:
        fields["extension"] = json.dumps(dict(details["extension"]), ensure_ascii=False)
    return fields
