"""What is wrong with a declaration's shape, in words, with the line and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from basanite.domain.names import visible
from basanite.domain.system import ComponentKind, DatasetRole, Environment, ModelTask, Sector, Tier
from basanite.formats.problem import LineProblem
from basanite.map.declaration import Declaration
from basanite.map.document import Document, Path

MAX_JUDGED = 200
"""A guess for every one of thousands of misspelt keys would take minutes."""

_CHOICES: dict[str, type[StrEnum]] = {
    "sector": Sector,
    "tier": Tier,
    "environment": Environment,
    "kind": ComponentKind,
    "role": DatasetRole,
    "task": ModelTask,
}


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Return `` Did you mean X?`` when one of the allowed words is close, else nothing."""
    close = get_close_matches(word[:64].replace("_", "-").lower(), sorted(allowed), n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """Return the line of a place, or of the nearest thing around it that has one."""
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
    return 1


def complaints(error: ValidationError, document: Document) -> list[LineProblem]:
    """Return one problem for everything the declaration's shape refuses."""
    details = error.errors(include_url=False, include_context=True)
    found = [
        LineProblem(line_of(document.lines, detail["loc"]), _message(detail, document.value))
        for detail in details[:MAX_JUDGED]
    ]
    if len(details) > MAX_JUDGED:
        found.append(LineProblem(0, f"{len(details) - MAX_JUDGED} problems more are not listed"))
    return found


def _message(detail: ErrorDetails, value: Any) -> str:
    place, kind = detail["loc"], detail["type"]
    subject = _subject(place, value)
    key = str(place[-1]) if place else ""
    if kind == "extra_forbidden":
        allowed = _keys_at(place[:-1])
        return (
            f"{subject} is not a key of this mapping.{nearest(key, allowed)}"
            f" Allowed: {', '.join(allowed)}"
        )
    if kind == "missing":
        choice = _CHOICES.get(key)
        hint = f" ({', '.join(each.value for each in choice)})" if choice else ""
        return f"{subject} is missing; add {key}:{hint}"
    if kind == "enum":
        words = [each.value for each in _CHOICES[key]]
        given = detail["input"]
        guess = nearest(given, words) if isinstance(given, str) else ""
        return f"{subject} cannot be {_shown(given)}.{guess} Allowed: {', '.join(words)}"
    says = _SAYS.get(kind)
    if says is not None:
        return f"{subject} {says(detail)}"
    return f"{subject} is not valid: {visible(str(detail['msg']))}"


def _pattern(detail: ErrorDetails) -> str:
    if detail["loc"][-1] == "url":  # not repeated: it may hold a password
        return (
            "is no plain address; write http://host:port/path without user name, key, query or "
            "placeholder"
        )
    given = _shown(detail["input"])
    return f"cannot be {given}; use lower-case letters, digits and hyphens, at most 64"


def _too_long(detail: ErrorDetails) -> str:
    return f"has more than {detail['ctx']['max_length']} characters or items; shorten it"


_SAYS: dict[str, Callable[[ErrorDetails], str]] = {
    "literal_error": lambda detail: f"must be {detail['ctx']['expected']}; write it so",
    "string_type": lambda detail: (
        "is empty; write a text" if detail["input"] is None else "must be a text; put it in quotes"
    ),
    "string_pattern_mismatch": _pattern,
    "string_too_short": lambda _: "is empty; write a text",
    "string_too_long": _too_long,
    "too_long": _too_long,
    "bool_type": lambda _: "must be true or false",
    "bool_parsing": lambda detail: f"cannot be {_shown(detail['input'])}; write true or false",
    "int_type": lambda _: "must be a whole number",
    "greater_than": lambda _: "must be more than 0",
    "less_than_equal": lambda detail: f"must be at most {detail['ctx']['le']}",
    "list_type": lambda _: "must be a list; start each item with a hyphen",
    "dict_type": lambda _: "must be a mapping of keys; write key: value below it",
    "model_type": lambda _: "must be a mapping of keys; write key: value below it",
    "value_error": lambda detail: f"is not valid: {detail['ctx']['error']}",
}


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return f"“{visible(str(value), 60)}”"


def _subject(place: Path, value: Any) -> str:
    """Name a place as a person would: ``component pump-model: columns.label``."""
    if len(place) >= 2 and isinstance(place[1], int):
        item = _item(value, place)
        rest = _dotted(place[2:])
        return f"{item}: {rest}" if rest else item
    return _dotted(place)


def _item(value: Any, place: Path) -> str:
    section, position = str(place[0]), place[1]
    name = f"{section.removesuffix('s')} {int(position) + 1}"
    try:
        identifier = value[section][position]["id"]
    except (KeyError, IndexError, TypeError):
        return name
    return f"{name} ({visible(identifier, 64)})" if isinstance(identifier, str) else name


def _dotted(place: Path) -> str:
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f" item {part + 1}"
        else:
            text += f".{visible(part, 64)}" if text else visible(part, 64)
    return text


def _keys_at(place: Path) -> list[str]:
    """Return the keys allowed in the mapping at a place of the declaration."""
    model: type[BaseModel] = Declaration
    for part in place:
        if isinstance(part, str):
            model = _model_below(model, part)
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_below(model: type[BaseModel], key: str) -> type[BaseModel]:
    for name, field in model.model_fields.items():
        if (field.alias or name) == key:
            return _model_in(field.annotation) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, (_model_in(each) for each in get_args(annotation))), None)
