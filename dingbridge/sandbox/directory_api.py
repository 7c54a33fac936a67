"""The stand-in's people APIs, ``/topapi/v2/user/*`` and ``/topapi/user/*``."""

import re
from collections.abc import Mapping
from typing import Any

from dingbridge.sandbox.api_envelope import OapiError, Routes, parsed
from dingbridge.sandbox.directory import Person, extension
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.server_calls import Body, known_department, number, oapi

_MOBILE, _PERSONAL = ("mobile", "state_code"), ("email", "work_place", "remark")
_SETTABLE_PLAIN = (
    "name",
    "hide_mobile",
    "telephone",
    "job_number",
    "title",
    "org_email",
    "manager_userid",
    "hired_date",
)
_PERSON_FIELDS = (*_SETTABLE_PLAIN, *_PERSONAL, "senior_mode")
_PLAIN = (
    *_SETTABLE_PLAIN,
    "userid",
    "unionid",
    "dept_id_list",
    "active",
    "real_authed",
    "senior",
    "admin",
    "boss",
    "role_list",
)


class DirectoryApi:
    """What is told of a person depends on what the app has been permitted."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state
        handlers = {
            "v2/user/list": oapi(state, self._list),
            "v2/user/create": oapi(state, self._create, permission="manage"),
            "v2/user/update": oapi(state, self._update, permission="manage"),
            "v2/user/delete": oapi(state, self._delete, permission="manage"),
            "user/listid": oapi(state, self._list_ids),
        }
        self.routes: Routes = {
            f"/topapi/{name}": ("contacts", answer) for name, answer in handlers.items()
        }
        # These two are on the way of a login, and fail with its other endpoints.
        for path, handler in (
            ("/topapi/v2/user/get", self._get),
            ("/topapi/user/getbyunionid", self._by_unionid),
        ):
            self.routes[path] = ("login", oapi(state, handler))

    def _get(self, body: Body) -> Mapping[str, object]:
        person = self._person(body.get("userid"))
        told = self._told(person)
        told["leader_in_dept"] = [
            {"dept_id": each, "leader": each in person["leads"]} for each in person["dept_id_list"]
        ]
        return {"result": told}

    def _by_unionid(self, body: Body) -> Mapping[str, object]:
        person = self._state.corp.directory.by_unionid(body.get("unionid"))
        if person is None:
            raise OapiError(60121, "找不到该用户")
        return {"result": {"contact_type": 0, "userid": person["userid"]}}

    def _create(self, body: Body) -> Mapping[str, object]:
        directory = self._state.corp.directory
        userid, mobile = body.get("userid"), body.get("mobile")
        if "name" not in body or "dept_id_list" not in body:
            raise OapiError(40035, "缺少参数 name or dept_id_list")
        if not isinstance(mobile, str) or not re.fullmatch(r"(\+\d{2,3}-)?\d{5,15}", mobile):
            raise OapiError(60103, "手机号码不合法")
        if userid is not None and (not isinstance(userid, str) or not 0 < len(userid) <= 64):
            raise OapiError(40003, "不合法的UserID")
        fields = {**self._person_fields(body), "mobile": mobile}
        if userid and directory.person(userid):
            raise OapiError(60102, "UserID在公司中已存在")
        if directory.taken("mobile", mobile):
            raise OapiError(60104, "手机号码在公司中已存在")
        person = directory.put(userid, fields)
        return {"result": {"userid": person["userid"], "unionId": person["unionid"]}}

    def _update(self, body: Body) -> Mapping[str, object]:
        person = self._person(body.get("userid"))
        self._state.corp.directory.put(person["userid"], self._person_fields(body))
        return {}

    def _delete(self, body: Body) -> Mapping[str, object]:
        if not self._state.corp.directory.remove(body.get("userid")):
            raise OapiError(33012, "无效的USERID")
        return {}

    def _list(self, body: Body) -> Mapping[str, object]:
        department = known_department(self._state, body.get("dept_id"))
        cursor, size = number(body.get("cursor")), number(body.get("size"))
        if cursor is None or size is None or cursor < 0 or not 0 < size <= 100:
            raise OapiError(40035, "不合法的参数")
        members = self._state.corp.directory.members(department)
        page = members[cursor : cursor + size]
        told = []
        for person in page:
            shown = self._told(person)
            del shown["role_list"]
            told.append({**shown, "leader": department in person["leads"], "dept_order": 1})
        result: dict[str, object] = {"has_more": cursor + size < len(members), "list": told}
        if result["has_more"]:
            result["next_cursor"] = cursor + size
        return {"result": result}

    def _list_ids(self, body: Body) -> Mapping[str, object]:
        members = self._state.corp.directory.members(
            known_department(self._state, body.get("dept_id"))
        )
        return {"result": {"userid_list": [person["userid"] for person in members]}}

    def _person(self, userid: object) -> Person:
        person = self._state.corp.directory.person(userid)
        if person is None:
            raise OapiError(60121, "找不到该用户")
        return person

    def _told(self, person: Person) -> dict[str, Any]:
        """What the app's permissions let it see; blank fields are left out, as there."""
        ticks = self._state.corp.permissions
        shown = [*_PLAIN, *(_MOBILE if ticks.mobile else ()), *(_PERSONAL if ticks.email else ())]
        told = {name: person[name] for name in shown if person.get(name) not in (None, "")}
        if ticks.email and person.get("extension"):
            told["extension"] = extension(person)
        return told

    def _person_fields(self, body: Body) -> dict[str, Any]:
        fields = {name: body[name] for name in _PERSON_FIELDS if name in body}
        name = fields.get("name", "无")
        if not isinstance(name, str) or not 0 < len(name) <= 80:
            raise OapiError(60112, "用户name不合法")
        if "email" in fields:
            if "@" not in str(fields["email"]):
                raise OapiError(60105, "邮箱不合法")
            if self._state.corp.directory.taken("email", fields["email"], str(body.get("userid"))):
                raise OapiError(60106, "邮箱已存在")
        if "dept_id_list" in body:
            fields["dept_id_list"] = self._departments(body["dept_id_list"])
        if "extension" in body:
            fields["extension"] = _object(body["extension"])
        return fields

    def _departments(self, given: object) -> list[int]:
        parts = [part.strip() for part in str(given).split(",")]
        if not 0 < len(parts) <= 100 or any(number(part) is None for part in parts):
            raise OapiError(40009, "不合法的部门id")
        return [known_department(self._state, part) for part in parts]


def _object(given: object) -> object:
    found = parsed(given.encode()) if isinstance(given, str) else given
    if not isinstance(found, dict):
        raise OapiError(400002, "无效的参数")
    return found
