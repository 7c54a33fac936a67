"""What happens when a page calls the simulated client through the native bridge."""

import time
from typing import Any

from dingbridge.sandbox.checks import BadValue, mapping
from dingbridge.sandbox.grants import NEEDS_GRANT
from dingbridge.sandbox.login_codes import SignIn
from dingbridge.sandbox.native_answers import given
from dingbridge.sandbox.native_call import NativeCall, NativeError, Phone
from dingbridge.sandbox.questions import question
from dingbridge.sandbox.verification import Refusal, Rules, verify

CONFIG_METHODS = ("runtime.permission.requestJsApis", "config")
AUTH_CODE_METHODS = (
    "runtime.permission.requestAuthCode",
    "runtime.permission.requestAuthCodeV2",
)
NEWER_CODE_SINCE = {False: (7, 0, 45), True: (7, 0, 50)}  # phones, and the desktop


def answer(report: object, phone: Phone) -> tuple[str, dict[str, Any]]:
    """Answers one call that the container script reports.

    Returns the method's name and ``{"ok": true, "result"}``, ``{"ok": false, "error"}`` with the
    error in the device's shape, or ``{"ask"}`` where a person has to be asked first and the
    container, by ``asks``, can do that. BadValue if ``report`` is not such a report.
    """
    fields = mapping(report, "the call")
    method = fields.get("method")
    if not isinstance(method, str) or not 0 < len(method) <= 200:
        raise BadValue("the call has no method")
    device = phone.device
    call = NativeCall(method, mapping(fields.get("args") or {}, "args"), fields, phone)
    if isinstance(fields.get("refused"), dict):
        # The container has refused already and only reports it.
        return method, {"ok": False, "error": fields["refused"]}
    try:
        if method in device.errors:
            return method, {"ok": False, "error": device.errors[method]}
        if method in CONFIG_METHODS:
            time.sleep(device.grant_ms / 1000)
            result = _configure(call)
        else:
            if method in NEEDS_GRANT and fields.get("granted") is not True:
                raise NativeError(7, _ungranted(method, device.platform))
            if method in device.results:
                return method, {"ok": True, "result": device.results[method]}
            wanted = question(call) if fields.get("asks") and "answer" not in fields else None
            if wanted:
                return method, {"ask": wanted}
            result = _auth_code(call) if method in AUTH_CODE_METHODS else given(call)
    except NativeError as error:
        return method, {"ok": False, "error": shaped(error, device.error_shape)}
    return method, {"ok": True, "result": result}


def shaped(error: NativeError, shape: str) -> dict[str, object]:
    """The error object that a page gets: newer clients spell code and message otherwise."""
    if shape == "classic":
        return {"errorCode": error.code, "message": error.message}
    return {"errorCode": str(error.code), "errorMessage": error.message}


def _configure(call: NativeCall) -> object:
    device, platform = call.device, call.phone.platform
    checked_url = call.report.get(f"{device.url_rule}_url")
    if not isinstance(checked_url, str):
        # The framed PC client sees no address of the page but the one that the SDK passes on.
        passed_on = call.args.get("url")
        checked_url = passed_on if isinstance(passed_on, str) else None
    rules = Rules(
        corp_id=device.corp or platform.identity.corp_id,
        agent_id=platform.identity.agent_id,
        algorithm=platform.behaviour.algorithm,
        query_rule=platform.behaviour.query_rule,
    )
    live = platform.tokens.live_tickets()
    refusal: Refusal | None = verify(call.args, checked_url, live, rules)
    if refusal:
        raise NativeError(3, refusal.message)
    if call.method in device.results:
        return device.results[call.method]
    if device.platform == "pc":
        return {"authorizedAPIList": call.args["jsApiList"], "unauthorizedAPIList": []}
    return {}


def _ungranted(method: str, platform: str) -> str:
    plugin, _, action = method.rpartition(".")
    if platform == "ios":
        # The spelling is the client's own.
        return f"Permission denied: JSAPI aciton = {action}, pluin = {plugin}"
    return "jsapi should be invoked after dd.ready callbacks"


def _auth_code(call: NativeCall) -> object:
    device, platform = call.device, call.phone.platform
    newer = call.method == AUTH_CODE_METHODS[1]
    if newer and not device.is_at_least(*NEWER_CODE_SINCE[device.platform == "pc"]):
        raise NativeError(1, f"{call.method} is not supported by version {device.version}")
    corp = call.args.get("corpId")
    if not corp:
        raise NativeError(3, "1002, corpId or redirectURI is blank")
    signed_in = device.corp or platform.identity.corp_id
    if corp != signed_in:
        raise NativeError(3, "1002,corpId不合法")
    if newer and call.args.get("clientId") != platform.identity.client_id:
        raise NativeError(3, "1002,clientId不合法")
    return {"code": platform.codes.client.issue(SignIn(device.user, signed_in))}
