"""What trusted proxies say, read strictly."""

from __future__ import annotations

import pytest

from dingbridge.forwarding import Claim, ForwardingError, forwarded_claims, peer_check


def claims(header: str, hops: int = 1) -> tuple[Claim, ...]:
    return forwarded_claims({"HTTP_FORWARDED": header}, hops)


@pytest.mark.parametrize(
    ("header", "claim"),
    [
        ("proto=https;host=h", Claim("https", ("h", None))),
        ('for="[2001:db8::1]:4711";Proto=HTTPS;Host="h:8443"', Claim("https", ("h", 8443))),
        ("for=1.2.3.4 ; by=_p1 ; proto=http", Claim("http", None)),
        (r'host="\h:\8"', Claim(None, ("h", 8))),
        ("proto=http;host=evil, proto=https;host=h", Claim("https", ("h", None))),
        ('for="a,b;host=evil";host=h', Claim(None, ("h", None))),
        ("for=unknown", Claim(None, None)),
    ],
)
def test_the_last_element_of_forwarded_counts(header: str, claim: Claim) -> None:
    assert claims(header) == (claim,)


@pytest.mark.parametrize(
    "header",
    [
        "",
        ";",
        ",",
        "host",
        "host=",
        "host=h;",
        "host=h,",
        ";host=h",
        "host=h;host=g",
        "host =h",
        "host= h",
        "host=h:80",
        'host="h',
        'host="h"x',
        "host=h\x00",
        'host="\n"',
        "proto=wss",
        "proto=https;host=h/x",
        'host="h h"',
        'host=""',
    ],
)
def test_a_malformed_forwarded_is_refused(header: str) -> None:
    with pytest.raises(ForwardingError, match="forwarded_malformed"):
        claims(header)


def test_each_family_makes_a_claim_of_its_own() -> None:
    environ = {
        "HTTP_X_FORWARDED_PROTO": "http,https",
        "HTTP_X_FORWARDED_HOST": "a, b:81",
        "HTTP_FORWARDED": "host=c",
    }
    assert forwarded_claims(environ, 1) == (
        Claim("https", ("b", 81)),
        Claim(None, ("c", None)),
    )
    assert forwarded_claims({}, 1) == ()


def test_a_list_shorter_than_the_hops_is_refused() -> None:
    two = {"HTTP_X_FORWARDED_PROTO": "http,https"}
    assert forwarded_claims(two, 2) == (Claim("http", None),)
    with pytest.raises(ForwardingError, match="forwarded_too_short"):
        forwarded_claims(two, 3)
    with pytest.raises(ForwardingError, match="forwarded_too_short"):
        claims("host=h", 2)


def test_a_long_header_takes_no_long_time_to_refuse() -> None:
    """Ten thousand characters that almost fit must not make the pattern try again and again."""
    for header in ('host="' + "\\a" * 5000, "a=b;" * 2500, " " * 10000, 'a="' + '"' * 9999):
        with pytest.raises(ForwardingError):
            claims(header)


def test_peers_are_addresses_networks_or_unix() -> None:
    trusts = peer_check(("127.0.0.0/8", "10.1.2.3", "2001:db8::/32", "unix"))
    for address in ("127.0.0.1", "10.1.2.3", "2001:db8::5", "::ffff:127.0.0.1", ""):
        assert trusts(address)
    for address in ("10.1.2.4", "::1", "localhost", "127.0.0.1:80", "127.0.0.1,10.1.2.3"):
        assert not trusts(address)
    assert not peer_check(("127.0.0.1",))("")


def test_mapped_addresses_in_a_setting_are_those_of_ipv4() -> None:
    trusts = peer_check(("::ffff:10.0.0.1", "::ffff:10.1.0.0/112", "::/96"))
    for address in ("10.0.0.1", "::ffff:10.0.0.1", "10.1.2.3", "::1.2.3.4"):
        assert trusts(address)
    for address in ("10.0.0.2", "10.2.0.0", "::ffff:10.2.0.0"):
        assert not trusts(address)
