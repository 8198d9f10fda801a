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
    """Return an interval with its level: ``68.1 % to 74.2 % at 95 % confidence``."""
    low = quantity(measurement.interval.low, measurement.unit)
    high = quantity(measurement.interval.high, measurement.unit)
    return f"{low} to {high} at {number(measurement.interval.level * 100)} % confidence"


def said(measurement: Measurement) -> str:
    """Return the whole measurement as one sentence part."""
    value = quantity(measurement.value, measurement.unit)
    text = f"{measurement.title} is {value} ({interval(measurement)}, n = {measurement.n:,})"
    if measurement.bound is None:
        return text + "; no bound is set"
    held = HELD_WORDS[measurement.held]
    return f"{text}; asked is {asked(measurement.bound, measurement.unit)}: {held}"


def brief(measurement: Measurement) -> str:
    """Return the measurement in few words: ``Accuracy 85 % (83.2 % to 86.7 %), asked …``."""
    unit = measurement.unit
    low = quantity(measurement.interval.low, unit)
    high = quantity(measurement.interval.high, unit)
    bound = f", asked {asked(measurement.bound, unit)}" if measurement.bound else ""
    return f"{measurement.title} {quantity(measurement.value, unit)} ({low} to {high}){bound}"
