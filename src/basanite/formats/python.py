"""Reader of Python source by its syntax tree. Nothing is executed or imported."""

from __future__ import annotations

import ast
import warnings
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible

NAME = "python"
VERSION = 2
MAX_SOURCE = 4 << 20
_SHOWN = 300
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def parse_source(data: bytes | str) -> ast.Module:
    """Return the syntax tree of a module.

    Raises:
        UnreadableError: it is larger than 4 MiB, no Python this interpreter reads, or too deep.
    """
    if len(data) > MAX_SOURCE:
        raise UnreadableError(f"the source has {len(data)} bytes; up to {MAX_SOURCE} are read")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(data)
    except SyntaxError as error:
        where = f"line {error.lineno or '?'}, {visible(error.msg or '', 120)}"
        raise UnreadableError(f"no Python that can be read: {where}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"no Python that can be read ({type(error).__name__})") from error


def imports(tree: ast.AST) -> set[str]:
    """Return the top-level packages that a module imports by statement."""
    found: set[str] = set()
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        # Imports are statements: only blocks of statements need to be entered.
        for block in _BLOCKS:
            todo += _block(node, block)
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


def _block(node: ast.AST, name: str) -> list[ast.AST]:
    inner = getattr(node, name, None)
    return inner if isinstance(inner, list) else []


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return the imported packages and the number of lines.

    Raises:
        UnreadableError: see `parse_source`.
    """
    file.seek(0)
    data = file.read(min(size, MAX_SOURCE + 1))
    found = imports(parse_source(data))
    return {
        "imports": sorted(visible(name, 80) for name in found)[:_SHOWN],
        "lines": data.count(b"\n") + 1,
    }
