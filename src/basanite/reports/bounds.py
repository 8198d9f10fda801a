"""A measurement in words: value, interval, and the bound it was held against."""

from __future__ import annotations

from basanite.domain.measurement import Bound, Direction, Held, Measurement
from basanite.reports.words import number, quantity

HELD_WORDS = {Held.YES: "holds", Held.NO: "does not hold", Held.OPEN: "not decided"}


def asked(bound: Bound, unit: str) -> str:
    """Return a bound in words: ``at least 90 %``."""
    side = "at least" if bound.direction is Direction.AT_LEAST else "at most"
    return f"{side} {quantity(bound.limit, unit)}"


def interval(measurement: Measurement) -> str:
    """Return an interval with its level: ``68.1 to 74.2 % at 95 % confidence``."""
    return f"{_span(measurement)} at {number(measurement.interval.level * 100)} % confidence"


def said(measurement: Measurement) -> str:
    """Return the whole measurement as one sentence part."""
    value = quantity(measurement.value, measurement.unit)
    text = f"{measurement.title} is {value} ({interval(measurement)}, n = {measurement.n:,})"
    if measurement.bound is None:
        return text + "; no bound is set"
    held = HELD_WORDS[measurement.held]
    return f"{text}; asked is {asked(measurement.bound, measurement.unit)}: {held}"


def brief(measurement: Measurement) -> str:
    """Return the measurement in few words: ``Accuracy 83.2 to 86.7 %, asked ≥ 90 %``."""
    unit, bound = measurement.unit, measurement.bound
    told = f"{measurement.title} {_span(measurement)}"
    if bound is None:
        return told
    side = "≥" if bound.direction is Direction.AT_LEAST else "≤"
    return f"{told}, asked {side} {quantity(bound.limit, unit)}"


def _span(measurement: Measurement) -> str:
    """The two ends of the interval, with their unit once where it is the same."""
    ends = measurement.interval.low, measurement.interval.high
    low, high = (quantity(end, measurement.unit) for end in ends)
    value, _, unit = low.partition(" ")
    return f"{value if unit and high.endswith(f' {unit}') else low} to {high}"
