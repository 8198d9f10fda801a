"""Value: what is known of an expression in a template without rendering it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

HOLE = "\0"
"""Stands in a shape for what is not known."""
MAX_TEXT = 4000
"""Longer texts are known no more."""
_MAX_BITS = 1 << 12
_UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class Value:
    """One expression. ``Value()`` is data of which nothing is known."""

    const: Any = _UNKNOWN
    """The value itself, where the template alone decides it: text, number, list, mapping."""
    shape: str = ""
    """Text that the template put together, with a hole for each unknown part."""
    built: bool = False
    """Whether operations on text made it, not the data alone."""
    odd: bool = False
    """Whether it is made of how the program prints its own objects, where names can be spelled
    from."""
    function: str = ""
    """The name of one of Jinja's own functions, which it is."""
    said: bool = False
    """Whether it is what a person or the model said."""
    trigger: str = ""
    """The words that something said was compared with."""
    method: tuple[Value, str] | None = None
    """The object and name, where it is an attribute of something."""

    @property
    def known(self) -> bool:
        """Whether the value itself is known."""
        return self.const is not _UNKNOWN

    @property
    def text(self) -> str | None:
        """The value where it is a known text, else None."""
        return self.const if isinstance(self.const, str) else None

    @property
    def pieces(self) -> list[str]:
        """The texts that the template itself brought in."""
        return [each for each in self.shape.split(HOLE) if each]


DATA = Value()


def constant(value: Any, *, built: bool = False) -> Value:
    """Return a known value. Text that is too long is not kept."""
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            return Value(shape=value[:MAX_TEXT], built=built)
        return Value(const=value, shape=value.replace(HOLE, " "), built=built)
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return DATA
    return Value(const=value)


def joined(parts: Iterable[Value]) -> Value:
    """Return the text that values make one after another."""
    values = list(parts)
    if all(each.known and not isinstance(each.const, list | dict) for each in values):
        return constant("".join(str(each.const) for each in values)[: MAX_TEXT + 1], built=True)
    return Value(
        shape="".join(_shape(each) for each in values)[:MAX_TEXT],
        built=True,
        odd=any(each.odd or each.function for each in values),
        said=any(each.said for each in values),
    )


def _shape(value: Value) -> str:
    if value.known and not isinstance(value.const, list | dict):
        return str(value.const)
    return value.shape or HOLE


def either(values: Iterable[Value]) -> Value:
    """Return what is known of something that is one of several values."""
    several = list(values)
    if len(several) == 1:
        return several[0]
    return Value(
        shape=HOLE.join(each.shape for each in several if each.shape)[:MAX_TEXT],
        built=any(each.built for each in several),
        odd=any(each.odd for each in several),
        function=next((each.function for each in several if each.function), ""),
        said=any(each.said for each in several),
        trigger=next((each.trigger for each in several if each.trigger), ""),
    )


def changed(value: Value, how: Callable[[Any], Any]) -> Value:
    """Return a text after an operation on it; what is not known of it stays unknown."""
    if value.known:
        try:
            return constant(how(value.const), built=True)
        except (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError):
            return DATA
    return Value(
        shape=value.shape,
        built=bool(value.shape) or value.odd,
        odd=value.odd or bool(value.function),
        said=value.said,
    )
