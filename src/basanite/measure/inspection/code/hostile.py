"""Hostile shapes in Python source: code that hides, fetches or sends what no model has to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from basanite.domain.names import visible
from basanite.measure.inspection.code.effects import Effect
from basanite.measure.inspection.code.names import constant
from basanite.measure.inspection.code.shell import hostile_command
from basanite.measure.inspection.code.source import Source
from basanite.measure.inspection.code.strings import folded

_RUNS = (Effect.EXECUTE, Effect.EVALUATE, Effect.PROCESS)
SENSITIVE = re.compile(
    r"/etc/|\.ssh/|\.bashrc|\.profile|\.bash_profile|\.zshrc|cron|systemd|site-packages|\.pth\b"
    r"|sitecustomize|usercustomize|/ipython/profile|autostart|/startup/",
    re.IGNORECASE,
)
"""Places that are run or believed later."""
_SENDERS = frozenset({"send", "sendall", "sendto", "post", "put", "request"})


@dataclass(frozen=True, slots=True)
class Act:
    """A hostile thing that source does: the rule, what to say of it, and where it is."""

    rule: str
    message: str
    name: str
    line: int
    column: int


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
