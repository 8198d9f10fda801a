"""Parameters as a check needs them: a manifest may hold anything under their names."""

from __future__ import annotations

import math

from basanite.domain.errors import UsageError
from basanite.domain.value import JsonObject


def number(parameters: JsonObject, name: str, low: float, high: float) -> float:
    """Return a numeric parameter.

    Raises:
        UsageError: it is missing, no number, or outside [low, high].
    """
    value = parameters.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise UsageError(f"parameter {name} has to be a number")
    if not low <= value <= high:
        raise UsageError(f"parameter {name} has to lie between {low:g} and {high:g}")
    return float(value)


def optional(parameters: JsonObject, name: str, low: float, high: float) -> float | None:
    """Return a numeric parameter that may be null.

    Raises:
        UsageError: it is no number, or outside [low, high].
    """
    return None if parameters.get(name) is None else number(parameters, name, low, high)


def count(parameters: JsonObject, name: str, low: int, high: int) -> int:
    """Return a whole-number parameter.

    Raises:
        UsageError: it is missing, no whole number, or outside [low, high].
    """
    value = number(parameters, name, low, high)
    if value != int(value):
        raise UsageError(f"parameter {name} has to be a whole number")
    return int(value)
