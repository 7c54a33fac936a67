"""The stand-in for the platform, as an app sees it: both generations, their envelopes, faults."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from raw_http import connect
from sandbox_server import SandboxClient, running_sandbox

TOKEN_HEADER = "x-acs-dingtalk-access-token"
NEW = "/v1.0/oauth2/accessToken"
NEW_TICKET = "/v1.0/oauth2/jsapiTickets"


pytest_plugins = ["sandbox_fixtures"]


def get(sandbox: SandboxClient, path: str, **more: Any) -> requests.Response:
    return requests.get(sandbox.platform_url + path, timeout=10, **more)


def post(sandbox: SandboxClient, path: str, body: object = None, **more: Any) -> requests.Response:
    return requests.post(sandbox.platform_url + path, json=body, timeout=10, **more)


def keys(sandbox: SandboxClient) -> dict[str, str]:
    identity = sandbox.sandbox.platform.identity
    return {"appkey": identity.client_id, "appsecret": identity.client_secret}


def new_keys(sandbox: SandboxClient) -> dict[str, str]:
    identity = sandbox.sandbox.platform.identity
    return {"appKey": identity.client_id, "appSecret": identity.client_secret}


def token_of(sandbox: SandboxClient) -> str:
    return str(post(sandbox, NEW, new_keys(sandbox)).json()["accessToken"])


def old_ticket(sandbox: SandboxClient, token: str, **more: Any) -> dict[str, Any]:
    response = get(sandbox, "/get_jsapi_ticket", params={"access_token": token}, **more)
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def new_ticket(sandbox: SandboxClient, token: str) -> requests.Response:
    return post(sandbox, NEW_TICKET, headers={TOKEN_HEADER: token})


@pytest.mark.row("R01")
def test_both_generations_give_the_same_token_and_ticket(sandbox: SandboxClient) -> None:
    old = get(sandbox, "/gettoken", params=keys(sandbox)).json()
    assert old == {
        "errcode": 0,
        "errmsg": "ok",
        "access_token": old["access_token"],
        "expires_in": 7200,
    }
    new = post(sandbox, NEW, new_keys(sandbox))
    assert new.status_code == 200
    assert new.json() == {"accessToken": old["access_token"], "expireIn": 7200}
    first = old_ticket(sandbox, old["access_token"])
    assert first == {"errcode": 0, "errmsg": "ok", "ticket": first["ticket"], "expires_in": 7200}
    second = new_ticket(sandbox, old["access_token"]).json()
    assert second == {"jsapiTicket": first["ticket"], "expireIn": 7200}


def test_the_oldest_names_of_key_and_secret_work_too(sandbox: SandboxClient) -> None:
    identity = sandbox.sandbox.platform.identity
    secret = {"corpid": identity.corp_id, "corpsecret": identity.client_secret}
    assert get(sandbox, "/gettoken", params=secret).json()["errcode"] == 0
    wrong = get(sandbox, "/gettoken", params={**secret, "corpsecret": "x"})
    assert wrong.json() == {"errcode": 40089, "errmsg": "不合法的corpid或corpsecret"}


def test_the_corp_endpoint_speaks_snake_case(sandbox: SandboxClient) -> None:
    identity = sandbox.sandbox.platform.identity
    path = f"/v1.0/oauth2/{identity.corp_id}/token"
    body = {
        "client_id": identity.client_id,
        "client_secret": identity.client_secret,
        "grant_type": "client_credentials",
    }
    answer = post(sandbox, path, body).json()
    assert answer == {"access_token": answer["access_token"], "expires_in": 7200}
    for changes, where, status, code in (
        ({"client_secret": "x"}, path, 400, "invalid.client"),
        ({"client_id": 5}, path, 400, "invalid.client"),
        ({"grant_type": "password"}, path, 400, "unsupported.grant.type"),
        ({}, "/v1.0/oauth2/dingother/token", 500, "unknownError"),
    ):
        refused = post(sandbox, where, {**body, **changes})
        assert (refused.status_code, refused.json()["code"]) == (status, code)


@pytest.mark.row("R01")
@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"appkey": "dingwrong"}, 40096, "不合法的appKey或appSecret"),
        ({"appsecret": "wrong"}, 40096, "不合法的appKey或appSecret"),
        ({"appkey": None}, 40035, "缺少参数 corpid or appkey"),
        ({"appsecret": None}, 40035, "缺少参数 appsecret"),
    ],
)
def test_the_older_host_says_what_is_wrong_with_status_200(
    sandbox: SandboxClient, changes: dict[str, str | None], code: int, message: str
) -> None:
    response = get(sandbox, "/gettoken", params={**keys(sandbox), **changes})
    assert response.status_code == 200
    assert response.json() == {"errcode": code, "errmsg": message}


def test_the_older_token_endpoint_reads_nothing_but_the_query(sandbox: SandboxClient) -> None:
    answer = requests.post(
        sandbox.platform_url + "/gettoken", data=keys(sandbox), timeout=10
    ).json()
    assert answer == {"errcode": 40035, "errmsg": "缺少参数 corpid or appkey"}
    answer = requests.post(
        sandbox.platform_url + "/gettoken", params=keys(sandbox), timeout=10
    ).json()
    assert answer == {"errcode": 43001, "errmsg": "需要GET请求"}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"json": {"appKey": "k"}}, "MissingappSecret"),
        ({"json": {}}, "MissingappKey"),
        ({"json": {"appKey": "wrong", "appSecret": "x"}}, "invalidClientIdOrSecret"),
        ({"json": {"appKey": ["wrong"], "appSecret": {"a": 1}}}, "invalidClientIdOrSecret"),
        ({"data": {"appKey": "k", "appSecret": "s"}}, "Missingbody"),
        ({"data": b""}, "Missingbody"),
        ({"data": b"{", "headers": {"Content-Type": "application/json"}}, "InvalidBody"),
        ({"data": b"[" * 9999, "headers": {"Content-Type": "application/json"}}, "InvalidBody"),
        ({"json": []}, "InvalidBody"),
    ],
)
def test_the_newer_host_answers_400_with_a_code(
    sandbox: SandboxClient, sent: dict[str, Any], code: str
) -> None:
    response = requests.post(sandbox.platform_url + NEW, timeout=10, **sent)
    assert response.status_code == 400
    assert response.json()["code"] == code
    assert set(response.json()) == {"requestid", "code", "message"}


def test_the_newer_host_knows_no_other_method(sandbox: SandboxClient) -> None:
    for path in (NEW, NEW_TICKET):
        response = get(sandbox, path)
        assert (response.status_code, response.json()["code"]) == (404, "InvalidAction.NotFound")


def test_unknown_paths_answer_200_as_the_real_hosts_do(sandbox: SandboxClient) -> None:
    assert get(sandbox, "/oauth2/corpAccessToken").json() == {
        "errcode": 404,
        "errmsg": "请求的URI地址不存在",
    }
    wrapped = post(sandbox, "/topapi/v2/user/notexist", {}).json()
    assert wrapped["errcode"] == 22
    assert wrapped["sub_msg"] == "不合法ApiName，ApiName = dingtalk.oapi.v2.user.notexist"
    assert sandbox.counters()["platform"]["/oauth2/corpAccessToken"]["calls"] == 1


def test_each_generation_ignores_a_token_in_the_others_place(sandbox: SandboxClient) -> None:
    token = token_of(sandbox)
    blank = get(sandbox, "/get_jsapi_ticket", headers={TOKEN_HEADER: token}).json()
    assert (blank["errcode"], blank["sub_code"]) == (88, "40000")
    assert blank["errmsg"] == "ding talk error[subcode=40000,submsg=access_token is blank]"
    missing = post(sandbox, f"{NEW_TICKET}?access_token={token}")
    assert missing.status_code == 400
    assert missing.json()["code"] == "AuthenticationFailed.MissingParameter"
    bearer = post(sandbox, NEW_TICKET, headers={"Authorization": f"Bearer {token}"})
    assert bearer.json()["code"] == "AuthenticationFailed.MissingParameter"


@pytest.mark.row("R01")
def test_a_dead_token_is_named_in_either_envelope(sandbox: SandboxClient) -> None:
    token = token_of(sandbox)
    sandbox.advance(7200)
    assert old_ticket(sandbox, token) == {"errcode": 40014, "errmsg": "不合法的access_token"}
    newer = new_ticket(sandbox, token)
    assert newer.status_code == 400
    assert newer.json()["code"] == "InvalidAuthentication"
    sandbox.patch_platform(oapi_errors="wrapped")
    wrapped = old_ticket(sandbox, token)
    assert (wrapped["errcode"], wrapped["sub_code"]) == (88, "40014")
    assert wrapped["sub_msg"] == "不合法的access_token"


def test_a_revoked_token_is_dead_at_once_and_the_next_one_is_new(sandbox: SandboxClient) -> None:
    token = token_of(sandbox)
    sandbox.revoke_token()
    assert new_ticket(sandbox, token).status_code == 400
    assert token_of(sandbox) != token


@pytest.mark.row("R02")
def test_a_day_passes_in_a_moment(sandbox: SandboxClient) -> None:
    ticket = new_ticket(sandbox, token_of(sandbox)).json()["jsapiTicket"]
    seen = {ticket}
    for _ in range(24):
        sandbox.advance(3600)
        seen.add(new_ticket(sandbox, token_of(sandbox)).json()["jsapiTicket"])
    assert len(seen) == 2


def test_a_fast_clock_makes_tickets_die_sooner(sandbox: SandboxClient) -> None:
    new_ticket(sandbox, token_of(sandbox))
    assert len(sandbox.platform()["tickets"]) == 1
    sandbox.patch_platform(clock={"speed": 1_000_000})
    deadline = time.monotonic() + 10
    while sandbox.platform()["tickets"]:
        assert time.monotonic() < deadline


@pytest.mark.row("R03")
def test_under_the_older_rule_each_request_makes_a_new_ticket(sandbox: SandboxClient) -> None:
    sandbox.patch_platform(ticket="replace")
    token = token_of(sandbox)
    first, second = (new_ticket(sandbox, token).json()["jsapiTicket"] for _ in range(2))
    assert first != second
    assert sandbox.sandbox.platform.tokens.live_tickets() == [second]


def test_another_service_can_replace_the_ticket(sandbox: SandboxClient) -> None:
    token = token_of(sandbox)
    ticket = new_ticket(sandbox, token).json()["jsapiTicket"]
    sandbox.replace_ticket()
    assert ticket not in sandbox.sandbox.platform.tokens.live_tickets()
    assert new_ticket(sandbox, token).json()["jsapiTicket"] != ticket


@pytest.mark.row("R45")
def test_an_address_off_the_whitelist_is_named_with_the_app(sandbox: SandboxClient) -> None:
    token = token_of(sandbox)
    sandbox.patch_platform(ip_whitelist=["203.0.113.7"])
    refused = old_ticket(sandbox, token)
    assert refused["errcode"] == 60020
    assert "request ip=127.0.0.1 appKey(dingsandboxclient01)" in refused["errmsg"]
    newer = new_ticket(sandbox, token)
    assert newer.status_code == 403
    assert newer.json()["code"] == "Forbidden.AccessDenied.IpNotInWhiteList"
    sandbox.patch_platform(ip_whitelist=["127.0.0.1"])
    assert old_ticket(sandbox, token)["errcode"] == 0


def test_another_identity_is_another_app_with_tokens_of_its_own(sandbox: SandboxClient) -> None:
    token = token_of(sandbox)
    sandbox.patch_platform(identity={"client_id": "dingother", "client_secret": "s3cret"})
    assert post(sandbox, NEW, {"appKey": "dingother", "appSecret": "s3cret"}).status_code == 200
    assert new_ticket(sandbox, token).status_code == 400
    assert "s3cret" not in json.dumps(sandbox.platform())
    sandbox.reset()
    assert sandbox.platform()["identity"]["client_id"] == "dingsandboxclient01"


# -- faults


def test_a_refusing_platform_refuses_connections_until_told_otherwise(
    sandbox: SandboxClient,
) -> None:
    sandbox.fault("*", "refuse")
    with pytest.raises(ConnectionRefusedError):
        connect(sandbox.platform_url)
    sandbox.clear_faults()
    assert token_of(sandbox)


@pytest.mark.parametrize("kind", ["refuse", "reset"])
def test_a_single_endpoint_can_drop_its_callers(sandbox: SandboxClient, kind: str) -> None:
    sandbox.fault(NEW, kind)
    with pytest.raises(requests.ConnectionError):
        token_of(sandbox)
    assert get(sandbox, "/gettoken", params=keys(sandbox)).json()["errcode"] == 0
    count = sandbox.counters()["platform"][NEW]
    assert count == {"calls": 1, "outcomes": {"no answer": 1}}


def test_a_hanging_platform_waits_until_its_caller_gives_up(sandbox: SandboxClient) -> None:
    sandbox.fault("ticket", "hang")
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            sandbox.platform_url + NEW_TICKET,
            json={},
            headers={TOKEN_HEADER: token_of(sandbox)},
            timeout=0.3,
        )
    assert token_of(sandbox)


def test_a_hanging_platform_lets_go_when_the_sandbox_stops() -> None:
    with running_sandbox() as sandbox:
        sandbox.fault("*", "hang")
        connection = connect(sandbox.platform_url)
        connection.sendall(b"GET /gettoken HTTP/1.1\r\nHost: h\r\n\r\n")
    with connection:
        try:
            rest = connection.recv(1)
        except ConnectionResetError:  # it stopped before it had read the request
            rest = b""
        assert rest == b""


@pytest.mark.parametrize(
    ("kind", "status", "kind_of_body"),
    [("http500", 500, "text/plain"), ("html", 405, "text/html")],
)
def test_answers_that_are_no_json(
    sandbox: SandboxClient, kind: str, status: int, kind_of_body: str
) -> None:
    sandbox.fault("*", kind)
    for response in (get(sandbox, "/gettoken"), post(sandbox, NEW)):
        assert response.status_code == status
        assert response.headers["Content-Type"].startswith(kind_of_body)


@pytest.mark.row("R43")
def test_a_busy_platform_says_so_in_each_generations_way(sandbox: SandboxClient) -> None:
    token = token_of(sandbox)
    sandbox.fault("*", "busy")
    assert old_ticket(sandbox, token) == {"errcode": -1, "errmsg": "系统繁忙"}
    newer = new_ticket(sandbox, token)
    assert (newer.status_code, newer.json()["code"]) == (500, "systemBusy")


@pytest.mark.row("R44")
def test_a_limit_says_so_in_each_generations_way(sandbox: SandboxClient) -> None:
    sandbox.fault("token", "limited")
    older = get(sandbox, "/gettoken", params=keys(sandbox)).json()
    assert (older["errcode"], older["sub_code"]) == (88, "90018")
    newer = post(sandbox, NEW, new_keys(sandbox))
    assert newer.status_code == 403
    assert newer.json()["code"] == "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi"


def test_an_answer_that_is_lost_leaves_done_what_was_asked(sandbox: SandboxClient) -> None:
    token = token_of(sandbox)
    sandbox.fault("ticket", "lost", times=1)
    with pytest.raises(requests.ConnectionError):
        new_ticket(sandbox, token)
    (ticket,) = sandbox.sandbox.platform.tokens.live_tickets()
    assert new_ticket(sandbox, token).json()["jsapiTicket"] == ticket


def test_wrong_types_stand_where_values_should(sandbox: SandboxClient) -> None:
    sandbox.fault("*", "wrong_types")
    older = get(sandbox, "/gettoken", params=keys(sandbox)).json()
    assert older == {
        "errcode": 0,
        "errmsg": "ok",
        "access_token": {"value": None},
        "expires_in": "soon",
    }
    assert post(sandbox, NEW, new_keys(sandbox)).json()["expireIn"] == "soon"


def test_a_slow_platform_answers_right_but_late(sandbox: SandboxClient) -> None:
    sandbox.fault("token", "slow", seconds=0.3)
    began = time.monotonic()
    assert token_of(sandbox)
    assert time.monotonic() - began >= 0.3
    assert sandbox.calls(kind="platform")[-1]["fault"] == "slow"


@pytest.mark.row("R18")
def test_a_bad_ticket_is_one_that_verification_does_not_know(sandbox: SandboxClient) -> None:
    token = token_of(sandbox)
    sandbox.fault("ticket", "bad_ticket", times=2)
    live = sandbox.sandbox.platform.tokens.live_tickets
    assert old_ticket(sandbox, token)["ticket"] not in live()
    assert new_ticket(sandbox, token).json()["jsapiTicket"] not in live()
    assert new_ticket(sandbox, token).json()["jsapiTicket"] in live()


def test_a_custom_answer_is_given_as_it_stands(sandbox: SandboxClient) -> None:
    fault = {"status": 503, "content_type": "application/json", "body": '{"expireIn": -1}'}
    sandbox.fault(NEW, "custom", **fault)
    response = post(sandbox, NEW, {})
    assert (response.status_code, response.text) == (503, '{"expireIn": -1}')
    assert sandbox.platform()["faults"] == {NEW: {"kind": "custom", **fault}}


def test_a_fault_for_a_few_calls_ends_by_itself(sandbox: SandboxClient) -> None:
    sandbox.fault("token", "http500", times=2)
    statuses = [post(sandbox, NEW, new_keys(sandbox)).status_code for _ in range(3)]
    assert statuses == [500, 500, 200]


def test_the_most_precise_fault_counts(sandbox: SandboxClient) -> None:
    sandbox.patch_platform(faults={"*": "html", "token": "busy", NEW: "http500"})
    assert post(sandbox, NEW).status_code == 500
    assert get(sandbox, "/gettoken").json()["errcode"] == -1
    assert get(sandbox, "/get_jsapi_ticket").status_code == 405
    assert get(sandbox, "/elsewhere").json()["errcode"] == 404
    sandbox.fault(NEW, None)
    assert post(sandbox, NEW).json()["code"] == "systemBusy"


# -- what is recorded


@pytest.mark.row("R34")
def test_calls_are_counted_and_logged_without_a_secret(sandbox: SandboxClient) -> None:
    token = token_of(sandbox)
    ticket = new_ticket(sandbox, token).json()["jsapiTicket"]
    get(sandbox, "/gettoken", params={**keys(sandbox), "appsecret": "wr0ng"})
    entries = sandbox.calls(kind="platform")
    assert [(entry["endpoint"], entry["status"], entry["ok"]) for entry in entries] == [
        (NEW, 200, True),
        (NEW_TICKET, 200, True),
        ("/gettoken", 200, False),
    ]
    assert entries[-1]["code"] == "40096"
    assert sandbox.counters()["platform"]["/gettoken"]["outcomes"] == {"200/40096": 1}
    log = json.dumps(entries)
    secret = sandbox.sandbox.platform.identity.client_secret
    assert not [value for value in (token, ticket, secret, "wr0ng") if value in log]


def test_many_callers_at_once_are_all_counted(sandbox: SandboxClient) -> None:
    with ThreadPoolExecutor(32) as pool:
        tokens = set(pool.map(lambda _: token_of(sandbox), range(200)))
    assert len(tokens) == 1
    assert sandbox.platform_calls(NEW) == 200
    assert sandbox.platform_calls() == 200
