"""Where the container's script goes, and who may frame a page."""

from __future__ import annotations

import pytest

from dingbridge.sandbox.injection import SCRIPT, SEARCHED, framed_by, injected

ORIGIN = "http://127.0.0.1:8000"


def page(*blocks: bytes) -> bytes:
    return b"".join(injected(iter(blocks)))


@pytest.mark.parametrize(
    "template",
    [
        b"<!doctype html><html><head>|<title>x</title></head></html>",
        b"<HTML><HEAD>|<title>x</title>",
        b'<head data-a="1 > 0" lang=zh>|x',
        b"<head data-a='>'>|x",
        b"<head\n>|x",
        b"<head/>|x",
        b"<!-- <head> --><head>|x",
        b"<header>no head</header>",
        b"<html lang=zh>|<body>x",
        b"<!DOCTYPE html>|<p>x",
        b"<!doctype html>|<body><p>a late <head> counts for nothing",
        b"|<title>x</title>",
        b"\xef\xbb\xbf|plain",
        b"|",
        b"|<!-- a comment that never ends <head>",
        "<html><head>|<title>中文</title>".encode("gbk"),
    ],
)
def test_the_script_comes_first_in_the_head(template: bytes) -> None:
    plain = template.replace(b"|", b"")
    expected = template.replace(b"|", SCRIPT) if b"|" in template else SCRIPT + template
    assert page(plain) == expected
    one_byte_at_a_time = [plain[at : at + 1] for at in range(len(plain))]
    assert page(*one_byte_at_a_time) == expected


def test_a_page_is_passed_on_as_it_comes() -> None:
    def blocks():
        yield b"<html><head><title>"
        pytest.fail("the first block was enough")

    assert next(injected(blocks())) == b"<html><head>" + SCRIPT + b"<title>"


def test_a_page_without_a_head_is_not_held_for_ever() -> None:
    filler = b"x" * SEARCHED

    def blocks():
        yield filler
        pytest.fail("enough was seen")

    assert next(injected(blocks())) == SCRIPT + filler


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("frame-ancestors 'none'", f"frame-ancestors {ORIGIN}"),
        (
            "img-src *; frame-ancestors 'self' https://*.dingtalk.com; default-src a",
            f"img-src *; frame-ancestors 'self' https://*.dingtalk.com {ORIGIN}; default-src a",
        ),
        ("FRAME-ANCESTORS 'self'", f"FRAME-ANCESTORS 'self' {ORIGIN}"),
        (
            "frame-ancestors a.test,default-src 'none';frame-ancestors b.test",
            f"frame-ancestors a.test {ORIGIN},default-src 'none';frame-ancestors b.test {ORIGIN}",
        ),
        (f"frame-ancestors {ORIGIN}", f"frame-ancestors {ORIGIN}"),
        ("default-src 'self';  script-src 'none'", "default-src 'self';  script-src 'none'"),
        ("", ""),
    ],
)
def test_only_frame_ancestors_is_widened(before: str, after: str) -> None:
    headers = [("Content-Security-Policy", before), ("X-Other", "frame-ancestors 'none'")]
    assert framed_by(headers, [ORIGIN]) == [
        ("Content-Security-Policy", after),
        ("X-Other", "frame-ancestors 'none'"),
    ]
