"""Generated URLs, headers and fronts: the signed URL is the browser's, or there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from dingbridge.errors import PageUrlRefused, PageUrlUncertain
from dingbridge.page_url import FrontPolicy, Origin, origin_of, page_url

PATH = "!$%&'()*+,-./:;=@[]_~aZ09"
QUERY = PATH + '?\\^`{|}"'
HOSTS = ("h5.example.test", "b.example.test", "[::1]", "127.0.0.1", "a_b.test", "h5.example.test.")
TRUSTED = ("127.0.0.1", "10.0.0.0/8", "unix")

paths = st.text(PATH, max_size=40).map("/".__add__)
queries = st.none() | st.text(QUERY, max_size=40)
targets = st.builds(lambda p, q: p if q is None else f"{p}?{q}", paths, queries)
origins = st.builds(
    Origin,
    st.sampled_from(("http", "https")),
    st.sampled_from(HOSTS),
    st.sampled_from((80, 443, 8080, 8443)),
)
# What a hostile or careless client may send; proxies pass it on or replace it.
hostile = st.sampled_from(
    (
        "evil.example",
        "h5.example.test",
        "h5.example.test:8443",
        "b.example.test, evil.example",
        "",
        ",",
        "https",
        "http, https",
        "host=evil.example;proto=https",
        "host=h5.example.test",
        "/evil",
        "//evil.example",
        "65536",
        "80",
        "\x00",
        "ä",
        "h5.example.test/x",
    )
) | st.text(max_size=20)
FORWARDING = (
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_FORWARDED",
    "HTTP_X_ORIGINAL_URI",
)


@dataclass
class Page:
    """A browser's page load on its way to the app."""

    origin: Origin
    target: str
    environ: dict[str, object]
    hops: int = 0
    original_uri: bool = False
    forwarded_port: bool = False


Front = Callable[[Page], None]


def browser(origin: Origin, target: str) -> Page:
    host = str(origin).partition("://")[2]
    environ: dict[str, object] = {"RAW_URI": target, "HTTP_HOST": host}
    environ["wsgi.url_scheme"] = origin.scheme
    environ["REMOTE_ADDR"] = "192.0.2.1"
    return Page(origin, target, environ)


def append(page: Page, key: str, value: str) -> None:
    before = page.environ.get(key)
    page.environ[key] = value if before is None else f"{before}, {value}"


def behind(page: Page) -> str:
    """What every proxy does; returns the Host that it was asked for."""
    page.hops += 1
    page.environ["REMOTE_ADDR"] = "127.0.0.1"
    return str(page.environ["HTTP_HOST"])


def appending(page: Page) -> None:
    """Appends what it saw, and talks to an inner name."""
    append(page, "HTTP_X_FORWARDED_HOST", behind(page))
    append(page, "HTTP_X_FORWARDED_PROTO", str(page.environ["wsgi.url_scheme"]))
    page.environ.update({"HTTP_HOST": "inner:5000", "wsgi.url_scheme": "http"})


def rfc7239(page: Page) -> None:
    """Appends an element of RFC 7239."""
    host, scheme = behind(page), page.environ["wsgi.url_scheme"]
    append(page, "HTTP_FORWARDED", f'for=192.0.2.1;host="{host}";proto={scheme}')
    page.environ.update({"HTTP_HOST": "inner:5000", "wsgi.url_scheme": "http"})


def prefixed(page: Page) -> None:
    """Strips the path prefix under which the app is published, and says so."""
    assume("HTTP_X_FORWARDED_PREFIX" not in page.environ and not page.original_uri)
    appending(page)
    page.environ["HTTP_X_FORWARDED_PREFIX"] = "/h5"
    page.target = f"/h5{page.target}"


def rewriting(page: Page) -> None:
    """Rewrites the path and passes the untouched target."""
    appending(page)
    if not page.original_uri:
        page.environ["HTTP_X_ORIGINAL_URI"] = page.target
    page.environ["RAW_URI"] = "/rewritten"
    page.original_uri = True


def naming_the_port(page: Page) -> None:
    """Loses the port from Host, as nginx's $host does, and says it in X-Forwarded-Port."""
    appending(page)
    append(page, "HTTP_X_FORWARDED_PORT", str(page.origin.port))
    hosts = str(page.environ["HTTP_X_FORWARDED_HOST"]).split(", ")
    hosts[-1] = page.origin.host
    page.environ["HTTP_X_FORWARDED_HOST"] = ", ".join(hosts)
    page.forwarded_port = True


