"""Operations: what a template's own operations make of texts and numbers that are known.

Everything is bounded before it is computed. What would need more than a bound is an attack on the
program that renders the template, and said so with `ExhaustingError`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from basanite.measure.inspection.templates.value import (
    DATA,
    HOLE,
    MAX_TEXT,
    Value,
    changed,
    constant,
    either,
    joined,
)

MAX_NUMBER = 10_000_000
"""More turns of a loop, or more characters, than a template needs."""
KEPT_ITEMS = 1000
"""Items of a list that are followed."""
_WIDTH = re.compile(r"%[-+ #0]*(?:\d{4,}|\*)|%[-+ #0]*\d*\.(?:\d{4,}|\*)")


class ExhaustingError(Exception):
    """A computation that takes the memory or the time of the program."""


TEXT_CHANGES: dict[str, Callable[..., str]] = {
    "lower": str.lower, "upper": str.upper, "title": str.title, "capitalize": str.capitalize,
    "swapcase": str.swapcase, "casefold": str.casefold, "strip": str.strip, "trim": str.strip,
    "lstrip": str.lstrip, "rstrip": str.rstrip, "removeprefix": str.removeprefix,
    "removesuffix": str.removesuffix, "replace": str.replace,
}  # fmt: skip
"""Filters and methods from text to text, computed as Python does."""
KEEPS = frozenset(
    {"escape", "e", "safe", "forceescape", "indent", "wordwrap", "striptags", "urlize"}
)
"""Filters that leave the words of a text as they are."""
PRINTS = frozenset({"string", "pprint", "tojson", "urlencode", "xmlattr", "format", "center"})
"""Filters that make a text of whatever they are given."""


def change(name: str, receiver: Value, given: list[Value]) -> Value:
    """Return a text after an operation of `TEXT_CHANGES` with arguments."""
    arguments = [each.const for each in given if each.known]
    if len(arguments) < len(given):
        return Value(shape=receiver.shape, built=True, odd=receiver.odd, said=receiver.said)
    if (
        name == "replace"
        and len(receiver.shape) * max((len(str(each)) for each in arguments), default=0) > MAX_TEXT
    ):
        return Value(shape=receiver.shape, built=True, said=receiver.said)
    operation = TEXT_CHANGES[name]
    return changed(receiver, lambda text: operation(str(text), *arguments))


def add(left: Value, right: Value) -> Value:
    """Return a sum, or texts one after the other."""
    if left.known and right.known and not isinstance(left.const, str):
        try:
            return constant(left.const + right.const)
        except (TypeError, ValueError, OverflowError):
            return DATA
    if left.text is not None or right.text is not None or left.shape or right.shape:
        return joined((left, right))
    return Value(odd=left.odd or right.odd, said=left.said or right.said)


def multiply(left: Value, right: Value) -> Value:
    """Return a product, or a text repeated."""
    for text, count in ((left, right), (right, left)):
        if isinstance(text.const, str | list) and isinstance(count.const, int):
            if len(text.const) * count.const > MAX_NUMBER:
                raise ExhaustingError(f"it repeats a text or list {count.const:,} times")
            if len(text.const) * count.const <= MAX_TEXT:
                return constant(text.const * count.const, built=True)
            return Value(shape=text.shape, built=True)
        if isinstance(count.const, int) and count.const > MAX_NUMBER and not text.known:
            raise ExhaustingError(f"it repeats or multiplies something {count.const:,} times")
    return _number(left, right, lambda one, two: one * two)


def power(left: Value, right: Value) -> Value:
    """Return a power."""
    base, exponent = left.const, right.const
    large = isinstance(exponent, int) and exponent > 1000
    if large and (not isinstance(base, int) or abs(base) > 1):
        raise ExhaustingError(f"it raises a number to the power of {exponent:,}")
    return _number(left, right, lambda one, two: one**two)


def arithmetic(left: Value, right: Value, operator: str) -> Value:
    """Return a difference, quotient or remainder."""
    ways = {
        "Sub": lambda one, two: one - two,
        "Div": lambda one, two: one / two,
        "FloorDiv": lambda one, two: one // two,
        "Mod": lambda one, two: one % two,
    }
    return _number(left, right, ways[operator])


def _number(left: Value, right: Value, how: Any) -> Value:
    numbers = int | float
    if not (isinstance(left.const, numbers) and isinstance(right.const, numbers)):
        return Value(odd=left.odd or right.odd)
    if max(abs(left.const), abs(right.const)) > 1 << 4096:
        return DATA
    try:
        result = how(left.const, right.const)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return DATA
    return constant(result) if isinstance(result, numbers) else DATA


def percent(pattern: Value, given: list[Value]) -> Value:
    """Return a text formatted with per cent signs."""
    text = pattern.text
    if text is None:
        return Value(shape=pattern.shape, built=True, odd=pattern.odd, said=pattern.said)
    if _WIDTH.search(text):
        raise ExhaustingError("it pads a text to a great width")
    if all(each.known for each in given):
        try:
            return constant(text % tuple(each.const for each in given), built=True)
        except (TypeError, ValueError, KeyError, OverflowError):
            return DATA
    parts = [Value(shape=HOLE, built=True) if each.known is False else each for each in given]
    return joined([constant(text, built=True), *parts])


def braces(pattern: Value, given: list[Value]) -> Value:
    """Return a text formatted with braces: only what is put in plainly is computed."""
    text = pattern.text
    if text is None or len(text) > MAX_TEXT:
        return Value(shape=pattern.shape, built=True, odd=pattern.odd, said=pattern.said)
    if re.search(r"\{[^{}]*:[^{}]*\d{6,}", text):
        raise ExhaustingError("it pads a text to a great width")
    parts: list[Value] = []
    rest = list(given)
    for index, each in enumerate(re.split(r"\{(\d*)(?::c)?\}", text)):
        if index % 2 == 0:
            parts.append(constant(each, built=True))
        elif each and int(each) < len(given):
            parts.append(_put_in(given[int(each)]))
        else:
            parts.append(_put_in(rest.pop(0)) if rest else Value(shape=HOLE))
    return joined(parts)


def _put_in(value: Value) -> Value:
    return value if value.known else Value(shape=value.shape or HOLE, built=True, odd=value.odd)


def join(items: Value, glue: Value) -> Value:
    """Return the items of a list as one text."""
    if isinstance(items.const, list | tuple):
        between = glue.text or ""
        return constant(between.join(str(each) for each in items.const[:1000]), built=True)
    return Value(shape=items.shape or HOLE, built=True, odd=items.odd, said=items.said)


def backwards(value: Value) -> Value:
    """Return a text or list the other way round."""
    if isinstance(value.const, str | list):
        return constant(value.const[::-1], built=True)
    return Value(shape=value.shape, built=value.built, odd=value.odd, said=value.said)


def sliced(value: Value, start: Value, stop: Value, step: Value) -> Value:
    """Return a part of a text or list."""
    bounds = [each.const for each in (start, stop, step)]
    plain = all(each is None or isinstance(each, int) for each in bounds)
    if isinstance(value.const, str | list) and plain:
        try:
            return constant(value.const[slice(*bounds)], built=True)
        except ValueError:
            return DATA
    return Value(
        shape=value.shape,
        built=value.built,
        odd=value.odd,
        said=value.said,
    )


def filtered(name: str, inner: Value, given: list[Value]) -> Value:
    """Return what a filter on texts makes of a value; of other filters nothing is known."""
    if name == "format":
        result = percent(inner, given)
    elif name in TEXT_CHANGES:
        result = change(name, inner, given)
    elif name == "join":
        result = join(inner, given[0] if given else DATA)
    elif name == "reverse":
        result = backwards(inner)
    elif name in ("default", "d"):
        result = either([inner, *given])
    elif name in KEEPS:
        result = inner
    elif name in PRINTS and inner.text is not None:
        result = changed(inner, str)
    elif name in PRINTS:
        odd = inner.odd or bool(inner.function)
        result = Value(shape=inner.shape or HOLE, built=True, odd=odd, said=inner.said)
    else:
        result = Value(odd=inner.odd and name != "attr")
    return result


def picked(name: str, inner: Value) -> Value:
    """Return what a filter leaves that picks from a list or puts it in order."""
    if name in ("first", "last") and isinstance(inner.const, str | list) and inner.const:
        return changed(inner, lambda whole: whole[0 if name == "first" else -1])
    if name == "list" and isinstance(inner.const, str):
        return Value(const=list(inner.const[:KEPT_ITEMS]), shape=inner.shape)
    if name == "list" and inner.known:
        return inner
    return Value(shape=inner.shape, odd=inner.odd, built=inner.built, said=inner.said)
