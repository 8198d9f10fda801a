"""The boundary around evaluation checks: whatever breaks in one becomes an answer that names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from basanite.domain.answer import Answer
from basanite.domain.errors import BasaniteError, LedgerError, UnreadableError
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import Model, Table, Target, TargetError
from basanite.domain.value import JsonObject
from basanite.measure.evaluation.evaluator import Campaign, Evaluator

EXTRA = frozenset({"numpy", "onnxruntime", "scipy"})
"""Libraries that come with the extra for behavioural tests."""


def evaluate(
    evaluator: Evaluator,
    load: Callable[[], Model],
    tables: Mapping[str, Table],
    parameters: JsonObject,
    prior: JsonObject,
) -> Answer:
    """Load the model, put the check to it, and never raise.

    What cannot be read is incomplete, a missing extra is skipped, a crash is an error.
    """
    try:
        return evaluator.evaluate(load(), tables, parameters, prior)
    except Exception as error:  # noqa: BLE001 - a boundary: every crash has to become an answer
        return broken(evaluator.check.id, error)


async def campaign(
    campaign: Campaign, target: Target, parameters: JsonObject, prior: JsonObject
) -> Answer:
    """Run a campaign. What it has learnt in earlier runs survives its crash.

    Raises:
        LedgerError: the journal of calls failed. Nothing more can count, so the command stops.
    """
    try:
        return await campaign.run(target, parameters, prior)
    except LedgerError:
        raise
    except TargetError as error:
        return Answer(
            outcome=Outcome.ERROR, reason=visible(error.reason), transient=True, detail=prior
        )
    except Exception as error:  # noqa: BLE001 - a boundary: every crash has to become an answer
        return broken(campaign.check.id, error).model_copy(update={"detail": prior})


def broken(check: str, error: Exception) -> Answer:
    """Return the answer that an exception in a check makes."""
    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in EXTRA:
        return Answer(
            outcome=Outcome.SKIPPED, reason="needs the extra: pip install 'basanite[behaviour]'"
        )
    if isinstance(error, UnreadableError):
        return Answer(outcome=Outcome.INCOMPLETE, reason=visible(error.line(), 1000))
    if isinstance(error, BasaniteError):
        return Answer(outcome=Outcome.ERROR, reason=visible(error.line(), 1000))
    said = visible(str(error), 300)
    return Answer(
        outcome=Outcome.ERROR,
        reason=f"the check {check} broke: {type(error).__name__}{f': {said}' if said else ''}",
    )
