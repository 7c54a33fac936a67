"""The whole chain: real fronts, the real gunicorn, and the URL that the page was signed for."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from any_path_server import AnyPathServer
from certificates import Certificate, self_signed
from front_servers import (
    SECOND,
    Apache,
    Caddy,
    HaProxy,
    NginxVariant,
    ProjectFront,
    stripping_prefix,
)
from page_signature import signing_fault
from url_fixtures import corpus
from visitor import Visitor

from dingbridge.page_url import origin_of
from dingbridge.sandbox.sandbox import Sandbox

HOST = "h5.example.test"
SEVERAL = f"http://{HOST},https://{HOST},http://{HOST}:8080,https://{HOST}:8443"
TRUST = {"DING_PUBLIC_ORIGINS": SEVERAL, "DING_TRUSTED_PROXIES": "127.0.0.1"}
# But for two whose path is one of the project's static files, which never reach the app.
NGINX_ROWS = [
    row
    for row in corpus()
    if row.front == "nginx_full" and row.expect == "sign" and not row.target.startswith("/static/")
]
MEASURED_ORIGINS = ",".join(dict.fromkeys(row.origin for row in NGINX_ROWS))
SETUPS: dict[str, dict[str, object]] = {
    "trusting": TRUST,
    "two hops": {**TRUST, "DING_PROXY_HOPS": "2"},
    "original uri": {**TRUST, "DING_ORIGINAL_URI_HEADER": "X-Original-URI"},
    "one origin": {"DING_PUBLIC_ORIGINS": f"https://{HOST}:8443"},
    "direct": {"DING_PUBLIC_ORIGINS": f"http://{HOST},http://{HOST}:8080"},
    "measured": {**TRUST, "DING_PUBLIC_ORIGINS": MEASURED_ORIGINS},
    "prefix": {**TRUST, "DING_PUBLIC_ORIGINS": f"https://{HOST}"},
    "unix": {**TRUST, "DING_TRUSTED_PROXIES": "unix"},
}
# Header and target as a proxy ought to hand them on, and the usual ways not to.
KEEP = "proxy_set_header Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;"
SAY_HOST = (
    "proxy_set_header X-Forwarded-Host $http_host; proxy_set_header X-Forwarded-Proto $scheme;"
)
NO_CANONICAL = f"location / {{ proxy_pass http://up/; {KEEP} }}"
REWRITTEN = f"""
    rewrite ^/(.*)$ /inside/$1 break;
    location / {{ proxy_pass http://up; {KEEP} proxy_set_header X-Original-URI $request_uri; }}
"""


@dataclass(frozen=True)
class Way:
    """A way from the browser to the app: where it begins, and the origin and prefix it shows."""

    port: int
    origin: str
    prefix: str = ""

    @property
    def host(self) -> str:
        return self.origin.partition("://")[2]

    @property
    def tls(self) -> bool:
        return self.origin.startswith("https:")


@dataclass(frozen=True)
class Chains:
    """Everything that runs: the app in its set-ups, and the fronts before it."""

    app: AnyPathServer
    sandbox: Sandbox
    certificate: Certificate
    ways: dict[str, Way]


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chains]:
    folder = tmp_path_factory.mktemp("fronts")
    certificate = self_signed(folder)
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        app = stack.enter_context(AnyPathServer(folder, sandbox, SETUPS))

        def nginx(
            server: str, setup: str, certificate: Certificate | None = None, outside: str = ""
        ) -> int:
            upstream = app.url_of(setup)
            variant = NginxVariant(
                folder, upstream, server, certificate=certificate, outside=outside
            )
            return stack.enter_context(variant).port

        def project(setup: str, names: list[str], **more: object) -> ProjectFront:
            front = ProjectFront(folder, app.url_of(setup), names, certificate=certificate, **more)  # type: ignore[arg-type]
            return stack.enter_context(front)

        def nginx_before(inner: ProjectFront, server: str, outside: str = "") -> int:
            outer = NginxVariant(
                folder, inner.url, server, certificate=certificate, outside=outside
            )
            return stack.enter_context(outer).port

        maps, stripped = stripping_prefix()
        ours = project("trusting", [HOST])
        over_socket = project("unix", [HOST])
        inner = project(
            "two hops",
            [HOST],
            behind=SECOND,
        )
        says_both = nginx_before(
            inner, f"location / {{ proxy_pass http://up; {KEEP} {SAY_HOST.partition(';')[0]}; }}"
        )
        says_scheme = nginx_before(inner, f"location / {{ proxy_pass http://up; {KEEP} }}")
        strips = nginx_before(
            project("two hops", [HOST], behind=(*SECOND, "set $forwarded_prefix")), stripped, maps
        )
        haproxy = stack.enter_context(HaProxy(folder, app.url_of("trusting"), certificate))
        apache = stack.enter_context(Apache(folder, app.url_of("trusting")))
        caddy = stack.enter_context(Caddy(folder, app.url_of("trusting")))
        hidden = f"location / {{ proxy_pass http://up; {SAY_HOST} }}"
        unsaid = "location / { proxy_pass http://up; }"
        ways = {
            "gunicorn alone": Way(app.port_of["direct"], f"http://{HOST}:8080"),
            "nginx.conf": Way(ours.port, f"http://{HOST}:8080"),
            "nginx.conf with TLS": Way(ours.tls_port, f"https://{HOST}"),
            "nginx.conf to a socket": Way(over_socket.tls_port, f"https://{HOST}:8443"),
            "TLS before nginx.conf": Way(says_both, f"https://{HOST}:8443"),
            "TLS before nginx.conf, host unsaid": Way(says_scheme, f"https://{HOST}:8443"),
            "prefix stripped before nginx.conf": Way(strips, f"https://{HOST}", "/h5"),
            "Host hidden, forwarded": Way(nginx(hidden, "trusting"), f"http://{HOST}:8080"),
            "Host hidden, unsaid": Way(
                nginx(unsaid, "one origin", certificate), f"https://{HOST}:8443"
            ),
            "prefix stripped": Way(
                nginx(stripped, "prefix", certificate, maps), f"https://{HOST}", "/h5"
            ),
            "path rewritten": Way(nginx(REWRITTEN, "original uri"), f"http://{HOST}"),
            "HAProxy": Way(haproxy.ports[0], f"http://{HOST}:8080"),
            "HAProxy with TLS": Way(haproxy.ports[1], f"https://{HOST}"),
            "Apache": Way(apache.port, f"http://{HOST}:8080"),
            "Caddy": Way(caddy.port, f"http://{HOST}:8080"),
        }
        yield Chains(app, sandbox, certificate, ways)


def awkward_targets() -> list[str]:
    """Some sixty targets of every kind, the same each time."""
    chosen = {
        "/?",
        "//",
        "/a?",
        "/a%2Fb",
        "/;a=b",
        "/?a+b%2Bc",
        "/a/./b",
        "/?%E4%B8%AD",
        "/?%D6%D0",
    }
    everything = sorted({row.target for row in NGINX_ROWS if len(row.target) < 300})
    chosen.update(random.Random(5).sample(everything, 60))  # noqa: S311 - no secret
    chosen.add("/?" + "a" * 7900)
    return sorted(chosen)


WAYS = [
    "gunicorn alone",
    "nginx.conf",
    "nginx.conf with TLS",
    "nginx.conf to a socket",
    "TLS before nginx.conf",
    "TLS before nginx.conf, host unsaid",
    "prefix stripped before nginx.conf",
    "Host hidden, forwarded",
    "Host hidden, unsaid",
    "prefix stripped",
    "path rewritten",
    "HAProxy",
    "HAProxy with TLS",
    "Apache",
    "Caddy",
]


@pytest.mark.row("R04")
@pytest.mark.row("R05")
@pytest.mark.parametrize("name", WAYS)
def test_any_way_to_the_app_is_signed_for_the_browsers_url(chains: Chains, name: str) -> None:
    way = chains.ways[name]
    visitor = Visitor(way.port, tls=way.tls)
    wrong = []
    for target in awkward_targets():
        if name == "Apache" and target.startswith("//"):
            continue  # it merges leading slashes: the next test but one
        shown = f"{way.origin}{way.prefix}{target}"
        answer = visitor.ask(way.prefix + target, way.host)
        fault = signing_fault(answer.block, shown, chains.sandbox)
        if fault:
            wrong.append((shown, answer.status, fault))
    visitor.close()
    assert not wrong


FORGED = [
    ("X-Forwarded-Prefix", "/evil"),
    ("X-Forwarded-Host", "evil.example"),
    ("X-Forwarded-Host", f"{HOST}:8443"),
    ("X-Forwarded-Proto", "ftp"),
    ("X-Forwarded-Port", "81"),
    ("X-Original-URI", "/evil"),
    ("Forwarded", "rubbish"),
    ("Forwarded", "host=evil.example;proto=https"),
    ("Forwarded", f'host="{HOST}:8443";proto=https'),
]


@pytest.mark.row("R05")
@pytest.mark.parametrize("header", FORGED, ids="=".join)
def test_a_documented_front_lets_no_forwarding_header_of_the_visitors_through(
    chains: Chains, header: tuple[str, str]
) -> None:
    wrong = []
    for name in [
        name for name in WAYS if name.startswith(("nginx.conf", "HAProxy", "Apache", "C"))
    ]:
        way = chains.ways[name]
        visitor = Visitor(way.port, tls=way.tls)
        for headers in ([header], [header, header]):
            answer = visitor.ask("/a?", way.host, headers=headers)
            if answer.url != f"{way.origin}/a?" or not (answer.block or {}).get("config"):
                wrong.append((name, len(headers), answer.status, answer.url))
        visitor.close()
    assert not wrong


@pytest.mark.row("R05")
@pytest.mark.parametrize("name", ["prefix stripped", "prefix stripped before nginx.conf"])
def test_a_stripped_prefix_opens_nothing_else_and_its_own_page_has_its_slash(
    chains: Chains, name: str
) -> None:
    way = chains.ways[name]
    visitor = Visitor(way.port, tls=way.tls)
    for target in ("/h5", "/h5?", "/h5?corpid=%24CORPID%24&a"):
        answer = visitor.ask(target, way.host)
        assert answer.status == 308
        location = target.replace("/h5", "/h5/")
        assert f"\nLocation: {location}\n".encode() in answer.octets
        assert visitor.ask(location, way.host).url == way.origin + location
    for target in ("/", "/other", "/h5x", "/h5/metrics", "/h5/readyz", "/h5//readyz", "//h5/a"):
        assert visitor.ask(target, way.host).status == 404
    visitor.close()


@pytest.mark.row("R04")
@pytest.mark.row("R60")
def test_every_page_load_measured_behind_nginx_comes_out_the_same(
    chains: Chains, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rows = NGINX_ROWS
    names = sorted({origin_of(row.origin).host for row in rows})
    folder = tmp_path_factory.mktemp("measured")
    wrong = []
    quoted = [f'"{name}"' for name in names]
    upstream = chains.app.url_of("measured")
    with ProjectFront(folder, upstream, quoted, certificate=chains.certificate) as nginx:
        for tls in (False, True):
            visitor = Visitor(nginx.tls_port if tls else nginx.port, tls=tls)
            for row in rows:
                if row.origin.startswith("https:") == tls:
                    answer = visitor.ask(row.target, row.origin.partition("://")[2])
                    fault = signing_fault(answer.block, row.href, chains.sandbox)
                    wrong += [(row.href, answer.status, fault)] if fault else []
            visitor.close()
    assert not wrong
    assert len(rows) >= 1000


@pytest.mark.row("R04")
@pytest.mark.row("R60")
def test_the_longest_target_that_nginx_takes_is_signed(chains: Chains) -> None:
    """Nothing between nginx and the app may be tighter than nginx's own limit, which says 414."""
    way = chains.ways["nginx.conf"]
    visitor = Visitor(way.port, tls=way.tls)
    signed = []
    for length in range(8160, 8200):
        target = "/?" + "a" * (length - 2)
        answer = visitor.ask(target, way.host)
        if answer.status == 414:
            break
        assert answer.status == 200, length
        assert signing_fault(answer.block, way.origin + target, chains.sandbox) is None, length
        signed.append(length)
    visitor.close()
    assert 8177 <= max(signed) < 8199


@pytest.mark.row("R05")
@pytest.mark.parametrize(
    ("front", "target"),
    [
        ("nginx with a path", "/?"),
        ("nginx with a path", "/a%2Fb//c"),
        ("nginx with a path", "/%e4%b8%ad"),
        ("Apache canonical", "/%e4%b8%ad"),
        ("Apache", "//a"),
    ],
)
def test_where_a_front_changes_bytes_the_page_differs_and_can_ask_for_the_right_signature(
    chains: Chains, tmp_path_factory: pytest.TempPathFactory, front: str, target: str
) -> None:
    folder = tmp_path_factory.mktemp("destroying")
    upstream = chains.app.url_of("trusting")
    server = {
        "nginx with a path": lambda: NginxVariant(folder, upstream, NO_CANONICAL),
        "Apache canonical": lambda: Apache(folder, upstream, canonical=True),
        "Apache": lambda: Apache(folder, upstream),
    }[front]
    shown = f"http://{HOST}{target}"
    with server() as running:
        visitor = Visitor(running.port, tls=False)
        page = visitor.ask(target, HOST)
        body = json.dumps({"url": shown})
        healed = visitor.ask("/ding/sign", HOST, "POST", body)
        visitor.close()
    assert page.status == 200
    assert page.url != shown
    assert page.url is not None
    assert page.url.startswith(f"http://{HOST}/")
    signed = json.loads(healed.octets.partition(b"\r\n\r\n")[2].lstrip(b"\r\n"))
    assert signing_fault(signed, shown, chains.sandbox) is None
    assert signed["config"]["jsApiList"] == []
