"""Events of YAML: what its parser sees, before anything is made of it.

ruamel.yaml does the parsing. Its events construct nothing, so no tag makes anything run.
Source: YAML 1.2, "Processes", serialization.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from basanite.domain.errors import UnreadableError


class NotYamlError(UnreadableError):
    """A text is no YAML. ``at_line`` counts from 1; 0 where the parser does not say."""

    def __init__(self, problem: str, at_line: int = 0) -> None:
        self.problem = problem
        self.at_line = at_line
        where = f" on line {at_line}" if at_line else ""
        super().__init__(f"no YAML that can be read: {problem}{where}"[:300])


def yaml_events(text: str) -> Iterator[Any]:
    """Yield the events of all documents in a text.

    Raises:
        NotYamlError: the parser refuses the text, or stumbles over it.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415 - most runs meet no YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    class Plain(YAML):
        def official_plug_ins(self) -> list[str]:
            return []  # The library looks for plug-ins on the disk, and here is none to touch.

    try:
        yield from Plain(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 0
        raise NotYamlError(error.problem or "it is none", line) from None
    except (
        YAMLError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        AssertionError,
        RecursionError,
        OverflowError,
    ) as error:
        # The parser itself stumbles over some hostile texts instead of refusing them.
        raise NotYamlError(type(error).__name__) from None


def kind_of(event: Any) -> str:
    """Return what an event is: ``Scalar``, ``Alias``, ``MappingStart``, ``DocumentStart`` ..."""
    return type(event).__name__.removesuffix("Event")
