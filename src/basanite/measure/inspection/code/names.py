"""Names in Python source: what a called expression means, import aliases followed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

_MAX_PARTS = 20
_IMPORTERS = frozenset({"__import__", "importlib.import_module"})


class Names:
    """Which full name each local name stands for, over a whole module.

    Scopes are not told apart: a name that is imported anywhere counts everywhere. That may name a
    harmless thing once too often, never once too seldom.
    """

    def __init__(self, nodes: list[ast.AST]) -> None:
        self._full: dict[str, str] = {}
        for node in nodes:
            for name, full in _imported(node):
                self._full[name] = full
        for node in nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                self._assigned(node)

    def _assigned(self, node: ast.Assign | ast.AnnAssign) -> None:
        """Follow ``load = pickle.load`` and ``p = importlib.import_module("pickle")``."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = node.value
        full = None
        if isinstance(value, ast.Name | ast.Attribute):
            full = self.of(value)
        elif isinstance(value, ast.Call):
            full = self._module(value)
        for target in targets:
            if isinstance(target, ast.Name) and full is not None and full != target.id:
                self._full.setdefault(target.id, full)

    def of(self, node: ast.expr) -> str | None:
        """Return the full dotted name of an expression, or None when it is no plain name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < _MAX_PARTS:
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            root: str | None = self._full.get(node.id, node.id)
        elif isinstance(node, ast.Call):
            root = self._module(node)
        else:
            root = None
        return None if root is None else ".".join([root, *reversed(parts)])

    def _module(self, call: ast.Call) -> str | None:
        importer = self.of(call.func) if isinstance(call.func, ast.Name | ast.Attribute) else None
        if importer in _IMPORTERS and call.args and isinstance(call.args[0], ast.Constant):
            return str(call.args[0].value)
        return None


def _imported(node: ast.AST) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname:
                yield alias.asname, alias.name
            else:
                root = alias.name.split(".")[0]
                yield root, root
    elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return the value of a keyword argument, or None."""
    return next((each.value for each in call.keywords if each.arg == name), None)


def constant(node: ast.expr | None) -> object:
    """Return the value of a constant expression, or None."""
    return node.value if isinstance(node, ast.Constant) else None
