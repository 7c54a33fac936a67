"""The desktop client as it is: the app in a frame of a page of another origin, over TLS."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chromium import CHROMIUM
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from playwright.sync_api import Browser, Frame
from sdk_page import SdkPage, built_sdk, plain_server

from dingbridge.sandbox.sandbox import Sandbox

HOST = "im.dingtalk.com"

Open = Callable[..., "FramedPage"]


def self_signed(folder: Path) -> tuple[Path, Path]:
    """A certificate that nobody vouches for, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.not_valid_before(now - dt.timedelta(hours=1))
    builder = builder.not_valid_after(now + dt.timedelta(days=1))
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    certificate = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    form, unlocked = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(pem))
    paths[1].write_bytes(key.private_bytes(pem, form, unlocked))
    return paths


class FramedPage(SdkPage):
    """The client's own page with the app in its frame."""

    @property
    def frame(self) -> Frame:
        """The frame with the app."""
        (framed,) = self.page.main_frame.child_frames
        return framed

    def url(self, path: str) -> str:
        """The address of a path as the frame has it."""
        return f"{self.sandbox.tls_url}{path.removeprefix('/')}"

    def open_framed(self, path: str) -> None:
        """Open the client's page with a path of the app in it, and wait for the app."""
        # The frame's cookies are kept apart, under the site of the page around it.
        self.context.add_cookies(
            [
                {
                    "url": self.url("/"),
                    "name": "sandbox_device",
                    "value": self.name,
                    "secure": True,
                    "sameSite": "None",
                    "partitionKey": "https://dingtalk.com",
                }
            ]
        )
        host = f"https://{HOST}/__sandbox__/pc-host.html"
        self.page.goto(f"{host}?device={self.name}&app={self.url(path)}")
        self.page.frame_locator("#frame").get_by_role("heading", name="plain").wait_for()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox in front of the plain page, its phone over TLS too."""
    folder = tmp_path_factory.mktemp("desktop")
    with (
        plain_server(built_sdk(folder)) as address,
        Sandbox(upstream=address, certificate=self_signed(folder)) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def desktop(browser: Browser, sandbox: Sandbox) -> Iterator[Browser]:
    """A browser for which the client's host, on the port of https, is the sandbox.

    A policy that names `https://*.dingtalk.com` means that port alone.
    """
    rules = f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{sandbox.port + 4}"
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", rules]
    launched = browser.browser_type.launch(executable_path=CHROMIUM, args=arguments)
    yield launched
    launched.close()


@pytest.fixture
def framed(desktop: Browser, sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens the app in a new desktop client: framed("/path", bridge="late", …)."""
    context = desktop.new_context(ignore_https_errors=True)
    numbers = itertools.count()

    def make(path: str, **settings: object) -> FramedPage:
        name = f"f{abs(hash(request.node.nodeid)):x}-{next(numbers)}"
        client = FramedPage(context, sandbox, name)
        client.set(platform="pc", **settings)
        client.open_framed(path)
        return client

    yield make
    context.close()


def test_the_framed_app_reaches_ready_through_the_page_around_it(framed: Open) -> None:
    client = framed("/a")
    assert client.frame.evaluate("[dd.env.platform, window.top === window]") == ["pc", False]
    origins = """() => { window.origins = [];
      addEventListener('message', (event) => {
        origins.push([event.origin, event.source === top]); }); }"""
    client.frame.evaluate(origins)
    assert client.configure(client.url("/a"))["ready"]
    assert "cid" in client.attempt("pick")["result"]
    assert client.frame.evaluate("origins") == [[f"https://{HOST}", True]] * 2
    assert client.console == []


def test_the_framed_app_hears_which_url_was_wrong(framed: Open) -> None:
    client = framed("/a", error_shape="classic")
    error = client.configure(client.url("/b"))["error"]
    assert error["errorCode"] == 3
    assert f"url:[{client.url('/a')}]" in error["message"]


def test_a_late_host_page_is_waited_for(framed: Open) -> None:
    client = framed("/a", bridge="late", late_ms=300)
    assert client.configure(client.url("/a"))["ready"]
    assert "cid" in client.attempt("pick")["result"]


def test_a_dead_host_page_says_nothing(framed: Open) -> None:
    client = framed("/a", bridge="never")
    client.frame.evaluate(
        """(config) => { window.said = [];
        configure(config).then((outcome) => said.push(outcome)); }""",
        client.signed(client.url("/a")),
    )
    # Messages to one window keep their order: when the second has come, the first came before.
    client.page.evaluate(
        """() => { window.seen = 0; addEventListener('message', () => { seen += 1; }); }"""
    )
    client.frame.evaluate("top.postMessage('later', '*')")
    client.page.wait_for_function("() => seen > 0")
    assert client.frame.evaluate("said") == []
    assert client.calls() == []


@pytest.mark.parametrize(("rule", "good"), [("entry", "/a"), ("current", "/b")])
def test_the_host_page_knows_where_its_frame_has_gone(framed: Open, rule: str, good: str) -> None:
    client = framed("/a", url_rule=rule, grant_life="path")
    client.frame.evaluate("history.pushState(null, '', '/b')")
    assert client.configure(client.url(good))["ready"]
    assert "result" in client.attempt("pick")
    client.frame.evaluate("history.pushState(null, '', '/c')")
    assert client.attempt("pick")["error"]["errorCode"] == "7"


def test_events_reach_the_framed_app(framed: Open) -> None:
    client = framed("/a")
    client.frame.evaluate("() => { window.woken = 0; dd.on('resume', () => { woken += 1; }); }")
    client.attempt("pick")  # messages keep their order: the subscription has arrived before
    send = """() => document.dispatchEvent(
        new CustomEvent('sandbox:event', { detail: { name: 'resume', body: {} } }))"""
    client.page.evaluate(send)
    client.frame.wait_for_function("() => woken > 0")
