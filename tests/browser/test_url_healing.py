"""Fronts that change the URL: the page notices before `dd.config` and heals itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from any_path_server import AnyPathServer
from app_server import wait_until
from front_servers import Apache, FrontServer, NginxVariant
from playwright.sync_api import Browser, Page
from url_fixtures import Measured, corpus
from url_fronts import READ, browser_with

from dingbridge.sandbox.sandbox import Sandbox

pytestmark = [pytest.mark.row("R05"), pytest.mark.row("R04")]

DESTROYED = [row for row in corpus() if row.expect == "mismatch"]
KINDS = {front: f"kind{n}" for n, front in enumerate(sorted({row.front for row in DESTROYED}))}
PATIENCE = 20_000  # milliseconds


def address_of(row: Measured) -> str:
    """Name and port under which the browser reaches this row's front.

    The dot and the port are what one of them loses; to the others the measured name is all one.
    """
    lost = row.origin.partition("h5.example.test")[2] if row.front == "nginx_$host+port" else ""
    return f"{KINDS[row.front]}.test{lost}"


def shown(row: Measured) -> str:
    return f"http://{address_of(row)}{row.target}"


def chosen() -> list[Measured]:
    """Up to two of each kind of change that each front makes."""
    of_kind: dict[object, dict[str, Measured]] = defaultdict(dict)
    for row in DESTROYED:
        of_kind[row.front, row.changes][shown(row)] = row
    return [row for rows in of_kind.values() for row in [*rows.values()][:2]]


class Healing:
    """The app with the client's container in its pages, behind each kind of destroying front."""

    def __init__(self, app: AnyPathServer, sandbox: Sandbox, page: Page) -> None:
        self.app, self.sandbox, self.page = app, sandbox, page
        self.signings: list[str] = []
        page.on("request", lambda request: self._note(request.url))

    def _note(self, url: str) -> None:
        if url.endswith("/ding/sign"):
            self.signings.append(url)


@pytest.fixture(scope="module")
def healing(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Healing]:
    folder = tmp_path_factory.mktemp("healing")
    addresses = {address_of(row): row.front for row in DESTROYED}
    # The measured list of origins has that front's name without its dot, too.
    names = [*addresses, f"{KINDS['nginx_$host+port']}.test"]
    settings: dict[str, object] = {
        "DING_PUBLIC_ORIGINS": ",".join(f"http://{name}" for name in names),
        "DING_TRUSTED_PROXIES": "127.0.0.1",
        "DING_FORWARDED_PORT": "1",
    }
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox())
        app = stack.enter_context(AnyPathServer(folder, sandbox, {"all": settings}))
        sandbox.upstream = app.url_of("all")
        phone = sandbox.phone_url.rstrip("/")
        keep = "proxy_set_header Host $http_host;"
        pruned = {
            row.target: row.app_target
            for row in DESTROYED
            if row.front in {"frps_http", "frp_https2http"}
        }
        # What Go's reverse proxy made of each of these was measured; nginx plays it back.
        replay = "\n".join(f'"{quoted(was)}" "{quoted(became)}";' for was, became in pruned.items())
        mapped = f"map $request_uri $pruned {{ {replay} default $request_uri; }}"
        replayed = f"map_hash_bucket_size 256; {mapped}"
        pruning: Callable[[], FrontServer] = lambda: NginxVariant(  # noqa: E731
            folder, phone, f"location / {{ proxy_pass http://up$pruned; {keep} }}", outside=replayed
        )
        starters: dict[str, Callable[[], FrontServer]] = {
            "nginx_uri_slash": lambda: NginxVariant(
                folder, phone, f"location / {{ proxy_pass http://up/; {keep} }}"
            ),
            "nginx_rewrite": lambda: NginxVariant(
                folder,
                phone,
                f"rewrite ^(.*)$ $1 break; location / {{ proxy_pass http://up; {keep} }}",
            ),
            # It listens on the port that the browser names; here another stands for all of those.
            # The client's own channel is no part of the front.
            "nginx_$host+port": lambda: NginxVariant(
                folder,
                phone,
                "location / { proxy_pass http://up; proxy_set_header Host $host; "
                "proxy_set_header X-Forwarded-Proto $scheme; "
                "proxy_set_header X-Forwarded-Port $named_port; }"
                f"location /__sandbox__/ {{ proxy_pass http://up; {keep} }}",
                outside='map $http_host $named_port { "~:(?<named>[0-9]+)$" $named; default 80; }',
            ),
            "apache_default": lambda: Apache(folder, phone, canonical=True),
            "frps_http": pruning,
            "frp_https2http": pruning,
        }
        assert set(starters) == set(KINDS)
        running = {front: stack.enter_context(start()) for front, start in starters.items()}
        ports = {
            address if ":" in address else f"{address}:80": running[front].port
            for address, front in addresses.items()
        }
        chromium = browser_with(browser, ports)
        stack.callback(chromium.close)
        yield Healing(app, sandbox, chromium.new_context().new_page())


def quoted(target: str) -> str:
    """A target as a word of nginx's configuration."""
    return target.replace("\\", "\\\\").replace('"', '\\"')


def heals(healing: Healing, row: Measured) -> list[object]:
    """Open the page; what is not as it should be."""
    healing.signings.clear()
    page = healing.page
    page.goto(shown(row), wait_until="domcontentloaded")
    page.wait_for_selector(
        "html[data-bridge]:not([data-bridge=pending])", state="attached", timeout=PATIENCE
    )
    href, block = page.evaluate(READ)
    signed = block["url"]
    state = page.get_attribute("html", "data-bridge")
    as_expected = (
        href == shown(row) and signed != href and state == "ready" and len(healing.signings) == 1
    )
    return [] if as_expected else [(shown(row), href, signed, state, list(healing.signings))]


def reported(healing: Healing, row: Measured) -> bool:
    """Whether the log says of this page what the front changed."""
    page, changes = f"page_url={shown(row)!r}", f"changed={','.join(row.changes)!r}"
    return any(page in line and changes in line for line in healing.app.output().splitlines())


@pytest.mark.parametrize("row", chosen(), ids=lambda row: f"{row.front}{row.target}"[:60])
def test_a_page_whose_url_a_front_changed_heals_and_the_report_names_the_change(
    healing: Healing, row: Measured
) -> None:
    assert heals(healing, row) == []
    wait_until(lambda: reported(healing, row), f"{row.changes} in the log", healing.app.output)


@pytest.mark.faults
def test_every_measured_mismatch_heals(healing: Healing) -> None:
    wrong = [fault for row in DESTROYED for fault in heals(healing, row)]
    print(f"mismatches healed in Chromium: {len(DESTROYED) - len(wrong)} of {len(DESTROYED)}")
    assert not wrong
    wait_until(
        lambda: all(reported(healing, row) for row in DESTROYED), "all reports", healing.app.output
    )
