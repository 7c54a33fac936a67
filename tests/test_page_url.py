"""The exact URL, against measured page loads and hostile requests."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from url_fixtures import (
    SCHEME_UNSAID,
    SIGNED_WITH_ONE_SCHEME,
    corpus,
    load,
    may_be_signed,
    parse_raw,
    policy_for,
    wsgi_environ,
)

from dingbridge.errors import PageUrlRefused, PageUrlUncertain
from dingbridge.page_url import (
    FrontPolicy,
    Origin,
    Reason,
    allowed_href,
    is_https,
    origin_of,
    page_target,
    page_url,
    public_prefix,
)

HERE = ("127.0.0.1", "::1")


def origins(*texts: str) -> tuple[Origin, ...]:
    return tuple(Origin.parse(text) for text in texts)


def outcome(environ: dict[str, object], policy: FrontPolicy) -> str:
    """The URL, or the name of the reason why there is none.

    A refusal is a request that cannot be one of ours: 400. A doubt leaves the page unsigned.
    """
    try:
        return page_url(environ, policy)
    except (PageUrlRefused, PageUrlUncertain) as error:
        raised = error
    if raised.reason != Reason.PORT_NOT_ALLOWED:  # a doubt only where it is a proxy that names it
        assert isinstance(raised, PageUrlUncertain) is (raised.reason in DOUBTS)
    return raised.reason


DOUBTS = {
    Reason.ORIGINAL_URI_MISSING,
    Reason.FORWARDED_CONTRADICTORY,
    Reason.PROXY_NOT_TRUSTED,
    Reason.SCHEME_NOT_ALLOWED,
    Reason.SCHEME_UNKNOWN,
    Reason.PORT_UNKNOWN,
}


BOTH = FrontPolicy(
    origins("https://h5.example.test", "http://h5.example.test", "https://b.example.test:8443"),
    trusted_proxies=HERE,
)


def ask(
    *headers: tuple[str, str], target: str = "/a", peer: str = "127.0.0.1"
) -> dict[str, object]:
    return wsgi_environ(target, list(headers), peer)


@pytest.mark.row("R04")
@pytest.mark.row("R05")
def test_every_measured_page_load_is_signed_for_exactly_what_the_browser_showed() -> None:
    wrong = []
    counted: Counter[str] = Counter()
    for row in corpus():
        if row.expect == "mismatch" or row.profile in SCHEME_UNSAID:
            continue
        counted[row.expect] += 1
        got = outcome(row.environ, policy_for(row.profile))
        allowed = {row.href} if row.expect == "sign" else {row.href, *Reason}
        if got not in allowed:
            wrong.append((row, got))
    assert not wrong
    assert counted["sign"] >= 3000
    assert {row.profile for row in corpus()} == set(load("profiles.json"))


@pytest.mark.row("R04")
@pytest.mark.row("R05")
@pytest.mark.parametrize("profile", sorted(SCHEME_UNSAID))
def test_where_no_header_says_the_scheme_the_page_is_in_doubt_until_the_list_says_it(
    profile: str,
) -> None:
    """docs/urls.md asks the operator behind such a CDN to list one scheme for each host.

    So that this answer cannot hide a wrong one, each page load is also judged by the whole list.
    """
    whole = policy_for(profile)
    counted: Counter[str] = Counter()
    for row in corpus():
        if row.profile != profile:
            continue
        origin = origin_of(row.href)
        both = {f"{scheme}://{row.app_host}" for scheme in ("http", "https")}
        in_doubt = both <= {str(listed) for listed in whole.origins}
        expected = Reason.SCHEME_UNKNOWN if in_doubt else row.href
        assert outcome(row.environ, whole) == expected
        counted["in doubt" if in_doubt else "signed"] += 1
        one_scheme = tuple(listed for listed in whole.origins if listed.scheme == origin.scheme)
        for documented in (one_scheme, (origin,)):
            assert outcome(row.environ, replace(whole, origins=documented)) == row.href
    assert min(counted["in doubt"], counted["signed"]) >= 10


@pytest.mark.row("R04")
def test_a_front_that_destroys_bytes_cannot_be_undone_but_nothing_foreign_is_signed() -> None:
    destroyed = [row for row in corpus() if row.expect == "mismatch"]
    assert len({row.front for row in destroyed}) == 6
    for row in destroyed:
        policy = policy_for(row.profile)
        got = outcome(row.environ, policy)
        assert got != row.href
        assert origin_of(got) in policy.origins
        # What the page asks for once it sees the difference.
        assert allowed_href(row.href, policy) == row.href


@pytest.mark.parametrize("attack", load("attacks.json"), ids=lambda attack: attack["id"])
def test_an_attack_is_refused_wherever_its_entry_says_so(attack: dict[str, object]) -> None:
    policy = policy_for(str(attack["profile"]))
    if attack["profile"] == "xfp_xfh":  # one of its attacks asks for this odd origin
        policy = replace(policy, origins=(*policy.origins, *origins("https://h5.example.test:80")))
    target, headers = parse_raw(str(attack["raw"]))
    got = outcome(wsgi_environ(target, headers), policy)
    assert may_be_signed(attack, None if got in set(Reason) else got), got


@pytest.mark.parametrize(
    "attack",
    [attack for attack in load("attacks.json") if attack["expect"] == "refuse"],
    ids=lambda attack: attack["id"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_attack_is_refused_for_its_own_sake_where_the_list_leaves_no_doubt(
    attack: dict[str, str], scheme: str
) -> None:
    """An unknown scheme leaves a page unsigned; that must not be all that stops an attack."""
    listed = origins(f"{scheme}://h5.example.test", f"{scheme}://b.example.test")
    policy = replace(policy_for(attack["profile"]), origins=listed)
    target, headers = parse_raw(attack["raw"])
    got = outcome(wsgi_environ(target, headers), policy)
    said = dict(headers).get("X-Forwarded-Proto", scheme)
    if attack["id"] in SIGNED_WITH_ONE_SCHEME and said == scheme:
        assert got == f"{listed[0]}{target}"
    else:
        assert got in set(Reason)


@pytest.mark.row("R05")
def test_with_one_origin_no_header_matters() -> None:
    policy = FrontPolicy(origins("https://h5.example.test:8443"), trusted_proxies=HERE)
    environ = ask(
        ("Host", "evil.example"), ("X-Forwarded-Host", "%%%"), ("Forwarded", "rubbish"), target="/?"
    )
    assert page_url(environ, policy) == "https://h5.example.test:8443/?"


def test_the_target_is_never_touched() -> None:
    policy = FrontPolicy(origins("http://h"))
    for target in ("/", "/?", "//x//", "/%2f%2F?+%20+&&=;", "/a/../b/./", "/?{|}^`\\[]", "/'"):
        assert page_url(ask(target=target), policy) == f"http://h{target}"


@pytest.mark.parametrize(
    "target",
    ["", "*", "http://h/", "h:80", "a", "/a b", "/a#b", "/\x7f", "/\n", "/中", "/\xe4", "/a\n"],
)
def test_what_is_no_origin_form_is_refused(target: str) -> None:
    assert outcome(ask(target=target), FrontPolicy(origins("http://h"))) == "target_malformed"


@pytest.mark.parametrize(
    ("forwarded", "listed", "expected"),
    [
        ("b.test:80", "https://b.test:8443", "https://b.test:8443/a"),
        ("b.test:80", "https://b.test https://b.test:8443", "port_unknown"),
        ("b.test:8443", "https://b.test https://b.test:8443", "https://b.test:8443/a"),
        ("b.test", "https://b.test https://b.test:8443", "https://b.test/a"),
        ("c.test:80", "https://b.test:8443", "https://a.test/a"),
    ],
)
def test_of_a_forwarded_host_on_the_list_a_port_that_is_not_counts_for_nothing(
    forwarded: str, listed: str, expected: str
) -> None:
    policy = FrontPolicy(origins("https://a.test", *listed.split()), HERE)
    headers = [
        ("Host", "a.test"),
        ("X-Forwarded-Host", forwarded),
        ("X-Forwarded-Proto", "https"),
    ]
    assert outcome(ask(*headers), policy) == expected


def test_request_uri_is_used_where_the_server_gives_no_raw_uri() -> None:
    policy = FrontPolicy(origins("http://h"))
    assert page_url({"REQUEST_URI": "/a?"}, policy) == "http://h/a?"
    both = {"RAW_URI": "/raw", "REQUEST_URI": "/b"}
    assert page_url(both, policy) == "http://h/raw"
    assert page_target(both, policy) == "/raw"
    assert outcome({"PATH_INFO": "/a", "QUERY_STRING": ""}, policy) == "target_missing"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            [("Host", "h5.example.test"), ("X-Forwarded-Proto", "https")],
            "https://h5.example.test/a",
        ),
        ([("Host", "h5.example.test"), ("X-Forwarded-Proto", "HTTP")], "http://h5.example.test/a"),
        ([("Host", "h5.example.test")], "scheme_unknown"),
        ([("Host", "b.example.test")], "https://b.example.test:8443/a"),
        ([("Host", "b.example.test:8443")], "https://b.example.test:8443/a"),
        ([("Host", "B.Example.TEST:8443")], "https://b.example.test:8443/a"),
        ([("Host", "b.example.test:9")], "port_not_allowed"),
        ([("Host", "b.example.test"), ("X-Forwarded-Proto", "http")], "scheme_not_allowed"),
        ([("Host", "h5.example.test.")], "host_not_allowed"),
        ([], "host_missing"),
        ([("X-Forwarded-Host", "b.example.test")], "https://b.example.test:8443/a"),
        (
            [
                ("Host", "h5.example.test"),
                ("X-Forwarded-Host", "evil"),
                ("X-Forwarded-Proto", "https"),
            ],
            "https://h5.example.test/a",
        ),
        (
            [("Host", "h5.example.test"), ("Forwarded", "proto=https;host=evil")],
            "https://h5.example.test/a",
        ),
        (
            [
                ("Host", "inner"),
                ("Forwarded", "proto=https;host=h5.example.test"),
                ("X-Forwarded-Host", "evil"),
            ],
            "https://h5.example.test/a",
        ),
        (
            [
                ("Host", "inner"),
                ("Forwarded", "proto=https;host=h5.example.test"),
                ("X-Forwarded-Host", "evil"),
                ("X-Forwarded-Proto", "http"),
            ],
            "forwarded_contradictory",
        ),
        (
            [
                ("Host", "h5.example.test"),
                ("X-Forwarded-Proto", "https"),
                ("Forwarded", "proto=http"),
            ],
            "forwarded_contradictory",
        ),
        (
            [("X-Forwarded-Host", "h5.example.test"), ("Forwarded", "host=b.example.test")],
            "forwarded_contradictory",
        ),
        ([("Host", "h5.example.test"), ("X-Forwarded-Proto", "")], "forwarded_malformed"),
        ([("Host", "b.example.test"), ("X-Forwarded-Port", "80")], "https://b.example.test:8443/a"),
    ],
)
def test_with_several_origins_headers_choose_and_the_list_settles(
    headers: list[tuple[str, str]], expected: str
) -> None:
    assert outcome(ask(*headers), BOTH) == expected


def test_forwarding_headers_of_a_stranger_are_not_believed() -> None:
    headers = (("Host", "h5.example.test"), ("X-Forwarded-Proto", "https"))
    assert outcome(ask(*headers, peer="192.0.2.7"), BOTH) == "proxy_not_trusted"
    spoofed = (("Host", "b.example.test"), ("X-Forwarded-Host", "h5.example.test"))
    assert outcome(ask(*spoofed, peer="192.0.2.7"), BOTH) == "https://b.example.test:8443/a"


def test_without_any_proxy_the_connection_says_the_scheme() -> None:
    environ = ask(("Host", "h5.example.test"), peer="192.0.2.7")
    assert page_url(environ, BOTH) == "http://h5.example.test/a"
    assert page_url({**environ, "wsgi.url_scheme": "https"}, BOTH) == "https://h5.example.test/a"


def test_the_value_of_the_outermost_trusted_proxy_counts() -> None:
    two = FrontPolicy(BOTH.origins, HERE, hops=2)
    proto = ("X-Forwarded-Proto", "http, https, http")
    assert outcome(ask(("Host", "h5.example.test"), proto), two) == "https://h5.example.test/a"
    short = (("Host", "h5.example.test"), ("X-Forwarded-Proto", "https"))
    assert outcome(ask(*short), two) == "forwarded_too_short"


def test_an_outer_proxy_may_say_nothing_where_the_inner_one_appends() -> None:
    two = FrontPolicy(BOTH.origins, HERE, hops=2, forwarded_port=True)
    silent = (("Host", "h5.example.test"), ("X-Forwarded-Host", ", h5.example.test"))
    port = ("X-Forwarded-Port", ", 80")
    for proto, expected in (
        ("https, http", "https://h5.example.test/a"),
        (", http", "scheme_unknown"),
    ):
        assert outcome(ask(*silent, port, ("X-Forwarded-Proto", proto)), two) == expected
    # What stands last was written by the proxy next to the app, which never leaves its place empty.
    for value in ("", "h5.example.test,"):
        assert outcome(ask(silent[0], ("X-Forwarded-Host", value)), BOTH) == "forwarded_malformed"


@pytest.mark.row("R05")
def test_the_forwarded_port_counts_only_where_the_operator_says_so() -> None:
    listed = origins("https://h", "https://h:8443", "http://h")
    headers = (("Host", "h"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Port", "8443"))
    assert page_url(ask(*headers), FrontPolicy(listed, HERE)) == "https://h/a"
    believing = FrontPolicy(listed, HERE, forwarded_port=True)
    assert page_url(ask(*headers), believing) == "https://h:8443/a"
    # A port that is not on the list counts for nothing, as a host that is not.
    for port, expected in (("9", "https://h/a"), ("0443", "forwarded_malformed")):
        wrong = (*headers[:2], ("X-Forwarded-Port", port))
        assert outcome(ask(*wrong), believing) == expected
    assert outcome(ask(*headers[:2], ("X-Forwarded-Port", "65536")), believing) == (
        "forwarded_malformed"
    )
    assert page_url(ask(*headers[:2]), believing) == "https://h/a"
    named = (("Host", "h:8443"), headers[1], ("X-Forwarded-Port", "9"))
    assert page_url(ask(*named), believing) == "https://h:8443/a"
    assert outcome(ask(("Host", "h:7"), *named[1:]), believing) == "port_not_allowed"


def test_several_ports_of_one_scheme_stay_in_doubt_where_no_header_names_one() -> None:
    policy = FrontPolicy(origins("https://h:8443", "https://h:9443"), HERE)
    assert outcome(ask(("Host", "h"), ("X-Forwarded-Proto", "https")), policy) == "port_unknown"


def test_a_port_that_a_visitor_names_is_refused_and_one_that_a_proxy_names_is_a_doubt() -> None:
    policy = FrontPolicy(origins("https://h", "https://h:8443"), HERE, forwarded_port=True)
    with pytest.raises(PageUrlRefused, match="port_not_allowed"):
        page_url(ask(("Host", "h:9")), policy)
    with pytest.raises(PageUrlUncertain, match="port_not_allowed"):
        page_url(ask(("Host", "h:9"), ("X-Forwarded-Port", "10")), policy)


@pytest.mark.parametrize(
    "header",
    [
        "Forwarded",
        "Via",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Port",
        "X-Forwarded-Proto",
        "X-Forwarded-Protocol",
        "X-Forwarded-SSL",
        "X-Real-IP",
    ],
)
def test_any_trace_of_a_proxy_that_is_not_trusted_leaves_the_scheme_in_doubt(header: str) -> None:
    policy = FrontPolicy(origins("https://h", "http://h"))
    assert outcome(ask(("Host", "h")), policy) == "http://h/a"
    assert outcome(ask(("Host", "h"), (header, "x")), policy) == "proxy_not_trusted"


def test_ports_of_another_scheme_than_the_connection_s_stay_in_doubt() -> None:
    policy = FrontPolicy(origins("https://h:8443", "https://h:9443"))
    assert outcome(ask(("Host", "h")), policy) == "port_unknown"


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("Host", "h", "h:8443"),
        ("X-Forwarded-Proto", "https", "http"),
        ("X-Forwarded-Host", "h", "h:8443"),
        ("X-Forwarded-Port", "443", "8443"),
        ("Forwarded", "proto=https", "proto=http"),
    ],
)
def test_what_is_remembered_is_told_apart_by_every_header_that_counts(
    header: str, first: str, second: str
) -> None:
    policy = FrontPolicy(origins("https://h", "https://h:8443", "http://h"), HERE, 1, True)
    others = [(n, v) for n, v in (("Host", "h"), ("X-Forwarded-Proto", "https")) if n != header]
    if header == "Forwarded":
        others.remove(("X-Forwarded-Proto", "https"))
    urls = [page_url(ask(*others, (header, value)), policy) for value in (first, second, first)]
    assert urls[0] == urls[2] == "https://h/a"
    assert urls[1] in {"https://h:8443/a", "http://h/a"}


def test_the_original_uri_of_a_trusted_proxy_replaces_the_target() -> None:
    policy = FrontPolicy(origins("https://h"), HERE, original_uri_header="X-Original-URI")
    asked = ask(("X-Original-URI", "/h5/a,b?%2F"), ("X-Forwarded-Prefix", "/h5"), target="/a,b")
    assert page_url(asked, policy) == "https://h/h5/a,b?%2F"
    assert public_prefix(asked, policy) == "/h5"
    assert outcome(ask(), policy) == "original_uri_missing"
    assert outcome(ask(("X-Original-URI", "")), policy) == "original_uri_malformed"
    stranger = ask(("X-Original-URI", "/b"), peer="192.0.2.7")
    assert page_url(stranger, policy) == "https://h/a"


def test_a_stripped_prefix_comes_back() -> None:
    policy = FrontPolicy(origins("https://h"), HERE)
    environ = ask(("X-Forwarded-Prefix", "/h5/%E4%B8%AD"), target="/?a")
    assert page_url(environ, policy) == "https://h/h5/%E4%B8%AD/?a"
    assert public_prefix(environ, policy) == "/h5/%E4%B8%AD"
    assert public_prefix(ask(), policy) == ""
    assert public_prefix({**environ, "REMOTE_ADDR": "192.0.2.7"}, policy) == ""


@pytest.mark.parametrize(
    ("allowed", "headers", "expected"),
    [
        (["https://h"], [("X-Forwarded-Prefix", "/..")], True),
        (["https://h", "https://h:8443"], [("X-Forwarded-Proto", "https")], True),
        (["http://h"], [("X-Forwarded-Proto", "https")], False),
        (["https://h", "http://h"], [("X-Forwarded-Proto", "https")], True),
        (["https://h", "http://h"], [("X-Forwarded-Proto", "http")], False),
        (["https://h", "http://h"], [("X-Original-URI", "")], False),
    ],
)
def test_whether_the_browser_speaks_https_is_known_although_the_page_s_url_is_in_doubt(
    allowed: list[str], headers: list[tuple[str, str]], expected: bool
) -> None:
    policy = FrontPolicy(origins(*allowed), HERE, original_uri_header="X-Original-URI")
    environ = ask(("Host", "h"), *headers)
    with pytest.raises((PageUrlRefused, PageUrlUncertain)):
        page_url(environ, policy)
    assert is_https(environ, policy) is expected


@pytest.mark.parametrize(
    ("header", "hops", "prefix"),
    [
        ("", 1, ""),
        ("/a, /b", 1, "/b"),  # what the visitor sent stands to the left of the proxy's own
        ("/a, /b", 2, "/a/b"),  # both strip: the outer one first
        ("/evil,/a , /b", 2, "/a/b"),
        ("/a", 2, "/a"),  # only one of the two strips
        (", /b", 2, "/b"),
        ("/evil, ", 1, ""),
    ],
)
def test_prefixes_that_several_proxies_strip_are_joined(
    header: str, hops: int, prefix: str
) -> None:
    policy = FrontPolicy(origins("https://h"), HERE, hops)
    environ = ask(("X-Forwarded-Prefix", header))
    assert page_url(environ, policy) == f"https://h{prefix}/a"
    assert public_prefix(environ, policy) == prefix


@pytest.mark.parametrize(
    "prefix",
    [
        "/",
        "/h5/",
        "h5",
        "//h5",
        "/h5?x",
        "/a b",
        "/a/../b",
        "/.",
        "/..",
        "/%2e%2E",
        "/a%2Fb",
        "/%2f",
        "/%zz",
        "/a,b",
        "/a#",
        "https://evil.example",
        "/\\evil.example",
        "/a\n",
    ],
)
def test_a_prefix_that_is_no_plain_path_is_refused(prefix: str) -> None:
    policy = FrontPolicy(origins("https://h"), HERE)
    environ = ask(("X-Forwarded-Prefix", prefix))
    assert outcome(environ, policy) == "prefix_malformed"
    with pytest.raises(PageUrlRefused, match="prefix_malformed"):
        public_prefix(environ, policy)


def test_what_is_remembered_of_earlier_requests_stays_small_and_right() -> None:
    policy = FrontPolicy(BOTH.origins, HERE)
    for number in range(2000):
        header = ("Forwarded", f"for=192.0.2.{number};host=b.example.test")
        environ = ask(("Host", "h5.example.test"), header, target=f"/{number}")
        assert page_url(environ, policy) == f"https://b.example.test:8443/{number}"
    assert len(policy.remembered) <= 128
    plain = ask(("Host", "h5.example.test"), ("X-Forwarded-Proto", "http"))
    assert page_url(plain, policy) == page_url(plain, policy) == "http://h5.example.test/a"


def test_a_policy_that_cannot_be_meant_is_an_error() -> None:
    with pytest.raises(ValueError, match="origin"):
        FrontPolicy(())
    with pytest.raises(ValueError, match="starts at 1"):
        FrontPolicy(origins("http://h"), hops=0)
    with pytest.raises(ValueError, match="does not appear"):
        FrontPolicy(origins("http://h"), trusted_proxies=("localhost",))


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://h5.example.test/a?b#c", "https://h5.example.test/a?b"),
        ("https://b.example.test:8443/", "https://b.example.test:8443/"),
        ("https://b.example.test:8443/?%2F+{}", "https://b.example.test:8443/?%2F+{}"),
        ("https://evil.example/", "host_not_allowed"),
        ("https://h5.example.test:444/", "host_not_allowed"),
        ("https://h5.example.test@evil.example/", "host_not_allowed"),
        ("https://h5.example.test\\@evil.example/", "host_not_allowed"),
        ("https://h5.example.test.evil.example/", "host_not_allowed"),
        ("https://H5.example.test/", "host_not_allowed"),
        ("https://h5.example.test:443/", "target_malformed"),
        ("javascript:alert(1)", "host_not_allowed"),
        ("about:blank", "host_not_allowed"),
        ("//h5.example.test/", "host_not_allowed"),
        ("", "host_not_allowed"),
        ("https://h5.example.test", "target_malformed"),
        ("https://h5.example.test?x", "target_malformed"),
        ("https://h5.example.test/a b", "target_malformed"),
        ("https://h5.example.test/中", "target_malformed"),
        ("https://h5.example.test/\n", "target_malformed"),
    ],
)
def test_a_url_from_a_page_is_signed_only_for_an_allowed_origin(href: str, expected: str) -> None:
    try:
        got = allowed_href(href, BOTH)
    except PageUrlRefused as error:
        got = error.reason
    assert got == expected
