"""Redirects whose Location is not written anew."""

from __future__ import annotations

import re

import pytest
from flask import Flask, redirect
from hypothesis import given
from hypothesis import strategies as st

from dingbridge.redirects import ExactRedirect, is_local, pack_target, unpack_target

LOCATIONS = [
    "/?",
    "/a?b={}",
    "/%zz",
    "/a%2Fb//c?d+e&",
    "https://h5.example.test:8443/?",
    "?",
    "a;b",
]


@pytest.mark.row("R04")
@pytest.mark.parametrize("location", LOCATIONS)
def test_the_location_leaves_as_it_was_given(location: str) -> None:
    app = Flask(__name__)
    app.add_url_rule("/go", view_func=lambda: ExactRedirect(location, 303))
    response = app.test_client().get("/go")
    assert (response.status_code, response.headers["Location"]) == (303, location)
    assert response.headers.getlist("Location") == [location]


def test_what_werkzeug_itself_makes_of_them_is_something_else() -> None:
    """The day that this fails, ExactRedirect is not needed any more."""
    app = Flask(__name__)
    app.add_url_rule("/go", view_func=lambda: redirect("/?"))
    assert app.test_client().get("/go").headers["Location"] == "/"


@pytest.mark.parametrize("location", ["/a\r\nX: y", "/a b", "/中", "/a\x7f", "/a\t"])
def test_a_location_that_could_be_more_than_one_is_an_error(location: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        ExactRedirect(location)


def test_only_a_path_is_local() -> None:
    for target in ("/", "/?", "/a//b", "/a?b=//c", "/%2F/a"):
        assert is_local(target)
    for target in ("", "a", "//a", "/\\a", "https://h/", "?a", "/a b", "/\ta", "/a\n", "/中"):
        assert not is_local(target)


@given(st.text().map(lambda text: "/" + text))
def test_a_target_survives_as_a_parameter_without_escapes(target: str) -> None:
    try:
        target.encode()
    except UnicodeEncodeError:
        return
    packed = pack_target(target)
    assert re.fullmatch(r"[A-Za-z0-9._~/-]+", packed)
    assert unpack_target(packed) == target


def test_a_parameter_that_was_not_packed_here_leads_nowhere() -> None:
    assert unpack_target("~%%%") == ""
    assert unpack_target("~_w") == ""
    assert unpack_target("/plain?x=1") == "/plain?x=1"
