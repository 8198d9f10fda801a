"""Evidence: an answer bound to its question, its subjects and its circumstances.

The signed form is an in-toto Statement v1 (https://in-toto.io/Statement/v1) whose predicate is
`Evidence` without its subjects.
"""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import Any

from basanite.domain.answer import Answer
from basanite.domain.check import Check, ShelfLife
from basanite.domain.finding import Finding
from basanite.domain.inventory import Subject
from basanite.domain.measurement import Measurement
from basanite.domain.outcome import Outcome
from basanite.domain.value import JsonObject, Sha256, Slug, Time, Value, digest_of

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:basanite:evidence:1"


class Question(Value):
    """A check, put to subjects, with parameters, feeds and readers: all that fixes the answer."""

    check: Slug
    version: int
    subjects: tuple[Subject, ...]
    inputs: dict[str, str] = {}
    """Names of subjects by their part in the check, where the part matters."""
    parameters: JsonObject
    sampling: frozenset[str] = frozenset()
    feeds: dict[str, Sha256] = {}
    readers: dict[str, int | str] = {}

    @cached_property
    def key(self) -> str:
        """Return the evidence key. Evidence with this key answers this question and no other."""
        return digest_of(
            {
                "check": self.check,
                "version": self.version,
                "subjects": sorted([s.name, s.sha256] for s in self.subjects),
                "inputs": self.inputs,
                "parameters": self.parameters,
                "feeds": self.feeds,
                "readers": self.readers,
            }
        )

    @cached_property
    def series(self) -> str:
        """Return the identity that only another check or changed subjects change.

        A statistical failure in a series stays, whatever the parameters and names are later.
        """
        digests = {s.name: s.sha256 for s in self.subjects}
        parts = {name: part for part, name in self.inputs.items()}
        return digest_of(
            {
                "check": self.check,
                "subjects": sorted([parts.get(n, ""), digest] for n, digest in digests.items()),
            }
        )

    @cached_property
    def experiment(self) -> str:
        """Return the identity of what was asked in a series, whatever the sampling and version.

        Statistical evidence of one experiment continues: its counts add up.
        """
        asked = {k: v for k, v in self.parameters.items() if k not in self.sampling}
        return digest_of([self.series, asked])


class Tool(Value):
    """The program that produced evidence."""

    name: str = "basanite"
    version: str
    sha256: Sha256
    """Digest over the installed package's own files."""


class Cost(Value):
    """What an answer cost."""

    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    calls: int = 0


class Evidence(Value):
    """A signed answer."""

    system: Slug
    component: Slug | None
    question: Question
    key: Sha256
    series: Sha256
    shelf_life: ShelfLife
    statistical: bool = False
    outcome: Outcome
    reason: str = ""
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    transient: bool = False
    detail: JsonObject = {}
    transcript: Sha256 | None = None
    """Digest of the redacted transcript, a blob beside the ledger."""
    isolation: str
    """How the worker was confined, e.g. ``bubblewrap``; ``none`` is said, not hidden."""
    started: Time
    finished: Time
    cost: Cost = Cost()
    tool: Tool

    def statement(self) -> dict[str, Any]:
        """Return the in-toto Statement v1 that is signed."""
        predicate = self.model_dump(mode="json", exclude={"question": {"subjects"}})
        predicate["question"]["sampling"] = sorted(predicate["question"]["sampling"])
        return {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"name": s.name, "digest": {"sha256": s.sha256}} for s in self.question.subjects
            ],
            "predicateType": PREDICATE_TYPE,
            "predicate": predicate,
        }

    @classmethod
    def from_statement(cls, statement: dict[str, Any]) -> Evidence:
        """Return the evidence a statement holds.

        Raises:
            ValueError: it is no statement of this type (`pydantic.ValidationError` included).
        """
        if (statement.get("_type"), statement.get("predicateType")) != (
            STATEMENT_TYPE,
            PREDICATE_TYPE,
        ):
            raise ValueError("not an evidence statement")
        predicate = dict(statement["predicate"])
        predicate["question"] = {
            **predicate["question"],
            "subjects": [
                {"name": s["name"], "sha256": s["digest"]["sha256"]} for s in statement["subject"]
            ],
        }
        return cls.model_validate(predicate)


def evidence_of(  # noqa: PLR0913 - every circumstance is part of what is signed
    answer: Answer,
    question: Question,
    check: Check,
    *,
    system: str,
    component: str | None,
    isolation: str,
    started: datetime,
    finished: datetime,
    cost: Cost,
    tool: Tool,
    transcript: str | None = None,
) -> Evidence:
    """Return the evidence that an answer to a question makes."""
    return Evidence(
        system=system,
        component=component,
        question=question,
        key=question.key,
        series=question.series,
        shelf_life=check.shelf_life,
        statistical=check.statistical,
        outcome=answer.outcome,
        reason=answer.reason,
        findings=answer.findings,
        measurements=answer.measurements,
        transient=answer.transient,
        detail=answer.detail,
        transcript=transcript,
        isolation=isolation,
        started=started,
        finished=finished,
        cost=cost,
        tool=tool,
    )
