"""Load time: what the code of a model does when it is imported, made or called by its loader.

A loader imports the module, makes the objects and calls them; nobody reads the code in between.
Building layers from numbers needs no programs, no network and no text to evaluate.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from basanite.domain.names import visible
from basanite.domain.severity import Severity
from basanite.measure.inspection.code.effects import Effect
from basanite.measure.inspection.code.hostile import SENSITIVE
from basanite.measure.inspection.code.names import constant, keyword
from basanite.measure.inspection.code.source import Source
from basanite.measure.inspection.code.strings import folded

_MADE = frozenset(
    """
    __init__ __new__ __init_subclass__ __setstate__ __reduce__ __del__ __post_init__ __getattr__
    from_pretrained _from_pretrained from_config _from_config from_dict post_init load_model load
    initialize load_context setup _load_from_state_dict load_state_dict _load_pyfunc register
    model_fn init_model _init_weights __class_getitem__ __set_name__ __prepare__
    """.split()  # noqa: SIM905 - a table of words
)
_CALLED = frozenset({"forward", "__call__", "predict", "execute", "call"})
"""Methods that run with every question to the model."""
_SERVING = frozenset(
    {"preprocess", "inference", "handle", "postprocess", "predict_fn", "input_fn", "output_fn"}
)
_WRITERS = frozenset({"write_text", "write_bytes", "symlink_to", "hardlink_to"})
_CHANGES = frozenset(
    {
        "os.remove", "os.unlink", "os.rename", "os.replace", "os.rmdir", "os.symlink", "os.link",
        "os.chmod", "shutil.rmtree", "shutil.move", "shutil.copy", "shutil.copyfile",
        "shutil.copytree", "os.truncate",
    }
)  # fmt: skip
_Block = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Done:
    """Something that happens at load time, when it happens, and how bad it is."""

    message: str
    name: str
    severity: Severity
    line: int


def done_on_loading(tree: ast.Module, source: Source) -> list[Done]:
    """Return what the code of a model does when a loader uses it, besides building it."""
    functions = {
        each.name: each
        for each in source.nodes
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    seen: set[int] = set()
    found: list[Done] = []
    stages: list[tuple[str, list[ast.AST]]] = [("on import", list(tree.body))]
    stages += [
        (words, [each for each in functions.values() if each.name in names])
        for words, names in (
            ("when the model is made", _MADE),
            ("when the model is called", _CALLED),
            ("when it is served", _SERVING),
        )
    ]
    for words, roots in stages:
        for call in _calls(roots, functions, seen, bodies=words != "on import"):
            judged = _judge(source, call, words)
            if judged is not None:
                name = visible(source.called(call), 120)
                text, severity = judged
                found.append(Done(f"{name} {text} {words}.", name, severity, call.lineno))
    return found


def _calls(
    roots: list[ast.AST], functions: dict[str, _Block], seen: set[int], *, bodies: bool
) -> Iterator[ast.Call]:
    """Yield the calls that running some statements makes, through functions of the module."""
    todo: list[tuple[ast.AST, bool]] = [(each, bodies) for each in reversed(roots)]
    while todo:
        node, enter = todo.pop()
        if id(node) in seen or _only_as_program(node):
            continue
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not enter:
            # Its decorators and defaults run where it is defined, its body does not.
            outer: list[ast.AST] = [*getattr(node, "decorator_list", ())]
            outer += [*node.args.defaults, *(each for each in node.args.kw_defaults if each)]
            todo += [(each, False) for each in outer]
            continue
        seen.add(id(node))
        if isinstance(node, ast.Call):
            yield node
            if (own := functions.get(_own(node.func))) is not None:
                todo.append((own, True))
        todo += [(each, False) for each in ast.iter_child_nodes(node)]


def _own(called: ast.expr) -> str:
    """Return the name of a function of the module, or of a method of the object itself."""
    if isinstance(called, ast.Name):
        return called.id
    mine = isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)
    if isinstance(called, ast.Attribute) and mine and ast.unparse(called.value) in ("self", "cls"):
        return called.attr
    return ""


def _only_as_program(node: ast.AST) -> bool:
    """Whether it is ``if __name__ == "__main__"``, which no loader runs."""
    if not isinstance(node, ast.If) or not isinstance(node.test, ast.Compare):
        return False
    sides = [node.test.left, *node.test.comparators]
    equal = len(node.test.ops) == 1 and isinstance(node.test.ops[0], ast.Eq)
    named = any(isinstance(each, ast.Name) and each.id == "__name__" for each in sides)
    return (
        equal and named and any(constant(each) == "__main__" for each in sides) and not node.orelse
    )


def _judge(source: Source, call: ast.Call, when: str) -> tuple[str, Severity] | None:
    effect = source.effect(call)
    served = when == "when it is served"
    called = when == "when the model is called"
    if effect is Effect.PROCESS:
        return "starts a program", Severity.MEDIUM if served else Severity.HIGH
    if effect is Effect.NETWORK and not served and not (called and _serves(source)):
        return "uses the network", Severity.HIGH
    if effect is Effect.EXECUTE:
        return "executes text", Severity.HIGH
    if effect is Effect.EVALUATE and call.args and folded(call.args[0]) is None:
        return "evaluates text", Severity.MEDIUM
    if effect is Effect.NATIVE and not (served or called):
        return "loads native code", Severity.HIGH
    if effect is Effect.BUILD:
        return "builds or loads a native extension", Severity.MEDIUM
    if not (served or called) and _changes_files(source, call):
        texts = [each.value for each in ast.walk(call) if isinstance(each, ast.Constant)]
        place = " ".join(each for each in texts if isinstance(each, str))
        grave = when == "on import" or SENSITIVE.search(place) is not None
        return "changes files", Severity.HIGH if grave else Severity.LOW
    return None


def _serves(source: Source) -> bool:
    """Whether the module is a handler, which fetches what its clients point it to."""
    return any(
        isinstance(each, ast.ClassDef) and "handler" in each.name.lower() for each in source.nodes
    )


def _changes_files(source: Source, call: ast.Call) -> bool:
    name = source.called(call)
    if name in ("open", "io.open", "codecs.open"):
        mode = keyword(call, "mode") or (call.args[1] if len(call.args) > 1 else None)
        text = constant(mode)
        return isinstance(text, str) and bool(set(text) & set("wax+"))
    written = isinstance(call.func, ast.Attribute) and call.func.attr in _WRITERS
    return name in _CHANGES or written
