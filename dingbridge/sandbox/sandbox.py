"""The sandbox as one object: platform, phone and page on 127.0.0.1, started and ended together."""

import contextlib
import errno
import random
import ssl
from pathlib import Path
from typing import Self

from dingbridge.sandbox.admin import PREFIX, Admin
from dingbridge.sandbox.checks import BadValue
from dingbridge.sandbox.device import Device
from dingbridge.sandbox.http_message import RefusedRequest, Request, Response
from dingbridge.sandbox.http_server import Handler, HttpServer, port_is_free
from dingbridge.sandbox.journal import Journal
from dingbridge.sandbox.platform import Platform
from dingbridge.sandbox.platform_state import Identity, PlatformState
from dingbridge.sandbox.proxy import Proxy
from dingbridge.sandbox.static_files import static_file

# Below what Linux hands out by itself, so that nobody's outgoing connection sits on one of four.
CHOICE = (12_000, 32_000)


class PortInUse(Exception):
    """A port that the sandbox needs is taken; ``port`` tells which."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use")
        self.port = port


class Sandbox:
    """Ports ``port`` (page), +1 (phone), +2 (left to the app), +3 (platform); 0 finds free ones.

    ``upstream`` is the app's address, by default that of port +2; it may be changed at any time.
    ``certificate`` (certificate and key files) opens the phone over TLS too, on port +4.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        upstream: str | None = None,
        identity: Identity | None = None,
        certificate: tuple[Path, Path] | None = None,
    ) -> None:
        self.platform = PlatformState(identity)
        self.journal = Journal()
        self.admin = Admin(self.platform, self.journal, self.addresses)
        self.port = port
        self._given_upstream = upstream
        self._certificate = certificate
        self._servers: list[HttpServer] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def page_url(self) -> str:
        """What a person opens."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def phone_url(self) -> str:
        """The app as the simulated client sees it."""
        return f"http://127.0.0.1:{self.port + 1}/"

    @property
    def app_url(self) -> str:
        """The app itself, without the container."""
        return self.upstream + "/"

    @property
    def platform_url(self) -> str:
        """The stand-in for the platform, without a slash at its end."""
        return f"http://127.0.0.1:{self.port + 3}"

    @property
    def tls_url(self) -> str | None:
        """The phone over TLS, if there is a certificate."""
        return f"https://127.0.0.1:{self.port + 4}/" if self._certificate else None

    @property
    def upstream(self) -> str:
        """Where the proxy finds the app: ``http://host:port``."""
        return self._given_upstream or f"http://127.0.0.1:{self.port + 2}"

    @upstream.setter
    def upstream(self, address: str) -> None:
        self._given_upstream = address.rstrip("/")

    def addresses(self) -> dict[str, str]:
        """Every address by name, as the page asks for them."""
        known = {
            "page": self.page_url,
            "phone": self.phone_url,
            "app": self.app_url,
            "platform": self.platform_url + "/",
        }
        return {**known, "phone_tls": self.tls_url} if self.tls_url else known

    def start(self) -> None:
        """Opens all ports, or raises PortInUse and none is open."""
        handlers: dict[int, Handler] = {
            0: self._page,
            1: self._phone(),
            3: Platform(self.platform, self.journal),
        }
        self._servers = self._bound(handlers)
        platform_server = self._servers[2]
        self.platform.changed = lambda: platform_server.refuse(self.platform.faults.refuses_all)
        for server in self._servers:
            server.start()

    def stop(self) -> None:
        """Ends every connection and frees the ports."""
        self.journal.close()
        self.platform.faults.stopping.set()
        for server in self._servers:
            server.stop()
        self._servers.clear()

    def environment(self, instance: Path) -> dict[str, str]:
        """The settings with which the app talks to this sandbox, ``SECRET_KEY`` excepted."""
        identity = self.platform.identity
        local = [self.phone_url, f"http://127.0.0.1:{self.port + 2}/"]
        origins = [
            *local,
            *(address.replace("127.0.0.1", "localhost") for address in local),
            *([self.tls_url] if self.tls_url else []),
        ]
        return {
            "DING_CORP_ID": identity.corp_id,
            "DING_AGENT_ID": identity.agent_id,
            "DING_CLIENT_ID": identity.client_id,
            "DING_CLIENT_SECRET": identity.client_secret,
            "DING_OAPI_URL": self.platform_url,
            "DING_API_URL": self.platform_url,
            "DING_LOGIN_URL": self.platform_url,
            "DING_PUBLIC_ORIGINS": ",".join(origin.rstrip("/") for origin in origins),
            "DING_INSTANCE": str(instance),
            "DING_DEBUG": "1",
        }

    def _bound(self, handlers: dict[int, Handler]) -> list[HttpServer]:
        if self.port:
            return self._bound_at(self.port, handlers)
        for _ in range(100):
            base = random.randrange(*CHOICE, 5)  # noqa: S311 - a port is no secret
            with contextlib.suppress(PortInUse):
                servers = self._bound_at(base, handlers)
                self.port = base
                return servers
        raise PortInUse(CHOICE[0])

    def _bound_at(self, base: int, handlers: dict[int, Handler]) -> list[HttpServer]:
        wanted: list[tuple[int, Handler, ssl.SSLContext | None]] = [
            (base + offset, handler, None) for offset, handler in handlers.items()
        ]
        if self._certificate:
            wanted.append((base + 4, handlers[1], _tls(*self._certificate)))
        servers: list[HttpServer] = []
        try:
            if self._given_upstream is None and not port_is_free(base + 2):
                raise PortInUse(base + 2)
            for port, handler, tls in wanted:
                servers.append(_server(handler, port, tls))
        except PortInUse:
            for server in servers:
                server.stop()
            raise
        return servers

    def _page(self, request: Request) -> Response:
        if request.path.startswith(PREFIX):
            return self.admin(request)
        if request.method not in ("GET", "HEAD"):
            raise RefusedRequest(405, "this page can only be read")
        if (request.header("Host") or "").split(":")[0] == "localhost":
            # The container talks to the page under one name only.
            return Response(302, [("Location", self.page_url)])
        return static_file(request.path.removeprefix("/") or "index.html")

    def _phone(self) -> Handler:
        proxy = Proxy(lambda: self.upstream, self._device, self._framers)

        def handle(request: Request) -> Response:
            own = request.path.startswith(PREFIX)
            return self.admin(request) if own else proxy(request)

        return handle

    def _device(self, request: Request) -> Device:
        try:
            return self.admin.device(request)
        except BadValue:
            # The app's own requests may carry any cookie.
            return Device()

    def _framers(self) -> list[str]:
        page = self.page_url.rstrip("/")
        # The desktop client's own pages are on port 443; here they are beside the phone over TLS.
        return [page, f"https://*.dingtalk.com:{self.port + 4}"] if self._certificate else [page]


def _tls(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _server(handler: Handler, port: int, tls: ssl.SSLContext | None) -> HttpServer:
    try:
        return HttpServer(handler, port, tls=tls)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES):
            raise PortInUse(port) from None
        raise
