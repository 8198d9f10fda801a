"""Tools in code: what Python functions that are offered as tools say of themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from basanite.formats.python import parse_source

_OFFERED = re.compile(r"@[ \t]{0,4}[\w.]{0,80}tool\b")


@dataclass(frozen=True)
class Told:
    """One text that a model is told of a function."""

    name: str
    text: str
    line: int


def offers(source: str) -> bool:
    """Whether a source may offer functions as tools."""
    return _OFFERED.search(source) is not None


def told(source: str) -> Iterator[Told]:
    """Yield what a module tells a model of its tools: docstrings and descriptions.

    Raises:
        UnreadableError: it is no Python that can be read.
    """
    for node in ast.walk(parse_source(source)):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        decorators = [each for each in node.decorator_list if _tool(each)]
        if not decorators:
            continue
        words = ast.get_docstring(node, clean=False)
        if words:
            yield Told(node.name, words, node.body[0].lineno)
        for each in decorators:
            for inner in ast.walk(each):
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield Told(node.name, inner.value, inner.lineno)


def _tool(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    return name == "tool" or name.endswith("_tool")
