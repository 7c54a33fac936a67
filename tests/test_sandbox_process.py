"""`python -m dingbridge.sandbox` as a person runs it, with a real app under real gunicorn."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from dingbridge.sandbox import Sandbox, app_process
from dingbridge.sandbox.__main__ import FOREIGN
from dingbridge.sandbox.app_process import AppFailed, AppProcess
from dingbridge.sandbox.http_server import port_is_free
from dingbridge.settings import Settings

APP = """
import json, os
from flask import Flask, request
app = Flask(__name__)
@app.get("/")
def home():
    return "<html><head><title>t</title></head></html>"
@app.get("/about")
def about():
    names = [name for name in os.environ if name.startswith("DING_") or name == "SECRET_KEY"]
    return {"pid": os.getpid(), "parent": os.getppid(), "raw": request.environ["RAW_URI"],
            "host": request.host, "settings": {name: os.environ[name] for name in names}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


def launch(folder: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dingbridge.sandbox", *options],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@contextmanager
def running(
    folder: Path, *options: str, **environment: str
) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """The process and its addresses; afterwards nothing of it is left."""
    process = launch(folder, "--port", "0", "--json-ready", *options, **environment)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate()[1]
        yield process, json.loads(line)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_the_app_behind_the_phone_and_stops_all_of_it(folder: Path) -> None:
    with running(folder) as (process, addresses):
        assert addresses["ready"] == addresses["page"]
        assert requests.get(addresses["page"], timeout=10).ok
        page = requests.get(addresses["phone"], timeout=10).text
        assert '<script src="/__sandbox__/container.js"></script>' in page
        assert "__sandbox__" not in requests.get(addresses["app"], timeout=10).text
        about = requests.get(addresses["phone"] + "about", timeout=10).json()
        process.terminate()
        assert process.wait(20) == 0
    assert not is_alive(about["pid"])
    assert not is_alive(about["parent"])
    assert all(port_is_free(int(url.rstrip("/").split(":")[2])) for url in addresses.values())


def test_commands_find_the_settings_in_the_instance_folder(folder: Path) -> None:
    with running(folder) as (_, addresses):
        (instance,) = (folder / "instance" / "sandbox").iterdir()
        assert (instance / ".env").stat().st_mode & 0o777 == 0o600
        body = json.dumps({"userid": "manager4220"})
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "flask",
                "ding",
                "call",
                "POST",
                "/topapi/v2/user/get",
                "--body",
                body,
            ],
            cwd=instance,
            env={name: text for name, text in os.environ.items() if not name.startswith("DING_")},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["result"]["userid"] == "manager4220"
    assert str(instance.name) in addresses["page"]


def test_ctrl_c_ends_everything_with_exit_code_0(folder: Path) -> None:
    with running(folder) as (process, addresses):
        about = requests.get(addresses["app"] + "about", timeout=10).json()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0
    assert not is_alive(about["pid"])


def test_even_a_killed_sandbox_leaves_no_app_behind(folder: Path) -> None:
    with running(folder) as (process, addresses):
        about = requests.get(addresses["app"] + "about", timeout=10).json()
        process.kill()
        # The pipes end with the last process that holds them.
        process.communicate(timeout=20)
    assert not is_alive(about["pid"])


def test_a_signal_during_the_start_ends_it_too(folder: Path) -> None:
    (folder / "app.py").write_text("import time\ntime.sleep(30)\n")
    process = launch(folder, "--port", "0")
    assert process.stderr is not None
    assert "Starting gunicorn" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert (process.returncode, output) == (0, "")


def test_the_app_gets_settings_for_this_sandbox_and_no_others(folder: Path) -> None:
    with running(folder, DING_MODE="isv", DING_LANG="en", DING_CORP_ID="dingreal") as (_, urls):
        about = requests.get(urls["phone"] + "about?x=%2F", timeout=10).json()
    settings = about["settings"]
    port = int(urls["page"].rstrip("/").split(":")[2])
    assert settings["DING_PUBLIC_ORIGINS"].split(",") == [
        f"http://127.0.0.1:{port + 1}",
        f"http://127.0.0.1:{port + 2}",
        f"http://localhost:{port + 1}",
        f"http://localhost:{port + 2}",
    ]
    assert settings["DING_OAPI_URL"] == f"http://127.0.0.1:{port + 3}"
    assert settings["DING_API_URL"] == settings["DING_LOGIN_URL"] == settings["DING_OAPI_URL"]
    assert settings["DING_CORP_ID"] != "dingreal"
    assert (settings["DING_MODE"], settings["DING_LANG"], settings["DING_DEBUG"]) == ("", "en", "1")
    assert len(settings["SECRET_KEY"]) > 30
    assert (about["raw"], about["host"]) == ("/about?x=%2F", f"127.0.0.1:{port + 1}")
    instance = Path(settings["DING_INSTANCE"])
    assert instance == folder / "instance" / "sandbox" / str(port)
    assert instance.stat().st_mode & 0o777 == 0o700


def test_no_setting_of_a_real_installation_reaches_the_app() -> None:
    harmless = {"API_QUOTA", "API_RATE", "CHAT_WAY", "FILES_QUOTA", "LANG", "TIME_ZONE", "WORKERS"}
    names = {field.name.upper() for field in dataclasses.fields(Settings)} - harmless
    assert {f"DING_{name}" for name in names} <= {*FOREIGN, *Sandbox().environment(Path("any"))}


def test_gunicorns_own_settings_are_used_where_there_are_any(folder: Path) -> None:
    (folder / "gunicorn.conf.py").write_text("raw_env = ['DING_MARK=from the file']\n")
    with running(folder) as (_, addresses):
        about = requests.get(addresses["app"] + "about", timeout=10).json()
    assert about["settings"]["DING_MARK"] == "from the file"


def free_ports() -> int:
    """The first of four ports in a row that were free a moment ago."""
    with Sandbox() as sandbox:
        return sandbox.port


def test_an_instance_folder_of_an_earlier_run_is_emptied(folder: Path) -> None:
    port = free_ports()
    stale = folder / "instance" / "sandbox" / str(port) / "cache" / "ticket"
    stale.parent.mkdir(parents=True)
    stale.write_text("old")
    process = launch(folder, "--port", str(port))
    assert process.stdout is not None
    assert process.stdout.readline() == f"ready: http://127.0.0.1:{port}/\n"
    assert f"http://127.0.0.1:{port + 1}/" in process.stdout.readline()
    assert not stale.exists()
    process.terminate()
    process.communicate(timeout=20)
    assert process.returncode == 0


def test_a_busy_port_is_named_in_one_sentence(folder: Path) -> None:
    port = free_ports()
    with socket.create_server(("127.0.0.1", port + 3)):
        process = launch(folder, "--port", str(port))
        output, errors = process.communicate(timeout=20)
    assert (process.returncode, output) == (1, "")
    assert errors == (
        f"sandbox: port {port + 3} is in use, and the sandbox needs {port} to {port + 3}: "
        "choose another with --port (make run PORT=…)\n"
    )


@pytest.mark.parametrize("app", ["broken:app", "nowhere:app"])
def test_an_app_that_does_not_start_is_said_in_one_sentence(folder: Path, app: str) -> None:
    (folder / "broken.py").write_text("raise RuntimeError('a fault of the app')")
    process = launch(folder, "--port", "0", "--app", app)
    output, errors = process.communicate(timeout=30)
    assert (process.returncode, output) == (1, "")
    assert errors.splitlines()[-1] == (
        f"sandbox: the app ({app}) ended with status 3; see its log above"
    )


def test_an_app_that_ends_later_ends_the_sandbox(folder: Path) -> None:
    with running(folder) as (process, addresses):
        parent = requests.get(addresses["app"] + "about", timeout=10).json()["parent"]
        os.kill(parent, signal.SIGKILL)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 1
        sentence = "sandbox: the app (app:app) ended with status -9; see its log above"
        assert sentence in errors.splitlines()


def test_without_an_app_it_stands_before_another(folder: Path) -> None:
    with Sandbox() as other:
        app = other.page_url.rstrip("/")
        with running(folder, "--no-app", "--upstream", app) as (_, addresses):
            assert addresses["app"] == app + "/"
            assert requests.get(addresses["phone"] + "icon.svg", timeout=10).ok


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--upstream", "http://127.0.0.1:1"], "--upstream needs --no-app"),
        (["--tls-cert", "a.pem"], "--tls-cert and --tls-key belong together"),
        (["--port", "65533"], "--port must be 0 or leave room"),
    ],
)
def test_wrong_usage_is_exit_code_2(folder: Path, options: list[str], sentence: str) -> None:
    process = launch(folder, *options)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 2
    assert sentence in errors


def test_a_certificate_that_cannot_be_read_is_said(folder: Path) -> None:
    process = launch(folder, "--port", "0", "--tls-cert", "none.pem", "--tls-key", "none.pem")
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.startswith("sandbox: the sandbox could not start: ")


def test_an_app_that_will_not_end_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app_process, "FORCE_SECONDS", 0.2)
    (folder / "gunicorn.conf.py").write_text(
        "import time\ndef on_exit(server):\n    time.sleep(60)\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
    app = AppProcess("app:app", port, os.environ, folder)
    app.stop()
    app.start(lambda: False)
    app.stop()
    with pytest.raises(AppFailed, match="status -9"):
        app.check()


def test_an_app_that_stays_silent_is_given_up(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_process, "READY_SECONDS", 0.2)
    (folder / "app.py").write_text("import time\ntime.sleep(30)\n")
    with socket.create_server(("127.0.0.1", 0)) as holder:
        app = AppProcess("app:app", holder.getsockname()[1], os.environ, folder)
    try:
        with pytest.raises(AppFailed, match="did not answer within"):
            app.start(lambda: False)
    finally:
        monkeypatch.setattr(app_process, "FORCE_SECONDS", 0.2)
        app.stop()
