"""The sandbox's own API: settings, what happened, and that it takes any bytes with a sentence."""

from __future__ import annotations

import contextlib
import json
import threading

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_http import connect, exchange
from sandbox_server import SandboxClient, running_sandbox

from dingbridge.sandbox.admin import DEVICES_LIMIT
from dingbridge.sandbox.device import Device

POSTED = ("native", "document", "platform/ticket", "platform/token", "reset")
PATCHED = ("device", "platform")


pytest_plugins = ["sandbox_fixtures"]


def refusal(response: requests.Response, status: int = 400) -> str:
    assert response.status_code == status, response.text
    sentence: str = response.json()["error"]
    return sentence


# -- the device


def test_a_device_shows_its_settings_and_its_user_agent(sandbox: SandboxClient) -> None:
    device = sandbox.device()
    assert device["platform"] == "android"
    assert device["corp"] == sandbox.sandbox.platform.identity.corp_id
    assert "AliApp(DingTalk/7.6.45)" in device["user_agent"]


@pytest.mark.parametrize(
    ("platform", "sign"),
    [
        ("android", "Android"),
        ("ios", "iPhone"),
        ("harmony", "OpenHarmony"),
        ("pc", "dingtalk-win"),
        ("none", None),
    ],
)
def test_every_platform_has_a_user_agent_that_the_sdk_recognises(
    sandbox: SandboxClient, platform: str, sign: str | None
) -> None:
    agent = sandbox.patch_device(platform=platform, version="9.8.7", language="en")["user_agent"]
    if sign is None:
        assert agent is None
    else:
        assert sign in agent
        assert "DingTalk" in agent
        assert "9.8.7" in agent


def test_devices_are_kept_apart(sandbox: SandboxClient) -> None:
    one, two = sandbox.as_device("one"), sandbox.as_device("two")
    one.patch_device(platform="ios")
    one.native("biz.util.scan")
    assert (one.device()["platform"], two.device()["platform"]) == ("ios", "android")
    assert [entry["device"] for entry in one.calls()] == ["one"]
    assert two.calls() == []
    assert one.counters()["native"] == {"biz.util.scan": {"calls": 1, "outcomes": {"ok": 1}}}
    assert two.counters()["native"] == {}
    one.reset(scope="device")
    assert one.device()["platform"] == "android"
    assert one.calls() == []


def test_a_device_is_named_by_cookie_too_and_the_parameter_counts_more(
    sandbox: SandboxClient,
) -> None:
    cookie = {"Cookie": "a=b; sandbox_device=cookie-one"}
    assert sandbox.ask("GET", "device", headers=cookie).json()["device"] == "cookie-one"
    assert sandbox.ask("GET", "device?device=p", headers=cookie).json()["device"] == "p"


@pytest.mark.parametrize("name", ["", "x" * 61, "%00", "%E5%BC%A0"])
def test_a_device_needs_a_plain_name(sandbox: SandboxClient, name: str) -> None:
    assert "name" in refusal(sandbox.ask("GET", f"device?device={name}"))


