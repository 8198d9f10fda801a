"""XML from strangers: elements in order, bounded, and no document type at all.

Expat does the parsing. A document type can define entities that expand without end, or that are
fetched from files and addresses; none is ever followed, and the reader stops at the first one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO
from xml.parsers import expat

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible

_CHUNK = 1 << 16
_MAX_TOKEN = 16 << 20
MAX_DEPTH = 200
"""Elements inside elements that are followed."""


class DocumentTypeError(UnreadableError):
    """The XML has a document type, and perhaps entities. ``said`` is what it declares."""

    def __init__(self, said: str) -> None:
        self.said = said
        super().__init__(f"the XML declares {said}")


@dataclass(frozen=True, slots=True)
class Element:
    """The beginning of an element."""

    name: str
    attributes: dict[str, str]
    depth: int
    """0 for the root."""


def elements(file: BinaryIO, size: int) -> Iterator[Element]:
    """Yield the elements of a document in order; text between them is passed over.

    Raises:
        DocumentTypeError: it has a document type or declares entities.
        UnreadableError: it is malformed, ends early, nests more than 200 deep, or has a tag of
            more than 16 MiB.
    """
    parser = expat.ParserCreate()
    found: list[Element] = []
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        if depth > MAX_DEPTH:
            raise UnreadableError(f"the XML is nested more than {MAX_DEPTH} deep")
        found.append(Element(name, attributes, depth))
        depth += 1

    def end(name: str) -> None:
        nonlocal depth
        del name
        depth -= 1

    def refuse(name: str, *rest: object) -> None:
        del rest
        raise DocumentTypeError(f"a document type or an entity, {visible(name, 80)}")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    at = 0
    while at < size:
        file.seek(at)
        data = file.read(min(_CHUNK, size - at))
        if not data:
            break
        at += len(data)
        _feed(parser, data, final=False)
        # Expat holds a tag that is not closed yet: a lie of gigabytes must not fill the memory.
        if at - max(0, parser.CurrentByteIndex) > _MAX_TOKEN:
            raise UnreadableError("a tag in the XML is longer than 16 MiB")
        yield from found
        found.clear()
    _feed(parser, b"", final=True)
    yield from found


def _feed(parser: expat.XMLParserType, data: bytes, *, final: bool) -> None:
    try:
        parser.Parse(data, final)
    except expat.ExpatError as error:
        raise UnreadableError(f"no XML that can be read ({visible(str(error), 100)})") from error
