"""``python -m dingbridge.sandbox``: the sandbox with the app of the current folder in it."""

import argparse
import json
import os
import secrets
import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from dingbridge.sandbox.app_process import AppFailed, AppProcess
from dingbridge.sandbox.sandbox import PortInUse, Sandbox

CHECK_SECONDS = 0.5
# Settings of a real installation that would lead the app away from the sandbox.
FOREIGN = (
    "DING_MODE",
    "DING_APP_ID",
    "DING_SIGNATURE",
    "DING_SIGNED_QUERY",
    "DING_TRUSTED_PROXIES",
    "DING_PROXY_HOPS",
    "DING_FORWARDED_PORT",
    "DING_ORIGINAL_URI_HEADER",
    "DING_REDIS_URL",
    "DING_DATABASE_URL",
    "DING_STORE_KEYS",
    "DING_JSAPI_URL",
    "DING_API_GENERATION",
    "DING_FILES_FOLDER",
    "DING_DEVELOPERS",
    "SECRET_KEY_FALLBACKS",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs until SIGINT or SIGTERM; 0 then, 1 if something could not be started or ended."""
    options = _options(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    certificate = (options.tls_cert, options.tls_key) if options.tls_cert else None
    sandbox = Sandbox(options.port, upstream=options.upstream, certificate=certificate)
    try:
        sandbox.start()
        try:
            _run(sandbox, options, stop)
        finally:
            sandbox.stop()
    except PortInUse as busy:
        return _fail(
            f"port {busy.port} is in use, and the sandbox needs {options.port} to "
            f"{options.port + 3}: choose another with --port (make run PORT=…)"
        )
    except AppFailed as failed:
        if stop.is_set():  # the signal went to the whole group, and the app was quicker
            return 0
        return _fail(str(failed))
    except OSError as error:
        return _fail(f"the sandbox could not start: {error}")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dingbridge.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="first of four ports; 0: any free")
    parser.add_argument("--app", default="app:app", help="what gunicorn serves")
    parser.add_argument("--no-app", action="store_true", help="start no app")
    parser.add_argument("--upstream", help="with --no-app: where the app runs, http://host:port")
    parser.add_argument("--tls-cert", type=Path, help="also open the phone over TLS, on port +4")
    parser.add_argument("--tls-key", type=Path)
    parser.add_argument("--json-ready", action="store_true", help="print the addresses as JSON")
    options = parser.parse_args(arguments)
    if options.upstream and not options.no_app:
        parser.error("--upstream needs --no-app")
    if bool(options.tls_cert) != bool(options.tls_key):
        parser.error("--tls-cert and --tls-key belong together")
    if not 0 <= options.port <= 65_531:
        parser.error("--port must be 0 or leave room for four more below 65536")
    return options


def _run(sandbox: Sandbox, options: argparse.Namespace, stop: threading.Event) -> None:
    if options.no_app:
        _announce(sandbox, options)
        stop.wait()
        return
    app = AppProcess(options.app, sandbox.port + 2, _environment(sandbox), Path.cwd())
    try:
        app.start(stop.is_set)
        if not stop.is_set():
            _announce(sandbox, options)
        while not stop.wait(CHECK_SECONDS):
            app.check()
    finally:
        app.stop()


def _environment(sandbox: Sandbox) -> dict[str, str]:
    """The caller's environment with the sandbox's settings, and an instance folder without past.

    Tokens of an earlier run would be unknown to this run's platform. The settings lie in the
    folder too, where `flask ding …` finds them.
    """
    instance = Path.cwd() / "instance" / "sandbox" / str(sandbox.port)
    shutil.rmtree(instance, ignore_errors=True)
    instance.mkdir(mode=0o700, parents=True)
    settings = sandbox.environment(instance)
    kept = instance / ".env"
    kept.touch(mode=0o600)
    kept.write_text("".join(f"{name}='{value}'\n" for name, value in settings.items()))
    return {
        **os.environ,
        # Blank is the default, and wins over a .env file that is meant for production.
        **dict.fromkeys(FOREIGN, ""),
        "SECRET_KEY": secrets.token_urlsafe(32),
        **settings,
    }


def _announce(sandbox: Sandbox, options: argparse.Namespace) -> None:
    addresses = sandbox.addresses()
    if options.json_ready:
        _say(json.dumps({"ready": addresses["page"], **addresses}))
        return
    _say(f"ready: {addresses['page']}")
    _say(f"  the app as the phone sees it   {addresses['phone']}")
    if "phone_tls" in addresses:
        _say(f"  the same over TLS              {addresses['phone_tls']}")
    _say(f"  the app itself                 {addresses['app']}")
    _say(f"  the platform's stand-in        {addresses['platform']}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _fail(sentence: str) -> int:
    sys.stderr.write(f"sandbox: {sentence}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