def test_there_is_an_end_to_devices(sandbox: SandboxClient) -> None:
    devices = {f"d{number}": Device() for number in range(DEVICES_LIMIT)}
    sandbox.sandbox.admin._devices.update(devices)
    assert "devices already" in refusal(sandbox.ask("PATCH", "device?device=more", b"{}"))
    assert sandbox.ask("PATCH", "device?device=d1", b"{}").ok


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"platfrom": "ios"}, "device has no setting 'platfrom'; there are: answers, bridge, chat"),
        ({"platform": "symbian"}, "platform must be one of android, ios, harmony, pc, none"),
        ({"platform": ["ios"]}, "platform must be one of"),
        ({"late_ms": -1}, "late_ms must lie between 0 and 600000"),
        ({"late_ms": 1.5}, "late_ms must be a whole number"),
        ({"late_ms": "1"}, "late_ms must be a number"),
        ({"late_ms": True}, "late_ms must be a number"),
        ({"location_off": 1}, "location_off must be true or false"),
        ({"version": ""}, "version must be a string that is not empty"),
        ({"version": "7\r\nX-Evil: 1"}, "version must be printable"),
        ({"version": "七"}, "version must be ASCII"),
        ({"version": "7" * 99}, "at most 40 characters"),
        ({"corp": 5}, "corp must be a string"),
        ({"results": []}, "results must be an object"),
        ({"results": {"x" * 300: 1}}, "longer than 200"),
        ({"errors": {str(n): 1 for n in range(201)}}, "at most 200 names"),
        ([], "device must be a JSON object"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(
    sandbox: SandboxClient, changes: object, sentence: str
) -> None:
    response = sandbox.ask("PATCH", "device", json.dumps(changes).encode())
    assert sentence in refusal(response)
    assert sandbox.device()["platform"] == "android"


def test_a_number_that_json_does_not_know_is_refused(sandbox: SandboxClient) -> None:
    for number in (b"NaN", b"Infinity", b"1e999"):
        body = b'{"results": {"a": ' + number + b"}}"
        assert "a number that is none" in refusal(sandbox.ask("PATCH", "device", body))


# -- the platform


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"algorithm": "md5"}, "algorithm must be one of sha256, sha1"),
        ({"clock": {"speed": -1}}, "clock: speed must lie between"),
        ({"clock": {"pace": 1}}, "clock has no setting 'pace'"),
        ({"identity": {"corp_id": ""}}, "identity: corp_id must be a string"),
        ({"ip_whitelist": "127.0.0.1"}, "ip_whitelist must be a list"),
        ({"ip_whitelist": ["1"] * 101}, "ip_whitelist must be a list"),
        ({"faults": []}, "faults must be a JSON object"),
        ({"faults": {"/nowhere": "hang"}}, "there is no endpoint '/nowhere'"),
        ({"faults": {"*": "explode"}}, "fault of *: kind must be one of refuse, hang"),
        ({"faults": {"*": {}}}, "fault of *: kind is missing"),
        ({"faults": {"*": {"kind": "hang", "times": 0}}}, "times must lie between 1"),
        ({"faults": {"*": {"kind": "slow", "seconds": 1e9}}}, "seconds must lie between"),
        ({"faults": {"*": {"kind": "custom", "body": 5}}}, "body must be a string"),
        ({"faults": {"*": {"kind": "custom", "status": 99}}}, "status must lie between 200"),
        ({"faults": {"*": 5}}, "fault of * must be a JSON object"),
    ],
)
def test_a_platform_that_cannot_be_is_refused_and_nothing_is_changed(
    sandbox: SandboxClient, changes: dict[str, object], sentence: str
) -> None:
    before = sandbox.platform()
    response = sandbox.ask(
        "PATCH", "platform", json.dumps({"ticket": "replace", **changes}).encode()
    )
    assert sentence in refusal(response)
    after = sandbox.platform()
    assert {**after, "clock": None} == {**before, "clock": None}


def test_a_fault_shows_what_is_left_of_it(sandbox: SandboxClient) -> None:
    sandbox.fault("token", "slow", seconds=2, times=3)
    assert sandbox.platform()["faults"] == {"token": {"kind": "slow", "seconds": 2, "times": 3}}
    sandbox.patch_platform(faults={})
    assert "token" in sandbox.platform()["faults"]
    sandbox.clear_faults()
    assert sandbox.platform()["faults"] == {}


def test_tickets_and_tokens_are_revoked_by_an_action(sandbox: SandboxClient) -> None:
    sandbox.sandbox.platform.ticket()
    answer = sandbox.ask("POST", "platform/ticket", b'{"action": "revoke"}').json()
    assert (answer["revoked"], answer["tickets"]) == (1, [])
    assert "needs an action" in refusal(sandbox.ask("POST", "platform/ticket", b"{}"))
    replace = b'{"action": "replace"}'
    assert "must be one of revoke" in refusal(sandbox.ask("POST", "platform/token", replace))


def test_a_reset_goes_back_to_the_start(sandbox: SandboxClient) -> None:
    sandbox.patch_device(platform="ios")
    sandbox.patch_platform(algorithm="sha1", clock={"offset": 99}, faults={"*": "refuse"})
    sandbox.sandbox.platform.ticket()
    sandbox.native("biz.util.scan")
    sandbox.reset()
    assert sandbox.device()["platform"] == "android"
    platform = sandbox.platform()
    assert (platform["algorithm"], platform["clock"]["offset"], platform["faults"]) == (
        "sha256",
        0,
        {},
    )
    assert len(platform["tickets"]) == 1
    assert (sandbox.calls(), sandbox.counters()["native"]) == ([], {})
    connect(sandbox.platform_url).close()
    sandbox.reset(tickets=True)
    assert sandbox.platform()["tickets"] == []
    assert sandbox.ask("POST", "reset").ok


# -- what happened


def test_calls_are_numbered_and_can_be_read_from_any_number_on(sandbox: SandboxClient) -> None:
    for _ in range(3):
        sandbox.native("biz.util.scan", {"type": "qrCode"}, entry_url="http://h/")
    sandbox.sandbox.journal.record("platform", "/x", outcome="200", endpoint="/x")
    entries = sandbox.calls()
    numbers = [entry["n"] for entry in entries]
    assert numbers == list(range(numbers[0], numbers[0] + 4))
    assert sandbox.calls(since=numbers[1]) == entries[2:]
    assert [entry["kind"] for entry in sandbox.calls(kind="platform")] == ["platform"]
    assert entries[0]["args"] == {"type": "qrCode"}
    assert entries[0]["entry_url"] == "http://h/"
    assert "since must be" in refusal(sandbox.ask("GET", "calls?since=x"))


