"""The sandbox as one object in a test's own process."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import threading
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from raw_http import connect, one_shot_server
from sandbox_server import running_sandbox

from dingbridge.sandbox import Identity, PortInUse, Sandbox
from dingbridge.sandbox.http_server import port_is_free

PAGE = b"<html><head></head></html>"
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n"
    b"Content-Security-Policy: frame-ancestors https://*.dingtalk.com\r\n\r\n" + PAGE
)


def free_ports() -> int:
    with Sandbox() as sandbox:
        return sandbox.port


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for im.dingtalk.com and 127.0.0.1 that it has signed itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "im.dingtalk.com")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, encoding = tmp_path / "cert.pem", serialization.Encoding.PEM
    pem.write_bytes(signed.public_bytes(encoding))
    secret = tmp_path / "key.pem"
    no_password = serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, no_password))
    return pem, secret


def test_its_ports_stand_in_a_row_and_are_free_again_afterwards() -> None:
    with running_sandbox() as client:
        sandbox = client.sandbox
        port = sandbox.port
        assert sandbox.addresses() == {
            "page": f"http://127.0.0.1:{port}/",
            "phone": f"http://127.0.0.1:{port + 1}/",
            "app": f"http://127.0.0.1:{port + 2}/",
            "platform": f"http://127.0.0.1:{port + 3}/",
        }
        assert port_is_free(port + 2)
        assert not port_is_free(port + 3)
    assert all(port_is_free(port + offset) for offset in range(4))
    assert not [thread for thread in threading.enumerate() if f"http-{port}" in thread.name]


def test_two_sandboxes_share_nothing() -> None:
    with running_sandbox() as one, running_sandbox() as two:
        one.patch_platform(algorithm="sha1")
        one.native("biz.util.scan")
        assert two.platform()["algorithm"] == "sha256"
        assert two.calls() == []
        first, second = (client.sandbox.platform.identity for client in (one, two))
        assert first.client_secret != second.client_secret


@pytest.mark.parametrize("offset", [0, 1, 2, 3])
def test_a_busy_port_is_named_and_the_others_are_let_go(offset: int) -> None:
    port = free_ports()
    with socket.create_server(("127.0.0.1", port + offset)):
        with pytest.raises(PortInUse) as busy:
            Sandbox(port).start()
        assert busy.value.port == port + offset
    assert all(port_is_free(port + other) for other in range(4))


def test_a_port_for_the_app_is_not_needed_where_the_app_is_elsewhere() -> None:
    port = free_ports()
    with (
        socket.create_server(("127.0.0.1", port + 2)),
        Sandbox(port, upstream="http://127.0.0.1:9") as sandbox,
    ):
        assert sandbox.addresses()["app"] == "http://127.0.0.1:9/"


def test_without_four_free_ports_it_gives_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox() as sandbox:
        base = sandbox.port
        monkeypatch.setattr("dingbridge.sandbox.sandbox.CHOICE", (base, base + 1))
        with pytest.raises(PortInUse):
            Sandbox().start()


def test_a_fault_other_than_a_busy_port_is_itself() -> None:
    with pytest.raises(OverflowError):
        Sandbox(70_000, upstream="http://127.0.0.1:9").start()


def test_the_environment_of_the_app_names_this_sandbox(tmp_path: Path) -> None:
    identity = Identity("dingcorp", "77", "dingkey", "the secret")
    with Sandbox(identity=identity) as sandbox:
        settings = sandbox.environment(tmp_path)
    assert (settings["DING_CORP_ID"], settings["DING_AGENT_ID"]) == ("dingcorp", "77")
    assert (settings["DING_CLIENT_ID"], settings["DING_CLIENT_SECRET"]) == ("dingkey", "the secret")
    assert settings["DING_PUBLIC_ORIGINS"].startswith(sandbox.phone_url.rstrip("/") + ",")
    assert settings["DING_INSTANCE"] == str(tmp_path)
    assert "the secret" not in repr(identity)


def test_the_phone_over_tls_is_the_same_phone(certificate: tuple[Path, Path]) -> None:
    with (
        one_shot_server(ANSWER) as (app, asked),
        running_sandbox(upstream=app, certificate=certificate) as client,
    ):
        url = client.sandbox.tls_url
        assert url is not None
        assert client.sandbox.addresses()["phone_tls"] == url
        assert url.rstrip("/") in client.sandbox.environment(Path())["DING_PUBLIC_ORIGINS"]
        local = url.replace("127.0.0.1", "localhost")
        trusted = str(certificate[0])
        page = requests.get(local + "a?b=%2F", verify=trusted, timeout=10)
        assert "container.js" in page.text
        assert asked[0].startswith(b"GET /a?b=%2F HTTP/1.1\r\n")
        # The desktop client's page stands under a name of its own, mapped to this machine.
        im = {"Host": "im.dingtalk.com", "Origin": "https://im.dingtalk.com"}
        host = requests.get(
            local + "__sandbox__/pc-host.html", headers=im, verify=trusted, timeout=10
        )
        assert host.headers["Content-Type"].startswith("text/html")
        call = {"method": "biz.util.scan"}
        native = requests.post(
            local + "__sandbox__/native", json=call, headers=im, verify=trusted, timeout=10
        )
        assert native.json()["ok"] is True
        plain = {**im, "Origin": "http://im.dingtalk.com"}
        refused = requests.post(
            local + "__sandbox__/native", json=call, headers=plain, verify=trusted, timeout=10
        )
        assert refused.status_code == 403


def test_who_speaks_no_tls_is_dropped_and_others_are_served(
    certificate: tuple[Path, Path],
) -> None:
    with running_sandbox(certificate=certificate) as client:
        url = client.sandbox.tls_url
        assert url is not None
        with connect(url) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            with contextlib.suppress(ConnectionResetError):
                assert not connection.recv(100).startswith(b"HTTP/")
        local = url.replace("127.0.0.1", "localhost") + "__sandbox__/device"
        assert requests.get(local, verify=str(certificate[0]), timeout=10).ok
