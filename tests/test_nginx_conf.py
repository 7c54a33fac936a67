"""The project's `nginx.conf`: syntax, a linter's opinion, and what the real nginx does with it."""

from __future__ import annotations

import http.client
import json
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from app_server import ROOT, free_port, wait_until
from certificates import Certificate, self_signed
from front_servers import SECOND, Nginx, ProjectFront, has_ipv6, raw_exchange, temporary_paths

NAME = "h5.example.test"


class Upstream:
    """An upstream on a free port that answers with what it was asked."""

    def __init__(self) -> None:
        class Echo(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # one packet an answer, or delayed acknowledgements cost 40 ms each

            def do_GET(self) -> None:
                asked = {"line": self.requestline, "headers": self.headers.items()}
                body = json.dumps(asked).encode()
                self.send_response(302 if self.path.startswith("/redirect") else 200)
                self.send_header("Location", f"http://{NAME}/t?")
                if self.path == "/long-headers":
                    self.send_header("Set-Cookie", "a" * 12500)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


# A browser refuses a style sheet of another type (nosniff).
KINDS = {
    "a.css": "text/css; charset=utf-8",
    "a.json": "application/json; charset=utf-8",
    "a.svg": "image/svg+xml",
    "a.txt": "text/plain; charset=utf-8",
    "a.png": "image/png",
    "a.jpg": "image/jpeg",
    "a.ico": "image/x-icon",
    "a.woff2": "font/woff2",
    "a.unknown": "application/octet-stream",
}


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectFront]:
    folder = tmp_path_factory.mktemp("nginx")
    static = folder / "static"
    (static / "vendor").mkdir(parents=True)
    (folder / "outside.txt").write_text("not for everybody", encoding="utf-8")
    (static / "bridge.js").write_text("export const answer = 42;\n" * 100, encoding="utf-8")
    (static / "vendor" / "dingtalk.js").write_text("var dd = {};\n", encoding="utf-8")
    for name in KINDS:
        (static / name).write_text("x" * 1000, encoding="utf-8")
    upstream = Upstream()
    certificate = self_signed(folder)
    with ProjectFront(
        folder, upstream.url, [NAME], certificate=certificate, static=static
    ) as nginx:
        yield nginx
    upstream.stop()


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectFront]:
    """The same behind another proxy, which is the test."""
    upstream = Upstream()
    behind = (*SECOND, "set $forwarded_prefix", "set $original_uri")
    folder = tmp_path_factory.mktemp("second")
    with ProjectFront(folder, upstream.url, [NAME], behind=behind) as nginx:
        yield nginx
    upstream.stop()