def test_documents_are_recorded_as_the_container_reports_them(sandbox: SandboxClient) -> None:
    report = {
        "document": "d1",
        "entry_url": "http://h/a",
        "current_url": "http://h/a",
        "how": "reload",
    }
    answer = sandbox.ask("POST", "document", json.dumps(report).encode())
    assert (answer.status_code, answer.content) == (204, b"")
    entry = sandbox.calls(kind="document")[0]
    assert {key: entry[key] for key in report} == report
    assert sandbox.counters()["documents"]["reload"]["calls"] == 1
    del report["how"]
    told = refusal(sandbox.ask("POST", "document", json.dumps(report).encode()))
    assert told == "the report's how must be a string"


def test_what_would_fill_the_journal_is_cut(sandbox: SandboxClient) -> None:
    sandbox.native("biz.util.scan", {"text": "x" * 100_000})
    entry = sandbox.calls()[0]
    assert set(entry["args"]) == {"cut"}
    assert len(json.dumps(entry)) < 30_000


def test_events_tell_the_past_and_then_the_present(sandbox: SandboxClient) -> None:
    sandbox.native("biz.util.scan")
    other = sandbox.as_device("other")
    with requests.get(
        sandbox.sandbox.page_url + "__sandbox__/events", stream=True, timeout=10
    ) as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        lines = response.iter_lines(chunk_size=1)
        first = next(line for line in lines if line.startswith(b"data: "))
        assert json.loads(first[6:])["method"] == "biz.util.scan"
        other.native("biz.util.ut")
        sandbox.native("device.base.getPhoneInfo")
        second = next(line for line in lines if line.startswith(b"data: "))
        assert json.loads(second[6:])["method"] == "device.base.getPhoneInfo"


def test_events_go_on_where_a_broken_connection_ended(sandbox: SandboxClient) -> None:
    sandbox.native("biz.util.scan")
    seen = sandbox.calls()[-1]["n"]
    sandbox.native("device.base.getPhoneInfo")
    with requests.get(
        sandbox.sandbox.page_url + "__sandbox__/events",
        headers={"Last-Event-ID": str(seen)},
        stream=True,
        timeout=10,
    ) as response:
        lines = response.iter_lines(chunk_size=1)
        assert next(line for line in lines if line.startswith(b"id: ")) == b"id: %d" % (seen + 1)


def test_many_listeners_keep_nobody_waiting_and_end_with_the_sandbox() -> None:
    with running_sandbox() as sandbox:
        url = sandbox.sandbox.page_url + "__sandbox__/events"
        listeners = [requests.get(url, stream=True, timeout=10) for _ in range(40)]
        assert sandbox.native("biz.util.scan")["ok"] is True
        streams = [listener.iter_lines(chunk_size=1) for listener in listeners]
        for lines in streams:
            assert b"biz.util.scan" in next(line for line in lines if line.startswith(b"data"))
    for listener, lines in zip(listeners, streams, strict=True):
        # Ended in order or in the middle of nothing, but ended.
        with contextlib.suppress(requests.exceptions.ChunkedEncodingError):
            assert not [line for line in lines if line.startswith(b"data")]
        listener.close()


# -- who may ask, and what


def test_a_page_of_another_origin_may_not_ask(sandbox: SandboxClient) -> None:
    for origin in ("https://evil.test", "null", "http://127.0.0.1:1", sandbox.platform_url + "0"):
        response = sandbox.ask("PATCH", "device", b"{}", {"Origin": origin})
        assert "own pages" in refusal(response, 403)


def test_the_sandboxs_own_pages_may_ask(sandbox: SandboxClient) -> None:
    addresses = sandbox.ask("GET", "addresses").json()
    assert set(addresses) == {"page", "phone", "app", "platform"}
    for origin in (addresses["page"].rstrip("/"), addresses["phone"].rstrip("/")):
        assert sandbox.ask("PATCH", "device", b"{}", {"Origin": origin}).ok
    mapped = {"Origin": "http://h5.test:8", "Host": "h5.test:8"}
    assert sandbox.ask("PATCH", "device", b"{}", mapped).ok


def test_unknown_names_and_methods_are_refused(sandbox: SandboxClient) -> None:
    assert "nothing of that name" in refusal(sandbox.ask("GET", "nothing"), 404)
    assert "nothing of that name" in refusal(sandbox.ask("POST", "static/index.html"), 404)
    assert "takes GET and PATCH" in refusal(sandbox.ask("DELETE", "device"), 405)
    assert sandbox.ask("HEAD", "device").status_code == 200


