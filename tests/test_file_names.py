"""Names of uploaded files: the visitor's words, and never a way to anything."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microapp.file_names import NAME_BYTES, extension, file_name


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("现场照片 2026年2月.JPG", "现场照片 2026年2月.JPG"),
        ("合同（终稿）—甲方.pdf", "合同（终稿）—甲方.pdf"),
        ("𠮷田🚚.png", "𠮷田🚚.png"),
        # As macOS sends it: letter and accent apart.
        ("re\u0301sume\u0301.pdf", "r\u00e9sum\u00e9.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\windows\\system32\\a.txt", "a.txt"),
        ("C:\\fakepath\\图.png", "图.png"),
        ("/绝对/路径.pdf", "路径.pdf"),
        ("a.jpg\x00.exe", "a.jpg.exe"),
        ("a\r\nSet-Cookie: x.txt", "a Set-Cookie_ x.txt"),
        ("\u202egnp.exe.jpg", "gnp.exe.jpg"),
        ("\ufeffa\u200b.txt", "a.txt"),
        ("a\ud800b.txt", "ab.txt"),
        ("全角\u3000空格.txt", "全角 空格.txt"),
        ('<img src=x onerror="a">?*|.png', "_img src=x onerror=_a_____.png"),
        ("CON.txt", "_CON.txt"),
        ("nul", "_nul"),
        ("lpt1.tar.gz", "_lpt1.tar.gz"),
        ("console.txt", "console.txt"),
        (".jpg", "file.jpg"),
        ("...jpg", "file.jpg"),
        (".env.txt", "env.txt"),
        ("a.txt. . .", "a.txt"),
        ("a .txt", "a.txt"),
        ("", "file"),
        ("..", "file"),
        ("a/", "file"),
        ("\x00", "file"),
    ],
)
def test_a_name_is_what_a_person_reads_and_nothing_else(given_name: str, kept: str) -> None:
    assert file_name(given_name) == kept


@pytest.mark.parametrize("character", ["长", "a", "🚚", "é"])
def test_a_long_name_is_cut_before_its_extension_at_a_whole_character(character: str) -> None:
    name = file_name(character * 300 + ".pdf")
    assert NAME_BYTES - 4 < len(name.encode()) <= NAME_BYTES
    assert name == character * (len(name) - 4) + ".pdf"


@given(st.text(st.characters(exclude_categories=[]), max_size=400))
def test_whatever_is_sent_becomes_a_name_that_every_system_takes(text: str) -> None:
    name = file_name(text)
    assert 0 < len(name.encode()) <= NAME_BYTES
    assert name == unicodedata.normalize("NFC", name)
    assert not set(name) & set('/\\<>:"|?*\0\r\n')
    assert name.isprintable()
    assert name == name.strip(" .")
    assert file_name(name) == name
    assert extension(name) == extension(file_name(f"folder/{name}"))


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("a.JPG", "jpg"),
        ("a.tar.gz", "gz"),
        ("a", ""),
        ("报告.文档", ""),
        ("a.b c", ""),
        ("a.exe", "exe"),
    ],
)
def test_an_extension_is_in_lower_case_and_of_plain_letters(name: str, ending: str) -> None:
    assert extension(name) == ending
