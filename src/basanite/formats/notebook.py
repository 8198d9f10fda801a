"""Reader of Jupyter notebooks. Source: nbformat 3 and 4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.json_document import read_json

NAME = "notebook"
VERSION = 3
MAX_CELLS = 20_000


@dataclass(frozen=True)
class Cell:
    """One cell: its number from 1, its kind, its source, and the text of its outputs."""

    number: int
    kind: str
    source: str
    outputs: str
    shown: tuple[tuple[str, str], ...] = ()
    """What its outputs have a browser show, as MIME types and texts."""
    hidden: bool = False
    """Whether its source is not shown to who opens the notebook."""


def cells(file: BinaryIO, size: int) -> tuple[Cell, ...]:
    """Return the cells of a notebook.

    Raises:
        UnreadableError: it is no JSON, or has no cells.
    """
    return tuple(_cells(_document(file, size)))


def _document(file: BinaryIO, size: int) -> dict[str, Any]:
    document = read_json(file, size)
    if not isinstance(document, dict):
        raise UnreadableError("the notebook is no JSON object")
    return document


def _cells(document: dict[str, Any]) -> Iterator[Cell]:
    listed = document.get("cells")
    if listed is None:
        sheets = document.get("worksheets")
        if not isinstance(sheets, list):
            raise UnreadableError("the notebook has no cells")
        listed = [
            cell
            for sheet in sheets
            if isinstance(sheet, dict) and isinstance(sheet.get("cells"), list)
            for cell in sheet["cells"]
        ]
    if not isinstance(listed, list) or len(listed) > MAX_CELLS:
        raise UnreadableError("the notebook's cells are no list, or too many")
    for number, cell in enumerate(listed, start=1):
        if isinstance(cell, dict):
            yield Cell(
                number=number,
                kind=visible(str(cell.get("cell_type", "")), 20),
                source=_joined(cell.get("source", cell.get("input"))),
                outputs="\n".join(_output(each) for each in _list(cell.get("outputs"))),
                shown=tuple(
                    each for output in _list(cell.get("outputs")) for each in _shown(output)
                ),
                hidden=_hidden(cell.get("metadata")),
            )


def _output(output: Any) -> str:
    if not isinstance(output, dict):
        return ""
    parts = [_joined(output.get("text"))]
    data = output.get("data")
    if isinstance(data, dict):
        parts += [_joined(v) for k, v in data.items() if str(k).startswith("text/")]
    parts += [_joined(output.get("traceback"))]
    return "\n".join(part for part in parts if part)


_OLD_MIME = {"html": "text/html", "javascript": "application/javascript", "svg": "image/svg+xml"}
_MIME = ("text/html", "text/markdown", "text/latex", "image/svg+xml")


def _shown(output: Any) -> Iterator[tuple[str, str]]:
    """Yield the outputs that a browser may run something of; nbformat 3 named them shortly."""
    if not isinstance(output, dict):
        return
    for key, mime in _OLD_MIME.items():
        if text := _joined(output.get(key)):
            yield mime, text
    data = output.get("data")
    for key, value in data.items() if isinstance(data, dict) else ():
        if (key in _MIME or "javascript" in key) and (text := _joined(value)):
            yield key, text


def _hidden(metadata: Any) -> bool:
    if not isinstance(metadata, dict):
        return False
    jupyter = metadata.get("jupyter")
    inner = isinstance(jupyter, dict) and jupyter.get("source_hidden") is True
    return inner or metadata.get("hide_input") is True or metadata.get("cellView") == "form"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _joined(value: Any) -> str:
    if isinstance(value, list):
        return "".join(each for each in value if isinstance(each, str))
    return value if isinstance(value, str) else ""


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return cell counts, kernel, language and whether outputs were saved.

    Raises:
        UnreadableError: see `cells`.
    """
    document = _document(file, size)
    found = list(_cells(document))
    metadata = document.get("metadata")
    kernel = metadata.get("kernelspec") if isinstance(metadata, dict) else None
    return {
        "cells": len(found),
        "code_cells": sum(cell.kind == "code" for cell in found),
        "outputs": any(cell.outputs for cell in found),
        "kernel": visible(str(kernel.get("name", "")), 80) if isinstance(kernel, dict) else "",
        "language": visible(str(kernel.get("language", "")), 40)
        if isinstance(kernel, dict)
        else "",
    }
