"""TorchScript: what the source in a PyTorch archive calls.

The language has no import and no system calls of its own; it reaches the outer world only through
operators, which it names in full (``torch.linear``, ``ops.quantized.linear``), and through classes
that a library registers (``__torch__.torch.classes.quantized.…``).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Rule
from basanite.formats.python import parse_source
from basanite.measure.inspection.exports.operators import (
    TOUCHES_FILES,
    class_rule,
    operator_rule,
)
from basanite.measure.inspection.exports.rules import REACHES_OUT

_NAMED = re.compile(rb"(?:ops\s*\.\s*(\w+)\s*\.\s*(\w+)|\btorch\s*\.\s*(\w+)\s*\()")
_QUALIFIED = re.compile(
    rb"(?:X(.)\x00\x00\x00|\x8c(.))(?=([a-z_][a-z0-9_]{0,80}::\w{1,200}))", re.DOTALL
)
"""A text in a pickle, with its length in front. Nothing marks its end."""

Named = tuple[Rule, str]
"""A rule, and the name that falls under it."""


def judge_source(data: bytes, own: frozenset[str]) -> Iterator[Named]:
    """Yield the operators and classes in a source that do more than compute.

    ``own`` are the methods that the archive itself defines, see `defined`.

    Raises:
        UnreadableError: it cannot be parsed; what names show has been yielded before.
    """
    try:
        tree = parse_source(data)
    except UnreadableError:
        yield from _by_names(data)
        raise
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            yield from _attribute(node, own)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield from _got(node, own)


def defined(data: bytes) -> frozenset[str]:
    """Return the names of the functions that a source defines; none where it cannot be parsed."""
    try:
        tree = parse_source(data)
    except UnreadableError:
        return frozenset()
    return frozenset(each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef))


def judge_bytecode(data: bytes) -> Iterator[Named]:
    """Yield the operators that the byte code of the lite interpreter names and that reach out."""
    texts = (text[: (wide or short)[0]] for wide, short, text in _QUALIFIED.findall(data))
    for text in dict.fromkeys(texts):
        namespace, _, name = text.decode("ascii", "replace").partition("::")
        rule = operator_rule(namespace, name) if name else None
        if rule is not None:
            yield rule, f"{namespace}::{name}"


def _attribute(node: ast.Attribute, own: frozenset[str]) -> Iterator[Named]:
    path = _path(node)
    if path[:1] == ["torch"] and len(path) == 2:
        yield from _found(operator_rule("aten", path[1]), f"torch.{path[1]}")
    elif path[:1] == ["ops"] and len(path) == 3:
        yield from _found(operator_rule(path[1], path[2]), f"ops.{path[1]}.{path[2]}")
    elif path[:3] == ["__torch__", "torch", "classes"] and len(path) == 5:
        yield from _found(class_rule(path[3]), ".".join(path[1:]))
    elif (
        path[0] not in {"torch", "ops", "__torch__"}
        and node.attr in TOUCHES_FILES
        and node.attr not in own
    ):
        # ``tensor.save(name)`` is the operator as well, unless the archive defines a method so.
        yield REACHES_OUT, f"a tensor's {node.attr}"


def _got(node: ast.Call, own: frozenset[str]) -> Iterator[Named]:
    named = isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1
    if named and isinstance(node.args[1], ast.Constant):
        name = node.args[1].value
        if isinstance(name, str) and name in TOUCHES_FILES and name not in own:
            yield REACHES_OUT, f"getattr {name}"


def _found(rule: Rule | None, name: str) -> Iterator[Named]:
    if rule is not None:
        yield rule, name


def _path(node: ast.Attribute) -> list[str]:
    parts = [node.attr]
    inner = node.value
    while isinstance(inner, ast.Attribute):
        parts.append(inner.attr)
        inner = inner.value
    parts.append(inner.id if isinstance(inner, ast.Name) else "")
    return parts[::-1]


def _by_names(data: bytes) -> Iterator[Named]:
    for namespace, name, plain in dict.fromkeys(_NAMED.findall(data)):
        space, operator = (
            (namespace.decode(), name.decode()) if namespace else ("aten", plain.decode())
        )
        rule = operator_rule(space, operator)
        if rule is not None:
            yield rule, f"{space}::{operator}"
