"""The picture: a system's components by kind, their links, and the worst result of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from basanite.domain.assessment import Assessment
from basanite.domain.system import Component, ComponentKind
from basanite.reports.about import about
from basanite.reports.links import Card, link
from basanite.reports.marks import Mark, Tone, worst_mark
from basanite.reports.svg import element, line_of, mark

_COLUMNS = (
    (ComponentKind.PROVIDER, ComponentKind.DATASET, ComponentKind.PROMPT),
    (ComponentKind.MODEL, ComponentKind.AGENT, ComponentKind.CODE),
    (ComponentKind.SERVICE, ComponentKind.HOST),
)
"""From what goes in, over what decides, to what answers."""

_PLURALS = {
    ComponentKind.PROVIDER: "Providers",
    ComponentKind.DATASET: "Data",
    ComponentKind.PROMPT: "Prompts",
    ComponentKind.MODEL: "Models",
    ComponentKind.AGENT: "Agents",
    ComponentKind.CODE: "Code",
    ComponentKind.SERVICE: "Services",
    ComponentKind.HOST: "Hosts",
}
_PER_KIND = 8
_HEIGHT, _GAP, _HEADING = 66, 12, 30


@dataclass(frozen=True)
class Node:
    """A component as the picture shows it."""

    component: Component
    mark: Mark
    artifacts: int

    @property
    def title(self) -> str:
        """Return the name a person reads."""
        return self.component.title or self.component.id


@dataclass(frozen=True)
class _Box:
    node: Node
    card: Card


def nodes(assessment: Assessment, now: datetime) -> list[Node]:
    """Return every component with its worst result and its number of artifacts."""
    told = about(assessment)
    return [
        Node(
            component=part,
            mark=worst_mark(assessment, told[part.id], now),
            artifacts=len(assessment.inventory.of_component(part.id)),
        )
        for part in assessment.inventory.system.components
    ]


def draw(found: Sequence[Node], *, narrow: bool) -> Markup:
    """Return the picture as inline SVG: columns side by side, or one column for a phone.

    At most eight components of a kind are drawn; a line says how many more there are. The same
    facts stand in the table beside it, so the drawing itself is hidden from screen readers.
    """
    columns = [[kind for column in _COLUMNS for kind in column]] if narrow else list(_COLUMNS)
    columns = [kept for kept in (_present(column, found) for column in columns) if kept]
    width, gutter = (292.0, 44.0) if narrow else (226.0, 50.0)
    boxes: dict[str, _Box] = {}
    texts: list[Markup] = []
    height = 0.0
    for index, column in enumerate(columns):
        x, y = index * (width + gutter) + 1, 0.0
        for kind in column:
            y = _kind(kind, found, (index, x, y, width), boxes, texts)
        height = max(height, y)
    drawn = 1 if narrow else len(_COLUMNS)  # so that few columns are not drawn larger
    total = drawn * (width + gutter) - (0 if narrow else gutter) + 2
    cards = [box.card for box in boxes.values()]
    return element(
        "svg",
        *(
            link(cards, box.card, served.card, gap=_GAP)
            for box in boxes.values()
            for served in _served(box, boxes)
        ),
        *texts,
        *(_node(box) for box in boxes.values()),
        class_="picture narrow" if narrow else "picture wide",
        viewBox=f"0 0 {total:.0f} {max(height, 40):.0f}",
        aria_hidden="true",
        focusable="false",
    )


def _present(column: Sequence[ComponentKind], found: Sequence[Node]) -> list[ComponentKind]:
    return [kind for kind in column if any(node.component.kind is kind for node in found)]


def _kind(
    kind: ComponentKind,
    found: Sequence[Node],
    place: tuple[int, float, float, float],
    boxes: dict[str, _Box],
    texts: list[Markup],
) -> float:
    """Place one kind's heading and boxes and return where the next kind begins."""
    index, x, y, width = place
    members = [node for node in found if node.component.kind is kind]
    texts.append(element("text", _PLURALS[kind], x=x, y=y + 19, class_="kind"))
    y += _HEADING
    for node in members[:_PER_KIND]:
        boxes[node.component.id] = _Box(node, Card(index, x, y, width, _HEIGHT))
        y += _HEIGHT + _GAP
    if len(members) > _PER_KIND:
        more = f"and {len(members) - _PER_KIND:,} more, in the table"
        texts.append(element("text", more, x=x, y=y + 10, class_="more"))
        y += 20
    return y + 8


def _served(box: _Box, boxes: dict[str, _Box]) -> list[_Box]:
    own = box.node.component
    return [boxes[name] for name in own.serves if name in boxes and name != own.id]


def _node(box: _Box) -> Markup:
    node, x, y, width = box.node, box.card.x, box.card.y, box.card.width
    names = _lines(node.title, int((width - 50) / 8.7))
    first, last = (y + 28, y + 47) if len(names) == 1 else (y + 20, y + 54)
    return element(
        "g",
        element("title", f"{node.title}: {node.mark.word}"),
        element("rect", x=x, y=y, width=width, height=_HEIGHT, rx=7, class_="box"),
        element("rect", x=x, y=y + 10, width=3, height=_HEIGHT - 20, class_="edge"),
        mark(node.mark.tone.value, x + 13, y + 22, 22),
        *(
            element("text", name, x=x + 45, y=first + 16 * i, class_="name")
            for i, name in enumerate(names)
        ),
        element("text", node.mark.word, x=x + 45, y=last, class_="word"),
        class_=f"node {_tone(node.mark.tone)}",
    )


def _lines(title: str, characters: int) -> list[str]:
    """A name on one line or, where it has a space to break at, on two."""
    inert = line_of(title, characters * 2)
    if len(inert) <= characters:
        return [line_of(inert, characters)]
    cut = inert.rfind(" ", 0, characters + 1)
    if cut < characters // 3:
        return [line_of(title, characters)]
    return [inert[:cut], line_of(title[cut + 1 :], characters)]


def _tone(tone: Tone) -> str:
    return f"tone-{tone.value}"
