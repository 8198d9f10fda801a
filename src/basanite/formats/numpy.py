"""Reader of NumPy files: one array (npy) or a zip archive of them (npz).

Source: numpy.lib.format, versions 1.0 to 3.0.
"""

from __future__ import annotations

import ast
import math
import re
import warnings
from dataclasses import dataclass
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.stream import Span, Stream, fill
from basanite.formats.zip.directory import members
from basanite.formats.zip.member import open_member

NAME = "numpy"
VERSION = 3
MAGIC = b"\x93NUMPY"
MAX_HEADER = 65_536
_SHOWN = 100
_WIDTH = re.compile(r"[<>|=]?(?P<kind>[a-zA-Z])(?P<bytes>\d{1,9})", re.ASCII)
_LONG = re.compile(r"\b(\d{1,19})L\b")


@dataclass(frozen=True)
class ArrayHeader:
    """What stands before an array's bytes."""

    dtype: str
    shape: tuple[int, ...]
    objects: bool
    """The items are Python objects: a pickle follows."""
    length: int
    """Bytes of the header; the data begins there."""
    fortran: bool = False
    """The first dimension varies fastest, not the last."""


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return each array's dtype and shape, and whether a pickle is inside.

    Raises:
        UnreadableError: a header is damaged or truncated.
    """
    file.seek(0)
    if file.read(len(MAGIC)) == MAGIC:
        header = read_header(Span(file, 0, size))
        return {"arrays": 1, "parameters": math.prod(header.shape), **_shown(header)}
    entries = members(file, 0, size)
    arrays: dict[str, Any] = {}
    parameters, objects = 0, False
    for entry in entries:
        header = read_header(open_member(file, entry, size))
        parameters += math.prod(header.shape)
        objects |= header.objects
        if len(arrays) < _SHOWN:
            arrays[entry.name] = _shown(header)
    return {
        "arrays": len(entries),
        "parameters": parameters,
        "objects": objects,
        "members": arrays,
    }


def _shown(header: ArrayHeader) -> dict[str, Any]:
    return {
        "dtype": header.dtype,
        "shape": list(header.shape),
        "objects": header.objects,
    }


def read_header(stream: Stream) -> ArrayHeader:
    """Read an array's header; the stream then stands at the first byte of its data.

    Raises:
        UnreadableError: it is no npy header, or damaged.
    """
    start = fill(stream, 8)
    if start[:6] != MAGIC or len(start) < 8:
        raise UnreadableError("no NumPy array: its first bytes are not those of the format")
    width = 2 if start[6] == 1 else 4
    length = int.from_bytes(fill(stream, width), "little")
    if length > MAX_HEADER:
        raise UnreadableError(f"the header announces {length} bytes, more than {MAX_HEADER}")
    text = fill(stream, length)
    if len(text) < length:
        raise UnreadableError("the header ends early")
    fields = _literal(text.decode("utf-8" if start[6] >= 3 else "latin-1", "replace"))
    shape = fields.get("shape") if isinstance(fields, dict) else None
    if (
        not isinstance(fields, dict)
        or not isinstance(shape, tuple)
        or len(shape) > 64
        or not all(type(each) is int and 0 <= each < 1 << 62 for each in shape)
        or "descr" not in fields
        or math.prod(shape) > 1 << 62
    ):
        raise UnreadableError("the header names no dtype and shape")
    return ArrayHeader(
        dtype=visible(str(fields["descr"]), 200),
        shape=shape,
        objects=_holds_objects(fields["descr"]),
        length=8 + width + length,
        fortran=fields.get("fortran_order") is True,
    )


def behind(file: BinaryIO, size: int) -> Stream | None:
    """Return what lies behind the numbers of the first array, where its width is known.

    Who reads arrays from one file again and again comes to it; a whole array may stand there, and
    the stream is then at the objects of the first that holds any.

    Raises:
        UnreadableError: a header is damaged.
    """
    at = 0
    for _ in range(_SHOWN):
        stream = Span(file, at, size - at)
        header = read_header(stream)
        if header.objects:
            return stream
        width = _WIDTH.fullmatch(header.dtype)
        if width is None:
            return None
        scale = 4 if width["kind"] == "U" else 1
        at += header.length + math.prod(header.shape) * int(width["bytes"]) * scale
        if at >= size:
            return None
        file.seek(at)
        if file.read(len(MAGIC)) != MAGIC:
            return Span(file, at, size - at)
    return None


def _literal(text: str) -> object:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Arrays saved by Python 2 write long integers as ``3L``.
            value: object = ast.literal_eval(_LONG.sub(r"\1", text.strip()))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise UnreadableError("the header is no Python literal") from error
    return value


def _holds_objects(descr: object, depth: int = 0) -> bool:
    """Whether a dtype description has an object in it. Anything odd counts as yes."""
    if isinstance(descr, str):
        return "O" in descr
    if isinstance(descr, list) and depth < 10:
        return any(
            not isinstance(each, tuple) or len(each) < 2 or _holds_objects(each[1], depth + 1)
            for each in descr
        )
    return True
