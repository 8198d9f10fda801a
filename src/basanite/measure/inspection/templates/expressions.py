"""Expressions: what an expression of a template comes to, and what it reaches for."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import nodes

from basanite.domain.errors import UnreadableError
from basanite.domain.severity import Severity
from basanite.measure.inspection.templates import names, operations, rules
from basanite.measure.inspection.templates.operations import MAX_NUMBER, ExhaustingError
from basanite.measure.inspection.templates.reach import BY_FILTER, GENERATOR, Reach
from basanite.measure.inspection.templates.report import Report
from basanite.measure.inspection.templates.value import (
    DATA,
    HOLE,
    Value,
    changed,
    constant,
    either,
    joined,
)
from basanite.measure.inspection.templates.wording import is_wording, trigger

_SAID = frozenset({"content", "text"})
_ALTERNATIVES = 16
_MAX_NODES = 200_000
_JUDGED = 1000
"""Longer texts are no names."""


class Expressions:
    """Follows expressions in the order of the text, with what was assigned to names before."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._names: dict[str, list[Value]] = {}
        self._nodes = 0
        self._reach = Reach(report, self.defines)

    def assign(self, name: str, value: Value) -> None:
        """Take in that a name is given a value; it may be any of those it was given."""
        held = self._names.setdefault(name, [])
        if len(held) < _ALTERNATIVES and value not in held:
            held.append(value)

    def defines(self, name: str) -> bool:
        """Whether the template itself gives a name its value."""
        return name in self._names

    def value(self, node: nodes.Node | None) -> Value:
        """Return what is known of an expression, after judging all that is in it."""
        self._nodes += 1
        if self._nodes > _MAX_NODES:
            raise UnreadableError(f"the template has more than {_MAX_NODES:,} expressions")
        try:
            value = self._value(node)
        except ExhaustingError as error:
            self._report.add(rules.EXHAUSTION, str(error), node.lineno if node else 0)
            return DATA
        if node is not None and len(value.shape) <= _JUDGED:
            texts = [value.text] if value.text is not None else value.pieces * value.built
            for text in filter(names.names_internal, texts):
                how = "puts together" if value.built else "names"
                self._report.add(rules.INTERNALS, f"it {how} {text[:80]!r}", node.lineno)
        return value

    def _value(self, node: nodes.Node | None) -> Value:  # noqa: C901, PLR0911, PLR0912 - one table
        match node:
            case nodes.TemplateData():
                return constant(node.data)
            case nodes.Const():
                return constant(node.value)
            case nodes.Name():
                return self._name(node)
            case nodes.NSRef():
                return self._held(f"{node.name}.{node.attr}")
            case nodes.List() | nodes.Tuple():
                return self._sequence(node.items)
            case nodes.Dict():
                return self._mapping(node)
            case nodes.Getattr():
                return self._attribute(node)
            case nodes.Getitem():
                return self._item(node)
            case nodes.Call():
                return self._call(node)
            case nodes.Filter():
                return self._filter(node)
            case nodes.Test():
                return self._test(node)
            case nodes.Compare():
                return self._compare(node)
            case nodes.Concat():
                return joined([self.value(each) for each in node.nodes])
            case nodes.BinExpr():
                return self._binary(node)
            case nodes.Not():
                return Value(trigger=self.value(node.node).trigger)
            case nodes.Neg():
                inner = self.value(node.node)
                return constant(-inner.const) if isinstance(inner.const, int | float) else DATA
            case nodes.CondExpr():
                self.value(node.test)
                ways = [self.value(node.expr1)]
                return either([*ways, self.value(node.expr2)] if node.expr2 is not None else ways)
            case None:
                return constant(None)
        for each in node.iter_child_nodes():
            self.value(each)
        return DATA

    def _held(self, name: str) -> Value:
        held = self._names.get(name)
        return either(held) if held else DATA

    def _name(self, node: nodes.Name) -> Value:
        name = node.name
        if self.defines(name):
            return self._held(name)
        if name in names.FUNCTIONS:
            return Value(function=name)
        if names.is_internal(name):
            self._report.add(rules.INTERNALS, f"it uses {name}", node.lineno)
        return DATA

    def _sequence(self, items: Sequence[nodes.Node]) -> Value:
        values = [self.value(each) for each in items]
        if len(values) <= operations.KEPT_ITEMS and all(each.known for each in values):
            return Value(
                const=[each.const for each in values],
                shape=HOLE.join(each.shape for each in values if each.shape),
            )
        return either(values) if values else DATA

    def _mapping(self, node: nodes.Dict) -> Value:
        pairs = [(self.value(each.key), self.value(each.value)) for each in node.items]
        return Value(shape=HOLE.join(value.shape for _, value in pairs if value.shape))

    def _binary(self, node: nodes.BinExpr) -> Value:
        left, right = self.value(node.left), self.value(node.right)
        match node:
            case nodes.Add():
                return operations.add(left, right)
            case nodes.Mul():
                return operations.multiply(left, right)
            case nodes.Pow():
                return operations.power(left, right)
            case nodes.Mod() if left.text is not None or left.shape:
                return operations.percent(left, _unpacked(right))
            case nodes.Sub() | nodes.Div() | nodes.FloorDiv() | nodes.Mod():
                return operations.arithmetic(left, right, type(node).__name__)
        return either([left, right])

    def _compare(self, node: nodes.Compare) -> Value:
        values = [self.value(node.expr), *(self.value(each.expr) for each in node.ops)]
        return Value(trigger=trigger(values))

    def _test(self, node: nodes.Test) -> Value:
        subject = node.node
        if not (isinstance(subject, nodes.Name) and subject.name in names.FUNCTIONS):
            inner = self.value(subject)
        else:
            inner = DATA
        given = [self.value(each) for each in node.args]
        if node.name in ("eq", "equalto", "==", "in", "ne", "!="):
            return Value(trigger=trigger([inner, *given]))
        return Value(trigger=inner.trigger)

    def _attribute(self, node: nodes.Getattr) -> Value:
        inner = self.value(node.node)
        self._reach.taken(node.node, inner, node.attr, node.lineno)
        if isinstance(node.node, nodes.Name):
            held = self._names.get(f"{node.node.name}.{node.attr}")
            if held:
                return either(held)
        return Value(
            shape=inner.shape if not inner.known else "",
            said=node.attr in _SAID,
            method=(inner, node.attr),
        )

    def _item(self, node: nodes.Getitem) -> Value:
        inner = self.value(node.node)
        if isinstance(node.arg, nodes.Slice):
            bounds = [self.value(each) for each in (node.arg.start, node.arg.stop, node.arg.step)]
            return operations.sliced(inner, bounds[0], bounds[1], bounds[2])
        key = self.value(node.arg)
        if key.text is not None:
            self._reach.taken(node.node, inner, key.text, node.lineno, item=True)
        else:
            self._reach.computed(key, "an item", node.lineno, usual=True)
            self._reach.out_of_function(node.node, inner, "an item", node.lineno)
        if isinstance(inner.const, str | list) and isinstance(key.const, int):
            return changed(inner, lambda whole: whole[key.const])
        return Value(
            shape=inner.shape,
            built=inner.built,
            odd=inner.odd,
            said=key.text in _SAID,
            method=(inner, key.text) if key.text else None,
        )

    def _call(self, node: nodes.Call) -> Value:
        callee = self.value(node.node)
        given = [self.value(each) for each in node.args]
        given += [self.value(each.value) for each in node.kwargs]
        for each in (node.dyn_args, node.dyn_kwargs):
            if each is not None:
                given += _unpacked(self.value(each))
        if isinstance(node.node, nodes.Name):
            name = node.node.name
            if not self.defines(name) and (name in names.FOREIGN or names.is_internal(name)):
                self._report.add(rules.FOREIGN, f"it calls {name}", node.lineno)
        if callee.function == "range":
            self._range(given, node.lineno)
        if callee.function == "lipsum" and any(
            isinstance(each.const, int) and each.const > 1000 for each in given
        ):
            self._report.add(rules.EXHAUSTION, "it asks for endless filling text", node.lineno)
        if callee.function in ("dict", "namespace", "cycler", "joiner"):
            return Value(shape=HOLE.join(each.shape for each in given if each.shape))
        if callee.method is not None:
            return self._method(callee.method[0], callee.method[1], given, node.lineno)
        return DATA

    def _range(self, given: list[Value], line: int) -> None:
        numbers = [each.const for each in given if isinstance(each.const, int)]
        if numbers and max(abs(each) for each in numbers) > MAX_NUMBER:
            self._report.add(rules.EXHAUSTION, f"it counts to {max(numbers):,}", line)

    def _method(self, receiver: Value, name: str, given: list[Value], line: int) -> Value:
        if name in ("format", "format_map"):
            if receiver.text is None and (receiver.said or receiver.odd):
                self._report.add(
                    rules.COMPUTED,
                    "it uses text that it was given as a format, which can name attributes",
                    line,
                    severity=Severity.MEDIUM,
                )
            return operations.braces(receiver, given)
        if name in ("startswith", "endswith", "find", "index", "count"):
            return Value(trigger=trigger([receiver, *given]))
        if name == "join" and given:
            return operations.join(given[0], receiver)
        if name in operations.TEXT_CHANGES:
            self._rewrites(name, receiver, given, line)
            return operations.change(name, receiver, given)
        if name in ("center", "ljust", "rjust", "zfill") and given:
            self._wide(given[0], line)
        if name == "get":
            return Value(shape=receiver.shape, said=bool(given) and given[0].text in _SAID)
        if name in ("split", "rsplit", "partition", "rpartition", "splitlines"):
            return Value(shape=receiver.shape, odd=receiver.odd, said=receiver.said)
        return Value(shape=receiver.shape if receiver.built else "", odd=receiver.odd)

    def _wide(self, width: Value, line: int) -> None:
        if isinstance(width.const, int) and width.const > MAX_NUMBER:
            self._report.add(rules.EXHAUSTION, f"it pads a text to {width.const:,}", line)

    def _rewrites(self, name: str, receiver: Value, given: list[Value], line: int) -> None:
        if name != "replace" or not receiver.said or len(given) < 2:
            return
        old, new = given[0].text, given[1].text
        plain = [each for each in (old, new) if each and is_wording(each)]
        if len(plain) == 2:
            self._report.add(rules.REWRITES, f"it replaces {old!r} by {new!r}", line)

    def _filter(self, node: nodes.Filter) -> Value:
        inner = self.value(node.node) if node.node is not None else DATA
        given = [self.value(each) for each in node.args]
        named = {str(each.key): self.value(each.value) for each in node.kwargs}
        for each in (node.dyn_args, node.dyn_kwargs):
            if each is not None:
                given += _unpacked(self.value(each))
        line = node.lineno
        if node.node is not None:
            self._reach.out_of_function(node.node, inner, f"something with |{node.name}", line)
        self._reach.by_filter(node.name, given, named, line)
        return self._filtered(node.name, inner, [*given, *named.values()], line)

    def _filtered(self, name: str, inner: Value, given: list[Value], line: int) -> Value:
        """Return what a filter makes of a value."""
        if name in operations.TEXT_CHANGES:
            self._rewrites(name, inner, given, line)
        if name == "center" and given:
            self._wide(given[0], line)
        if name in BY_FILTER:
            return Value(shape=inner.shape, odd=inner.odd, function=GENERATOR, said=inner.said)
        if name in ("list", "first", "last", "random", "batch", "slice", "sort", "unique"):
            return operations.picked(name, inner)
        return operations.filtered(name, inner, given)


def _unpacked(value: Value) -> list[Value]:
    if isinstance(value.const, list | tuple):
        return [constant(each) for each in value.const]
    return [value]
