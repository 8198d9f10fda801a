"""Inspect: static checks of any files and folders, without a manifest and without a ledger."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from basanite.adapters.cache import ArtifactCache
from basanite.adapters.clock import SystemClock
from basanite.adapters.files import Tree
from basanite.adapters.home import home
from basanite.adapters.trouble import told
from basanite.app.catalogue import Catalogue, catalogue
from basanite.app.events import Listener, Progress, silent
from basanite.app.inspecting import inspections
from basanite.app.signatures import presets
from basanite.app.workers import local_engine
from basanite.domain.artifact import Artifact
from basanite.domain.assessment import Result
from basanite.domain.check import Check
from basanite.domain.errors import ExitCode, UsageError
from basanite.domain.evidence import Question
from basanite.domain.finding import Finding
from basanite.domain.inventory import Subject, Unseen
from basanite.domain.names import encode_name
from basanite.domain.outcome import Outcome
from basanite.domain.plan import Planned
from basanite.domain.ports import Engine
from basanite.domain.severity import Severity
from basanite.domain.system import Tier
from basanite.domain.verdict import Freshness
from basanite.map.baseline import BOUND, Accepted, Baseline, Seen
from basanite.measure.inspection.catalog import INSPECTORS
from basanite.measure.inspection.inspector import concerns


@dataclass(frozen=True)
class Inspection:
    """What static inspection found."""

    name: str
    """What was inspected, as the user named it."""
    time: datetime
    artifacts: tuple[Artifact, ...]
    results: tuple[Result, ...]
    unseen: tuple[Unseen, ...]
    checks: tuple[Check, ...]
    excluded: tuple[str, ...] = ()
    """What was left out on purpose: environments, compiled Python, histories."""
    accepted: Mapping[str, Accepted] = field(default_factory=dict)
    """What of the baseline accepts which occurrence (`Result.occurrence`)."""
    seen: Mapping[str, Seen] = field(default_factory=dict)
    """Every occurrence as a baseline knows it: below the folder that was inspected."""

    def exit_code(self, fail_on: Severity) -> ExitCode:
        """Return how the command ends; the same rule as everywhere."""
        counted = [f for r in self.results for f in r.findings if self.counts(r, f)]
        if any(each.level.rank >= fail_on.rank for each in counted):
            return ExitCode.FINDINGS
        looked = [r for r in self.results if r.outcome is not Outcome.NOT_APPLICABLE]
        if self.unseen or not looked or any(self.open(each) for each in looked):
            return ExitCode.INCONCLUSIVE
        return ExitCode.CLEAN

    def held_against(self, baseline: Baseline, today: date) -> Inspection:
        """Return the same inspection with what a baseline accepts today marked as accepted."""
        by = {each: baseline.accepts(seen, today) for each, seen in self.seen.items()}
        return replace(self, accepted={k: entry for k, entry in by.items() if entry})

    def counts(self, result: Result, finding: Finding) -> bool:
        """Return whether a finding counts: nobody accepted it."""
        return result.occurrence(finding) not in self.accepted

    def open(self, result: Result) -> bool:
        """Return whether a question has no answer that anybody could live with.

        What is undecided for the sake of findings that are all accepted is decided by that.
        """
        if result.outcome is Outcome.UNDECIDED and result.findings:
            return any(self.counts(result, each) for each in result.findings)
        return not result.outcome.conclusive


def inspect_paths(
    paths: Sequence[Path], *, jobs: int | None = None, listen: Listener = silent
) -> Inspection:
    """Inspect files and folders. Nothing is remembered but digests.

    Raises:
        UsageError: a path does not exist.
    """
    for path in paths:
        if not path.exists() and not path.is_symlink():
            raise UsageError("there is no such file or folder", where=encode_name(os.fspath(path)))
    artifacts: list[Artifact] = []
    results: list[Result] = []
    unseen: list[Unseen] = []
    excluded: list[str] = []
    occurrences: dict[str, Seen] = {}
    with local_engine(jobs) as engine:
        for path in paths:
            whole = path.is_dir() and not path.is_symlink()
            tree = Tree(_real(path if whole else path.parent))
            prefix = encode_name(os.fspath(path if whole else path.parent))
            seen = catalogue(
                tree,
                engine,
                ArtifactCache(home() / "cache" / "artifacts.sqlite"),
                only=None if whole else frozenset({encode_name(path.name)}),
                on_file=lambda done, total: listen(Progress("map", done, total)),
            )
            found = list(_results(tree, seen, engine, listen))
            artifacts += [
                a.model_copy(update={"path": _under(prefix, a.path)}) for a in seen.artifacts
            ]
            known = {each.path: each for each in seen.artifacts}
            for result in found:
                moved = _moved(prefix, result)
                results.append(moved)
                for own, shown in zip(result.findings, moved.findings, strict=True):
                    artifact = known[result.subjects[0].name]
                    occurrences[moved.occurrence(shown)] = _seen(own, shown, artifact)
            excluded += [_under(prefix, each) for each in seen.excluded]
            unseen += [Unseen(path=_under(prefix, u.path), reason=u.reason) for u in seen.unseen]
    checks = tuple(each.check for each in INSPECTORS)
    return Inspection(
        ", ".join(encode_name(os.fspath(path)) for path in paths),
        SystemClock().now(),
        tuple(artifacts),
        tuple(results),
        tuple(unseen),
        checks,
        tuple(excluded),
        seen=occurrences,
    )


def _seen(own: Finding, shown: Finding, artifact: Artifact) -> Seen:
    return Seen(
        finding=own.fingerprint,
        rule=own.rule.id,
        path=shown.location.path or artifact.path,
        sha256=artifact.sha256,
        bound=artifact.format in BOUND,
    )


def _real(folder: Path) -> Path:
    """Return a folder's own path: workers stand in another folder than the user."""
    try:
        return folder.resolve()
    except OSError as error:
        raise told(error, folder, "cannot find the folder") from error


