"""The seam of evaluation: checks of a model in a worker, and campaigns against a target."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from basanite.domain.answer import Answer
from basanite.domain.check import Check
from basanite.domain.inventory import Case, Inventory
from basanite.domain.ports import Model, Table, Target
from basanite.domain.value import JsonObject


@dataclass(frozen=True)
class Evaluator:
    """A check that calls a predictive model on data. It runs in a worker.

    ``evaluate`` gets the model, the tables by their part in the case (``test``, …), the parameters
    merged with the case's context, and the ``detail`` of the experiment's latest evidence.
    """

    check: Check
    cases: Callable[[Inventory], Iterable[Case]]
    evaluate: Callable[[Model, Mapping[str, Table], JsonObject, JsonObject], Answer]


@dataclass(frozen=True)
class Campaign:
    """A check that asks a language-model system. It runs beside the network, never in a worker.

    ``run`` gets the target, the parameters merged with the case's context, and the ``detail`` of
    the latest evidence of the same experiment, which it continues.
    """

    check: Check
    cases: Callable[[Inventory], Iterable[Case]]
    run: Callable[[Target, JsonObject, JsonObject], Awaitable[Answer]]
