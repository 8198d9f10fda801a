"""The seam of monitoring: checks of a window of telemetry against a reference."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from basanite.domain.answer import Answer
from basanite.domain.check import Check
from basanite.domain.inventory import Case, Inventory
from basanite.domain.ports import Table
from basanite.domain.value import JsonObject


@dataclass(frozen=True)
class Monitor:
    """A check that watches data in use. It runs in a worker.

    ``watch`` gets the tables by their part in the case (``reference``, ``window``) and the
    parameters merged with the case's context.
    """

    check: Check
    cases: Callable[[Inventory], Iterable[Case]]
    watch: Callable[[Mapping[str, Table], JsonObject], Answer]
