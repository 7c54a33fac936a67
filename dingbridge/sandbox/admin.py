"""The sandbox's own API under ``/__sandbox__/``: settings, native calls, what happened."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

from dingbridge.sandbox.checks import BadValue, checked, flag, mapping, one_of
from dingbridge.sandbox.corp_admin import CorpAdmin
from dingbridge.sandbox.device import Device
from dingbridge.sandbox.http_message import RefusedRequest, Request, Response, json_response
from dingbridge.sandbox.journal import Journal
from dingbridge.sandbox.native import answer
from dingbridge.sandbox.native_call import Phone
from dingbridge.sandbox.phone_admin import PhoneAdmin
from dingbridge.sandbox.phone_storage import PhoneStorage
from dingbridge.sandbox.platform_state import PlatformState
from dingbridge.sandbox.static_files import container_script, static_file

PREFIX = "/__sandbox__/"
BODY_LIMIT = 1 << 20
HEARTBEAT_SECONDS = 15.0
DEVICE_NAME_LIMIT = 60
DEVICES_LIMIT = 1000
KEPT_LENGTH = 20_000
CALL_KEYS = ("document", "granted", "entry_url", "current_url")
DOCUMENT_KEYS = ("document", "entry_url", "current_url", "how")


class Admin:
    """Answers ``/__sandbox__/…`` on the page's and on the phone's port alike.

    A request works on the device that its ``device`` parameter or its cookie ``sandbox_device``
    names, else on ``default``; the platform belongs to all of them.
    """

    def __init__(
        self, platform: PlatformState, journal: Journal, addresses: Callable[[], dict[str, str]]
    ) -> None:
        self._platform = platform
        self._journal = journal
        self._addresses = addresses
        self._lock = threading.Lock()
        self._devices: dict[str, Device] = {}
        self._storages: dict[str, PhoneStorage] = {}
        self._routes: dict[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "container.js"): self._container,
            ("POST", "native"): self._native,
            ("POST", "document"): self._document,
            ("GET", "device"): self._device,
            ("PATCH", "device"): self._patch_device,
            ("GET", "platform"): lambda _: json_response(self._platform.describe()),
            ("PATCH", "platform"): self._patch_platform,
            ("POST", "platform/ticket"): self._ticket,
            ("POST", "platform/token"): self._token,
            ("GET", "calls"): self._calls,
            ("GET", "events"): self._events,
            ("GET", "counters"): lambda request: json_response(
                self._journal.counters(device_name(request))
            ),
            ("GET", "addresses"): lambda _: json_response(self._addresses()),
            ("POST", "reset"): self._reset,
            **CorpAdmin(platform).routes,
            **PhoneAdmin(self.phone).routes,
        }

    def device(self, request: Request) -> Device:
        """The device that a request belongs to."""
        return self._devices.get(device_name(request), Device())

    def phone(self, request: Request) -> Phone:
        """The device that a request belongs to, with what is kept on it."""
        name = device_name(request)
        with self._lock:
            if name not in self._storages and len(self._storages) >= DEVICES_LIMIT:
                raise BadValue(f"there are {DEVICES_LIMIT} devices already; reset forgets them")
            storage = self._storages.setdefault(name, PhoneStorage(name))
        return Phone(self.device(request), storage, self._platform, self._addresses()["phone"])

    def __call__(self, request: Request) -> Response:
        """The answer; whatever cannot be taken is 400 with a sentence in ``error``."""
        try:
            self._refuse_strangers(request)
            return self._routed(request)
        except BadValue as bad:
            return json_response({"error": str(bad)}, 400)
        except RefusedRequest as refused:
            response = json_response({"error": refused.reason}, refused.status)
            response.close = True
            return response

    def _refuse_strangers(self, request: Request) -> None:
        """A page of any other origin in the same browser must not steer the sandbox."""
        origin = request.header("Origin")
        if origin is None:
            return
        own = f"{'https' if request.secure else 'http'}://{request.header('Host')}"
        if origin != own and origin + "/" not in self._addresses().values():
            raise RefusedRequest(403, "only the sandbox's own pages may ask this")

    def _routed(self, request: Request) -> Response:
        name = request.path.removeprefix(PREFIX)
        method = "GET" if request.method == "HEAD" else request.method
        handler = self._routes.get((method, name))
        if handler:
            return handler(request)
        allowed = [verb for verb, route in self._routes if route == name]
        if allowed:
            raise RefusedRequest(405, f"{name} takes {' and '.join(allowed)}")
        if method == "GET" and name == "pc-host.html":
            return static_file(name)
        if method == "GET" and name.startswith("static/"):
            return static_file(name.removeprefix("static/"))
        raise RefusedRequest(404, "the sandbox has nothing of that name")

    def _container(self, request: Request) -> Response:
        device = self.device(request)
        told = device.for_container(self._platform.identity.corp_id, device_name(request))
        return container_script({**told, "page": self._addresses()["page"]})

    def _native(self, request: Request) -> Response:
        call = mapping(_json(request), "the call")
        name = device_name(request)
        method, outcome = answer(call, self.phone(request))
        if "ask" in outcome:
            return json_response(outcome)  # it comes again with what the person says
        result = {key: outcome[key] for key in ("result", "error") if key in outcome}
        self._journal.record(
            "native",
            method,
            outcome="ok" if outcome["ok"] else _error_code(outcome["error"]),
            device=name,
            method=method,
            args=_bounded(call.get("args")),
            ok=outcome["ok"],
            **{key: _bounded(value) for key, value in result.items()},
            **{key: _bounded(call.get(key)) for key in CALL_KEYS},
        )
        return json_response(outcome)

    def _document(self, request: Request) -> Response:
        report = mapping(_json(request), "the report")
        told = {}
        for key in DOCUMENT_KEYS:
            value = report.get(key)
            if not isinstance(value, str):
                raise BadValue(f"the report's {key} must be a string")
            told[key] = _bounded(value)
        how = str(told["how"])[:40]
        self._journal.record("document", how, outcome="ok", device=device_name(request), **told)
        return Response(204)

    def _device(self, request: Request) -> Response:
        described = self.device(request).describe(self._platform.identity.corp_id)
        return json_response({"device": device_name(request), **described})

    def _patch_device(self, request: Request) -> Response:
        name = device_name(request)
        changes = _json(request)
        with self._lock:
            device = self.device(request).patch(changes)
            if name not in self._devices and len(self._devices) >= DEVICES_LIMIT:
                raise BadValue(f"there are {DEVICES_LIMIT} devices already; reset forgets them")
            self._devices[name] = device
        return self._device(request)

    def _patch_platform(self, request: Request) -> Response:
        self._platform.patch(_json(request))
        return json_response(self._platform.describe())

    def _ticket(self, request: Request) -> Response:
        action = _action(request, "revoke", "replace")
        ended = self._platform.tokens.revoke_tickets()
        if action == "replace":
            # As another service of the same app would do: the one before is no good any more.
            self._platform.tokens.ticket()
        return json_response({"revoked": ended, **self._platform.tokens.describe()})

    def _token(self, request: Request) -> Response:
        _action(request, "revoke")
        ended = self._platform.tokens.revoke_token()
        return json_response({"revoked": ended, **self._platform.tokens.describe()})

    def _calls(self, request: Request) -> Response:
        entries = self._journal.since(_since(request), device_name(request))
        kind = request.query.get("kind")
        return json_response(
            {
                "calls": [entry for entry in entries if kind in (None, entry["kind"])],
                "last": self._journal.last,
            }
        )

    def _events(self, request: Request) -> Response:
        seen = request.header("Last-Event-ID")
        since = _number(seen, "Last-Event-ID") if seen else _since(request)
        kind = [("Content-Type", "text/event-stream"), ("Cache-Control", "no-store")]
        return Response(200, kind, self._stream(since, device_name(request)), close=True)

    def _stream(self, since: int, device: str) -> Iterator[bytes]:
        yield b"retry: 1000\n\n"
        while not self._journal.closed:
            entries, since = self._journal.wait(since, device, HEARTBEAT_SECONDS)
            if not entries:
                yield b": still here\n\n"
            for entry in entries:
                data = json.dumps(entry, ensure_ascii=True)
                yield f"id: {entry['n']}\ndata: {data}\n\n".encode("ascii")

    def _reset(self, request: Request) -> Response:
        checks = {"tickets": flag, "scope": one_of("all", "device")}
        wish = checked(_json(request, {}), checks, "reset")
        if wish.get("scope") == "device":
            self._devices.pop(device_name(request), None)
            self._storages.pop(device_name(request), None)
            self._journal.forget(device_name(request))
            return self._device(request)
        self._devices.clear()
        self._storages.clear()
        self._journal.forget()
        self._platform.reset(tickets=wish.get("tickets", False))
        return self._device(request)


def device_name(request: Request) -> str:
    """The name of the device that a request is about; BadValue if it is none."""
    name = "default"
    if request.path.startswith(PREFIX) and "device" in request.query:
        name = request.query["device"]
    elif "sandbox_device" in request.cookies:
        name = request.cookies["sandbox_device"]
    if not 0 < len(name) <= DEVICE_NAME_LIMIT or not name.isascii() or not name.isprintable():
        raise BadValue(f"a device's name has 1 to {DEVICE_NAME_LIMIT} printable ASCII characters")
    return name


def _json(request: Request, default: object = None) -> object:
    content = request.body.read(BODY_LIMIT)
    if not content.strip() and default is not None:
        return default
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise BadValue("the body is not JSON") from None


def _action(request: Request, *actions: str) -> str:
    wish: dict[str, Any] = checked(_json(request), {"action": one_of(*actions)}, "the request")
    if "action" not in wish:
        raise BadValue(f"the request needs an action: {' or '.join(actions)}")
    return str(wish["action"])


def _since(request: Request) -> int:
    return _number(request.query.get("since", "0"), "since")


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise BadValue(f"{name} must be a whole number")
    return int(text)


def _bounded(value: object) -> object:
    """``value``, or its beginning where it would fill the journal."""
    text = json.dumps(value)
    return value if len(text) <= KEPT_LENGTH else {"cut": text[:KEPT_LENGTH]}


def _error_code(error: object) -> str:
    code = error.get("errorCode") if isinstance(error, dict) else None
    return str(code)[:40]
