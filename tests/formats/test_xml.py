"""XML of strangers is read in order, within bounds, and without document types."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from tests.strategies import mutated

from basanite.domain.errors import UnreadableError
from basanite.formats.xml import DocumentTypeError, Element, Text, elements, elements_and_texts

PLAIN = b'<?xml version="1.0"?><a:b c="d"><e>one</e>two</a:b>'


def all_of(data: bytes, *texts_of: str, max_depth: int = 200) -> list[Element | Text]:
    return list(elements_and_texts(io.BytesIO(data), len(data), texts_of, max_depth=max_depth))


def test_elements_come_in_order_and_texts_where_they_are_asked_for() -> None:
    outer, inner = Element("a:b", {"c": "d"}, 0), Element("e", {}, 1)

    assert list(elements(io.BytesIO(PLAIN), len(PLAIN))) == [outer, inner]
    assert all_of(PLAIN, "b") == [outer, inner, Text("a:b", "onetwo")]
    assert all_of(PLAIN, "e") == [outer, inner, Text("e", "one")]
    assert all_of(PLAIN, "b", "e") == [outer, inner, Text("e", "one"), Text("a:b", "two")]
    assert outer.local_name == "b"


def test_a_long_text_is_cut() -> None:
    data = b"<a>" + b"x" * 200_000 + b"</a>"

    assert all_of(data, "a")[1] == Text("a", "x" * (1 << 16))


@pytest.mark.parametrize("encoding", ["utf-7", "big5", "nope", "idna", "hex", "x" * 80])
def test_an_encoding_that_is_not_read_makes_the_document_unreadable(encoding: str) -> None:
    with pytest.raises(UnreadableError):
        all_of(f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode())


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (b"<!DOCTYPE a>", "a document type"),
        (b'<!DOCTYPE a SYSTEM "file:///x">', "a document type from file:///x"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>', "entities"),
        (b'<!DOCTYPE a SYSTEM "y.dtd" [<!ENTITY % b SYSTEM "c"> %b;]>', "entities from y.dtd"),
    ],
)
def test_a_document_type_ends_the_reading_and_is_told(declared: bytes, said: str) -> None:
    with pytest.raises(DocumentTypeError) as caught:
        all_of(declared + b"<a>&b;</a>")

    assert caught.value.said == said


def test_nesting_is_followed_as_deep_as_asked() -> None:
    data = b"<a>" * 300 + b"</a>" * 300

    assert len(all_of(data, max_depth=300)) == 300
    with pytest.raises(UnreadableError, match="nested more than 200 deep"):
        all_of(data)


@given(mutated(PLAIN))
def test_hostile_xml_is_read_or_unreadable(data: bytes) -> None:
    try:
        all_of(data, "e")
    except UnreadableError:
        return
