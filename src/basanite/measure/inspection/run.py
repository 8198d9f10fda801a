"""The boundary of a check: whatever it does, there is an answer."""

from __future__ import annotations

from basanite.domain.answer import Answer
from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.value import JsonObject
from basanite.measure.inspection.inspector import Inspector, looks_at


def inspect(opened: OpenArtifact, inspector: Inspector, parameters: JsonObject) -> Answer:
    """Put one check to one artifact.

    ``parameters`` replace the check's defaults by name. Bytes that cannot be read make the answer
    ``incomplete``; any other exception makes it an ``error`` that names the check. A format that
    the check does not look at is ``not-applicable``.
    """
    check = inspector.check
    form = opened.artifact.format
    if not looks_at(inspector, opened.artifact):
        return Answer(
            outcome=Outcome.NOT_APPLICABLE, reason=f"{check.id} does not look at {form.value}"
        )
    try:
        return inspector.inspect(opened, {**check.parameters, **parameters})
    except UnreadableError as error:
        return Answer(outcome=Outcome.INCOMPLETE, reason=error.line()[:2000])
    except Exception as error:  # noqa: BLE001 - a broken check must become an error, not end the run
        words = visible(str(error), 300)
        return Answer(
            outcome=Outcome.ERROR,
            reason=f"the check {check.id} broke: {type(error).__name__}: {words}",
        )
