"""Real web servers in front of the app, each on free ports, in a folder of its own.

`ProjectFront` is nginx with the project's own `nginx.conf`, of which only the marked block is
replaced. The others are the well-known ways to put a proxy in front of an app, good and bad.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from app_server import PATIENCE, ROOT, free_port, wait_until
from certificates import Certificate

SITE = re.compile(r"(^ *# =+ BEGIN site$)[\s\S]*?(^ *# =+ END site$)", re.MULTILINE)
SERVER_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


class FrontServer:
    """A server process in the foreground, as a context manager; ended on the way out."""

    def __init__(self, folder: Path, name: str, ports: Sequence[int]) -> None:
        self.ports = tuple(ports)
        self.port = self.ports[0]
        self.folder = folder / f"{name}-{self.port}"
        self.folder.mkdir(parents=True)
        self.url = f"http://127.0.0.1:{self.port}"
        self.command: list[str] = []
        self._log = self.folder / "output.log"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={**os.environ, "PATH": SERVER_PATH, "HOME": str(self.folder)},
                stdout=log,
                stderr=log,
            )
        wait_until(self._listens, f"{self.command[0]} on {self.ports}", self.output)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE)

    def output(self) -> str:
        """Everything that it has written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def _listens(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise AssertionError(f"{self.command[0]} ended: {self.output()}")
        return all(_accepts(port) for port in self.ports)


class Nginx(FrontServer):
    """nginx with the given configuration."""

    def __init__(self, folder: Path, configuration: str, ports: Sequence[int]) -> None:
        super().__init__(folder, "nginx", ports)
        path = self.folder / "nginx.conf"
        path.write_text(configuration, encoding="utf-8")
        # Root's workers would become nobody, who cannot read a test's folder.
        user = "user root;" if os.getuid() == 0 else ""
        globals_ = f"daemon off; pid {self.folder}/pid; error_log stderr; {user}"
        self.command = [_found("nginx"), "-p", str(self.folder), "-c", str(path), "-g", globals_]


class ProjectFront(Nginx):
    """nginx with the project's `nginx.conf`; plain http on `port`, TLS on `tls_port`.

    It listens on 127.0.0.1, and on ::1 where this machine has it. `behind` are the words of the
    marked block that stand in comments for what another proxy before it says: of each line that
    begins with one, the mark of the comment is taken away.
    """

    def __init__(
        self,
        folder: Path,
        upstream: str,
        names: Sequence[str],
        *,
        certificate: Certificate | None = None,
        behind: Sequence[str] = (),
        static: Path = ROOT / "static",
    ) -> None:
        ports = [free_port()] if certificate is None else [free_port(), free_port()]
        self.tls_port = ports[-1]
        listening = _listens_on(ports[0], "")
        if certificate is not None:
            listening += _listens_on(ports[1], " ssl http2")
        keys = (
            ""
            if certificate is None
            else f"ssl_certificate {certificate.chain}; ssl_certificate_key {certificate.key};"
        )
        reject = "" if certificate is None else "ssl_reject_handshake on;"
        site = f"""
            {temporary_paths()}
            access_log access.log page;
            upstream app {{ server {upstream.removeprefix("http://")}; keepalive 4; }}
            server {{ {listening.format(" default_server")} {reject} server_name ""; return 444; }}
            server {{
                {listening.format("")} {keys}
                server_name {" ".join(names)};
                set $static_files {static};
                {told(behind)}
        """
        super().__init__(folder, with_site(site), ports)
        for name in TEMPORARY:
            (self.folder / name).mkdir()


def _listens_on(port: int, options: str) -> str:
    addresses = ["127.0.0.1", "[::1]"] if has_ipv6() else ["127.0.0.1"]
    return " ".join(f"listen {address}:{port}{options}{{0}};" for address in addresses)


def has_ipv6() -> bool:
    """Whether this machine has ::1."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


# What the marked block says about the address, and in comments about another proxy's words.
_TOLD = re.compile(r"^ *(?:# )?((?:set \$(?!static_files)|set_real_ip|real_ip).*;)$", re.MULTILINE)
SECOND = (
    "set $forwarded_proto",
    "set $forwarded_host",
    "set $forwarded_port",
    "set_real",
    "real_ip",
)


def told(behind: Sequence[str]) -> str:
    """The lines of the block that say what the app is told, as `ProjectFront` describes it."""
    site = SITE.search((ROOT / "nginx.conf").read_text(encoding="utf-8"))
    assert site
    lines = [
        found[1]
        for found in _TOLD.finditer(site[0])
        if "# " not in found[0] or found[1].startswith(tuple(behind))
    ]
    return "\n".join(lines).replace("192.0.2.1", "127.0.0.1")


TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def temporary_paths() -> str:
    """nginx's scratch folders inside its own folder, so that root is not needed."""
    return " ".join(f"{name}_temp_path {name};" for name in TEMPORARY)


def with_site(site: str) -> str:
    """The project's `nginx.conf` with another marked block."""
    text = (ROOT / "nginx.conf").read_text(encoding="utf-8")
    replaced, count = SITE.subn(lambda match: f"{match[1]}\n{site}\n{match[2]}", text)
    assert count == 1
    return replaced


class NginxVariant(Nginx):
    """A small nginx with one server and the given directives in it, and `outside` around it."""

    def __init__(
        self,
        folder: Path,
        upstream: str,
        server: str,
        *,
        certificate: Certificate | None = None,
        outside: str = "",
    ) -> None:
        port = free_port()
        tls = (
            f"ssl_certificate {certificate.chain}; ssl_certificate_key {certificate.key};"
            if certificate
            else ""
        )
        configuration = f"""
            events {{ }}
            http {{
                access_log off;
                {temporary_paths()}
                large_client_header_buffers 4 16k;
                {outside}
                upstream up {{ server {upstream.removeprefix("http://")}; }}
                server {{
                    listen 127.0.0.1:{port}{" ssl" if certificate else ""}; {tls}
                    {server}
                }}
            }}
        """
        super().__init__(folder, configuration, [port])
        for name in TEMPORARY:
            (self.folder / name).mkdir()


def documented(server: str) -> str:
    """What docs/urls.md tells operators to write into the configuration of a server."""
    text = (ROOT / "docs" / "urls.md").read_text(encoding="utf-8")
    (block,) = re.findall(rf"^```{server}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return str(block)


def stripping_prefix() -> tuple[str, str]:
    """What stands outside and inside of `server` in an nginx that strips the prefix /h5."""
    outside, server = documented("nginx").split("server {\n")
    return outside, server.rpartition("}")[0].replace("http://app", "http://up")


class HaProxy(FrontServer):
    """HAProxy as docs/urls.md has it."""

    def __init__(self, folder: Path, upstream: str, certificate: Certificate) -> None:
        super().__init__(folder, "haproxy", [free_port(), free_port()])
        path = self.folder / "haproxy.cfg"
        path.write_text(
            f"""
global
    tune.bufsize 32768
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
frontend plain
    bind 127.0.0.1:{self.ports[0]}
    bind 127.0.0.1:{self.ports[1]} ssl crt {certificate.both}
{documented("haproxy")}
    default_backend app
backend app
    server app {upstream.removeprefix("http://")}
""",
            encoding="utf-8",
        )
        self.command = [_found("haproxy"), "-db", "-f", str(path)]


class Apache(FrontServer):
    """Apache with mod_proxy as docs/urls.md has it.

    With `canonical` it re-encodes the path, as it does by default.
    """

    def __init__(self, folder: Path, upstream: str, *, canonical: bool = False) -> None:
        super().__init__(folder, "apache", [free_port()])
        modules = Path("/usr/lib/apache2/modules")
        loads = "\n".join(
            f"LoadModule {name}_module {modules}/mod_{name}.so"
            for name in ("mpm_event", "authz_core", "proxy", "proxy_http", "headers")
        )
        said = documented("apache").replace("http://app", upstream)
        if canonical:
            said = said.replace(" nocanon", "").replace("AllowEncodedSlashes NoDecode\n", "")
        path = self.folder / "httpd.conf"
        path.write_text(
            f"""
ServerRoot {self.folder}
ServerName tests
PidFile {self.folder}/pid
DefaultRuntimeDir {self.folder}
Listen 127.0.0.1:{self.port}
{loads}
ErrorLog /dev/stderr
LimitRequestLine 16384
LimitRequestFieldSize 16384
{"" if os.getuid() else "User www-data"}
{"" if os.getuid() else "Group www-data"}
{said}
""",
            encoding="utf-8",
        )
        self.command = [_found("apache2"), "-f", str(path), "-DFOREGROUND"]


class Caddy(FrontServer):
    """Caddy's reverse_proxy, which sets X-Forwarded-For, -Host and -Proto itself."""

    def __init__(self, folder: Path, upstream: str) -> None:
        super().__init__(folder, "caddy", [free_port()])
        path = self.folder / "Caddyfile"
        path.write_text(
            f"""
{{
    admin off
    auto_https off
}}
http://:{self.port} {{
    bind 127.0.0.1
    reverse_proxy {upstream.removeprefix("http://")} {{
        header_up -X-Forwarded-Prefix
        header_up -Forwarded
    }}
}}
""",
            encoding="utf-8",
        )
        self.command = [_found("caddy"), "run", "--config", str(path), "--adapter", "caddyfile"]


def raw_exchange(port: int, octets: bytes, source: str | None = None) -> bytes:
    """Send bytes as they are and read until the server closes; `source` is the own address."""
    address = ("127.0.0.1", port)
    own = None if source is None else (source, 0)
    with socket.create_connection(address, timeout=PATIENCE, source_address=own) as connection:
        connection.sendall(octets)
        received = bytearray()
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionResetError:
            # A server that refuses early closes with bytes unread; what it said is what counts.
            return bytes(received)
    return bytes(received)


def _found(command: str) -> str:
    path = shutil.which(command, path=SERVER_PATH)
    assert path is not None, f"{command} is not installed: see tests/apt.sh"
    return path


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True
