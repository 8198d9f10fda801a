"""Strength: how sure an answer is, and whether a measurement holds at a confidence level."""

from __future__ import annotations

from math import isclose

from basanite.domain.evidence import Evidence
from basanite.domain.measurement import Bound, Held, Interval, Measurement
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Confidence

HIGH_LEVEL = 0.99
MEDIUM_LEVEL = 0.95
_NEAR = 1e-9


def of_level(level: float) -> Confidence:
    """Return the confidence that an interval's level gives."""
    if level >= HIGH_LEVEL - _NEAR:
        return Confidence.HIGH
    return Confidence.MEDIUM if level >= MEDIUM_LEVEL - _NEAR else Confidence.LOW


def of_evidence(evidence: Evidence, statistical: bool) -> Confidence:
    """Return how sure a check's answer is.

    A deterministic check in a confined worker: high. Without confinement the worker could have
    been turned by what it read: at most medium. A statistical check: by the lowest level of its
    bounded measurements, low when it gives none. A failure is no surer than its surest finding.
    """
    if statistical:
        levels = [m.interval.level for m in evidence.measurements if m.bound is not None]
        sure = of_level(min(levels)) if levels else Confidence.LOW
    else:
        sure = Confidence.HIGH
    if evidence.outcome is Outcome.FAILED and evidence.findings:
        sure = _lower(sure, max((f.confidence for f in evidence.findings), key=lambda c: c.rank))
    return confined(sure, evidence.isolation)


def confined(sure: Confidence, isolation: str) -> Confidence:
    """Return a confidence, capped at medium where nothing confined the worker."""
    return _lower(sure, Confidence.MEDIUM) if isolation in ("", "none") else sure


def stricter(level: float, shares: int) -> float:
    """Return the level that one of several ways to be met has to keep.

    The chance that any of ``shares`` ways is met wrongly stays within 1 - level (Bonferroni).
    """
    return 1 - (1 - level) / shares


def held(measurement: Measurement, bound: Bound, level: float) -> Held | None:
    """Return whether a measurement keeps a bound at a level; None when that cannot be told.

    Read anew from n and successes where the interval is Clopper-Pearson's. An interval of another
    method (one that holds at all times, a quantile) is used as it is when its level is at least
    the one asked for: it cannot be had at another level from the counts alone.
    """
    interval = interval_at(measurement, level)
    if interval is None:
        return None
    return measurement.model_copy(update={"interval": interval, "bound": bound}).held


def interval_at(measurement: Measurement, level: float) -> Interval | None:
    """Return a measurement's interval at a level, or None when it cannot be had."""
    given = measurement.interval
    if isclose(given.level, level, abs_tol=_NEAR):
        return given
    # Only behavioural results come here; the import waits for them.
    from basanite.statistics.binomial import METHOD, clopper_pearson  # noqa: PLC0415

    counts = measurement.successes
    is_share = (
        counts is not None
        and measurement.n > 0
        and counts <= measurement.n
        and isclose(counts / measurement.n, measurement.value, abs_tol=1e-6)
    )
    if given.method == METHOD and is_share and counts is not None:
        return clopper_pearson(counts, measurement.n, level)
    return given if given.level > level else None


def _lower(one: Confidence, other: Confidence) -> Confidence:
    return min(one, other, key=lambda confidence: confidence.rank)
