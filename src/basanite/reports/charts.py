"""Charts: a measurement against its bound, a trend, and counts as a bar. Inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from basanite.domain.measurement import Direction, Held, Measurement
from basanite.reports.bounds import asked, said
from basanite.reports.svg import element
from basanite.reports.words import quantity

_WIDTH, _LEFT, _RIGHT = 400.0, 8.0, 392.0
_AXIS = 46.0
_POINTS = 30


def against_bound(measurement: Measurement) -> Markup:
    """Return a value with its interval, held against its bound.

    The good side is shaded, the bound is a line with its words, the interval is a bar with ends,
    and the value is a disc (holds), a cross (does not) or a lozenge (open): no colour is needed.
    """
    low, high = _range(measurement)

    def at(value: float) -> float:
        share = (min(max(value, low), high) - low) / (high - low)
        return _LEFT + share * (_RIGHT - _LEFT)

    parts: list[Markup] = []
    bound = measurement.bound
    if bound is not None:
        x = at(bound.limit)
        good = (x, _RIGHT) if bound.direction is Direction.AT_LEAST else (_LEFT, x)
        parts += [
            element("rect", x=good[0], y=18, width=max(0.0, good[1] - good[0]), height=28,
                    class_="goodside"),
            element("line", x1=x, x2=x, y1=14, y2=_AXIS, class_="bound"),
            element("text", asked(bound, measurement.unit), x=min(max(x, 62.0), _RIGHT - 56), y=10,
                    class_="tick middle"),
        ]  # fmt: skip
    left, right = at(measurement.interval.low), at(measurement.interval.high)
    parts += [
        element("line", x1=_LEFT, x2=_RIGHT, y1=_AXIS, y2=_AXIS, class_="axis"),
        element("line", x1=left, x2=right, y1=32, y2=32, class_="interval"),
        element("line", x1=left, x2=left, y1=26, y2=38, class_="interval"),
        element("line", x1=right, x2=right, y1=26, y2=38, class_="interval"),
        _point(at(measurement.value), 32.0, measurement.held if bound else None),
        element("text", quantity(low, measurement.unit), x=_LEFT, y=60, class_="tick"),
        element("text", quantity(high, measurement.unit), x=_RIGHT, y=60, class_="tick end"),
    ]
    return element(
        "svg",
        *parts,
        class_="chart",
        viewBox=f"0 0 {_WIDTH:.0f} 64",
        role="img",
        aria_label=said(measurement),
    )


def _range(measurement: Measurement) -> tuple[float, float]:
    """The stretch of the axis: all that matters, with some air, between round numbers."""
    values = [measurement.value, measurement.interval.low, measurement.interval.high]
    if measurement.bound is not None:
        values.append(measurement.bound.limit)
    low, high = min(values), max(values)
    air = (high - low) * 0.15 or abs(high) * 0.25 or 0.5
    step = 10.0 ** math.floor(math.log10(high - low + 2 * air)) / 2
    start = math.floor((low - air) / step) * step
    stop = math.ceil((high + air) / step) * step
    start = 0.0 if low >= 0 > start else start
    stop = 1.0 if measurement.unit == "1" and high <= 1 < stop else stop
    return (start, stop) if start < stop and math.isfinite(stop - start) else (low, low + 1.0)


def _point(x: float, y: float, held: Held | None) -> Markup:
    if held is None:
        return element("circle", cx=x, cy=y, r=5, class_="plain")
    if held is Held.YES:
        return element("circle", cx=x, cy=y, r=6, class_="point tone-good")
    if held is Held.NO:
        path = (
            f"M{x - 6:.1f} {y - 6:.1f}L{x + 6:.1f} {y + 6:.1f}"
            f"M{x - 6:.1f} {y + 6:.1f}L{x + 6:.1f} {y - 6:.1f}"
        )
        return element("path", d=path, class_="cross tone-bad")
    points = f"{x:.1f},{y - 8:.1f} {x + 8:.1f},{y:.1f} {x:.1f},{y + 8:.1f} {x - 8:.1f},{y:.1f}"
    return element("polygon", points=points, class_="point tone-open")


def trend(counts: Sequence[int], label: str) -> Markup:
    """Return a small line of counts, oldest first; the last point is now."""
    shown = list(counts)[-_POINTS:]
    top = max([*shown, 1])
    step = 110 / max(len(shown) - 1, 1)
    places = [(6 + step * i, 30 - 24 * value / top) for i, value in enumerate(shown)]
    if len(places) == 1:
        places = [(116.0, places[0][1])]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    return element(
        "svg",
        element("line", x1=6, x2=116, y1=30, y2=30, class_="axis"),
        element("polyline", points=line, class_="trend"),
        element("circle", cx=places[-1][0], cy=places[-1][1], r=3.5, class_="now"),
        class_="sparkline",
        viewBox="0 0 122 36",
        role="img",
        aria_label=f"{label}: {', '.join(str(value) for value in shown)}",
    )


def bar(parts: Sequence[tuple[str, int]]) -> Markup:
    """Return counts by tone as one bar. The numbers stand beside it, so it has no words."""
    total = sum(number for _, number in parts) or 1
    x, drawn = 0.0, []
    for tone, number in parts:
        width = 200 * number / total
        if number:
            drawn.append(
                element("rect", x=x, y=0, width=max(width - 1.5, 1.0), height=14, rx=2,
                        class_=f"part tone-{tone}")
            )  # fmt: skip
        x += width
    return element(
        "svg", *drawn, class_="bar", viewBox="0 0 200 14", aria_hidden="true",
        preserveAspectRatio="none",
    )  # fmt: skip
