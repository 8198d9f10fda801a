"""Expressions in exported programs that a loader evaluates as Python.

SymPy evaluates the sizes (``expr_str``) when a program is loaded, and the guards (``guards_code``)
become the source of a function (torch/export/_unlift.py). Both are judged by their syntax tree:
names, numbers, arithmetic, and calls of the functions that sizes are made of.
"""

from __future__ import annotations

import ast
import re

from basanite.domain.errors import UnreadableError
from basanite.formats.python import parse_source

_ALWAYS = (
    ast.Module, ast.Expr, ast.Load, ast.Name, ast.Constant, ast.BinOp, ast.UnaryOp, ast.BoolOp,
    ast.Compare, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.Call, ast.keyword, ast.Tuple,
)  # fmt: skip
_IN_GUARDS = (ast.Subscript, ast.Attribute)
_FUNCTIONS = re.compile(
    r"Symbol|Dummy|Integer|Float|Rational|Half|Zero|One|NegativeOne|Infinity|NegativeInfinity"
    r"|IntInfinity|NegativeIntInfinity|Tuple|Add|Mul|Pow|Mod|Max|Min|Abs|Not|And|Or|Xor|Eq|Ne|Lt|Le"
    r"|Gt|Ge|Equality|Unequality|StrictLessThan|LessThan|StrictGreaterThan|GreaterThan|Piecewise"
    r"|ExprCondPair|floor|ceiling|sqrt|log|exp|sin|cos|tan|asin|acos|atan|sinh|cosh|tanh|sign|Where"
    r"|Identity|ToFloat|ToInt|PythonMod|FloorDiv|ModularIndexing|CleanDiv|CeilDiv|IntTrueDiv"
    r"|FloatTrueDiv|PowByNatural|FloatPow|TruncToInt|TruncToFloat|RoundToInt|RoundDecimal|CeilToInt"
    r"|FloorToInt|LShift|RShift|IsNonOverlappingAndDenseIndicator|BitwiseFn_\w+|OpaqueUnaryFn_\w+"
    r"|BooleanTrue|BooleanFalse"
)
_GUARDING = frozenset(
    {
        "max",
        "min",
        "abs",
        "round",
        "int",
        "float",
        "bool",
        "len",
        "pow",
        "cast_symbool_to_symint_guardless",
    }
)
_METHODS = frozenset(
    {"size", "stride", "storage_offset", "numel", "item", "dim", "isnan", "isinf", "floor", "ceil",
     "trunc", "sqrt", "pow"}
)  # fmt: skip
_LONGEST = 60_000
"""Characters: no exporter writes so long an expression, and its tree would fill the memory."""
_WORD = re.compile(r"[\w.+\-/: ]{0,200}", re.ASCII)


def is_size(text: str) -> bool:
    """Return whether an expression is a symbolic size: arithmetic of symbols and numbers."""
    tree = _parsed(text)
    return tree is not None and all(
        isinstance(each, _ALWAYS) and _plain(each) and _called(each, guard=False)
        for each in ast.walk(tree)
    )


def is_guard(text: str) -> bool:
    """Return whether an expression compares sizes and values of the inputs, and does no more."""
    tree = _parsed(text)
    return tree is not None and all(
        isinstance(each, _ALWAYS + _IN_GUARDS) and _plain(each) and _called(each, guard=True)
        for each in ast.walk(tree)
    )


def _parsed(text: str) -> ast.Module | None:
    if len(text) > _LONGEST:
        return None
    try:
        tree = parse_source(text.strip())
    except UnreadableError:
        return None
    return tree if len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr) else None


def _plain(node: ast.AST) -> bool:
    """Whether a name is no private one, and a text no more than a word: it may land in source."""
    if isinstance(node, ast.Constant):
        return not isinstance(node.value, str | bytes) or (
            isinstance(node.value, str) and _WORD.fullmatch(node.value) is not None
        )
    name = node.id if isinstance(node, ast.Name) else ""
    name = node.attr if isinstance(node, ast.Attribute) else name
    return not name.startswith("__")


def _called(node: ast.AST, *, guard: bool) -> bool:
    if not isinstance(node, ast.Call):
        return True
    called = node.func
    if isinstance(called, ast.Name):
        return bool(_FUNCTIONS.fullmatch(called.id)) or (guard and called.id in _GUARDING)
    return guard and isinstance(called, ast.Attribute) and called.attr in _METHODS