def handshake(port: int, name: str) -> str | None:
    """What nginx and a browser agree to speak over TLS. Raises ssl.SSLError where they do not."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.selected_alpn_protocol()


def get(
    front: ProjectFront, target: str, headers: dict[str, str] | None = None, method: str = "GET"
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", front.port, timeout=10)
    connection.request(method, target, headers={"Host": NAME, **(headers or {})})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def asked(
    front: ProjectFront, target: str, headers: dict[str, str] | None = None
) -> tuple[str, dict[str, str]]:
    """The request target and the headers that reached the app."""
    response, body = get(front, target, headers)
    assert response.status == 200
    seen = json.loads(body)
    names = [name.lower() for name, _ in seen["headers"]]
    assert len(names) == len(set(names))
    return seen["line"].split(" ")[1], {n.lower(): v for n, v in seen["headers"]}


@pytest.mark.row("R60")
def test_nginx_finds_no_fault_in_the_file_as_it_is(tmp_path: Path) -> None:
    # Only where it may write differs from what an operator runs.
    text = (
        (ROOT / "nginx.conf").read_text(encoding="utf-8").replace("/var/log/nginx", str(tmp_path))
    )
    (tmp_path / "nginx.conf").write_text(text, encoding="utf-8")
    scratch = f"pid {tmp_path}/pid; error_log stderr;"
    command = [
        "nginx",
        "-t",
        "-p",
        str(tmp_path),
        "-c",
        str(tmp_path / "nginx.conf"),
        "-g",
        scratch,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "[warn]" not in done.stderr


def https_only(text: str, plain: int, tls: int, certificate: Certificate) -> str:
    """The file as its comments say to change it: TLS filled in, plain http sent on to it."""
    text = re.sub(r"^( *)# ((?:listen|ssl_)[^;]*;)$", r"\1\2", text, flags=re.MULTILINE)
    text, blocks = re.subn(
        r"^    # server \{\n(?:    #     .*\n)+    # \}$",
        lambda block: block[0].replace("    # ", "    "),
        text,
        flags=re.MULTILINE,
    )
    assert blocks == 1
    before, server, last = text.rpartition("    server {\n")
    text = before + server + re.sub(r"^ *listen \S*80;\n", "", last, flags=re.MULTILINE)
    # What no test can have: the machine's own ports and keys.
    text = re.sub(r"listen (\[::\]:)?80\b", rf"listen \g<1>{plain}", text)
    text = re.sub(r"listen (\[::\]:)?443\b", rf"listen \g<1>{tls}", text)
    text = re.sub(r"(ssl_certificate +).*;", rf"\1{certificate.chain};", text)
    text = re.sub(r"(ssl_certificate_key +).*;", rf"\1{certificate.key};", text)
    return text if has_ipv6() else re.sub(r"listen \[.*\n", "\n", text)


@pytest.mark.row("R60")
def test_the_tls_block_and_the_redirect_work_as_they_are_written(tmp_path: Path) -> None:
    plain, tls = free_port(), free_port()
    text = (ROOT / "nginx.conf").read_text(encoding="utf-8")
    text = https_only(text, plain, tls, self_signed(tmp_path))
    text = text.replace("access_log /var/log/nginx/", f"{temporary_paths()} access_log ")
    name = "app.example.com"
    with Nginx(tmp_path, text, [plain, tls]) as nginx:
        asked = f"GET /a%2Fb? HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
        answer = raw_exchange(plain, asked.encode())
        assert answer.startswith(b"HTTP/1.1 308 ")
        assert f"\r\nLocation: https://{name}/a%2Fb?\r\n".encode() in answer
        assert raw_exchange(plain, asked.replace(name, "evil.example").encode()) == b""
        assert handshake(tls, name) == "h2"
        with pytest.raises(ssl.SSLError):
            handshake(tls, "evil.example")
        assert "[warn]" not in nginx.output()


def test_the_linter_objects_to_nothing_but_the_untouched_host() -> None:
    command = [sys.executable, "-m", "gixy", "-f", "json", str(ROOT / "nginx.conf")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    problems = json.loads(done.stdout)
    # $http_host is deliberate: $host would lose the port, and the app has its own list of hosts.
    assert [problem["plugin"] for problem in problems] == ["host_spoofing"]


@pytest.mark.row("R60")
@pytest.mark.row("R04")
@pytest.mark.parametrize(
    "target",
    [
        "/?",
        "/a%2Fb",
        "//x//",
        "/a/./b/../c",
        "/%e4%B8%AD?%zz&;=+",
        "/?{|}^`\\[]'",
        "/" + "a" * 8000,
    ],
)
def test_the_target_and_the_host_reach_the_app_untouched(front: ProjectFront, target: str) -> None:
    raw = f"GET {target} HTTP/1.1\r\nHost: {NAME}:{front.port}\r\nConnection: close\r\n\r\n"
    body = raw_exchange(front.port, raw.encode()).partition(b"\r\n\r\n")[2]
    seen = json.loads(body[body.index(b"{") : body.rindex(b"}") + 1])
    headers = dict(seen["headers"])
    assert seen["line"] == f"GET {target} HTTP/1.1"
    assert headers["Host"] == headers["X-Forwarded-Host"] == f"{NAME}:{front.port}"
    assert headers["X-Original-URI"] == target


def test_what_a_visitor_says_about_scheme_host_and_prefix_ends_here(front: ProjectFront) -> None:
    lies = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "1",
        "X-Forwarded-Prefix": "/evil",
        "X-Forwarded-For": "1.2.3.4",
        "X-Real-IP": "1.2.3.4",
        "X-Original-URI": "/evil",
        "Forwarded": "host=evil.example;proto=https",
    }
    _, headers = asked(front, "/a", lies)
    told = {name: headers.get(name.lower()) for name in lies}
    assert told == {
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": NAME,
        "X-Forwarded-Port": str(front.port),
        "X-Forwarded-Prefix": None,
        "X-Forwarded-For": "127.0.0.1",
        "X-Real-IP": "127.0.0.1",
        "X-Original-URI": "/a",
        "Forwarded": None,
    }


def test_an_encoded_line_end_in_the_path_makes_no_header(front: ProjectFront) -> None:
    target, headers = asked(front, "/a%0d%0aX-Forwarded-Host:%20evil.example")
    assert target == "/a%0d%0aX-Forwarded-Host:%20evil.example"
    assert headers["x-forwarded-host"] == NAME


@pytest.mark.parametrize("host", ["evil.example", f"{NAME}.evil.example", f"evil.{NAME}", "_", ""])
def test_an_unknown_host_gets_no_answer(front: ProjectFront, host: str) -> None:
    raw = f"GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"
    answer = raw_exchange(front.port, raw.encode())
    assert answer == b"" or b" 400 " in answer.partition(b"\r\n")[0]


def test_a_request_without_a_host_or_with_two_gets_no_page(front: ProjectFront) -> None:
    for raw in (
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: {NAME}\r\nHost: evil.example\r\n\r\n",
        f"GET http://evil.example/ HTTP/1.1\r\nHost: {NAME}\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
    ):
        answer = raw_exchange(front.port, raw.encode())
        assert answer == b"" or b" 400 " in answer.partition(b"\r\n")[0]


def test_tls_refuses_an_unknown_name_before_any_certificate_is_shown(front: ProjectFront) -> None:
    assert handshake(front.tls_port, NAME) == "h2"
    with pytest.raises(ssl.SSLError):
        handshake(front.tls_port, "evil.example")


@pytest.mark.parametrize(
    "target",
    [
        "/metrics",
        "/readyz",
        "/metrics/",
        "/metrics/x",
        "/%6Detrics",
        "//metrics",
        "/a/../metrics",
        "/metrics?x",
        "/%2Fmetrics",
        "/./readyz",
    ],
)
def test_metrics_and_readiness_stay_inside(front: ProjectFront, target: str) -> None:
    response, _ = get(front, target)
    assert response.status == 404
    assert "X-Original-URI" not in str(response.headers)


def test_the_server_keeps_its_version_to_itself(front: ProjectFront) -> None:
    for target in ("/static/none.js", "/metrics"):
        response, body = get(front, target)
        assert response.headers["Server"] == "nginx"
        assert b"nginx/" not in body


@pytest.mark.row("R60")
@pytest.mark.parametrize("path", ["/static/", "/ding/static/"])
def test_static_files_end_here_and_are_cached_by_their_path(front: ProjectFront, path: str) -> None:
    response, body = get(front, f"{path}bridge.js")
    assert response.status == 200
    assert body.startswith(b"export")
    assert response.headers["Content-Type"] == "application/javascript; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    again, _ = get(front, f"{path}bridge.js", {"If-None-Match": response.headers["ETag"]})
    assert again.status == 304
    versioned, _ = get(front, f"{path}v-0123456789ab/vendor/dingtalk.js")
    assert versioned.status == 200
    assert versioned.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    posted, _ = get(front, f"{path}bridge.js", method="POST")
    assert posted.status == 403


@pytest.mark.parametrize("path", ["/static/", "/ding/static/v-0123456789ab/"])
def test_a_static_file_that_is_not_here_is_asked_of_the_app(front: ProjectFront, path: str) -> None:
    """An app's own files, as Flask serves them, stand under /static/ too."""
    target = f"{path}own.js?v=%2f&"
    response, body = get(front, target, {"X-Original-URI": "/evil"})
    told = json.loads(body)
    assert (response.status, response.headers["Cache-Control"]) == (200, None)
    assert told["line"] == f"GET {target} HTTP/1.1"
    assert dict(told["headers"])["X-Original-URI"] == target


