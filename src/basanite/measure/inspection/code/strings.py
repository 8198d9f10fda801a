"""Strings in Python source that are put together from constants, worked out without running it."""

from __future__ import annotations

import ast
import base64
import binascii

_MAX_DEPTH = 12
_MAX_LENGTH = 10_000
_MAX_PARTS = 2_000
Text = str | bytes


def folded(node: ast.expr | None, depth: int = 0) -> Text | None:
    """Return the text of an expression of constants, or None where it cannot be worked out here.

    Sums, joins, reversals, ``chr``, hexadecimal and base64 of constants are followed.
    """
    if node is None or depth > _MAX_DEPTH:
        return None
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str | bytes) else None
    found: Text | None = None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        found = _sum(folded(node.left, depth + 1), folded(node.right, depth + 1))
    elif isinstance(node, ast.JoinedStr):
        found = _joined("", [_shown(each, depth) for each in node.values[:_MAX_PARTS]])
    elif isinstance(node, ast.Subscript):
        found = _reversed(node, depth)
    elif isinstance(node, ast.Call):
        found = _called(node, depth)
    return found if found is None or len(found) <= _MAX_LENGTH else None


def _shown(node: ast.expr, depth: int) -> Text | None:
    inner = node.value if isinstance(node, ast.FormattedValue) else node
    return folded(inner, depth + 1)


def _sum(left: Text | None, right: Text | None) -> Text | None:
    if isinstance(left, str) and isinstance(right, str):
        return left + right
    if isinstance(left, bytes) and isinstance(right, bytes):
        return left + right
    return None


def _reversed(node: ast.Subscript, depth: int) -> Text | None:
    cut = node.slice
    whole = isinstance(cut, ast.Slice) and cut.lower is None and cut.upper is None
    if not whole or not isinstance(cut, ast.Slice) or _number(cut.step) != -1:
        return None
    text = folded(node.value, depth + 1)
    return text[::-1] if text is not None else None


def _number(node: ast.expr | None) -> int | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return -inner if inner is not None else None
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    return None


def _called(node: ast.Call, depth: int) -> Text | None:
    function = node.func
    first = node.args[0] if node.args else None
    if isinstance(function, ast.Name):
        number = _number(first)
        if function.id == "chr" and number is not None and 0 <= number < 0x110000:
            return chr(number)
        if function.id in ("bytes", "bytearray", "str"):
            return _bytes(first) or folded(first, depth + 1)
        return _decoded(function.id, folded(first, depth + 1))
    if not isinstance(function, ast.Attribute):
        return None
    if function.attr == "join":
        separator = folded(function.value, depth + 1)
        parts = first.elts[:_MAX_PARTS] if isinstance(first, ast.List | ast.Tuple) else None
        if not isinstance(separator, str) or parts is None:
            return None
        return _joined(separator, [folded(each, depth + 1) for each in parts])
    if function.attr in ("decode", "encode") and not _decodes(function):
        text = folded(function.value, depth + 1)
        return text.decode("latin-1") if isinstance(text, bytes) else text
    return _decoded(function.attr, folded(first, depth + 1))


def _decodes(function: ast.Attribute) -> bool:
    return isinstance(function.value, ast.Name) and function.value.id in ("base64", "codecs")


def _bytes(node: ast.expr | None) -> Text | None:
    if not isinstance(node, ast.List | ast.Tuple) or not node.elts:
        return None
    numbers = [_number(each) for each in node.elts[:_MAX_LENGTH]]
    known = [each for each in numbers if each is not None and 0 <= each < 256]
    return bytes(known) if len(known) == len(node.elts) else None


def _joined(separator: str, parts: list[Text | None]) -> Text | None:
    known = [each for each in parts if isinstance(each, str)]
    return separator.join(known) if len(known) == len(parts) else None


def _decoded(function: str, text: Text | None) -> Text | None:
    if text is None:
        return None
    try:
        if function in ("b64decode", "standard_b64decode", "urlsafe_b64decode"):
            return base64.b64decode(text)
        if function in ("fromhex", "unhexlify", "a2b_hex"):
            return binascii.unhexlify(text)
    except (ValueError, binascii.Error):
        pass
    return None
