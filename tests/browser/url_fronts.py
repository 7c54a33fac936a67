"""The app behind every kind of front, and a Chromium that finds them under the tests' names."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from any_path_server import AnyPathServer
from awkward_urls import HOST, NAMES
from certificates import self_signed
from chromium import ARGUMENTS, CHROMIUM
from front_servers import (
    SECOND,
    Apache,
    Caddy,
    FrontServer,
    HaProxy,
    NginxVariant,
    ProjectFront,
    stripping_prefix,
)
from page_signature import signing_fault
from playwright.sync_api import Browser, Page
from url_fixtures import Measured, corpus

from dingbridge.page_url import origin_of
from dingbridge.sandbox.sandbox import Sandbox

# The origins that other fronts show; the last has no name, which nginx.conf's own TLS asks for.
BEHIND = (
    "two.test",
    "prefixed.test",
    "prefixed-two.test",
    "rewritten.test",
    "rewritten-two.test",
    "haproxy.test",
    "apache.test",
    "caddy.test",
    "[2001:db8::2]",
)
SAID = "proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header Host $http_host;"
PASSES = (
    f"location / {{ proxy_pass http://up; {SAID} proxy_set_header X-Forwarded-Host $http_host; }}"
)
# As docs/urls.md says it for a proxy that rewrites paths.
ORIGINAL = {"DING_ORIGINAL_URI_HEADER": "X-Original-URI"}
REWRITES = (
    f"rewrite ^/(.*)$ /x/$1 break; location / {{ proxy_pass http://up; {SAID} "
    "proxy_set_header X-Original-URI $request_uri; }"
)
READ = """() => {
  const block = document.getElementById("dingbridge");
  return [location.href.split("#")[0], block && JSON.parse(block.textContent)];
}"""


def measured_pages() -> list[Measured]:
    """Page loads once measured behind nginx, one scheme for each host and port."""
    rows = []
    scheme: dict[str, str] = {}
    for name in NAMES:
        scheme.setdefault(_address(name), name.partition(":")[0])
    for row in corpus():
        if row.front != "nginx_full" or row.expect != "sign" or row.target.startswith("/static/"):
            continue
        if row.origin.startswith("https:") and _is_address(origin_of(row.origin).host):
            continue  # without a name there is no SNI, and nginx.conf refuses such handshakes
        if scheme.setdefault(_address(row.origin), row.origin.partition(":")[0]) in row.origin:
            rows.append(row)
    return [row for row in rows if row.origin.startswith(f"{scheme[_address(row.origin)]}:")]


def _is_address(host: str) -> bool:
    return host.startswith("[") or host.replace(".", "").isdecimal()


def _address(origin: str) -> str:
    parsed = origin_of(origin)
    return f"{parsed.host}:{parsed.port}"


class Fronts:
    """What runs for the URL tests; `page` is the browser's one tab."""

    def __init__(self, folder: Path, browser: Browser, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._certificate = self_signed(folder)
        self._ports: dict[str, int] = {}
        origins = list(dict.fromkeys([*NAMES, *(row.origin for row in measured_pages())]))
        inside = [f"{scheme}://{name}" for name in BEHIND for scheme in ("http", "https")]
        listed = {
            "DING_PUBLIC_ORIGINS": ",".join([*origins, *inside]),
            "DING_TRUSTED_PROXIES": "127.0.0.1",
        }
        setups: dict[str, dict[str, object]] = {
            "one hop": listed,
            "two hops": {**listed, "DING_PROXY_HOPS": "2"},
            "original uri": {**listed, **ORIGINAL},
            "two hops, original uri": {**listed, **ORIGINAL, "DING_PROXY_HOPS": "2"},
        }
        self._sandbox = stack.enter_context(Sandbox())
        self._app = stack.enter_context(AnyPathServer(folder, self._sandbox, setups))
        self._start_own(origins)
        self._start_two()
        self._start_others()
        chromium = browser_with(browser, self._ports)
        stack.callback(chromium.close)
        # Only the pages themselves are of interest here: their scripts have tests of their own.
        context = chromium.new_context(ignore_https_errors=True, java_script_enabled=False)
        self.page: Page = context.new_page()

    def compare(self, urls: Sequence[str], shown: Sequence[str] | None = None) -> list[object]:
        """Open each URL; what is not signed for exactly its own address, and why.

        `shown` is what the browser is expected to make of each.
        """
        wrong: list[object] = []
        for number, url in enumerate(urls):
            response = self.page.goto(url, wait_until="domcontentloaded")
            fault = self.fault(None if shown is None else shown[number])
            if fault:
                wrong.append((url, fault, response and response.status))
        return wrong

    def fault(self, expected: str | None = None) -> str | None:
        """What is wrong with the page in the tab; None if it is signed right for its address.

        `expected` is what that address ought to be.
        """
        href, block = self.page.evaluate(READ)
        if expected not in (None, href):
            return f"shown as {href}"
        return signing_fault(block, href, self._sandbox)

    def _run(self, server: FrontServer) -> FrontServer:
        return self._stack.enter_context(server)

    def _variant(self, upstream: str, server: str, outside: str = "", *, tls: bool = False) -> int:
        certificate = self._certificate if tls else None
        variant = NginxVariant(
            self._folder, upstream, server, certificate=certificate, outside=outside
        )
        return self._run(variant).port

    def _start_own(self, origins: Sequence[str]) -> None:
        names = sorted({f'"{origin_of(origin).host.rstrip(".")}"' for origin in origins})
        own = ProjectFront(
            self._folder, self._app.url_of("one hop"), names, certificate=self._certificate
        )
        self._run(own)
        for origin in origins:
            tls = origin.startswith("https:")
            self._ports[_address(origin)] = own.tls_port if tls else own.port

    def _start_two(self) -> None:
        """The project's nginx.conf with another proxy before it, as its comments have it."""
        names = ["two.test", '"[2001:db8::2]"']
        inner = self._inner("two hops", names, *SECOND)
        outer = self._variant(inner, PASSES, tls=True)
        maps, stripped = stripping_prefix()
        told_prefix = self._inner(
            "two hops", ["prefixed-two.test"], *SECOND, "set $forwarded_prefix"
        )
        told_target = self._inner(
            "two hops, original uri", ["rewritten-two.test"], *SECOND, "set $original_uri"
        )
        self._ports |= {
            "two.test:443": outer,
            "[2001:db8::2]:443": outer,
            "prefixed-two.test:443": self._variant(told_prefix, stripped, maps, tls=True),
            "rewritten-two.test:443": self._variant(told_target, REWRITES, tls=True),
        }

    def _inner(self, setup: str, names: Sequence[str], *behind: str) -> str:
        upstream = self._app.url_of(setup)
        return self._run(ProjectFront(self._folder, upstream, names, behind=behind)).url

    def _start_others(self) -> None:
        upstream = self._app.url_of("one hop")
        maps, stripped = stripping_prefix()
        haproxy = self._run(HaProxy(self._folder, upstream, self._certificate))
        self._ports |= {
            "prefixed.test:443": self._variant(upstream, stripped, maps, tls=True),
            "rewritten.test:80": self._variant(self._app.url_of("original uri"), REWRITES),
            "plain.test:80": self._variant(
                upstream, f"location / {{ return 308 https://{HOST}$request_uri; }}"
            ),
            "haproxy.test:80": haproxy.ports[0],
            "haproxy.test:443": haproxy.ports[1],
            "apache.test:80": self._run(Apache(self._folder, upstream)).port,
            "caddy.test:80": self._run(Caddy(self._folder, upstream)).port,
        }


def browser_with(browser: Browser, ports: dict[str, int]) -> Browser:
    """Another Chromium, for which `host:port` is a port of this machine."""
    rules = ", ".join(f"MAP {name} 127.0.0.1:{port}" for name, port in ports.items())
    arguments = [a for a in ARGUMENTS if not a.startswith("--host-resolver-rules")]
    return browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*arguments, f"--host-resolver-rules={rules}"]
    )
