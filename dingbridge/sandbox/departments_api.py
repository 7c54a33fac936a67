"""The stand-in's department APIs, ``/topapi/v2/department/*``."""

from collections.abc import Mapping
from typing import Any

from dingbridge.sandbox.api_envelope import OapiError, Routes
from dingbridge.sandbox.directory import ROOT, Department
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.server_calls import Body, known_department, number, oapi

_TEXTS = ("name", "source_identifier", "code")
_FLAGS = ("hide_dept", "create_dept_group", "auto_add_user", "auto_approve_apply", "outer_dept")


class DepartmentsApi:
    """Names are unique among neighbours; only an empty department can be deleted."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state
        handlers = {
            "get": oapi(state, self._get),
            "listsub": oapi(state, self._children),
            "create": oapi(state, self._create, permission="manage"),
            "update": oapi(state, self._update, permission="manage"),
            "delete": oapi(state, self._delete, permission="manage"),
        }
        self.routes: Routes = {
            f"/topapi/v2/department/{verb}": ("contacts", answer)
            for verb, answer in handlers.items()
        }

    def _get(self, body: Body) -> Mapping[str, object]:
        found = self._state.corp.directory.department(
            known_department(self._state, body.get("dept_id"))
        )
        return {"result": found}

    def _create(self, body: Body) -> Mapping[str, object]:
        parent = number(body.get("parent_id"))
        if parent is None or not self._state.corp.directory.department(parent):
            raise OapiError(60004, "父部门不存在")
        fields = self._fields(body, parent, None)
        return {"result": {"dept_id": self._state.corp.directory.put_department(None, fields)}}

    def _update(self, body: Body) -> Mapping[str, object]:
        directory = self._state.corp.directory
        identity = known_department(self._state, body.get("dept_id"))
        if identity == ROOT and ("name" in body or "parent_id" in body):
            raise OapiError(60018, "不允许更新根部门")
        present = directory.department(identity) or {}
        parent = number(body.get("parent_id", present.get("parent_id", ROOT)))
        if parent is None or not directory.department(parent):
            raise OapiError(60004, "父部门不存在")
        if directory.is_below(parent, identity) and identity != ROOT:
            raise OapiError(60010, "部门存在循环关系")
        directory.put_department(identity, self._fields(body, parent, present))
        return {}

    def _delete(self, body: Body) -> Mapping[str, object]:
        directory = self._state.corp.directory
        identity = known_department(self._state, body.get("dept_id"))
        if identity == ROOT:
            raise OapiError(60007, "不允许删除根部门")
        if directory.children(identity):
            raise OapiError(60006, "不允许删除有子部门的部门")
        if directory.members(identity):
            raise OapiError(60005, "不允许删除有成员的部门")
        directory.remove_department(identity)
        return {}

    def _children(self, body: Body) -> Mapping[str, object]:
        children = self._state.corp.directory.children(
            known_department(self._state, body.get("dept_id", ROOT))
        )
        return {
            "result": [
                {
                    "dept_id": child["dept_id"],
                    "name": child["name"],
                    "parent_id": child["parent_id"],
                    "create_dept_group": bool(child.get("create_dept_group")),
                    "auto_add_user": bool(child.get("auto_add_user")),
                }
                for child in children
            ]
        }

    def _fields(self, body: Body, parent: int, present: Department | None) -> dict[str, Any]:
        fields = {name: body[name] for name in (*_TEXTS, *_FLAGS) if name in body}
        if "order" in body:
            fields["order"] = number(body["order"])
            if fields["order"] is None:
                raise OapiError(40035, "不合法的参数")
        name = fields.get("name", present and present["name"])
        if not isinstance(name, str) or not 0 < len(name) <= 64 or set(name) & set("-,，"):
            raise OapiError(60001, "不合法的部门名称")
        siblings = self._state.corp.directory.children(parent)
        mine = present["dept_id"] if present else None
        if any(one["name"] == name and one["dept_id"] != mine for one in siblings):
            raise OapiError(60008, "父部门下该部门名称已存在")
        if "dept_manager_userid_list" in body:
            managers = [part for part in str(body["dept_manager_userid_list"]).split(",") if part]
            if not all(self._state.corp.directory.person(each) for each in managers):
                raise OapiError(40031, "不合法的UserID列表")
            fields["dept_manager_userid_list"] = managers
        if present is None or "parent_id" in body:
            fields["parent_id"] = parent
        return fields
