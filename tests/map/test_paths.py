"""A declared path means what its words say, within the folder, in bounded time."""

from __future__ import annotations

import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basanite.domain.names import encode_name
from basanite.map.paths import Pattern, normalise


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("models/a.onnx", "models/a.onnx", True),
        ("models", "models/deep/a.onnx", True),
        ("models", "models2/a.onnx", False),
        (".", "anything/at/all", True),
        ("*.csv", "a.csv", True),
        ("*.csv", "data/a.csv", False),
        ("**/*.csv", "a.csv", True),
        ("**/*.csv", "x/y/a.csv", True),
        ("data/**", "data/x/y", True),
        ("**/x.csv", "x.csv", True),
        ("**/x.csv", "deep/x.csv", True),
        ("data/**/b/*.csv", "data/a/b/c.csv", True),
        ("data/**/b/*.csv", "data/a/c.csv", False),
        ("data/?.csv", "data/a.csv", True),
        ("data/?.csv", "data/ab.csv", False),
        ("data/[a-c]1.csv", "data/b1.csv", True),
        ("data/[!a-c]1.csv", "data/b1.csv", False),
        ("data[1].csv", "data[1].csv", True),
        ("a*b*c", "aXbXbXc", True),
        ("model-*-of-3.bin", "model-1-of-3.bin", True),
    ],
)
def test_a_pattern_means_what_it_says(pattern: str, path: str, *, meant: bool) -> None:
    assert Pattern(pattern).matches(path) is meant


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_names_match_as_in_the_standard_library(pattern: str, name: str) -> None:
    if "**" not in pattern and pattern and name and pattern != ".":
        assert Pattern(pattern).matches(name) == fnmatchcase(name, pattern)


def test_a_hostile_pattern_takes_no_time() -> None:
    start = time.perf_counter()
    for pattern, path in (
        ("*a" * 32 + "b", "a" * 1000),
        ("**/a/" * 16 + "x", "a/" * 500 + "b"),
        ("**/" * 300 + "x", "a/" * 500 + "b"),
    ):
        assert not Pattern(pattern).matches(path)
    assert time.perf_counter() - start < 1
    with pytest.raises(ValueError, match="wildcards"):
        normalise("*a" * 33)


@given(st.binary(min_size=1, max_size=30).filter(lambda raw: b"\0" not in raw))
def test_an_encoded_name_stays_as_it_is(raw: bytes) -> None:
    name = encode_name(raw)
    try:
        assert normalise(name) in (name, normalise(f"./{name}"))
    except ValueError:
        assert name.startswith(("/", "~")) or ".." in name or "\\" in name or name[1:2] == ":"


@pytest.mark.parametrize("text", ["./a/b/", "a//b", "a/./b", "./././a/b"])
def test_a_path_has_one_form(text: str) -> None:
    assert normalise(text) == "a/b"


@pytest.mark.parametrize("text", ["", "..", "a/../../b", "%2e%2e/x", "%2Fetc", "/x", "~x", "a\\b"])
def test_a_path_that_could_leave_the_folder_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        normalise(text)
