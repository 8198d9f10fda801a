"""Behaviour: evaluations and monitors as jobs of a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from typing import Any

from basanite.adapters.files import OpenedFile, Tree
from basanite.app.answers import Measured, measured
from basanite.domain.answer import Answer
from basanite.domain.errors import UnreadableError
from basanite.domain.inventory import Subject
from basanite.domain.job import Job, Limits
from basanite.domain.outcome import Outcome
from basanite.domain.plan import Planned
from basanite.domain.ports import Clock, Engine, Table
from basanite.domain.value import JsonObject
from basanite.measure.evaluation.catalog import EVALUATORS
from basanite.measure.monitoring.catalog import MONITORS

VERSION = 1
"""Of how a model is run: this module and the ONNX adapters. It is part of the evidence key."""

# ONNX Runtime reserves address space far beyond what it touches.
_LIMITS = Limits(wall_seconds=900, cpu_seconds=900, memory_bytes=8 << 30, processes=64)
_MODEL_BYTES = 4 << 30


def runtime(check: str) -> dict[str, str]:
    """Return the versions of what runs the models of a check; empty when it runs none."""
    from basanite.measure.evaluation.runtime import runtime as versions

    return versions(check, _installed, VERSION)


@cache
def _installed(library: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(library)
    except PackageNotFoundError:
        return ""


class _ChangedError(Exception):
    """A subject's bytes are no longer those of the inventory."""


class _Inputs:
    """The files of one case: each opened once, held to its digest, and checked at the end."""

    def __init__(self, tree: Tree, payload: Mapping[str, Any], stack: ExitStack) -> None:
        self._tree = tree
        self._digests = {s.name: s.sha256 for s in map(Subject.model_validate, payload["subjects"])}
        self._paths: dict[str, str] = payload["inputs"]
        self._stack = stack
        self._opened: list[tuple[str, OpenedFile]] = []

    def open(self, part: str) -> OpenedFile:
        """Open the file that plays a part in the check."""
        path = self._paths[part]
        try:
            opened = self._stack.enter_context(self._tree.open(path))
            same = opened.sha256() == self._digests.get(path)
        except UnreadableError as error:
            raise _ChangedError(path) from error
        if not same:
            raise _ChangedError(path)
        self._opened.append((path, opened))
        opened.file.seek(0)
        return opened

    def table(self, part: str) -> Table:
        """Read a table that plays a part in the check."""
        from basanite.formats.table import read_csv

        opened = self.open(part)
        try:
            return read_csv(opened.file, opened.identity.size)
        except UnreadableError as error:
            place = f"{opened.path}, {error.where}" if error.where else opened.path
            raise UnreadableError(error.what, where=place) from error

    def hold(self) -> None:
        """Raise when a file changed since it was opened."""
        for path, opened in self._opened:
            if not opened.unchanged():
                raise _ChangedError(path)


def evaluate_model(tree: Tree, payload: dict[str, Any]) -> dict[str, Any]:
    """Put one evaluation check to a model. Runs in a worker. Answers an Answer."""
    from basanite.measure.evaluation.run import evaluate

    evaluator = next(e for e in EVALUATORS if e.check.id == payload["check"])

    def ask(inputs: _Inputs) -> Answer:
        from basanite.adapters.onnx_model import OnnxModel

        data = inputs.open("model").file.read(_MODEL_BYTES)
        tables = {part: inputs.table(part) for part in payload["inputs"] if part != "model"}
        return evaluate(
            evaluator, lambda: OnnxModel(data), tables, payload["parameters"], payload["prior"]
        )

    return _held(tree, payload, ask)


def watch_window(tree: Tree, payload: dict[str, Any]) -> dict[str, Any]:
    """Put one monitoring check to a window of data. Runs in a worker. Answers an Answer."""
    from basanite.measure.monitoring.run import watch

    monitor = next(m for m in MONITORS if m.check.id == payload["check"])

    def ask(inputs: _Inputs) -> Answer:
        tables = {part: inputs.table(part) for part in payload["inputs"]}
        return watch(monitor, tables, payload["parameters"])

    return _held(tree, payload, ask)


def _held(tree: Tree, payload: dict[str, Any], ask: Any) -> dict[str, Any]:
    """Answer only when every subject stayed what it was."""
    try:
        with ExitStack() as stack:
            inputs = _Inputs(tree, payload, stack)
            try:
                answer: Answer = ask(inputs)
            except UnreadableError as error:
                answer = Answer(outcome=Outcome.INCOMPLETE, reason=error.line())
            inputs.hold()
    except _ChangedError as changed:
        answer = Answer(
            outcome=Outcome.INCOMPLETE,
            reason=f"{changed} changed during the assessment",
            transient=True,
        )
    return answer.model_dump(mode="json")


def behaviours(
    todo: Iterable[Planned],
    *,
    entry: str,
    tree: Tree,
    engine: Engine,
    clock: Clock,
    prior: Callable[[Planned], JsonObject],
) -> Iterator[Measured]:
    """Yield an answer to every planned evaluation (``evaluate``) or monitor (``monitor``).

    ``prior`` gives what an evaluation needs to continue its experiment.
    """
    jobs = dict(enumerate(todo))

    def job(number: int, planned: Planned) -> Job:
        parameters: JsonObject = {**planned.question.parameters, **planned.context}
        return Job(
            id=str(number),
            entry=entry,
            root=str(tree.root),
            payload={
                "check": planned.check.id,
                "inputs": planned.inputs,
                "subjects": [s.model_dump() for s in planned.question.subjects],
                "parameters": parameters,
                "prior": prior(planned),
            },
            limits=_LIMITS,
        )

    for result in engine.run(job(n, planned) for n, planned in jobs.items()):
        yield measured(jobs[int(result.id)], result, clock)