def _under(prefix: str, path: str) -> str:
    return path if prefix in ("", ".") else f"{prefix.rstrip('/')}/{path}"


def _results(tree: Tree, seen: Catalogue, engine: Engine, listen: Listener) -> Iterator[Result]:
    planned = [
        Planned(
            check=each.check,
            component=None,
            question=Question(
                check=each.check.id,
                version=each.check.version,
                subjects=(Subject(name=artifact.path, sha256=artifact.sha256),),
                parameters={**each.check.parameters, **_known(each.check, artifact, seen)},
            ),
            inputs={"artifact": artifact.path},
            shelf_life=each.check.shelf_life.of(Tier.LOW),
        )
        for artifact in seen.artifacts
        for each in INSPECTORS
        if concerns(each, artifact)
    ]
    answers = inspections(
        planned,
        tree=tree,
        artifacts={each.path: each for each in seen.artifacts},
        identities=seen.identities,
        engine=engine,
        clock=SystemClock(),
        rehash=False,
    )
    for done, measured in enumerate(answers, start=1):
        question = measured.planned.question
        listen(Progress("inspect", done, len(planned), question.subjects[0].name))
        yield Result(
            check=question.check,
            version=question.version,
            component=None,
            subjects=question.subjects,
            parameters=question.parameters,
            outcome=measured.answer.outcome,
            reason=measured.answer.reason,
            ran=True,
            why="asked",
            freshness=Freshness.FRESH,
            isolation=measured.isolation,
            finished=measured.finished,
            findings=measured.answer.findings,
            measurements=measured.answer.measurements,
            cost=measured.cost,
        )


def _known(check: Check, artifact: Artifact, seen: Catalogue) -> dict[str, Any]:
    told = presets(artifact, seen.artifacts)
    return {name: value for name, value in told.items() if name in check.parameters}


def _moved(prefix: str, result: Result) -> Result:
    """Name subjects and locations as the user named them."""
    return result.model_copy(
        update={
            "subjects": tuple(
                s.model_copy(update={"name": _under(prefix, s.name)}) for s in result.subjects
            ),
            "findings": tuple(
                f.model_copy(
                    update={
                        "location": f.location.model_copy(
                            update={"path": _under(prefix, f.location.path)}
                        )
                    }
                )
                for f in result.findings
            ),
        }
    )
