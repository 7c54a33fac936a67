"""Departments of the corp: `/topapi/v2/department/*` (documents "department management")."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypedDict, Unpack

from dingbridge.errors import CallRefused
from dingbridge.openapi.answers import Answer
from dingbridge.openapi.client import Client, Request

ROOT = 1
NAME_LIMIT = 64


@dataclass(frozen=True)
class Department:
    """A department; of those from a list, only the first three fields are known."""

    id: int
    name: str
    parent: int
    order: int | None = None
    managers: tuple[str, ...] = ()
    members: int | None = None  # with those of sub-departments
    source_identifier: str = ""
    chat: str = ""
    hidden: bool = False


class DepartmentDetails(TypedDict, total=False):
    """What can be set of a department beside name and parent, under the platform's names apart
    from `managers`.
    """

    order: int
    hide_dept: bool
    create_dept_group: bool
    auto_add_user: bool
    auto_approve_apply: bool
    source_identifier: str
    managers: Sequence[str]
    outer_dept: bool
    code: str


class Departments:
    """Create, get, update, delete and list departments."""

    def __init__(self, client: Client) -> None:
        """`client` makes the calls."""
        self._client = client

    def get(self, department: int) -> Department:
        """One department. Raises PlatformError (60003 if there is none)."""
        answer = self._send("get", {"dept_id": department, "language": "zh_CN"}).object("result")
        return Department(
            id=answer.number("dept_id"),
            name=answer.required("name"),
            parent=answer.number("parent_id") if "parent_id" in answer else 0,
            order=answer.number("order") if "order" in answer else None,
            managers=answer.texts("dept_manager_userid_list"),
            members=answer.number("member_count") if "member_count" in answer else None,
            source_identifier=answer.text("source_identifier"),
            chat=answer.text("dept_group_chat_id"),
            hidden=answer.flag("hide_dept"),
        )

    def create(self, name: str, parent: int = ROOT, **details: Unpack[DepartmentDetails]) -> int:
        """A new department; its id.

        Raises CallRefused (`department_name`), PlatformError (60004, 60008 …).
        """
        answer = self._send("create", _fields(name, parent, details), repeatable=False)
        return answer.object("result").number("dept_id")

    def update(
        self,
        department: int,
        *,
        name: str | None = None,
        parent: int | None = None,
        **details: Unpack[DepartmentDetails],
    ) -> None:
        """Change what is given, and nothing else.

        Raises CallRefused (`department_name`), PlatformError (60003, 60018 …).
        """
        self._send("update", {"dept_id": department, **_fields(name, parent, details)})

    def delete(self, department: int) -> None:
        """Delete a department that nobody is in and that has no sub-departments.

        Raises PlatformError (60003, 60005, 60006, 60007).
        """
        self._send("delete", {"dept_id": department}, gone=frozenset({"60003"}))

    def children(self, department: int = ROOT) -> tuple[Department, ...]:
        """The departments directly below one; the platform gives them all at once."""
        answer = self._send("listsub", {"dept_id": department, "language": "zh_CN"})
        return tuple(
            Department(child.number("dept_id"), child.required("name"), child.number("parent_id"))
            for child in answer.objects("result")
        )

    def below(self, department: int = ROOT) -> Iterator[Department]:
        """All departments below one, level by level; one call for each of them."""
        waiting = [department]
        seen = {department}
        while waiting:
            for child in self.children(waiting.pop(0)):
                if child.id not in seen:
                    seen.add(child.id)
                    waiting.append(child.id)
                    yield child

    def _send(
        self,
        verb: str,
        body: object,
        *,
        repeatable: bool = True,
        gone: frozenset[str] = frozenset(),
    ) -> Answer:
        path = f"/topapi/v2/department/{verb}"
        sent = Request("POST", path, json=body, repeatable=repeatable, gone=gone)
        return Answer(self._client.send(sent), path)


def _fields(name: str | None, parent: int | None, details: DepartmentDetails) -> dict[str, object]:
    fields: dict[str, object] = {**details}
    if name is not None:
        if not 0 < len(name) <= NAME_LIMIT or set(name) & set("-,，"):
            raise CallRefused("department_name", {"limit": str(NAME_LIMIT)})
        fields["name"] = name
    if parent is not None:
        fields["parent_id"] = parent
    if "managers" in details:
        del fields["managers"]
        fields["dept_manager_userid_list"] = ",".join(details["managers"])
    return fields
