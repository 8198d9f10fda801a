"""A module of Python as checks ask about it: what names stand for, and what they may hold.

What a text is made of is followed by name through assignments and the functions of the module,
without regard to order: where it may name a harmless thing once too often, the shape around it has
to be hostile too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cached_property

from basanite.measure.inspection.code.effects import ANSWERS, Effect, effect_of
from basanite.measure.inspection.code.names import Names
from basanite.measure.inspection.code.strings import folded

_ROUNDS = 4
_MAX_TEXT = 1 << 20
_PRIVATE = re.compile(
    r"/etc/(?:passwd|shadow|sudoers)|\.ssh/|id_(?:rsa|ed25519|ecdsa)|\.aws/|\.kube/config|\.netrc"
    r"|\.docker/config|\.git-credentials|\.huggingface/token|huggingface/token|\.pypirc|\.gnupg/"
)
_CHARACTERS = frozenset({"chr", "bytes"})


class Source:
    """A module with what its names stand for and what they may hold."""

    def __init__(self, tree: ast.AST) -> None:
        self.nodes = list(ast.walk(tree))
        self.names = Names(self.nodes)
        self.calls = [each for each in self.nodes if isinstance(each, ast.Call)]
        self._called = {id(each): self.names.of(each.func) or "" for each in self.calls}

    @cached_property
    def decoded(self) -> frozenset[str]:
        """Names of what holds or returns a text that was encoded."""
        return self.holders(self.decodes)

    @cached_property
    def fetched(self) -> frozenset[str]:
        """Names of what holds or returns something fetched over the network."""
        return self.holders(self.fetches)

    @cached_property
    def private(self) -> frozenset[str]:
        """Names of what holds or returns the environment, or keys."""
        return self.holders(self.keeps_private)

    def called(self, call: ast.Call) -> str:
        """Return the full name of what is called, or nothing."""
        return self._called.get(id(call), "")

    def effect(self, call: ast.Call) -> Effect | None:
        """Return what a call does to the world."""
        return effect_of(self.called(call))

    def texts(self) -> Iterator[str]:
        """Yield the texts of the module that hold scripts or drive a kernel."""
        for each in self.nodes:
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                low = each.value[:_MAX_TEXT].lower()
                if "<script" in low or "javascript:" in low:
                    yield each.value[:_MAX_TEXT]
                elif "kernel" in low and "execute" in low:
                    yield f"<script>{each.value[:_MAX_TEXT]}</script>"

    def holders(self, makes: Callable[[ast.AST], bool]) -> frozenset[str]:
        """Return the names of variables and functions that hold or return what ``makes`` says."""
        sources = [each for each in self._given() if each[0]]
        holders: set[str] = set()
        direct = [(names, value, any(map(makes, ast.walk(value)))) for names, value in sources]
        for names, _, made in direct:
            if made:
                holders |= names
        if not holders:
            return frozenset()
        rest = [(names, _mentioned(value)) for names, value, made in direct if not made]
        for _ in range(_ROUNDS):
            before = len(holders)
            for names, mentioned in rest:
                if mentioned & holders:
                    holders |= names
            if len(holders) == before:
                break
        return frozenset(holders)

    def _given(self) -> Iterator[tuple[set[str], ast.AST]]:
        for node in self.nodes:
            if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr):
                if node.value is not None:
                    yield _targets(node), node.value
            elif isinstance(node, ast.For | ast.comprehension):
                yield _names_in(node.target), node.iter
            elif isinstance(node, ast.withitem) and node.optional_vars is not None:
                yield _names_in(node.optional_vars), node.context_expr
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Return) and inner.value is not None:
                        yield {node.name}, inner.value

    def holds(
        self, node: ast.AST, makes: Callable[[ast.AST], bool], holders: frozenset[str]
    ) -> bool:
        """Return whether an expression makes something itself, or mentions what holds it."""
        return any(makes(each) for each in ast.walk(node)) or bool(_mentioned(node) & holders)

    @cached_property
    def answered(self) -> frozenset[str]:
        """Names of what holds or returns what a language model wrote."""
        return self.holders(self.answers)

    def answers(self, node: ast.AST) -> bool:
        """Return whether it asks a language model."""
        return isinstance(node, ast.Call) and ANSWERS.fullmatch(self.called(node)) is not None

    def decodes(self, node: ast.AST) -> bool:
        """Return whether it turns an encoded text back, or joins one from characters."""
        if not isinstance(node, ast.Call):
            return False
        if self.effect(node) is Effect.DECODE:
            return True
        joins = isinstance(node.func, ast.Attribute) and node.func.attr == "join"
        return joins and any(
            isinstance(each, ast.Call)
            and isinstance(each.func, ast.Name)
            and each.func.id in _CHARACTERS
            for each in ast.walk(node)
        )

    def fetches(self, node: ast.AST) -> bool:
        """Return whether it fetches something over the network."""
        return isinstance(node, ast.Call) and self.effect(node) is Effect.NETWORK

    def keeps_private(self, node: ast.AST) -> bool:
        """Whether it is the whole environment, or opens a file of keys or passwords."""
        if isinstance(node, ast.Call):
            name = self.called(node)
            if name in ("dict", "os.environ.copy", "os.environ.items", "str", "repr", "json.dumps"):
                return name.startswith("os.environ.") or any(map(self._environment, node.args))
            opens = name in ("open", "io.open") or name.endswith((".read_text", ".read_bytes"))
            if opens:
                texts = [folded(each) for each in ast.walk(node) if isinstance(each, ast.Constant)]
                return any(isinstance(each, str) and _PRIVATE.search(each) for each in texts)
        return False

    def _environment(self, node: ast.expr) -> bool:
        return self.names.of(node) == "os.environ"


def _targets(node: ast.Assign | ast.AnnAssign | ast.AugAssign | ast.NamedExpr) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return set().union(*map(_names_in, targets))


def _names_in(target: ast.AST) -> set[str]:
    """Return the plain names that a target binds, and the names of attributes of ``self``."""
    found: set[str] = set()
    todo = [target]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(f".{node.attr}")
        elif isinstance(node, ast.Tuple | ast.List):
            todo += node.elts
        elif isinstance(node, ast.Starred):
            todo.append(node.value)
    return found


def _mentioned(node: ast.AST) -> set[str]:
    found: set[str] = set()
    for each in ast.walk(node):
        if isinstance(each, ast.Name):
            found.add(each.id)
        elif isinstance(each, ast.Attribute):
            found.add(f".{each.attr}")
    return found