def ending_tls(page: Page) -> None:
    """Says the scheme alone, as many load balancers do."""
    behind(page)
    append(page, "HTTP_X_FORWARDED_PROTO", str(page.environ["wsgi.url_scheme"]))
    page.environ["wsgi.url_scheme"] = "http"


def joining(page: Page) -> None:
    """`nginx.conf` as the second proxy: keeps Host, and joins its words to what may be nothing."""
    host, scheme = behind(page), page.environ["wsgi.url_scheme"]
    for key, value in (("HTTP_X_FORWARDED_HOST", host), ("HTTP_X_FORWARDED_PROTO", scheme)):
        page.environ[key] = f"{page.environ.get(key, '')}, {value}"


CHAINS: tuple[tuple[Front, ...], ...] = (
    (),
    (appending,),
    (rfc7239,),
    (prefixed,),
    (rewriting,),
    (naming_the_port,),
    (appending, appending),
    (rfc7239, rfc7239),
    (appending, appending, appending),
    (ending_tls, joining),
    (ending_tls, joining, joining),
)


def outcome(environ: dict[str, object], policy: FrontPolicy) -> str | None:
    try:
        return page_url(environ, policy)
    except (PageUrlRefused, PageUrlUncertain) as error:
        event(error.reason)
        return None


@pytest.mark.row("R04")
@pytest.mark.row("R05")
@settings(max_examples=400, deadline=None)
@given(origins, targets, st.sampled_from(CHAINS), st.lists(origins, max_size=4), st.booleans())
def test_behind_any_honest_chain_the_browsers_url_is_signed_or_none(
    origin: Origin, target: str, chain: tuple[Front, ...], others: list[Origin], listed: bool
) -> None:
    page = browser(origin, target)
    for front in chain:
        front(page)
    allowed = (origin, *others) if listed else tuple(o for o in others if o != origin)
    assume(len(set(allowed)) > 1 or listed)
    policy = FrontPolicy(
        allowed,
        trusted_proxies=TRUSTED,
        hops=max(1, page.hops),
        forwarded_port=page.forwarded_port,
        original_uri_header="X-Original-URI" if page.original_uri else None,
    )
    signed = outcome(page.environ, policy)
    shown = f"{origin}{page.target}"
    assert signed == shown if listed else signed != shown
    if signed is not None and not listed:
        # The one thing left to the page: another origin of the same host that nothing tells apart.
        assert origin_of(signed).host == origin.host


@pytest.mark.row("R04")
@settings(max_examples=600, deadline=None)
@given(
    st.dictionaries(st.sampled_from((*FORWARDING, "HTTP_HOST")), hostile),
    targets | hostile | st.text(max_size=30),
    st.lists(origins, min_size=1, max_size=4),
    st.sampled_from(("127.0.0.1", "10.9.9.9", "", "192.0.2.1", "rubbish")),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
)
def test_whatever_arrives_nothing_foreign_and_nothing_altered_is_signed(
    headers: dict[str, str],
    target: str,
    allowed: list[Origin],
    peer: str,
    hops: int,
    forwarded_port: bool,
    rewriting_front: bool,
) -> None:
    environ: dict[str, object] = {"RAW_URI": target, "REMOTE_ADDR": peer, **headers}
    policy = FrontPolicy(
        tuple(allowed),
        TRUSTED,
        hops,
        forwarded_port,
        "X-Original-URI" if rewriting_front else None,
    )
    signed = outcome(environ, policy)
    if signed is None:
        return
    origin = origin_of(signed)
    assert origin in allowed
    trusted = policy.trusts(environ)
    if trusted and rewriting_front:
        expected = headers["HTTP_X_ORIGINAL_URI"]
    else:
        listed = headers.get("HTTP_X_FORWARDED_PREFIX", "").split(",")[-hops:] if trusted else []
        expected = "".join(part.strip(" \t") for part in listed) + target
    assert signed == f"{origin}{expected}"
    assert signed.isascii()
    assert signed.isprintable()
    assert not {"#", " "} & set(signed)


@settings(max_examples=200, deadline=None)
@given(
    origins,
    targets,
    st.lists(origins, min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(FORWARDING), hostile),
)
def test_a_visitors_own_headers_cannot_move_the_signature_off_his_page(
    origin: Origin, target: str, others: list[Origin], injected: dict[str, str]
) -> None:
    """A proxy that appends leaves the visitor's values on the left, where nobody reads them."""
    page = browser(origin, target)
    page.environ.update(
        {
            key: value
            for key, value in injected.items()
            if key in {"HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST"}
        }
    )
    appending(page)
    policy = FrontPolicy((origin, *others), TRUSTED)
    assert page_url(page.environ, policy) == f"{origin}{target}"
