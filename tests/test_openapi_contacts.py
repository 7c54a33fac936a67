"""People, departments, and who somebody is: every function against the sandbox, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from openapi_stage import Stage, open_stage

from dingbridge.errors import CallRefused, PlatformError, PlatformUnavailable
from dingbridge.openapi.users import TICKS, User

PERSONAL = {"email", "work_place", "remark", "extension"}
NUMBER = {"mobile", "state_code"}
# Beyond the basic plane, a middle dot, a rare surname, emoji, Latin, right to left.
NAMES = ["𠮷田健", "阿依古丽·买买提", "㐂子", "张三🀄", "O'Brien, Zoë", "محمد"]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with open_stage(tmp_path) as opened:
        yield opened


def tick(stage: Stage, **ticks: bool) -> None:
    stage.sandbox.patch_platform(permissions=ticks)


# -- people


@pytest.mark.row("R42")
@pytest.mark.parametrize("name", NAMES)
def test_a_person_is_created_and_read_back_intact(stage: Stage, name: str) -> None:
    tick(stage, mobile=True, email=True)
    userid = stage.openapi.users.create(
        name,
        "13911112222",
        [101, 1021],
        title=f"{name}的职位",
        email="a@example.com",
        extension={"爱好": f"旅游，{name}"},
        hired_date=1_700_000_000_000,
    )
    user = stage.openapi.users.get(userid)
    assert (user.name, user.title) == (name, f"{name}的职位")
    assert user.extension == {"爱好": f"旅游，{name}"}
    assert user.departments == (101, 1021)
    assert (user.mobile, user.email) == ("13911112222", "a@example.com")
    assert user.hired_date == 1_700_000_000_000
    stage.openapi.users.update(userid, name=name[::-1], departments=[104])
    changed = stage.openapi.users.get(userid)
    assert (changed.name, changed.departments) == (name[::-1], (104,))
    assert changed.title == user.title
    stage.openapi.users.delete(userid)
    with pytest.raises(PlatformError) as caught:
        stage.openapi.users.get(userid)
    assert caught.value.code == "60121"


def test_a_person_comes_with_departments_roles_and_rank(stage: Stage) -> None:
    user = stage.openapi.users.get("manager4220")
    assert user.admin
    assert user.leads == (103,)
    assert [(role.name, role.group) for role in user.roles] == [("主管理员", "默认")]
    assert user.unionid


@pytest.mark.row("R35")
@pytest.mark.parametrize(
    ("mobile", "email", "withheld"),
    [
        (False, False, NUMBER | PERSONAL),
        (True, False, PERSONAL),
        (False, True, NUMBER),
        (True, True, set()),
    ],
)
def test_what_the_platform_withheld_is_marked_and_not_empty(
    stage: Stage, mobile: bool, email: bool, withheld: set[str]
) -> None:
    tick(stage, mobile=mobile, email=email)
    user = stage.openapi.users.get("manager4220")
    assert user.withheld == withheld
    assert bool(user.mobile) is mobile
    assert bool(user.email) is email
    (listed,) = (
        each for each in stage.openapi.users.in_department(1) if each.userid == "manager4220"
    )
    assert listed.withheld == withheld
    assert set(TICKS) == NUMBER | PERSONAL


@pytest.mark.row("R35")
def test_a_field_that_is_blank_beside_others_of_its_tick_is_not_withheld(stage: Stage) -> None:
    tick(stage, email=True)
    userid = stage.openapi.users.create("无邮箱", "13911113333", [101], work_place="杭州")
    user = stage.openapi.users.get(userid)
    assert (user.email, user.withheld) == ("", frozenset(NUMBER))


def test_private_fields_stay_out_of_a_users_repr(stage: Stage) -> None:
    tick(stage, mobile=True, email=True)
    user = stage.openapi.users.get("manager4220")
    assert user.mobile
    assert user.mobile not in repr(user)
    assert user.email not in repr(user)


def test_a_department_is_listed_page_after_page(stage: Stage) -> None:
    for number in range(7):
        stage.openapi.users.create(f"同事{number}", f"1390000100{number}", [104])
    listed = list(stage.openapi.users.in_department(104, page_size=3))
    assert [user.name for user in listed] == ["陈思远", *(f"同事{n}" for n in range(7))]
    assert stage.calls("/topapi/v2/user/list") == 3
    assert stage.openapi.users.ids_in_department(104) == tuple(user.userid for user in listed)


def test_pages_are_asked_for_as_they_are_needed(stage: Stage) -> None:
    pages = stage.openapi.users.in_department(103, page_size=1)
    assert isinstance(next(pages), User)
    assert stage.calls("/topapi/v2/user/list") == 1


@pytest.mark.parametrize("size", [0, 101, -1])
def test_a_page_size_that_the_platform_refuses_is_refused_here(stage: Stage, size: int) -> None:
    with pytest.raises(CallRefused) as caught:
        list(stage.openapi.users.in_department(1, page_size=size))
    assert caught.value.code == "page_size"
    assert stage.calls("/topapi/v2/user/list") == 0


def test_a_cursor_that_does_not_move_on_is_no_endless_loop(stage: Stage) -> None:
    page = {"errcode": 0, "result": {"has_more": True, "next_cursor": 0, "list": []}}
    stage.sandbox.fault("/topapi/v2/user/list", "custom", body=json.dumps(page))
    with pytest.raises(PlatformUnavailable) as caught:
        list(stage.openapi.users.in_department(1))
    assert caught.value.values["field"] == "result.next_cursor"


@pytest.mark.parametrize(
    ("name", "departments", "code"),
    [("", [1], "user_name"), ("长" * 81, [1], "user_name"), ("张三", [], "department_list")],
)
def test_what_the_platform_refuses_vaguely_is_refused_here_clearly(
    stage: Stage, name: str, departments: list[int], code: str
) -> None:
    with pytest.raises(CallRefused) as caught:
        stage.openapi.users.create(name, "13900000000", departments)
    assert caught.value.code == code
    assert stage.calls("/topapi/v2/user/create") == 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"userid": "manager4220", "mobile": "13911110000"}, "60102"),
        ({"mobile": "13800000000"}, "60104"),
        ({"mobile": "mobile"}, "60103"),
        ({"mobile": "13911110000", "email": "none"}, "60105"),
        ({"mobile": "13911110000", "email": "manager4220@example.com"}, "60106"),
        ({"mobile": "13911110000", "departments": [999]}, "60003"),
    ],
)
def test_the_platforms_refusals_come_through(
    stage: Stage, fields: dict[str, object], code: str
) -> None:
    given: dict[str, object] = {"name": "张三", "departments": [101], **fields}
    with pytest.raises(PlatformError) as caught:
        stage.openapi.users.create(**given)  # type: ignore[arg-type]
    assert caught.value.code == code


def test_without_the_permission_the_directory_is_not_changed(stage: Stage) -> None:
    tick(stage, manage=False)
    with pytest.raises(PlatformError) as caught:
        stage.openapi.users.delete("user2001")
    assert (caught.value.code, caught.value.sub_code) == ("88", "60011")
    assert stage.openapi.users.get("user2001").name == "李晓明"


@pytest.mark.parametrize(
    "result",
    [
        {"userid": 5, "name": "x"},
        {"userid": "", "name": "x"},
        {"name": "x"},
        {"userid": "u", "name": None},
        {"userid": "u", "name": "x", "dept_id_list": "[1]"},
        {"userid": "u", "name": "x", "admin": "yes"},
        {"userid": "u", "name": "x", "role_list": {"id": 1}},
        {"userid": "u", "name": "x", "extension": "no json"},
        {"userid": "u", "name": "x", "unionid": ["a"]},
        [],
        "u",
        None,
    ],
)
def test_a_platform_that_lies_about_types_gives_nobody(stage: Stage, result: object) -> None:
    body = json.dumps({"errcode": 0, "errmsg": "ok", "result": result})
    stage.sandbox.fault("/topapi/v2/user/get", "custom", body=body)
    with pytest.raises(PlatformUnavailable) as caught:
        stage.openapi.users.get("u")
    assert caught.value.code == "platform_unreadable"
    assert caught.value.values["field"].startswith("result")


def test_numbers_and_flags_as_strings_are_taken_as_the_documents_print_them(stage: Stage) -> None:
    result = {
        "userid": "zhangsan",
        "name": "张三",
        "admin": "true",
        "boss": "false",
        "hired_date": "1597573616828",
        "dept_id_list": ["2", 3],
        "extension": '{"爱好":"旅游"}',
    }
    body = json.dumps({"errcode": "0", "errmsg": "ok", "result": result})
    stage.sandbox.fault("/topapi/v2/user/get", "custom", body=body)
    user = stage.openapi.users.get("zhangsan")
    assert (user.admin, user.boss, user.hired_date) == (True, False, 1597573616828)
    assert (user.departments, user.extension) == ((2, 3), {"爱好": "旅游"})


# -- deletions


@pytest.mark.row("R43")
@pytest.mark.parametrize("kind", ["users", "departments", "calendar", "callbacks"])
def test_a_deletion_whose_answer_was_lost_is_done(stage: Stage, kind: str) -> None:
    openapi = stage.openapi
    delete: Callable[[], None]
    if kind == "users":
        path, delete = "/topapi/v2/user/delete", lambda: openapi.users.delete("user5031")
    elif kind == "departments":
        path, made = "/topapi/v2/department/delete", openapi.departments.create("新")
        delete = lambda: openapi.departments.delete(made)  # noqa: E731
    elif kind == "calendar":
        path, person = "calendar", openapi.users.get("user2001").unionid
        event = openapi.calendar.create(person, "周会", datetime(2026, 12, 1, 9, tzinfo=UTC)).id
        delete = lambda: openapi.calendar.delete(person, event)  # noqa: E731
    else:
        path, delete = "/call_back/delete_call_back", openapi.callbacks.delete
        openapi.callbacks.register("https://a.example/x", ["user_add_org"], "token", "k" * 43)
    stage.sandbox.fault(path, "lost", times=1)
    delete()
    # What nobody has deleted is an error; also after a token that was refused.
    stage.sandbox.revoke_token()
    with pytest.raises(PlatformError):
        delete()


# -- departments


@pytest.mark.row("R42")
def test_a_department_is_created_read_changed_and_deleted(stage: Stage) -> None:
    departments = stage.openapi.departments
    created = departments.create("一级部门🀄", source_identifier="HR-1", order=7)
    below = departments.create("二级部门", created)
    found = departments.get(created)
    assert (found.name, found.parent, found.order) == ("一级部门🀄", 1, 7)
    assert found.source_identifier == "HR-1"
    departments.update(created, name="改了名", managers=["user2001"])
    assert departments.get(created).name == "改了名"
    assert departments.get(created).managers == ("user2001",)
    assert [child.name for child in departments.children(created)] == ["二级部门"]
    with pytest.raises(PlatformError) as caught:
        departments.delete(created)
    assert caught.value.code == "60006"
    departments.delete(below)
    departments.delete(created)
    with pytest.raises(PlatformError) as caught:
        departments.get(created)
    assert caught.value.code == "60003"


def test_all_departments_are_found_level_by_level(stage: Stage) -> None:
    found = [department.name for department in stage.openapi.departments.below()]
    assert found[:4] == ["产品部", "研发部", "市场部", "人力资源部"]
    assert set(found[4:]) == {"前端组", "后端组"}


@pytest.mark.parametrize("name", ["", "长" * 65, "前端-组", "前端,组", "前端，组"])
def test_a_department_name_against_the_rules_is_refused_here(stage: Stage, name: str) -> None:
    for attempt in (
        lambda: stage.openapi.departments.create(name),
        lambda: stage.openapi.departments.update(101, name=name),
    ):
        with pytest.raises(CallRefused) as caught:
            attempt()
        assert caught.value.code == "department_name"


@pytest.mark.parametrize(
    ("attempt", "code"),
    [
        (lambda d: d.create("产品部"), "60008"),
        (lambda d: d.create("新部门", 999), "60004"),
        (lambda d: d.update(1, name="根"), "60018"),
        (lambda d: d.update(102, parent=1021), "60010"),
        (lambda d: d.update(101, managers=["nobody"]), "40031"),
        (lambda d: d.delete(101), "60005"),
        (lambda d: d.delete(1), "60007"),
        (lambda d: d.children(999), "60003"),
    ],
)
def test_the_rules_of_departments_come_through(stage: Stage, attempt: object, code: str) -> None:
    with pytest.raises(PlatformError) as caught:
        attempt(stage.openapi.departments)  # type: ignore[operator]
    assert caught.value.code == code


# -- who somebody is


def auth_code(stage: Stage) -> str:
    corp = {"corpId": stage.settings.corp_id}
    answer = stage.sandbox.native("runtime.permission.requestAuthCode", corp)
    code: str = answer["result"]["code"]
    return code


@pytest.mark.row("R31")
def test_a_code_tells_who_has_signed_in(stage: Stage) -> None:
    who = stage.openapi.identity.by_code(auth_code(stage))
    assert (who.userid, who.name, who.admin) == ("manager4220", "张小沙", True)
    ref = stage.openapi.users.by_unionid(who.unionid)
    assert (ref.userid, ref.contact) == ("manager4220", "internal")


@pytest.mark.row("R32")
def test_a_code_is_good_once_and_for_five_minutes(stage: Stage) -> None:
    spent, old = auth_code(stage), auth_code(stage)
    stage.openapi.identity.by_code(spent)
    stage.pass_time(301)
    for code in (spent, old, "unknown"):
        with pytest.raises(PlatformError) as caught:
            stage.openapi.identity.by_code(code)
        assert "40078" in (caught.value.code, caught.value.sub_code)


@pytest.mark.row("R32")
@pytest.mark.parametrize("kind", ["busy", "reset", "http500"])
def test_what_spends_a_code_is_never_repeated(stage: Stage, kind: str) -> None:
    path = "/topapi/v2/user/getuserinfo"
    stage.sandbox.fault(path, kind, times=1)
    with pytest.raises(PlatformError):
        stage.openapi.identity.by_code(auth_code(stage))
    assert stage.calls(path) == 1


def test_a_stranger_to_the_corp_has_no_userid(stage: Stage) -> None:
    with pytest.raises(PlatformError) as caught:
        stage.openapi.users.by_unionid("somebody-else")
    assert caught.value.code == "60121"


@pytest.mark.row("R34")
def test_a_user_token_keeps_to_itself(stage: Stage) -> None:
    answer = {
        "accessToken": "user-token-canary",
        "refreshToken": "refresh-canary",
        "expireIn": 7200,
        "corpId": "ding1",
    }
    stage.sandbox.fault("/v1.0/oauth2/userAccessToken", "custom", body=json.dumps(answer))
    token = stage.openapi.identity.user_token("code")
    assert (token.access_token, token.corp_id) == ("user-token-canary", "ding1")
    assert "canary" not in repr(token)


@pytest.mark.row("R35")
def test_what_a_person_did_not_consent_to_is_marked_as_withheld(stage: Stage) -> None:
    told = {"unionId": "u1", "openId": "o1", "nick": "张三", "email": ""}
    stage.sandbox.fault("/v1.0/contact/users/me", "custom", body=json.dumps(told))
    me = stage.openapi.identity.me("a-user-token")
    assert (me.nick, me.unionid) == ("张三", "u1")
    assert me.withheld == {"mobile", "state_code", "avatar"}


def test_a_bad_code_of_the_browser_is_the_platforms_error(stage: Stage) -> None:
    with pytest.raises(PlatformError) as caught:
        stage.openapi.identity.user_token("nothing")
    assert caught.value.code == "invalidParameter.authCode.notFound"
    assert caught.value.http_status == 400
    with pytest.raises(PlatformError) as caught:
        stage.openapi.identity.me("nothing")
    assert caught.value.code == "InvalidAuthentication"
    # Another person's token is no reason to renew the app's own.
    assert stage.calls("/v1.0/contact/users/me") == 1
