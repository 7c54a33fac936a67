"""Origins as browsers print them."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain

import idna
import pytest

from dingbridge.origin import Origin, origin_of, split_authority


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("https://h5.example.test", "https://h5.example.test"),
        ("HTTPS://H5.Example.Test:443", "https://h5.example.test"),
        ("http://h:80", "http://h"),
        ("https://h:80", "https://h:80"),
        ("http://h:443", "http://h:443"),
        ("http://a_b.test", "http://a_b.test"),
        ("http://example.test.", "http://example.test."),
        ("http://中文.test", "http://xn--fiq228c.test"),
        ("http://Bücher.test:8080", "http://xn--bcher-kva.test:8080"),
        ("http://[0:0:0:0:0:0:0:1]:80", "http://[::1]"),
        ("http://[2001:DB8::1]:8080", "http://[2001:db8::1]:8080"),
        ("http://[::ffff:127.0.0.1]", "http://[::ffff:7f00:1]"),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("http://192.168.257.com", "http://192.168.257.com"),
    ],
)
def test_an_origin_is_printed_as_the_browser_prints_it(written: str, printed: str) -> None:
    origin = Origin.parse(written)
    assert str(origin) == printed
    assert Origin.parse(printed) == origin


@pytest.mark.parametrize(
    "written",
    [
        "",
        "h",
        "//h",
        "ftp://h",
        "https://",
        "https://h/",
        "https://h/a",
        "https://h?x",
        "https://h#",
        "https://u@h",
        "https://h:0",
        "https://h:080",
        "https://h:65536",
        "https://h:",
        "https://h:+1",
        "https://h:8０",
        "https://*.h",
        "https://h h",
        "https://h\n",
        "https://[::1",
        "https://[]",
        "https://[::g]",
        "https://0x7f.1",
        "https://127.1",
        "https://127.0.0.1.",
        "https://1.2.3.256",
        "https://faß.test",
        "https://FAẞ.test",
        "https://a\u200db.test",
        "https://\U0001f600.test",
        "https://a..b中.test",
        "https://h%2ex",
        "https://h\\x",
    ],
)
def test_what_is_no_origin_is_an_error(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Origin.parse(written)


def test_no_letter_is_taken_whose_punycode_the_browser_makes_otherwise() -> None:
    """UTS 46 without transitional processing, as browsers do it, by the tables of `idna`.

    All planes but what neither rule changes: ideographs, Korean syllables, private use.
    """
    wrong = []
    letters = (range(0x80, 0x3400), range(0xF900, 0x10500), range(0x1D100, 0x1F200))
    for letter in map(chr, chain(*letters, range(0x2F800, 0x2FA20))):
        with suppress(ValueError, idna.IDNAError):
            host = Origin.parse(f"http://a{letter}a").host
            mapped = idna.uts46_remap(f"a{letter}a", std3_rules=False)
            if host != (
                mapped if mapped.isascii() else f"xn--{mapped.encode('punycode').decode()}"
            ):
                wrong.append(letter)
    assert wrong == []


def test_the_origin_of_a_url_ends_where_the_authority_ends() -> None:
    for rest in ("", "/", "/@evil.example", "?@evil.example", "#@evil.example", "//evil.example"):
        assert origin_of(f"https://h:8443{rest}") == Origin("https", "h", 8443)
    for trick in (
        "https://h\\@evil/",
        "https://h@evil/",
        "https://h:80:90/",
        "data:text/html,x",
        "https://中文.test/",
    ):
        with pytest.raises(ValueError, match=r"."):
            origin_of(trick)


def test_a_host_header_is_host_and_perhaps_port() -> None:
    assert split_authority("H:1") == ("h", 1)
    assert split_authority("[::1]") == ("[::1]", None)
    for text in ("", ":80", "h:", "h:80,81", "h,h", "\u212a", "h:٣"):
        with pytest.raises(ValueError, match=r"."):
            split_authority(text)