@pytest.mark.parametrize("inside", ["/static", "/ding/static", "/static/v-1", "/static/vendor/.."])
@pytest.mark.parametrize("way", ["../", "/../", "/%2e%2e/", "%2f..%2f", "/..%2f", "//../"])
def test_no_way_leads_out_of_the_static_folder(front: ProjectFront, inside: str, way: str) -> None:
    raw = f"GET {inside}{way}outside.txt HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n"
    answer = raw_exchange(front.port, raw.encode())
    assert b"not for everybody" not in answer


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_file_has_its_type_and_text_is_compressed(
    front: ProjectFront, name: str
) -> None:
    response, _ = get(front, f"/static/{name}", {"Accept-Encoding": "gzip"})
    assert (response.status, response.headers["Content-Type"]) == (200, KINDS[name])
    is_text = name.endswith((".css", ".json", ".svg", ".txt"))
    assert response.headers["Content-Encoding"] == ("gzip" if is_text else None)


def test_text_is_compressed_on_its_way(front: ProjectFront) -> None:
    response, body = get(front, "/static/bridge.js", {"Accept-Encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in response.headers["Vary"]
    assert len(body) < 300
    page, _ = get(front, "/" + "a" * 600, {"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"


def test_a_redirect_of_the_app_passes_untouched(front: ProjectFront) -> None:
    response, _ = get(front, "/redirect")
    assert (response.status, response.headers["Location"]) == (302, f"http://{NAME}/t?")


@pytest.mark.parametrize("query", ["?a=%2f&&", "?"])
@pytest.mark.parametrize("path", ["/files", "/ding/oauth/return", "/static/own.js"])
def test_paths_with_rules_of_their_own_pass_as_untouched_as_others(
    front: ProjectFront, path: str, query: str
) -> None:
    target = path + query
    line, headers = asked(front, target, {"Host": f"{NAME}:8080", "X-Forwarded-Host": "evil"})
    assert line == headers["x-original-uri"] == target
    assert headers["host"] == headers["x-forwarded-host"] == f"{NAME}:8080"
    assert headers["x-forwarded-proto"] == "http"


def test_an_answer_may_have_long_headers(front: ProjectFront) -> None:
    response, _ = get(front, "/long-headers")
    assert response.status == 200
    assert len(response.headers["Set-Cookie"]) > 12000


def test_a_form_with_a_file_has_room_for_one_file_and_no_more(front: ProjectFront) -> None:
    def sent(octets: int) -> bytes:
        head = f"POST /files HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {octets}\r\n"
        return raw_exchange(front.port, f"{head}Connection: close\r\n\r\n".encode())

    assert b" 413 " in sent(21 * 1024 * 1024 + 1).partition(b"\r\n")[0]


def test_too_much_is_refused(front: ProjectFront) -> None:
    long_line, _ = get(front, "/" + "a" * 8300)
    assert long_line.status == 414
    many, _ = get(front, "/", {f"X-{n}": "a" * 7000 for n in range(6)})
    assert many.status == 400
    head = (
        f"POST / HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: 1048577\r\nConnection: close\r\n\r\n"
    )
    assert b" 413 " in raw_exchange(front.port, head.encode()).partition(b"\r\n")[0]


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/healthz", "127.0.0.77"),
        ("/files", "127.0.0.78"),
        ("/ding/oauth/return", "127.0.0.79"),
        ("/static/none.js", "127.0.0.80"),
    ],
)
def test_one_address_cannot_ask_without_end(front: ProjectFront, path: str, source: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\n\r\n"
    last = f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n"
    answer = raw_exchange(front.port, (request * 400 + last).encode(), source=source)
    assert answer.count(b"HTTP/1.1 200 ") >= 200
    assert answer.count(b"HTTP/1.1 429 ") >= 50


def test_behind_another_proxy_each_visitor_has_a_limit_of_their_own(
    second: ProjectFront,
) -> None:
    def ask(visitor: str, times: int) -> bytes:
        head = f"GET /healthz HTTP/1.1\r\nHost: {NAME}\r\nX-Forwarded-For: {visitor}\r\n"
        last = f"{head}Connection: close\r\n\r\n"
        return raw_exchange(second.port, (f"{head}\r\n" * times + last).encode())

    assert ask("203.0.113.1", 400).count(b"HTTP/1.1 429 ") >= 50
    assert ask("203.0.113.2", 100).count(b"HTTP/1.1 200 ") == 101
    # Whoever looks into the log is told.
    assert "limiting requests" in second.output()


def test_behind_another_proxy_its_words_come_first(second: ProjectFront) -> None:
    said = {
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": f"{NAME}:8443",
        "X-Forwarded-Port": "8443",
        "X-Forwarded-Prefix": "/h5",
        "X-Original-URI": "/h5/a",
        "X-Forwarded-For": "203.0.113.9",
    }
    _, headers = asked(second, "/a", said)
    assert {name: headers.get(name.lower()) for name in said} == {
        "X-Forwarded-Proto": "https, http",
        "X-Forwarded-Host": f"{NAME}:8443, {NAME}",
        "X-Forwarded-Port": f"8443, {second.port}",
        "X-Forwarded-Prefix": "/h5",
        "X-Original-URI": "/h5/a",
        "X-Forwarded-For": "203.0.113.9",
    }


def test_no_log_has_an_authorisation_code_while_the_app_is_away(tmp_path: Path) -> None:
    with ProjectFront(tmp_path, "http://127.0.0.1:9", [NAME]) as nginx:
        response, _ = get(nginx, "/ding/oauth/return?authCode=canary&state=x")
        assert (response.status, response.headers["Retry-After"]) == (503, "5")
        get(nginx, "/page")
        written = nginx.folder / "access.log"
        wait_until(lambda: "GET /page" in nginx.output(), "the error in the log")
        wait_until(lambda: "/return" in written.read_text(encoding="utf-8"), "its line in the log")
        log = nginx.output() + written.read_text(encoding="utf-8")
    assert '"GET /ding/oauth/return" 503' in log
    assert "canary" not in log


def test_the_log_has_no_query(front: ProjectFront) -> None:
    get(front, "/return?code=authorisation-code-canary")
    log = front.folder / "access.log"
    # nginx writes the line once the answer has left.
    wait_until(lambda: '"GET /return"' in log.read_text(encoding="utf-8"), "the line in the log")
    assert "canary" not in log.read_text(encoding="utf-8")


def test_an_app_that_is_away_is_a_sentence_in_two_languages(tmp_path: Path) -> None:
    with ProjectFront(tmp_path, "http://127.0.0.1:9", [NAME]) as nginx:
        response, body = get(nginx, "/")
    assert response.status == 503
    assert response.headers["Retry-After"] == "5"
    assert response.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "服务正在重启" in body.decode()
    assert "restarting" in body.decode()
