"""The boundary around monitoring checks: whatever breaks in one becomes an answer that names it."""

from __future__ import annotations

from collections.abc import Mapping

from basanite.domain.answer import Answer
from basanite.domain.errors import BasaniteError, UnreadableError
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import Table
from basanite.domain.value import JsonObject
from basanite.measure.monitoring.monitor import Monitor


def watch(monitor: Monitor, tables: Mapping[str, Table], parameters: JsonObject) -> Answer:
    """Put a monitoring check to its tables, and never raise."""
    try:
        return monitor.watch(tables, parameters)
    except UnreadableError as error:
        return Answer(outcome=Outcome.INCOMPLETE, reason=visible(error.line(), 1000))
    except BasaniteError as error:
        return Answer(outcome=Outcome.ERROR, reason=visible(error.line(), 1000))
    except Exception as error:  # noqa: BLE001 - a boundary: every crash has to become an answer
        said = visible(str(error), 300)
        name = type(error).__name__
        return Answer(
            outcome=Outcome.ERROR,
            reason=f"the check {monitor.check.id} broke: {name}{f': {said}' if said else ''}",
        )
