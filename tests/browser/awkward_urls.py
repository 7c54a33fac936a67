"""URLs as people, QR codes and other apps write them; a browser makes its own of each."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

HOST = "h5.example.test"

# Separated by blanks; a blank, tab or other blank inside a URL stands as an escape of this file.
TARGETS = [
    text.encode("latin-1", "backslashreplace").decode("unicode-escape")
    for text in r"""
/ /? /?# /#a /?a#b?c /a /a/ /a? /a?? /a???? /?? /a?b? /?a=b&c=d /?& /?= /?&= /?a=1&a=2& /;a=b
/a;b?c;d=e /a%2Fb /a%2fb /%2F /a%5Cb /a\x5cb /\x5ca /%41 /%61%2e /a%0Ab?c%0D /%25 /%2525 /?%25
/?%2525 /?100% /?% /?%z /?%zz /?%u4e2d /?%2 /?a%2%35 /+ /a+b?c+d /?a+b /?a%2Bb /?a%20b /?%2B%20+
/\x20a /a\x20b?c\x20d /?\x20 /?a=b\x20 // //a ///a//b// /a//b?c//d //evil.example/x /./a /a/./b
/a/../b /../../a /a/.. /a/. /%2e/a /%2E%2e/a /a/%2e%2e%2fb /.well-known/x /... /.a /'a' /?'a'
/"a" /?"a" /<a> /?<a> /?<script>alert(1)</script> /?</script><script>alert(1)</script> /`a` /?`a`
/{a} /?{a} /|a| /?|a| /^a^ /?^a^ /[a] /?[a] /?[]=1&a[b]=c /!$&()*,:=@~_-. /?!$&()*,:=@~_-./ /@user
/a:80/b /?a:80@b /\u4e2d\u6587 /?\u540d=\u503c /%E4%B8%AD%E6%96%87 /%e4%b8%ad /?%E4%B8%AD
/?%e4%b8%ad /?\u4e2d%E4%B8%AD /\xe9 /?\xe9 /e\u0301 /?e\u0301 /\U0001f600 /?\U0001f600
/?%F0%9F%98%80 /%D6%D0 /?%D6%D0 /?%D6%D0%CE%C4=%B2%E2%CA%D4 /%C0%AF /?%C0%AF /?%ED%A0%80 /?%FF%FE
/\u3000 /?\u3000 /\u200b /?\u200b /\u202e /a\xadb /?corpid=$CORPID$ /?dd_nav_bgcolor=FF5E97F6
/?code=abc&state=xyz /?url=https%3A%2F%2Fa.b%2Fc%3Fd%3De%26f%3Dg /?url=https://a.b/c?d=e&f=g
/?redirect=//evil.example /?a=%26b%3Dc%23d /?q=a%23b#c /?#%E4%B8%AD /?a=1#/route?x=1 /app/#/x?y
/index.html /app/index.php?id=1&amp;x=2 /ding/page /ding%2Fsign /statics/x /STATIC/x /a.b.c /a,b
/~a /a~b?~ /%7Ea /-_.~ /?a=b;c=d /?a=%3B /a?x=1#?y /?json={"a":[1,2]} /?sig=ab+/== /?sig=ab%2B%2F
/?t=1700000000000 /?\x09 /?a\x09b /a\x09b /a\x0ab?c\x0ad /?%00 /?a%7F /%7F /?\x7f
""".split()  # noqa: SIM905 - a list literal of these would be harder to read
]
LONG = [
    "/" + "a" * 2000,
    "/?" + "a" * 8000,
    "/?" + "%E4%B8%AD" * 880,
    "/" + "/" * 500 + "?" * 500,
]
# Every awkward path with every awkward query.
_PATHS = [
    "/a%2Fb",
    "/a+b",
    "/'a'",
    '/"a"',
    "/中",
    "/%E4%B8%AD",
    "/%D6%D0",
    "/a;b",
    "/a//b",
    "/a/../b",
]
_QUERIES = ["", "a%2Fb", "a+b", "'a'", '"a"', "中", "%E4%B8%AD", "%D6%D0", "a;b", "a//b"]
MIXED = [f"{path}?{query}" for path in _PATHS for query in _QUERIES]

# One of each kind, for every other front.
OF_EACH_KIND = [
    "/",
    "/?",
    "/a?",
    "/a%2Fb",
    "/a%2fb",
    "/a%5Cb",
    "/%25",
    "/?%zz",
    "/+",
    "/?a+b",
    "/?a%2Bb",
    "/a\x20b?c\x20d",
    "//",
    "/a//b?c//d",
    "/./a",
    "/a/../b",
    "/%2e/a",
    "/'a'",
    '/?"a"',
    "/?{a}",
    "/[a]",
    "/a;b?c;d=e",
    "/中文",
    "/?名=值",
    "/%e4%b8%ad",
    "/?%E4%B8%AD",
    "/?%D6%D0%CE%C4=%B2%E2%CA%D4",
    "/?a=1#/route?x=1",
    LONG[1],
]

# Origins as the browser shows them, and others as they may be typed.
NAMES = [
    f"http://{HOST}",
    f"https://{HOST}",
    f"http://{HOST}:8080",
    f"https://{HOST}:8443",
    f"http://{HOST}:65535",
    "http://a_b.test",
    f"http://{HOST}.",
    "http://xn--fiq228c.test",
    "https://xn--fiq228c.test:8443",
    "http://127.0.0.1",
    "http://[::1]:8081",
    "http://[2001:db8::1]",
]
SPELLINGS = {
    "HTTP://H5.Example.TEST:80/?": f"http://{HOST}/?",
    "https://H5.EXAMPLE.test:443/a?B": f"https://{HOST}/a?B",
    "https://H5.EXAMPLE.test:08443/": f"https://{HOST}:8443/",
    "http://中文.test/中?文": "http://xn--fiq228c.test/%E4%B8%AD?%E6%96%87",
    "https://中文。test:8443/": "https://xn--fiq228c.test:8443/",
    f"https://user:pass@{HOST}/a": f"https://{HOST}/a",
    f"http:\\\\{HOST}\\a\\b?\\c": f"http://{HOST}/a/b?\\c",
    f"http:///{HOST}": f"http://{HOST}/",
    "http://ｈ5.example.test/": f"http://{HOST}/",
    f"http://{HOST}": f"http://{HOST}/",
    f"https://{HOST}?a": f"https://{HOST}/?a",
    f"https://{HOST}#a": f"https://{HOST}/",
    "http://0x7f.1/?": "http://127.0.0.1/?",
    "http://2130706433/a": "http://127.0.0.1/a",
    "http://[0:0:0:0:0:0:0:1]:08081/": "http://[::1]:8081/",
    "http://[2001:DB8::0001]/a": "http://[2001:db8::1]/a",
}

# What the demands call awkward; each is looked for in a URL's target or in its origin.
_IN_TARGET = {
    "bare question mark": r"\?$",
    "encoded slash": r"%2[Ff]",
    "plus": r"\+",
    "quotes": r"[\"'`]|%2[27]|%60",
    "Chinese": r"[\u4e00-\u9fff]",
    "encoded Chinese": r"%[Ee][4-9](?:%[89ABab][0-9A-Fa-f]){2}",
    "semicolon": ";",
    "slashes": "//",
    "dot segments": r"^[^?]*/(?:\.|%2[Ee]){1,2}(?=[/?]|$)",
    "thousands of characters": ".{1000}",
}
_IN_ORIGIN = {
    "IPv6": r"\[",
    "upper case": "[A-Z]",
    "punycode": "xn--",
    "port": r":\d+$",
}
_PARTS = re.compile(r"(\w+:[/\\]+(?:[^/\\?#@]*@)?[^/\\?#]*)([^#]*)(?:#.*)?", re.DOTALL)


def awkward_kinds(url: str) -> set[str]:
    """In which of the ways that the demands name a URL is awkward; none for a plain one.

    What is awkward about the fronts on the way to it does not count here.
    """
    parts = _PARTS.fullmatch(url)
    assert parts, url
    kinds = {kind for kind, look in _IN_TARGET.items() if re.search(look, parts[2])}
    kinds |= {kind for kind, look in _IN_ORIGIN.items() if re.search(look, parts[1])}
    return kinds | ({"GBK bytes"} if _is_gbk(unquote_to_bytes(parts[2])) else set())


def _is_gbk(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return "\ufffd" not in octets.decode("gbk", "replace")
    return False


KINDS = {*_IN_TARGET, *_IN_ORIGIN, "GBK bytes"}
