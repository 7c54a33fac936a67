"""`flask ding call`: as a command of its own, against the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from sandbox_server import SandboxClient

from dingbridge.cli_call import call
from dingbridge.credentials import Credentials
from dingbridge.errors import CredentialUnavailable
from dingbridge.redaction import masked

pytest_plugins = ["sandbox_fixtures"]


@pytest.fixture
def sandbox(
    sandbox: SandboxClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> SandboxClient:
    for name, value in sandbox.sandbox.environment(tmp_path / "instance").items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return sandbox


def run(*arguments: str, stdin: str | None = None) -> tuple[int, str, str]:
    done = CliRunner().invoke(call, arguments, input=stdin, catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


USER = ("POST", "/topapi/v2/user/get")


@pytest.mark.row("R49")
def test_any_api_is_called_by_method_and_path_and_prints_its_answer(sandbox: SandboxClient) -> None:
    code, out, err = run(*USER, "--body", '{"userid": "manager4220"}')
    assert (code, err) == (0, "")
    assert json.loads(out)["result"]["name"] == "张小沙"
    assert "张小沙" in out  # readable, no escapes


def test_the_body_may_come_from_a_file_or_from_stdin(sandbox: SandboxClient) -> None:
    Path("body.json").write_text('{"userid": "manager4220"}', encoding="utf-8")
    for given, stdin in (("@body.json", None), ("-", '{"userid": "manager4220"}')):
        code, out, _ = run(*USER, "--body", given, stdin=stdin)
        assert (code, json.loads(out)["errcode"]) == (0, 0)


def test_the_query_is_given_by_name(sandbox: SandboxClient) -> None:
    code, _, err = run("GET", "/media/downloadFile", "--param", "media_id=@x", "--lang", "en")
    assert code == 1
    assert "[40007]" in err


def test_an_error_of_the_platform_is_explained_with_what_was_seen(sandbox: SandboxClient) -> None:
    code, out, err = run(*USER, "--body", '{"userid": "nobody"}')
    assert (code, out) == (1, "")
    assert "[60121]" in err
    assert "处理：" in err
    assert "endpoint = /topapi/v2/user/get" in err
    code, out, _ = run(*USER, "--body", '{"userid": "nobody"}', "--json", "--lang", "en")
    told = json.loads(out)["error"]
    assert (code, told["code"], told["seen"]["endpoint"]) == (1, "60121", USER[1])
    assert told["remedy"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("FETCH", "/x"),
        ("GET", "no-slash"),
        ("GET", "/x", "--param", "noequals"),
        ("GET", "/x", "--param", "octets=\udcff"),
        ("GET", "/x", "--param", "\udcff=octets"),
        ("GET", "/\udcff"),
        ("\udcff", "/x"),
        ("POST", "/x", "--body", '{"a": "\udcff"}'),
        ("POST", "/x", "--body", '{"a": "\\ud800"}'),
        ("POST", "/x", "--body", '{"a": NaN}'),
        ("POST", "/x", "--body", "{"),
        ("POST", "/x", "--body", "@missing.json"),
        ("GET",),
    ],
)
def test_wrong_usage_is_exit_code_2_and_nothing_is_sent(
    sandbox: SandboxClient, arguments: tuple[str, ...]
) -> None:
    assert run(*arguments)[0] == 2
    assert sandbox.platform_calls() == 0


def test_what_could_move_a_terminal_s_cursor_is_printed_as_an_escape(
    sandbox: SandboxClient,
) -> None:
    told = {"errcode": 0, "result": {"name": "张\x1b[2J\u202e\x9b", "emoji": "👍"}}
    sandbox.fault(USER[1], "custom", body=json.dumps(told))
    code, out, _ = run(*USER, "--body", '{"userid": "x"}')
    assert (code, json.loads(out)) == (0, told)
    assert "张\\u001b[2J\\u202e\\u009b" in out
    assert "👍" in out
    told = {"errcode": 40035, "errmsg": "\x1b[2J\u202e"}
    sandbox.fault(USER[1], "custom", body=json.dumps(told))
    for arguments in (USER, (*USER, "--json"), ("GET", "/\x1b[2J\u202e"), ("\x1b[2J", "/x")):
        code, out, err = run(*arguments)
        assert code in (1, 2)
        assert out + err
        assert all(c.isprintable() or c == "\n" for c in out + err)


def test_a_call_that_is_done_stays_done_when_there_is_no_token_any_more(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = []
    first = Credentials.access_token

    def gone(self: Credentials) -> str:
        if tokens:
            raise CredentialUnavailable("token_unavailable")
        tokens.append(first(self))
        return str(tokens[0])

    monkeypatch.setattr(Credentials, "access_token", gone)
    code, out, err = run(*USER, "--body", '{"userid": "manager4220"}')
    assert (code, err) == (0, "")
    assert json.loads(out)["result"]["name"] == "张小沙"


def test_settings_that_are_wrong_are_told_as_json_where_json_is_asked_for(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DING_CLIENT_ID")
    code, out, err = run(*USER, "--json")
    assert (code, err) == (2, "")
    error = json.loads(out)["error"]
    assert error["code"] == "settings"
    (fault,) = error["faults"]
    assert fault["name"] == "DING_CLIENT_ID"
    assert fault["wrong"]
    assert fault["where"]


def test_an_unreachable_platform_is_exit_code_1(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DING_OAPI_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("DING_API_URL", "http://127.0.0.1:9")
    code, _, err = run("GET", "/call_back/get_call_back")
    assert code == 1
    assert err


def test_settings_come_with_another_prefix_for_another_bridge(
    sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("DING_")]:
        monkeypatch.setenv(f"HR_{name}", os.environ[name])
        monkeypatch.delenv(name)
    assert run(*USER, "--body", '{"userid": "manager4220"}')[0] == 2
    code, *_ = run(*USER, "--body", '{"userid": "manager4220"}', "--prefix", "HR_DING_")
    assert code == 0


@pytest.mark.row("R34")
def test_no_token_is_printed(sandbox: SandboxClient) -> None:
    secret = os.environ["DING_CLIENT_SECRET"]
    code, out, _ = run("GET", "/gettoken", "--param", "appkey=x", "--param", "appsecret=y")
    assert (code, out) == (1, "")
    params = (f"appkey={os.environ['DING_CLIENT_ID']}", f"appsecret={secret}")
    code, out, err = run("GET", "/gettoken", "--param", params[0], "--param", params[1])
    assert (code, json.loads(out)["access_token"]) == (0, "***")
    token = sandbox.sandbox.platform.tokens.access_token()
    assert token not in out + err
    assert secret not in out + err
    told = {"errcode": 0, "corp": {"permanent_code": "canary-1"}, "tokens": ["canary-2"]}
    told["said"] = "canary-1 and canary-2"
    sandbox.fault(USER[1], "custom", body=json.dumps(told))
    code, out, err = run(*USER)
    assert code == 0
    assert json.loads(out)["said"] == "*** and ***"
    assert "canary" not in out + err


def test_cursors_of_paging_are_no_secrets() -> None:
    answer = {
        "nextToken": "50",
        "list": [{"accessToken": "a", "ticket": "b"}],
        "aes_key": "c",
        "expires_in": 7200,
    }
    assert masked(answer) == {
        "nextToken": "50",
        "list": [{"accessToken": "***", "ticket": "***"}],
        "aes_key": "***",
        "expires_in": 7200,
    }


def test_the_command_starts_without_settings_and_says_what_is_missing(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if "DING_" not in name}
    command = [sys.executable, "-m", "flask", "ding", "call"]

    def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*command, *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=False,
        )

    helped, done = ran("--help"), ran("GET", "/x")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert done.returncode == 2
    assert "DING_CLIENT_ID" in done.stderr
