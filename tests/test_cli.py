"""`flask ding explain …`, through the real command and through click's runner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dingbridge.cli import ding


def run(*arguments: str, lang: str | None = None) -> Result:
    return CliRunner(env={"DING_LANG": lang}).invoke(ding, ["explain", *arguments])


def flask(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The real command, in a folder whose app cannot start."""
    (folder / "app.py").write_text("raise RuntimeError('an app that cannot start')\n")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DING_")}
    return subprocess.run(
        [sys.executable, "-m", "flask", "ding", "explain", *arguments],
        cwd=folder,
        env={**clean, "PYTHONUTF8": "1", **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.row("R16")
def test_the_real_command_explains_a_code_without_an_app_or_valid_settings(tmp_path: Path) -> None:
    done = flask(
        tmp_path, "3/52013", DING_MODE="nonsense", DING_LANG="fr", DING_TRUSTED_PROXIES="?"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "52013  签名校验不通过" in done.stdout
    assert "DING_PUBLIC_ORIGINS" in done.stdout


APP = """
from flask import Flask
from dingbridge import DingBridge
app = Flask("configured")
app.config.update(SECRET_KEY="x", DING_CORP_ID="ding0", DING_AGENT_ID="1", DING_CLIENT_ID="c",
    DING_CLIENT_SECRET="s", DING_PUBLIC_ORIGINS="https://h", DING_LANG="en",
    DING_SIGNED_QUERY="raw")
DingBridge(app)
"""


def test_the_configuration_of_an_app_that_is_named_comes_before_the_environment(
    tmp_path: Path,
) -> None:
    (tmp_path / "web.py").write_text(APP)

    def signed(*options: str) -> tuple[object, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "flask", *options, "ding", "sign", "https://h/?a+b", "--json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONUTF8": "1", "DING_SIGNED_QUERY": "decoded"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0
        report = json.loads(done.stdout)
        return report["rule"], report["signed_form"], done.stderr

    assert signed() == ("decoded", "https://h/?a b", "")
    assert signed("--app", "web") == ("raw", "https://h/?a+b", "")
    (tmp_path / "web.py").write_text(APP.replace('DING_CORP_ID="ding0"', "SECRET='a-secret'"))
    rule, _, told = signed("--app", "web")
    assert rule == "decoded"
    assert "--app" in told
    assert "(SettingsError)" in told
    assert "a-secret" not in told


@pytest.mark.parametrize("arguments", [("-1",), ("--", "-1"), ("-1", "--lang", "en")])
def test_the_real_command_takes_a_negative_code(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = flask(tmp_path, *arguments, DING_LANG="en")
    assert (done.returncode, done.stderr) == (0, "")
    assert "The user cancelled" in done.stdout
    assert "The system is busy" in done.stdout


def test_the_real_command_says_with_its_exit_code_that_a_code_is_unknown(tmp_path: Path) -> None:
    done = flask(tmp_path, "unheard-of")
    assert done.returncode == 1
    assert "unheard-of 不在目录里" in done.stdout


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("权限校验失败", "3"),
        ("Code:52013", "52013"),
        (
            "权限校验失败 Code:52013 - Message: 签名校验失败,nonce:[a],url:[https://h/?a=/b]",
            "52013",
        ),
        ('{"errorCode":"3","errorMessage":"权限校验失败"}', "3"),
        ('{"errorCode":"3","errorMessage":"x Code:52011 - Message"}', "52011"),
        ('{"errcode": 40078, "errmsg": "不存在的临时授权码"}', "40078"),
        ('{"code":"invalidClientIdOrSecret","message":"x"}', "invalidClientIdOrSecret"),
    ],
)
def test_the_whole_text_of_an_error_is_explained_as_its_code(text: str, code: str) -> None:
    done = run(text, "--json")
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert answer["known"]
    assert answer["entries"][0]["code"] == code


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_code_that_is_no_text_or_would_move_the_cursor_is_unknown(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    for octets in (b"\xff", b"\x1b[2J", b"\xe2\x80\xae"):
        done = flask(tmp_path, os.fsdecode(octets), *options)
        assert (done.returncode, done.stderr) == (1, "")
        assert all(c.isprintable() or c == "\n" for c in done.stdout)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("52013", "SHA-256"),
        ("3/52019", "corpId"),
        ("080003", "DING_AGENT_ID"),
        ("无效的agent_id", "DING_AGENT_ID"),
        ("4", "定位"),
        ("88/90002", "被限流"),
        ("40096", "40089"),
        ("60020", "服务器出口 IP"),
        ("undeclared_api", '{{ dingbridge("<api>") }}'),
        ("http_403", "HTTP 4xx，没有给出自己的错误码，只知道状态：http_403"),
    ],
)
def test_a_known_code_is_explained(code: str, said: str) -> None:
    result = run(code)
    assert result.exit_code == 0
    assert said in result.output


def test_a_code_with_several_meanings_shows_all_of_them() -> None:
    result = run("3")
    assert result.exit_code == 0
    assert "3/redirect_uri_domain" in result.output
    assert "3/corp_without_app" in result.output


@pytest.mark.parametrize(
    ("lang", "arguments", "said"),
    [
        (None, (), "原因："),
        ("zh", (), "原因："),
        ("EN", (), "Cause: "),
        ("fr", (), "原因："),
        ("en", ("--lang", "zh"), "原因："),
        ("zh", ("--lang", "en"), "Cause: "),
    ],
)
def test_the_language_is_the_options_then_that_of_the_settings_then_chinese(
    lang: str | None, arguments: tuple[str, ...], said: str
) -> None:
    assert said in run("52013", *arguments, lang=lang).output


def test_json_holds_every_text_in_both_languages() -> None:
    result = run("3/52019", "--json")
    assert result.exit_code == 0
    answer = json.loads(result.output)
    assert answer["code"] == "3/52019"
    assert answer["known"] is True
    (entry,) = answer["entries"]
    assert (entry["code"], entry["family"]) == ("52019", "config")
    assert all(set(entry[part]) == {"zh", "en"} for part in ("title", "message", "cause", "remedy"))


def test_json_says_that_a_code_is_unknown() -> None:
    result = run("unheard-of", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output)["known"] is False


@pytest.mark.parametrize(
    "arguments", [(), ("3", "4"), ("3", "--lang", "fr"), ("--bogus",), ("3", "--bogus")]
)
def test_wrong_usage_exits_with_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.output


def test_an_unknown_command_of_the_group_exits_with_2() -> None:
    assert CliRunner().invoke(ding, ["no-such-command"]).exit_code == 2
