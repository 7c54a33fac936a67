"""Generated URLs, headers and fronts: the signed URL is the browser's, or there is none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

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
        'host=evil.example;for="',
        "http://evil.example, https",
        "/evil, /h5",
        "/evil",
        "//evil.example",
        "65536",
        "80",
        "\x00",
        "ä",
        "h5.example.test/x",
    )
) | st.text(max_size=20)
# What a visitor forges to be signed for another listed origin, OTHER.
READABLE = ('host="OTHER";proto=SCHEME', "host=evil.example;proto=https", "proto=SCHEME")
forged = hostile | st.sampled_from((*READABLE, "OTHER", "OTHER, OTHER", "SCHEME", "SCHEME, SCHEME"))
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
    """A browser's page load on its way to the app; each proxy changes what the next one sees."""

    origin: Origin
    target: str
    environ: dict[str, object]
    speak: Speak
    hops: int = 0
    prefix: str = ""
    original_uri: bool = False
    forwarded_port: bool = False
    host_is_forwarded: bool = True

    @property
    def shown(self) -> str:
        """What `location.href` is in the browser."""
        return f"{self.origin}{self.target if self.original_uri else self.prefix + self.target}"


Front = Callable[[Page], None]
Speak = Callable[[Page, str, str], None]


def browser(origin: Origin, target: str, speak: Speak) -> Page:
    host = str(origin).partition("://")[2]
    environ: dict[str, object] = {"RAW_URI": target, "HTTP_HOST": host}
    environ["wsgi.url_scheme"] = origin.scheme
    environ["REMOTE_ADDR"] = "192.0.2.1"
    return Page(origin, target, environ, speak)


def append(page: Page, key: str, value: str) -> None:
    """As nginx.conf does: where a proxy before this one said nothing, its place stays empty."""
    before = page.environ.get(key, "" if page.hops else None)
    page.environ[key] = value if before is None else f"{before}, {value}"


def x_forwarded(page: Page, host: str, scheme: str) -> None:
    append(page, "HTTP_X_FORWARDED_HOST", host)
    append(page, "HTTP_X_FORWARDED_PROTO", scheme)


def rfc7239(page: Page, host: str, scheme: str) -> None:
    append(page, "HTTP_FORWARDED", f'for=192.0.2.1;host="{host}";proto={scheme}')


def appending(page: Page) -> None:
    """Appends what it saw and talks to an inner name, unless the Host is still needed."""
    page.speak(page, str(page.environ["HTTP_HOST"]), str(page.environ["wsgi.url_scheme"]))
    if page.forwarded_port:
        append(page, "HTTP_X_FORWARDED_PORT", "5000")
    page.hops += 1
    page.environ.update({"REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http"})
    if page.host_is_forwarded:
        page.environ["HTTP_HOST"] = "inner:5000"


def transparent(page: Page) -> None:
    """Passes on what comes, TLS included, and says nothing."""
    page.environ["REMOTE_ADDR"] = "127.0.0.1"


def stripping(page: Page) -> None:
    """Strips a path prefix and says so, after the proxies that stripped theirs."""
    part = f"/h5-{page.hops}"
    page.prefix += part
    before = page.environ.get("HTTP_X_FORWARDED_PREFIX")
    page.environ["HTTP_X_FORWARDED_PREFIX"] = part if before is None else f"{before}, {part}"
    appending(page)


def rewriting(page: Page) -> None:
    """Rewrites the path and passes the untouched target, unless it was passed already."""
    assume(not page.prefix or page.original_uri)  # else the target is no longer the browser's
    if not page.original_uri:
        page.environ["HTTP_X_ORIGINAL_URI"] = page.target
    page.environ["RAW_URI"] = "/rewritten"
    page.original_uri = True
    appending(page)


def overwriting(page: Page) -> None:
    """Says what it saw, and lets nothing through that others said."""
    for key in FORWARDING:
        page.environ.pop(key, None)
    appending(page)


def naming_the_port(page: Page) -> None:
    """Loses the port from Host, as nginx's $host does, and says it in X-Forwarded-Port."""
    append(page, "HTTP_X_FORWARDED_PORT", str(page.origin.port))
    page.environ["HTTP_HOST"] = page.origin.host
    appending(page)
    page.forwarded_port = True