def test_the_api_is_on_the_phones_port_too(sandbox: SandboxClient) -> None:
    for name in ("device", "calls", "counters", "addresses", "static/icon.svg"):
        assert requests.get(f"{sandbox.phone_url}__sandbox__/{name}", timeout=10).ok


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"{",
        b"[]",
        b"null",
        b"5",
        b'"text"',
        b"[" * 100_000,
        b"9" * 5000,
        b'{"method": 5}',
        b'{"method": ""}',
        b'{"method": "a", "args": []}',
        b'{"method": "a", "args": [1]}',
        b'{"\\ud800": "\\udfff", "method": "\\ud800"}',
    ],
)
def test_no_body_is_a_fault_of_the_server(sandbox: SandboxClient, body: bytes) -> None:
    for method, names in (("POST", POSTED), ("PATCH", PATCHED)):
        for name in names:
            response = sandbox.ask(method, name, body)
            assert response.status_code in (200, 400)
            assert response.status_code == 200 or response.json()["error"]
    assert sandbox.ask("GET", "calls").ok


def test_a_body_beyond_all_measure_is_refused(sandbox: SandboxClient) -> None:
    response = sandbox.ask("POST", "native", b" " * (1 << 20) + b"{}")
    assert "longer than" in refusal(response, 413)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(
    [
        "method",
        "args",
        "platform",
        "results",
        "errors",
        "faults",
        "clock",
        "identity",
        "action",
        "granted",
        "refused",
        "answer",
        "entry_url",
        "current_url",
        "document",
        "how",
        "late_ms",
        "ip_whitelist",
        "scope",
        "tickets",
    ]
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=st.dictionaries(KEYS, JSON, max_size=5).map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=40),
    where=st.sampled_from([*((("POST", name)) for name in POSTED), ("PATCH", "device")]),
)
def test_generated_bodies_are_taken_or_refused_with_a_sentence(
    sandbox: SandboxClient, body: bytes, where: tuple[str, str]
) -> None:
    response = sandbox.ask(*where, body)
    assert response.status_code in (200, 204, 400)
    assert response.status_code != 400 or response.json()["error"]


# -- files


def test_the_page_and_its_files_are_served(sandbox: SandboxClient) -> None:
    page = requests.get(sandbox.sandbox.page_url, timeout=10)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    icon = requests.get(sandbox.sandbox.page_url + "icon.svg", timeout=10)
    assert icon.headers["Content-Type"] == "image/svg+xml"
    assert sandbox.ask("GET", "pc-host.html").ok
    assert requests.post(sandbox.sandbox.page_url, timeout=10).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        b"/../sandbox.py",
        b"/__sandbox__/static/../admin.py",
        b"/__sandbox__/static/%2e%2e/admin.py",
        b"/__sandbox__/static//etc/passwd",
        b"/__sandbox__/static/",
        b"/__sandbox__/static/.hidden.js",
        b"/__sandbox__/static/nothing.js",
        b"/__sandbox__/static/\x00.js",
        b"//etc/passwd",
        b"/%00",
    ],
)
def test_no_other_file_is_served(sandbox: SandboxClient, path: bytes) -> None:
    answer = exchange(
        sandbox.sandbox.page_url,
        b"GET " + path + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 404 ")


def test_the_page_has_one_name(sandbox: SandboxClient) -> None:
    port = sandbox.sandbox.port
    url = f"http://127.0.0.1:{port}/"
    answer = requests.get(
        url, headers={"Host": f"localhost:{port}"}, allow_redirects=False, timeout=10
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, url)


def test_the_container_begins_with_its_device_and_leaks_no_name(sandbox: SandboxClient) -> None:
    sandbox.patch_device(platform="ios", results={"a.b": "</script>\u2028"})
    script = sandbox.ask("GET", "container.js")
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert script.headers["Cache-Control"] == "no-store"
    first, second, *_, last = script.text.splitlines()
    assert (first, last) == ("(() => {", "})();")
    told = json.loads(second.removeprefix("const DEVICE = ").removesuffix(";"))
    assert told["platform"] == "ios"
    assert told["page"] == sandbox.sandbox.page_url
    assert "device.geolocation.get" in told["needs_grant"]
    assert "biz.util.scan" not in told["needs_grant"]
    assert "results" not in told


def test_settings_can_be_changed_from_many_sides_at_once(sandbox: SandboxClient) -> None:
    def change(name: str) -> None:
        device = sandbox.as_device(name)
        for late_ms in range(20):
            device.patch_device(late_ms=late_ms)

    threads = [threading.Thread(target=change, args=(f"t{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {sandbox.as_device(f"t{n}").device()["late_ms"] for n in range(8)} == {19}
