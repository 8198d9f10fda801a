"""Whatever is inspected, there is an answer, and nothing of it is opened, imported or run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from tests.measure.inspection.conftest import put
from tests.strategies import VALID

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.value import JsonObject
from basanite.measure.inspection.catalog import INSPECTORS
from basanite.measure.inspection.inspector import Inspector

Ask = Callable[..., Answer]
EVIL = b"cos\nsystem\n(S'true'\ntR."
HOSTILE = {
    "evil.pkl": EVIL,
    "import.pkl": b"canti_gravity_of_nobody\nthing\n)R.",
    "app.py": b"import os\nos.system('true')\nimport pickle\npickle.load(open('x'))\n",
    "a.ipynb": VALID["notebook"],
    "requirements.txt": b"-r /etc/passwd\n-e git+https://example.org/x.git\nnumpy\n",
    "config.yaml": b"a: !!python/object/apply:os.system ['true']\ninclude: /etc/passwd\n",
    "m.pt": VALID["torch"],
    "m.npz": VALID["npz"],
}
_WATCHED: list[str] = []
_watching = False
_ALLOWED = {
    "array.__new__",  # a list of numbers in little room
    "builtins.id",
    "compile",
    "object.__getattr__",
    "object.__setattr__",
    "sys._getframe",
}


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching and event not in _ALLOWED:
        _WATCHED.append(f"{event} {arguments!r:.200}")


@pytest.mark.parametrize("path", sorted(HOSTILE))
def test_inspection_opens_imports_and_executes_nothing(ask: Ask, path: str) -> None:
    """Held by an audit hook of the interpreter. ``compile`` is how `ast` parses, nothing more."""
    global _watching  # noqa: PLW0603 - an audit hook cannot be taken away again
    if _hook not in _INSTALLED:
        sys.addaudithook(_hook)
        _INSTALLED.append(_hook)
    for check in INSPECTORS:
        ask(check.check.id, HOSTILE[path], path)  # lazy imports of our own happen here
    _WATCHED.clear()
    _watching = True
    try:
        for check in INSPECTORS:
            ask(check.check.id, HOSTILE[path], path)
    finally:
        _watching = False

    assert _WATCHED == []


_INSTALLED: list[Any] = []


def test_the_audit_hook_would_see_an_import(ask: Ask) -> None:
    global _watching  # noqa: PLW0603
    ask("pickle-code-execution", EVIL, "m.pkl")
    if not _INSTALLED:
        sys.addaudithook(_hook)
        _INSTALLED.append(_hook)
    _WATCHED.clear()
    _watching = True
    try:
        with pytest.raises(ModuleNotFoundError):
            __import__("canti_gravity_of_nobody")
    finally:
        _watching = False

    assert any(each.startswith("import ") for each in _WATCHED)


def broken(error: Exception) -> Inspector:
    def run(opened: OpenArtifact, parameters: JsonObject) -> Answer:
        raise error

    return Inspector(INSPECTORS[0].check, frozenset({Format.PICKLE}), run)


class _Opened:
    def __init__(self, form: Format) -> None:
        from basanite.domain.artifact import Artifact

        self.artifact = Artifact(path="a", size=0, sha256="0" * 64, format=form)
        self.file: Any = None


def test_unreadable_bytes_make_the_answer_incomplete() -> None:
    answer = put(_Opened(Format.PICKLE), broken(UnreadableError("it ends early")), {})

    assert (answer.outcome, answer.reason) == (Outcome.INCOMPLETE, "it ends early.")


@pytest.mark.parametrize("error", [ValueError("x\x1b[0m"), RecursionError(), MemoryError()])
def test_any_other_exception_is_an_error_that_names_the_check(error: Exception) -> None:
    answer = put(_Opened(Format.PICKLE), broken(error), {})

    assert answer.outcome is Outcome.ERROR
    assert "pickle-code-execution" in answer.reason
    assert "\x1b" not in answer.reason


def test_a_format_that_is_not_looked_at_is_not_applicable_never_passed() -> None:
    answer = put(_Opened(Format.ONNX), broken(ValueError()), {})

    assert answer.outcome is Outcome.NOT_APPLICABLE


def test_wrong_parameters_are_an_error_not_a_pass(ask: Ask) -> None:
    assert ask("pickle-code-execution", EVIL, "m.pkl", allow="x").outcome is Outcome.ERROR


@pytest.mark.parametrize("inspector", INSPECTORS, ids=lambda each: each.check.id)
def test_every_check_says_what_a_reader_needs(inspector: Inspector) -> None:
    check = inspector.check

    assert check.stage is Stage.INSPECTION
    assert check.asks.endswith("?")
    assert all((check.why, check.limits, check.remediation, check.references, check.rules))
    assert all(rule.id.startswith(f"{check.id}/") for rule in check.rules)
    assert (check.shelf_life.high, check.shelf_life.moderate, check.shelf_life.low) == (
        90,
        180,
        365,
    )