def ending_tls(page: Page) -> None:
    """Says the scheme alone and keeps Host, as many load balancers do."""
    scheme = page.environ["wsgi.url_scheme"]
    if page.speak is x_forwarded:
        append(page, "HTTP_X_FORWARDED_PROTO", str(scheme))
    else:
        append(page, "HTTP_FORWARDED", f"proto={scheme}")
    page.hops += 1
    page.host_is_forwarded = False
    page.environ.update({"REMOTE_ADDR": "127.0.0.1", "wsgi.url_scheme": "http"})


def documented(front: Front) -> Front:
    """An outermost proxy as docs/urls.md demands it: it deletes every header it does not write.

    The lists to which it appends keep what the visitor sent, on the left, where nobody reads; of
    prefixes, which are joined, nothing of the visitor's may stay.
    """

    def edge(page: Page) -> None:
        clean = {key: value for key, value in page.environ.items() if key not in FORWARDING}
        trial = replace(page, environ=clean)
        front(trial)
        for key in FORWARDING:
            if key not in trial.environ or key == "HTTP_X_FORWARDED_PREFIX":
                page.environ.pop(key, None)
        front(page)

    return edge


# What only the proxy can be that the browser itself reaches, and what all can be.
EDGES = (overwriting, naming_the_port, ending_tls)
INNER = (appending, transparent, stripping, rewriting)
speeches = st.sampled_from((x_forwarded, rfc7239))
chains = st.just(()) | st.builds(
    lambda edge, inner: (edge, *inner),
    st.sampled_from((*EDGES, *INNER)),
    st.lists(st.sampled_from(INNER), max_size=2),
)
edges = st.sampled_from(
    (overwriting, *map(documented, (naming_the_port, ending_tls, appending, stripping, rewriting)))
)
defended_chains = st.builds(
    lambda edge, inner: (edge, *inner), edges, st.lists(st.sampled_from(INNER), max_size=2)
)


def policy_behind(page: Page, allowed: tuple[Origin, ...]) -> FrontPolicy:
    """What an operator sets who knows the chain of proxies."""
    return FrontPolicy(
        allowed,
        trusted_proxies=TRUSTED,
        hops=max(1, page.hops),
        forwarded_port=page.forwarded_port,
        original_uri_header="X-Original-URI" if page.original_uri else None,
    )


def outcome(environ: dict[str, object], policy: FrontPolicy) -> str | None:
    try:
        return page_url(environ, policy)
    except (PageUrlRefused, PageUrlUncertain) as error:
        event(error.reason)
        return None


@pytest.mark.row("R04")
@pytest.mark.row("R05")
@settings(max_examples=600, deadline=None)
@given(origins, targets, speeches, chains, st.lists(origins, max_size=4), st.booleans())
def test_behind_any_honest_chain_the_browsers_url_is_signed_or_none(
    origin: Origin,
    target: str,
    speak: Speak,
    chain: tuple[Front, ...],
    others: list[Origin],
    listed: bool,
) -> None:
    page = browser(origin, target, speak)
    for front in chain:
        front(page)
    allowed = (origin, *others) if listed else tuple(o for o in others if o != origin)
    assume(len(set(allowed)) > 1 or listed)
    signed = outcome(page.environ, policy_behind(page, allowed))
    if not listed:
        assert signed != page.shown
        # All that is left to the page: another origin of the same host that nothing tells apart.
        assert signed is None or origin_of(signed).host == origin.host
    elif chain and not page.hops:  # proxies that all say nothing may leave the scheme in doubt
        assert signed in {page.shown, None}
    else:
        assert signed == page.shown


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


@pytest.mark.row("R04")
@settings(max_examples=600, deadline=None)
@given(
    origins,
    targets,
    speeches,
    defended_chains,
    st.lists(origins, min_size=1, max_size=3),
    st.dictionaries(st.sampled_from(FORWARDING), forged, min_size=1),
)
def test_a_visitors_own_headers_cannot_move_the_signature_off_his_page(
    origin: Origin,
    target: str,
    speak: Speak,
    chain: tuple[Front, ...],
    others: list[Origin],
    injected: dict[str, str],
) -> None:
    page = browser(origin, target, speak)
    scheme, _, host = str(others[0]).partition("://")
    for key, value in injected.items():
        page.environ[key] = value.replace("OTHER", host).replace("SCHEME", scheme)
    for front in chain:
        front(page)
    signed = outcome(page.environ, policy_behind(page, (origin, *others)))
    spoilt = injected.get("HTTP_FORWARDED", READABLE[0]) not in READABLE
    if spoilt and speak is rfc7239 and chain[0] is not overwriting:
        # RFC 7239 is read strictly as a whole: a visitor can spoil his own page, and no more.
        assert signed in {page.shown, None}
    else:
        assert signed == page.shown
