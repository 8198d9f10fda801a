"""Answers of workers: checked before they are believed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError

from basanite.domain.answer import Answer
from basanite.domain.evidence import Cost
from basanite.domain.job import JobResult
from basanite.domain.outcome import Outcome
from basanite.domain.plan import Planned
from basanite.domain.ports import Clock


@dataclass(frozen=True)
class Measured:
    """A question with its answer, before it is signed."""

    planned: Planned
    answer: Answer
    isolation: str
    started: datetime
    finished: datetime
    cost: Cost


def answer_of(result: JobResult) -> Answer:
    """Return the answer a job gave. A job that failed, or that answers nonsense, is an error."""
    if result.failure is not None:
        reason = f"{result.failure.value}: {result.reason}"
        return Answer(outcome=Outcome.ERROR, reason=reason[:2000], transient=True)
    try:
        return Answer.model_validate(result.answer)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return Answer(
            outcome=Outcome.ERROR,
            reason=f"nonsense: the worker's answer is not an answer ({first['msg']})",
            transient=True,
        )


def measured(planned: Planned, result: JobResult, clock: Clock) -> Measured:
    """Return a job's result as the answer to its question."""
    finished = clock.now()
    return Measured(
        planned=planned,
        answer=answer_of(result),
        isolation=result.isolation,
        started=finished - timedelta(seconds=result.cost.wall_seconds),
        finished=finished,
        cost=result.cost,
    )
