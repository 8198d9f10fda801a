"""Inspecting: checks of artifacts as jobs, and their answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from basanite.adapters.files import Tree
from basanite.app.answers import Measured, measured
from basanite.domain.answer import Answer
from basanite.domain.artifact import Artifact, Identity
from basanite.domain.errors import UnreadableError
from basanite.domain.job import Job, JobResult, Limits
from basanite.domain.outcome import Outcome
from basanite.domain.plan import Planned
from basanite.domain.ports import Clock, Engine
from basanite.measure.inspection.catalog import INSPECTORS
from basanite.measure.inspection.run import inspect

_LIMITS = Limits(wall_seconds=300, cpu_seconds=280)


@dataclass(frozen=True)
class _Opened:
    artifact: Artifact
    file: BinaryIO


def inspect_artifact(tree: Tree, payload: dict[str, Any]) -> dict[str, Any]:
    """Put several checks to one artifact, opened once. Runs in a worker.

    Answers ``{check id: Answer}``. When the bytes are not those of the inventory, before or
    after, every answer is ``incomplete``.
    """
    artifact = Artifact.model_validate(payload["artifact"])
    expected = Identity.model_validate(payload["identity"])
    by_id = {each.check.id: each for each in INSPECTORS}
    answers: dict[str, Answer] = {}
    changed = "the file changed during the assessment"
    try:
        with tree.open(artifact.path) as opened:
            same = opened.identity == expected
            if same and payload["rehash"]:
                same = opened.sha256() == artifact.sha256
            if same:
                asked = [(by_id[each["id"]], each["parameters"]) for each in payload["checks"]]
                answers = inspect(_Opened(artifact, opened.file), asked)
                same = opened.unchanged()
    except UnreadableError as error:
        same, changed = False, f"{changed}: {error.what}"
    if not same:
        moved = Answer(outcome=Outcome.INCOMPLETE, reason=changed, transient=True)
        answers = {each["id"]: moved for each in payload["checks"]}
    return {name: answer.model_dump(mode="json") for name, answer in answers.items()}


def inspections(
    todo: Iterable[Planned],
    *,
    tree: Tree,
    artifacts: Mapping[str, Artifact],
    identities: Mapping[str, Identity],
    engine: Engine,
    clock: Clock,
    rehash: bool,
) -> Iterator[Measured]:
    """Yield an answer to every planned inspection.

    The checks of one artifact share a job. When such a job fails, its checks run again one by
    one, so that only the guilty one is an error.
    """
    groups: dict[str, list[Planned]] = {}
    for planned in todo:
        groups.setdefault(planned.inputs["artifact"], []).append(planned)

    def job(number: str, members: list[Planned]) -> Job:
        path = members[0].inputs["artifact"]
        return Job(
            id=number,
            entry="inspect",
            root=str(tree.root),
            payload={
                "artifact": artifacts[path].model_dump(mode="json"),
                "identity": identities[path].model_dump(),
                "rehash": rehash,
                "checks": [
                    {"id": each.check.id, "parameters": each.question.parameters}
                    for each in members
                ],
            },
            limits=_LIMITS,
        )

    shared = dict(enumerate(groups.values()))
    again: list[Planned] = []
    for result in engine.run(job(str(n), members) for n, members in shared.items()):
        members = shared[int(result.id)]
        if result.failure is not None and len(members) > 1:
            again += members
            continue
        yield from _measured(members, result, clock)
    single = dict(enumerate(again))
    for result in engine.run(job(str(n), [each]) for n, each in single.items()):
        yield from _measured([single[int(result.id)]], result, clock)


def _measured(members: list[Planned], result: JobResult, clock: Clock) -> Iterator[Measured]:
    for planned in members:
        part = result
        if result.failure is None:
            answers = result.answer if isinstance(result.answer, dict) else {}
            part = result.model_copy(update={"answer": answers.get(planned.check.id)})
        yield measured(planned, part, clock)
