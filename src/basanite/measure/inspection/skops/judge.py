"""Judging the nodes of a skops file, one by one.

Every loader does something else with the name in a node: some import it and look at it, some make
an instance without calling its constructor, some call it with what the file says. What is open for
the one is not for the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from basanite.domain.names import visible
from basanite.formats.pickle.symbols import Global
from basanite.formats.skops import Node
from basanite.measure.inspection.pickles.callables import called, made, standing
from basanite.measure.inspection.pickles.standing import Standing

_ROOTS = frozenset({"numpy", "scipy", "sklearn", "pandas"})
"""Packages whose functions models refer to: score functions, transformations."""
_FETCHING = ("sklearn.datasets.", "sklearn.externals.", "scipy.datasets.")
"""Where in them functions fetch or load further data."""
_SIMPLE = """
    NoneType bool str int float complex bytes bytearray list tuple dict set frozenset slice range
    object type abs all any divmod hash len max min pow reversed round sorted sum zip enumerate repr
    ord chr
"""
_HARMLESS = frozenset(f"builtins.{name}" for name in _SIMPLE.split())
_PURE = frozenset({"math", "cmath", "statistics"})
"""Modules of the standard library that only compute."""
_NUMPY_SCALAR = re.compile(
    r"(?:u?int(?:8|16|32|64|c|p|_)?|u?(?:byte|short|intc|long|longlong)|float(?:16|32|64|128|_)?|"
    r"complex(?:64|128|256|_)?|c?longdouble|half|single|double|csingle|cdouble|clongdouble|"
    r"bool_?|str_|bytes_|void|object_|datetime64|timedelta64)"
)
_MODULES_OF_ARRAYS = frozenset({"numpy", "numpy.ma", "numpy.ma.core", "numpy.matrixlib.defmatrix"})
_BIT_GENERATORS = frozenset({"MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"})
_OPERATORS = frozenset({"itemgetter", "attrgetter", "methodcaller"})
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_PLAIN = frozenset({"JsonNode", "BytesNode", "BytearrayNode", "SliceNode", "CachedNode"})
"""Loaders that build plain values whatever name the node has."""
_REFERS = frozenset({"TypeNode", "FunctionNode"})
_FIXED = {
    "TreeNode": ("sklearn.tree.", re.compile(r"Tree")),
    "LossNode": ("sklearn.", re.compile(r"(?:Cy)?[A-Z][A-Za-z]*")),
    "QuantileForestNode": ("quantile_forest.", re.compile(r"QuantileForest")),
    "OperatorFuncNode": ("operator", re.compile(r"itemgetter|attrgetter|methodcaller")),
    "PartialNode": ("functools", re.compile(r"partial")),
    "DefaultDictNode": ("collections", re.compile(r"defaultdict")),
    "DTypeNode": ("numpy", re.compile(r"dtype|[A-Z][A-Za-z0-9]*DType")),
    "RandomGeneratorNode": ("numpy.random", re.compile(r"Generator")),
    "RandomStateNode": ("numpy.random", re.compile(r"RandomState")),
    "MaskedArrayNode": ("numpy.ma", re.compile(r"MaskedArray")),
    "SparseMatrixNode": ("scipy.sparse", re.compile(r"[a-z]+_(?:matrix|array)|spmatrix")),
    "_DictWithDeprecatedKeysNode": ("sklearn.", re.compile(r"_DictWithDeprecatedKeys")),
}
"""Loaders that rebuild one kind of thing: where it lives, and what it is called."""
_BUILDS = frozenset(
    {
        "ObjectNode", "ConstructorFromReduceNode", "DictNode", "ListNode", "SetNode", "TupleNode",
        "NdArrayNode", "MethodNode",
    }
)  # fmt: skip
LOOKED_INTO = frozenset({"MethodNode", "OperatorFuncNode", "RandomGeneratorNode", "FunctionNode"})
"""Loaders whose nodes say more than their name; of the others one is like the next."""
_CALLS = frozenset({"ConstructorFromReduceNode", "ListNode", "SetNode"})
"""Loaders that call what the node names, with what the file says."""


@dataclass(frozen=True, slots=True)
class Odd:
    """Something that a rule is about: ``closed``, ``disagreeing``, ``reaching`` or ``unknown``."""

    rule: str
    name: str
    message: str


def judge(node: Node, vouched: frozenset[str]) -> Iterator[Odd]:
    """Yield what is odd in a node; what lies below it is judged by itself."""
    yield from _named(node, vouched)
    if node.loader in _FIXED:
        yield from _fixed(node)
    if node.loader == "MethodNode":
        yield from _method(node)
    elif node.loader == "OperatorFuncNode":
        yield from _operator(node)
    elif node.loader == "RandomGeneratorNode":
        yield from _generator(node)
    elif node.loader == "FunctionNode" and isinstance(node.state.get("content"), dict):
        # Protocol 0 kept the function's name below, and the file may choose its protocol.
        old = Node(
            "FunctionNode",
            node.text("content", "module_path"),
            node.text("content", "function"),
            {},
        )
        yield from _named(old, vouched)


def _named(node: Node, vouched: frozenset[str]) -> Iterator[Odd]:
    target = Global(node.module, node.name)
    full = visible(str(target), 160)
    if node.loader in _CALLS:
        stands = called(target, vouched)
    elif node.loader in _BUILDS:
        stands = made(target, vouched)
    else:
        stands = standing(target, vouched)
    if _harmless(node, full):
        return
    if stands is Standing.CLOSED or full.startswith(_FETCHING):
        yield Odd("closed", full, f"{_does(node.loader)} {full}, which no model needs.")
    elif node.loader in _PLAIN or node.loader in _FIXED:
        return
    elif node.loader in _REFERS:
        if stands is Standing.UNKNOWN and node.module.partition(".")[0] not in _ROOTS:
            yield Odd("unknown", full, f"{_does(node.loader)} {full}, which is not known here.")
    elif node.loader not in _BUILDS:
        loader = visible(node.loader, 60) or "no text"
        yield Odd("unknown", full, f"The loader of {full} is {loader}, which is not known here.")
    elif stands is Standing.UNKNOWN:
        yield Odd("unknown", full, f"{_does(node.loader)} {full}, which is not known here.")


def _harmless(node: Node, full: str) -> bool:
    if node.loader == "OperatorFuncNode" and node.module == "operator":
        return node.name in _OPERATORS
    if node.loader == "NdArrayNode" and node.module in _MODULES_OF_ARRAYS:
        arrays = node.name in ("ndarray", "matrix", "MaskedArray")
        return arrays or _NUMPY_SCALAR.fullmatch(node.name) is not None
    if node.loader not in _REFERS:
        return False
    return full in _HARMLESS or (
        node.module in _PURE and _ATTRIBUTE.fullmatch(node.name) is not None
    )


def _does(loader: str) -> str:
    if loader in _REFERS:
        return "It imports"
    return "It calls" if loader in _CALLS else "It builds"


def _fixed(node: Node) -> Iterator[Odd]:
    home, names = _FIXED[node.loader]
    if node.module.startswith(home.rstrip(".")) and names.fullmatch(node.name):
        return
    full = visible(f"{node.module}.{node.name}", 160)
    yield Odd(
        "disagreeing",
        full,
        f"It says {full} where the loader {node.loader} stands, which rebuilds other things: the "
        "name that a person is shown is not what is built.",
    )


def _method(node: Node) -> Iterator[Odd]:
    owner = node.child("content", "obj")
    function = node.text("content", "func")
    shown = visible(f"{node.module}.{node.name}.{function}", 200)
    if owner is None or (owner.module, owner.name) != (node.module, node.name):
        said = visible(f"{owner.module}.{owner.name}", 160) if owner else "nothing"
        text = f"A method of {said} is called a method of {visible(node.module, 80)}."
        yield Odd("disagreeing", shown, text + visible(node.name, 80))
    elif not _ATTRIBUTE.fullmatch(function) or owner.loader in {*_REFERS, "MethodNode"}:
        yield Odd("reaching", shown, f"It reaches into {shown}, which is no method of a model.")
    else:
        yield Odd("unknown", shown, f"It holds the method {shown}: what calls it is not known.")


def _operator(node: Node) -> Iterator[Odd]:
    if node.name == "itemgetter" or node.name not in _OPERATORS:
        return
    for text in _texts(node):
        shown = visible(f"operator.{node.name}({text!r})", 200)
        if not all(_ATTRIBUTE.fullmatch(part) for part in text.split(".")):
            yield Odd("reaching", shown, f"{shown} reaches into Python's own machinery.")
            return
    if node.name == "methodcaller":
        shown = "operator.methodcaller"
        yield Odd("unknown", shown, "It calls a method of whatever it is given.")


def _texts(node: Node) -> Iterator[str]:
    """Yield the texts that an operator is given: the members of its tuple of arguments."""
    arguments = node.child("attrs")
    content = arguments.state.get("content") if arguments else None
    for each in content if isinstance(content, list) else ():
        written = each.get("content") if isinstance(each, dict) else None
        try:
            value = json.loads(written) if isinstance(written, str) else None
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, str):
            yield value


def _generator(node: Node) -> Iterator[Odd]:
    """The name of the bit generator is a plain text in the file, and it is called."""
    state = node.child("content", "bit_generator")
    named = state.child("content", "bit_generator") if state else None
    # Protocol 0 kept the state as it is.
    written = (
        named.text("content") if named else node.text("content", "bit_generator", "bit_generator")
    )
    name = written.strip('"')
    if name not in _BIT_GENERATORS:
        shown = visible(f"numpy.random.{name}", 160)
        yield Odd("disagreeing", shown, f"It calls {shown} where a bit generator is to be built.")
