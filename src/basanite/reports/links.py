"""Links of the picture: arrows that go around the cards between their two ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from basanite.reports.svg import element

_HEAD = 7.0


@dataclass(frozen=True)
class Card:
    """Where a component is drawn."""

    column: int
    x: float
    y: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        """Return its lower edge."""
        return self.y + self.height


def link(cards: Sequence[Card], start: Card, end: Card, *, gap: float) -> Markup:
    """Return an arrow from one card to another that crosses no card on its way.

    Between neighbouring columns it is one curve. Past a column in between it runs level through
    the free space between two of that column's cards. Within a column it is a bow at the side.

    Args:
        cards: every card of the picture.
        start: the card of the component that serves.
        end: the card of the component it is for.
        gap: the free space between two cards of a column.
    """
    y1, y2 = start.y + start.height / 2 + 6, end.y + end.height / 2 - 6
    if start.column == end.column:
        x = start.x + start.width
        reach = x + 14 + 8 * (cards.index(start) % 4)
        path = (
            f"M{x:.0f} {y1:.0f} C{reach:.0f} {y1:.0f} {reach:.0f} {y2:.0f} {x + _HEAD:.0f} {y2:.0f}"
        )
        return _arrow(path, x, y2, -1)
    side = 1 if end.column > start.column else -1
    x, y = (start.x + start.width if side > 0 else start.x), y1
    path = f"M{x:.0f} {y:.0f}"
    for column in range(start.column + side, end.column, side):
        between = [card for card in cards if card.column == column]
        if not between:
            continue
        lane = _lane(between, y, y2, gap)
        left, right = between[0].x - 4, between[0].x + between[0].width + 4
        enter, leave = (left, right) if side > 0 else (right, left)
        path += f"{_curve(x, y, enter, lane)} L{leave:.0f} {lane:.0f}"
        x, y = leave, lane
    stop = end.x if side > 0 else end.x + end.width
    path += _curve(x, y, stop - _HEAD * side, y2)
    return _arrow(path, stop, y2, side)


def _lane(cards: Sequence[Card], y1: float, y2: float, gap: float) -> float:
    """The height just below one of a column's cards that makes the shortest way."""
    lanes = [card.bottom + gap / 2 for card in cards]
    return min(lanes, key=lambda lane: (abs(y1 - lane) + abs(lane - y2), abs(y1 - lane)))


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    bend = (x1 + x2) / 2
    return f" C{bend:.0f} {y1:.0f} {bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"


def _arrow(path: str, x: float, y: float, side: int) -> Markup:
    back = x - 8 * side
    points = f"{x:.0f},{y:.0f} {back:.0f},{y - 4:.0f} {back:.0f},{y + 4:.0f}"
    return element(
        "g",
        element("path", d=path, class_="link"),
        element("polygon", points=points, class_="arrow"),
    )
