"""Names in Python source: what a called expression means, import aliases followed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from basanite.measure.inspection.code.strings import folded

_MAX_PARTS = 20
_MAX_DEPTH = 12
_IMPORTERS = frozenset({"__import__", "importlib.import_module", "importlib.__import__"})
_DECIDING = frozenset({"weights_only", "Loader", "allow_pickle", "safe_mode"})
"""Arguments that decide what a call is; a partial that gives one is judged where it is made."""
_BUILTINS = ("builtins.", "__builtin__.", "__builtins__.")


class Names:
    """Which full name each local name stands for, over a whole module.

    Scopes are not told apart: a name that is imported anywhere counts everywhere. That may name a
    harmless thing once too often, never once too seldom.
    """

    def __init__(self, nodes: list[ast.AST]) -> None:
        self._full: dict[str, str] = {}
        self._depth = 0
        for node in nodes:
            for name, full in _imported(node):
                self._full[name] = full
        self._constants: dict[str, ast.expr | None] = {}
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
            full = self._bound(value)
        for target in targets:
            if isinstance(target, ast.Name):
                # What is given twice is nothing to rely on.
                twice = target.id in self._constants
                self._constants[target.id] = None if twice else value
            if isinstance(target, ast.Name) and full is not None and full != target.id:
                self._full.setdefault(target.id, full)

    def _bound(self, call: ast.Call) -> str | None:
        """Return what an assigned call is another name for: a module, a member, a partial."""
        full = self._returned(call)
        return None if full is None or full.endswith("()") else full

    def constant(self, node: ast.expr | None) -> object:
        """Return the value of a constant, or of a name that is given one constant only; or None."""
        if isinstance(node, ast.Name):
            node = self._constants.get(node.id)
        return node.value if isinstance(node, ast.Constant) else None

    def given(self, node: ast.expr) -> ast.expr:
        """Return what a name that is given once stands for; any other expression as it is."""
        value = self._constants.get(node.id) if isinstance(node, ast.Name) else None
        return node if value is None else value

    def of(self, node: ast.expr) -> str | None:
        """Return the full dotted name of an expression, or None when it is no plain name.

        ``getattr`` and look-ups of a name that is a text are followed, also where the text is put
        together from constants. What a call returns is named ``name()``.
        """
        if self._depth >= _MAX_DEPTH:
            return None
        self._depth += 1
        try:
            return self._name(node)
        finally:
            self._depth -= 1

    def _name(self, node: ast.expr) -> str | None:
        parts: list[str] = []
        while isinstance(node, ast.Attribute) and len(parts) < _MAX_PARTS:
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name):
            root: str | None = self._full.get(node.id, node.id)
        elif isinstance(node, ast.Call):
            root = self._returned(node)
        elif isinstance(node, ast.Subscript):
            root = self._looked_up(node)
        else:
            root = None
        if root is None:
            return None
        full = ".".join([root, *reversed(parts)])
        for prefix in _BUILTINS:
            full = full.removeprefix(prefix)
        return full

    def _returned(self, call: ast.Call) -> str | None:
        if not isinstance(call.func, ast.Name | ast.Attribute):
            return None
        function = self.of(call.func)
        if function in _IMPORTERS and call.args:
            module = folded(call.args[0])
            return module if isinstance(module, str) else None
        if function == "getattr" and len(call.args) >= 2:
            return self._member(call.args[0], call.args[1])
        bound = {each.arg for each in call.keywords} & _DECIDING
        if function == "functools.partial" and call.args and not bound:
            return self.of(call.args[0])
        return f"{function}()" if function else None

    def _looked_up(self, node: ast.Subscript) -> str | None:
        """Follow ``sys.modules["os"]``, ``vars(os)["system"]`` and ``globals()["eval"]``."""
        name = folded(node.slice)
        inner = node.value
        if isinstance(inner, ast.Call) and self.of(inner.func) == "vars" and inner.args:
            return self._member(inner.args[0], node.slice)
        held = self.of(inner)
        if not isinstance(name, str) or held is None:
            return None
        if held in ("sys.modules", "globals()", "locals()", "__builtins__"):
            return self._full.get(name, name)
        if held.endswith(".__dict__"):
            return f"{held.removesuffix('.__dict__')}.{name}"
        return None

    def _member(self, owner: ast.expr, name: ast.expr) -> str | None:
        held, member = self.of(owner), folded(name)
        return f"{held}.{member}" if held and isinstance(member, str) else None


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
