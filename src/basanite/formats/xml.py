"""XML from strangers: elements in order, bounded, and no document type at all.

Expat does the parsing. A document type can define entities that expand without end, or that are
fetched from files and addresses; none is ever followed, and the reader stops at the first one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import BinaryIO, NamedTuple
from xml.parsers import expat

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible

_CHUNK = 1 << 16
_MAX_TOKEN = 16 << 20
_MAX_TEXT = 1 << 16
MAX_DEPTH = 200
"""Elements inside elements that are followed."""


class DocumentTypeError(UnreadableError):
    """The XML has a document type, and perhaps entities. ``said`` is what it declares."""

    def __init__(self, said: str) -> None:
        self.said = said
        super().__init__(f"the XML declares {said}")


class Element(NamedTuple):
    """The beginning of an element. A tuple, as a large model has millions."""

    name: str
    attributes: dict[str, str]
    depth: int
    """0 for the root."""

    @property
    def local_name(self) -> str:
        """Its name without the prefix of a namespace."""
        return _local(self.name)


class Text(NamedTuple):
    """The text within an element that was asked for, cut at 64 Ki characters."""

    name: str
    text: str


def elements(file: BinaryIO, size: int, *, max_depth: int = MAX_DEPTH) -> Iterator[Element]:
    """Yield the elements of a document in order; text between them is passed over.

    Raises:
        DocumentTypeError: it has a document type or declares entities.
        UnreadableError: it is malformed, ends early, nests more than ``max_depth`` deep, or has a
            tag of more than 16 MiB.
    """
    for each in elements_and_texts(file, size, (), max_depth=max_depth):
        if isinstance(each, Element):
            yield each


def elements_and_texts(
    file: BinaryIO, size: int, texts_of: Collection[str], *, max_depth: int = MAX_DEPTH
) -> Iterator[Element | Text]:
    """Yield the elements in order, and where one of ``texts_of`` (local names) ends, its text.

    Text within elements inside of it belongs to it, too, as far as it was not given before.

    Raises:
        DocumentTypeError, UnreadableError: see `elements`.
    """
    parser = expat.ParserCreate()
    parser.buffer_text = True
    found: list[Element | Text] = []
    depth = inside = kept = 0
    pieces: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, inside
        if depth > max_depth:
            raise UnreadableError(f"the XML is nested more than {max_depth} deep")
        found.append(Element(name, attributes, depth))
        depth += 1
        if texts_of and _local(name) in texts_of:
            inside += 1
            parser.CharacterDataHandler = text

    def end(name: str) -> None:
        nonlocal depth, inside, kept
        depth -= 1
        if inside and _local(name) in texts_of:
            inside -= 1
            found.append(Text(name, "".join(pieces)[:_MAX_TEXT]))
            pieces.clear()
            kept = 0
            parser.CharacterDataHandler = text if inside else None

    def text(data: str) -> None:
        nonlocal kept
        if kept < _MAX_TEXT:
            pieces.append(data)
            kept += len(data)

    def document_type(name: str, system: str | None, public: str | None, internal: int) -> None:
        del name, public
        what = "entities" if internal else "a document type"
        raise DocumentTypeError(f"{what} from {visible(system, 80)}" if system else what)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = document_type
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
    except (expat.ExpatError, ValueError, LookupError) as error:
        # The two others: an encoding that Python has not, or that has no table of single bytes.
        raise UnreadableError(f"no XML that can be read ({visible(str(error), 100)})") from error


def _local(name: str) -> str:
    return name.rpartition(":")[2]
