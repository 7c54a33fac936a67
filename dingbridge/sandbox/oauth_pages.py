"""The stand-in for login.dingtalk.com: a person chooses who they are, and is sent back with a code.

``POST /oauth2/auth`` takes the same parameters as the page and ``user``, or ``cancel``;
``answer=code`` or ``answer=authCode`` sends back only the one name of the two (documents disagree).
"""

import html
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from dingbridge.sandbox.directory import Person
from dingbridge.sandbox.http_message import RefusedRequest, Request, Response, text_response
from dingbridge.sandbox.login_api import OTHER_CORP, STRANGER, account
from dingbridge.sandbox.login_codes import SignIn
from dingbridge.sandbox.platform_state import PlatformState

PATH = "/oauth2/auth"
BODY_LIMIT = 1 << 16
SCOPES = ("openid", "openid corpid")
NAMES = ("code", "authCode")
# What the developer console would list under "redirect URL" of the sandbox's app: this machine,
# and the names that are kept free for tests.
REGISTERED = re.compile(r"127\.0\.0\.1|localhost|[a-z0-9.-]+\.test")
FORBIDDEN = "对不起，您无权限查看该页面"


class OAuthPages:
    """Answers ``/oauth2/auth``."""

    def __init__(self, state: PlatformState) -> None:
        self._state = state

    def __call__(self, request: Request) -> Response:
        """The page where a person chooses, or the way back."""
        if request.method not in ("GET", "HEAD", "POST"):
            raise RefusedRequest(405, "this page can be read, and answered by POST")
        posted = request.body.read(BODY_LIMIT)
        asked = request.query
        wrong = self._wrong_with(request, asked)
        if wrong:
            return _page(f"<p>{html.escape(wrong)}</p>", 403)
        if request.method != "POST":
            return _page(_choice(asked, self._state.corp.directory.everybody()))
        fields = dict(parse_qsl(posted.decode("utf-8", "replace"), keep_blank_values=True))
        return self._way_back(asked, fields)

    def _wrong_with(self, request: Request, asked: dict[str, str]) -> str:
        """What the real page would refuse, in its words where they are known."""
        if asked.get("client_id") != self._state.identity.client_id:
            return "client_id 无效"
        if asked.get("response_type") != "code" or asked.get("scope") not in SCOPES:
            return "response_type 或 scope 无效"
        given = asked.get("redirect_uri", "")
        raw = re.search(rb"[?&]redirect_uri=([^&]*)", request.target)
        if raw is None or b"/" in raw[1] or b":" in raw[1]:
            return FORBIDDEN  # not URL-encoded
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not REGISTERED.fullmatch(parts.hostname or ""):
            return FORBIDDEN
        return ""

    def _way_back(self, asked: dict[str, str], fields: dict[str, str]) -> Response:
        told = {"state": asked["state"]} if "state" in asked else {}
        if "cancel" in fields:
            return _redirect(asked["redirect_uri"], {"error": "access_denied", **told})
        person = account(self._state, fields.get("user", ""))
        if person is None:
            raise RefusedRequest(400, "there is nobody of that name")
        corp = OTHER_CORP if person is STRANGER else self._state.identity.corp_id
        tells = asked["scope"] == "openid corpid"
        code = self._state.codes.browser.issue(SignIn(person["userid"], corp, tells_corp=tells))
        names = [fields["answer"]] if fields.get("answer") in NAMES else NAMES
        return _redirect(asked["redirect_uri"], {**dict.fromkeys(names, code), **told})


def _redirect(to: str, parameters: dict[str, str]) -> Response:
    mark = "&" if "?" in to else "?"
    location = f"{to}{mark}{urlencode(parameters)}"
    if not location.isascii() or not location.isprintable():
        raise RefusedRequest(400, "the redirect_uri cannot stand in a header")
    return Response(302, [("Location", location), ("Cache-Control", "no-store")])


def _choice(asked: dict[str, str], people: list[Person]) -> str:
    action = html.escape(f"{PATH}?{urlencode(asked)}")
    known = [(one["userid"], one["name"], one.get("title", "")) for one in people]
    known.append((STRANGER["userid"], STRANGER["name"], "另一家企业 · another corp"))
    buttons = "".join(_button(*each) for each in known)
    return f"""<form method="post" action="{action}">{buttons}
<button class="quiet" name="cancel" value="1">取消 · Cancel</button></form>"""


def _button(userid: str, name: str, note: str) -> str:
    return (
        f'<button name="user" value="{html.escape(userid)}">{html.escape(name)}'
        f"<small>{html.escape(note)}</small></button>"
    )


def _page(content: str, status: int = 200) -> Response:
    return text_response(PAGE.format(content=content), status, "text/html")


PAGE = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>钉钉登录（沙箱）</title>
<style>body{{font:16px/1.6 system-ui,sans-serif;margin:12vh auto;max-width:22rem;padding:0 1.5rem;
color:#333}}button{{display:block;width:100%;margin:.5rem 0;padding:.7rem 1rem;
border:1px solid #ccd;
border-radius:.5rem;background:#fff;font:inherit;text-align:left}}small{{display:block;color:#666}}
.quiet{{border:0;text-align:center;color:#555}}</style>
</head><body><h1>用钉钉账号登录</h1><p>沙箱代替 login.dingtalk.com。请选择你是谁。<br>
<span lang="en">The sandbox stands in for login.dingtalk.com. Choose who you are.</span></p>
{content}</body></html>
"""
