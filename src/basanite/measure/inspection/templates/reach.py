"""Reach: what a template takes out of objects, by names it writes or computes."""

from __future__ import annotations

from collections.abc import Callable

from jinja2 import nodes

from basanite.domain.severity import Severity
from basanite.measure.inspection.templates import names, rules
from basanite.measure.inspection.templates.report import Report
from basanite.measure.inspection.templates.value import Value

_BY_ATTRIBUTE = {
    "map": "attribute", "sum": "attribute", "sort": "attribute", "unique": "attribute",
    "min": "attribute", "max": "attribute", "join": "attribute", "groupby": "attribute",
    "selectattr": "", "rejectattr": "",
}  # fmt: skip
"""Filters that take the name of an attribute, and as which argument; where none, as the first."""
BY_FILTER = frozenset({"map", "select", "reject", "selectattr", "rejectattr"})
GENERATOR = "generator"
"""What some filters give back: it prints as an object of the program."""
_OPEN = frozenset({"", "self", GENERATOR})


class Reach:
    """Judges names. ``defines`` says whether the template itself gives a name its value."""

    def __init__(self, report: Report, defines: Callable[[str], bool]) -> None:
        self._report = report
        self._defines = defines

    def taken(
        self, node: nodes.Node, inner: Value, name: str, line: int, *, item: bool = False
    ) -> None:
        """Judge that something named is taken out of an object."""
        if names.is_internal(name):
            self._report.add(rules.INTERNALS, f"it reaches for {name}", line)
        elif name.startswith("_") and not item:
            # As an item it is a key of data: sandboxes refuse it only as an attribute.
            self._report.add(
                rules.INTERNALS,
                f"it reaches for the private {name}",
                line,
                severity=Severity.MEDIUM,
            )
        self.out_of_function(node, inner, name, line)
        if isinstance(node, nodes.Name) and not self._defines(node.name):
            if node.name in names.FOREIGN:
                self._report.add(rules.FOREIGN, f"it uses {node.name}.{name}", line)
            elif node.name in names.SERVER:
                self._report.add(
                    rules.FOREIGN, f"it uses {node.name}.{name}", line, severity=Severity.MEDIUM
                )

    def out_of_function(self, node: nodes.Node, inner: Value, what: str, line: int) -> None:
        """Judge that something is taken out of a function of the program."""
        if inner.function not in _OPEN and isinstance(node, nodes.Name):
            self._report.add(
                rules.INTERNALS,
                f"it takes {what} out of the function {inner.function}",
                line,
                severity=Severity.HIGH,
            )

    def computed(self, key: Value, what: str, line: int, *, usual: bool) -> None:
        """Judge a name that is not plainly written. ``usual``: data is looked up so every day."""
        if key.known:
            if key.text is not None and names.is_internal(key.text):
                self._report.add(rules.INTERNALS, f"it reaches for {key.text}", line)
            return
        if key.odd or key.function or names.spells_internal(key.pieces):
            self._report.add(rules.COMPUTED, f"it spells the name of {what} from odd pieces", line)
        elif not usual:
            self._report.add(rules.COMPUTED, f"it computes the name of {what}", line)
        elif key.built and key.pieces:
            self._report.add(
                rules.COMPUTED,
                f"it puts the name of {what} together",
                line,
                severity=Severity.LOW,
            )

    def by_filter(self, name: str, given: list[Value], named: dict[str, Value], line: int) -> None:
        """Judge the names of attributes and filters that a filter is given."""
        keys: list[tuple[Value, bool]] = []
        if name == "attr":
            keys = [(each, False) for each in given[:1]]
        elif name in _BY_ATTRIBUTE:
            option = _BY_ATTRIBUTE[name]
            keys = [(value, True) for key, value in named.items() if key == option]
            if not option or name == "groupby":
                keys += [(each, True) for each in given[:1]]
        if name in BY_FILTER and name not in ("selectattr", "rejectattr") and given:
            if not given[0].known:
                self.computed(given[0], "a filter", line, usual=False)
            elif given[0].text == "attr":
                keys += [(each, False) for each in given[1:2]]
        for key, usual in keys:
            if key.text is not None:
                for part in key.text.split("."):
                    if part.startswith("_") or names.is_internal(part):
                        self._report.add(rules.INTERNALS, f"it reaches for {part}", line)
            else:
                self.computed(key, "an attribute", line, usual=usual)
