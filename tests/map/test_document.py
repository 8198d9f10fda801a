"""A hostile YAML file is refused, quickly, with a line and a reason."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basanite.map.document import DocumentError, read_document

LAUGHS = b"a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n"

HOSTILE = {
    "billion laughs": (LAUGHS, 1, "Anchors"),
    "alias alone": (b"a: *x\n", 1, "Anchors"),
    "merge key": (b"a: 1\n<<: {b: 1}\n", 2, "Merge keys"),
    "python tag": (b"a: 1\nb: !!python/object/apply:os.system [id]\n", 2, "Tags"),
    "own tag": (b"a: !run x\n", 1, "Tags"),
    "tag on a key": (b"!!str a: x\n", 1, "Tags"),
    "deep lists": (b"[" * 9_000, 1, "nested deeper"),
    "deep blocks": (b"- " * 4_000, 1, "nested deeper"),
    "key of a list": (b"? [a]\n: b\n", 1, "plain word"),
    "two documents": (b"a: 1\n---\nb: 2\n", 2, "second document"),
    "too large": (b"a: 1\n" * 2_000_000, 0, "larger than"),
    "too many values": (b"- a\n" * 30_000, 20_000, "more than"),
    "long line": (b"a: " + b"!" * 900_000, 1, "longer than"),
    "not UTF-8": (b"a: 1\nb: \xff\xfe\n", 2, "UTF-8"),
    "half a character": (b'a: "\\ud800"\n', 1, "surrogate"),
    "unclosed": (b"a: [1, 2\nb: 3\n", 2, "cannot be read as YAML"),
    "huge version": (b"%YAML 1." + b"9" * 5_000 + b"\n---\na: 1\n", 0, "cannot be read"),
    "control": (b"a: \x07\n", 0, "cannot be read"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_refused_within_two_seconds(name: str) -> None:
    data, line, words = HOSTILE[name]
    start = time.perf_counter()
    with pytest.raises(DocumentError) as refused:
        read_document(data)
    assert time.perf_counter() - start < 2
    assert words in refused.value.problem.message
    assert abs(refused.value.problem.line - line) <= 1


def test_plain_values_keep_their_meaning_and_their_line() -> None:
    document = read_document(
        b"\xef\xbb\xbfa: 1.10\nb:\n  - yes\n  - true\n  - null\n  - '3'\nc: {d: -4}\n"
    )
    assert document.value == {"a": 1.1, "b": ["yes", True, None, "3"], "c": {"d": -4}}
    assert document.value["a"].text == "1.10"
    assert document.lines[("b", 2)] == 5
    assert document.lines[("c", "d")] == 7


def test_a_duplicate_key_is_reported_and_the_first_one_counts() -> None:
    document = read_document(b"a: 1\nb: 2\na: 3\n")
    assert document.value == {"a": 1, "b": 2}
    assert [(each.line, "line 1" in each.message) for each in document.problems] == [(3, True)]


def test_numbers_too_large_for_arithmetic_stay_text() -> None:
    assert read_document(b"a: 1e999\nb: " + b"9" * 5_000).value == {
        "a": "1e999",
        "b": "9" * 5_000,
    }


@given(st.text(alphabet="ab:-?[]{},&*!|>'\"%@`# \n\t~\\<0.1e\x00\x85\u2028", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(DocumentError):
        assert read_document(text.encode()).lines is not None


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(DocumentError):
        assert read_document(data).lines is not None
