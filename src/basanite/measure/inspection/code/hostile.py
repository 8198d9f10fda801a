"""Hostile shapes in Python source: code that hides, fetches or sends what no model has to.

What a text is made of is followed by name through assignments and the functions of the module,
without regard to order: where it may name a harmless thing once too often, the shape around it has
to be hostile too.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from basanite.domain.names import visible
from basanite.measure.inspection.code.effects import ANSWERS, Effect, effect_of
from basanite.measure.inspection.code.names import Names, constant
from basanite.measure.inspection.code.shell import hostile_command
from basanite.measure.inspection.code.strings import folded

_ROUNDS = 4
_MAX_TEXT = 1 << 20
_RUNS = (Effect.EXECUTE, Effect.EVALUATE, Effect.PROCESS)
_PRIVATE = re.compile(
    r"/etc/(?:passwd|shadow|sudoers)|\.ssh/|id_(?:rsa|ed25519|ecdsa)|\.aws/|\.kube/config|\.netrc"
    r"|\.docker/config|\.git-credentials|\.huggingface/token|huggingface/token|\.pypirc|\.gnupg/"
)
SENSITIVE = re.compile(
    r"/etc/|\.ssh/|\.bashrc|\.profile|\.bash_profile|\.zshrc|cron|systemd|site-packages|\.pth\b"
    r"|sitecustomize|usercustomize|/ipython/profile|autostart|/startup/",
    re.IGNORECASE,
)
"""Places that are run or believed later."""
_SENDERS = frozenset({"send", "sendall", "sendto", "post", "put", "request"})
_CHARACTERS = frozenset({"chr", "bytes"})


@dataclass(frozen=True, slots=True)
class Act:
    """A hostile thing that source does: the rule, what to say of it, and where it is."""

    rule: str
    message: str
    name: str
    line: int
    column: int


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


def hostile_acts(source: Source) -> list[Act]:
    """Return the hostile shapes in a module, in the order of the source."""
    sockets = any(source.called(each).startswith(("socket.", "_socket.")) for each in source.calls)
    found = [
        Act(rule, text, visible(source.called(call), 120), call.lineno, call.col_offset + 1)
        for call in source.calls
        for rule, text in _judge(source, call, sockets=sockets)
    ]
    return sorted(found, key=lambda each: (each.line, each.column))


def _judge(source: Source, call: ast.Call, *, sockets: bool) -> Iterator[tuple[str, str]]:
    name, effect = source.called(call), source.effect(call)
    shown = visible(name, 80)
    if effect in _RUNS and call.args:
        first = call.args[0]
        if name != "compile" or _is_run(source, call):
            yield from _given_text(source, effect, shown, first)
    if effect is Effect.PROCESS:
        words = _command(call)
        if words:
            yield "hidden-command", f"{shown} {words}."
    if effect is not None and effect is not Effect.DECODE and _hidden(call.func):
        yield "encoded-code", f"It hides that it calls {shown}: the name is put together."
    if sockets and _gives_socket(source, call, name):
        yield "hidden-command", f"{shown} opens a shell to another machine."
    if effect is Effect.NETWORK or _sends(call, name):
        values = [*call.args, *(each.value for each in call.keywords if each.arg != "env")]
        if any(_tells_private(source, each) for each in values):
            yield "secrets-sent", f"{shown} sends the environment or files of keys away."


def _tells_private(source: Source, value: ast.expr) -> bool:
    whole = source.names.of(value) == "os.environ"
    return whole or source.holds(value, source.keeps_private, source.private)


def _given_text(
    source: Source, effect: Effect | None, shown: str, first: ast.expr
) -> Iterator[tuple[str, str]]:
    if source.holds(first, source.decodes, source.decoded):
        yield "encoded-code", f"{shown} runs a text that is hidden by its encoding."
    elif effect is not Effect.PROCESS and source.holds(first, source.fetches, source.fetched):
        yield "fetched-code", f"{shown} runs a text that was fetched from an address."


def _is_run(source: Source, compiled: ast.Call) -> bool:
    """``compile`` alone runs nothing: only beside ``exec`` or ``eval`` in the module."""
    return any(
        source.called(each) in ("exec", "eval", "types.FunctionType")
        for each in source.calls
        if each is not compiled
    )


def _command(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    texts: list[str] = []
    whole = folded(first)
    if isinstance(whole, str):
        texts.append(whole)
    elif isinstance(first, ast.List | ast.Tuple):
        parts = [folded(each) for each in first.elts[:200]]
        texts += [each for each in parts if isinstance(each, str)]
        texts.append(" ".join(each for each in parts if isinstance(each, str)))
    elif isinstance(first, ast.JoinedStr | ast.BinOp):
        constants = [constant(each) for each in ast.walk(first) if isinstance(each, ast.Constant)]
        texts.append("X".join(each for each in constants if isinstance(each, str)))
    return next((words for text in texts if (words := hostile_command(text))), None)


def _hidden(function: ast.expr) -> bool:
    """Whether the name of what is called is put together, or looked up among the built-ins."""
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and _last(node.value) in ("__builtins__", "__dict__"):
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
            called = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
            at = {"getattr": 1, "__import__": 0, "import_module": 0}.get(called)
            if at is not None and len(node.args) > at:
                argument = node.args[at]
                if not isinstance(argument, ast.Constant) and folded(argument) is not None:
                    return True
                if called == "getattr" and isinstance(argument, ast.Constant):
                    return True
    return False


def _last(node: ast.expr) -> str:
    """Return the last name of an expression: of a variable, an attribute or a text it looks up."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    text = folded(node.slice) if isinstance(node, ast.Subscript) else None
    return text if isinstance(text, str) else ""


def _gives_socket(source: Source, call: ast.Call, name: str) -> bool:
    if name in ("pty.spawn", "os.dup2") and source.effect(call) in (Effect.PROCESS, None):
        connected = any(
            isinstance(each.func, ast.Attribute) and each.func.attr in ("connect", "connect_ex")
            for each in source.calls
        )
        return connected and (name == "pty.spawn" or _fileno(call))
    streams = [each.value for each in call.keywords if each.arg in ("stdin", "stdout", "stderr")]
    return source.effect(call) is Effect.PROCESS and any(map(_fileno, streams))


def _fileno(node: ast.AST) -> bool:
    return any(
        isinstance(each, ast.Attribute) and each.attr in ("fileno", "makefile")
        for each in ast.walk(node)
    )


def _sends(call: ast.Call, name: str) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in _SENDERS and bool(name)


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
