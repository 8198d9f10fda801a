"""Sketch files: what is kept of a model's weights so that copies of it are recognised later.

A sketch holds digests and a few bits per row, and no weights: it can be given away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from basanite.domain.errors import UnreadableError
from basanite.domain.value import Value
from basanite.formats.weights.sketch import BITS, Row, Sketch

SCHEMA = "basanite.weights/1"
MAX_BYTES = 512 << 20
_Bits = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
_DIGITS = BITS // 4
_BEGINNING = f'{{"schema":"{SCHEMA}"'.encode()


class _Tensor(Value):
    name: Annotated[str, Field(max_length=1000)]
    kind: Annotated[str, Field(max_length=40)]
    shape: tuple[Annotated[int, Field(ge=0)], ...]
    sha256: Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
    length: Annotated[int, Field(ge=0)]
    rows: tuple[tuple[int, _Bits, _Bits], ...]


class SketchedFile(Value):
    """The tensors of one file, or why they could not be read."""

    path: str
    """Encoded."""
    tensors: tuple[_Tensor, ...] = ()
    problem: str = ""

    def sketches(self) -> list[Sketch]:
        """Return the sketches of the file's tensors."""
        return [
            Sketch(each.name, each.kind, each.shape, each.sha256, each.length, _rows(each))
            for each in self.tensors
        ]


def _rows(tensor: _Tensor) -> tuple[Row, ...]:
    return tuple(Row(place, int(bits, 16), int(known, 16)) for place, bits, known in tensor.rows)


class SketchedModel(Value):
    """All files of a model."""

    schema_: Annotated[Literal["basanite.weights/1"], Field(alias="schema")] = "basanite.weights/1"
    name: str
    files: tuple[SketchedFile, ...]

    def sketches(self) -> list[Sketch]:
        """Return the sketches of all tensors."""
        return [sketch for each in self.files for sketch in each.sketches()]


def sketched_file(path: str, sketches: Iterable[Sketch], problem: str = "") -> SketchedFile:
    """Return what is kept of one file."""
    tensors = tuple(
        _Tensor(
            name=each.name,
            kind=each.kind,
            shape=each.shape,
            sha256=each.sha256,
            length=each.length,
            rows=tuple((row.place, _hex(row.bits), _hex(row.known)) for row in each.rows),
        )
        for each in sketches
    )
    return SketchedFile(path=path, tensors=tensors, problem=problem)


def _hex(bits: int) -> str:
    return f"{bits:0{_DIGITS}x}"


def write_sketches(model: SketchedModel) -> str:
    """Return the JSON of a sketched model, with its keys in a fixed order."""
    return model.model_dump_json(by_alias=True)


def read_sketches(data: bytes) -> SketchedModel:
    """Return a sketched model from JSON that a stranger may have written.

    Raises:
        UnreadableError: it is no such JSON, or too large.
    """
    if len(data) > MAX_BYTES:
        raise UnreadableError("the sketch is larger than any model's")
    try:
        return SketchedModel.model_validate_json(data)
    except ValidationError as error:
        first: Sequence[object] = error.errors()[0]["loc"]
        place = ".".join(map(str, first)) or "its beginning"
        raise UnreadableError(f"it is no sketch of weights (see {place})") from error


def is_sketch(head: bytes) -> bool:
    """Return whether a file that begins so is a sketch."""
    return head.startswith(_BEGINNING)
