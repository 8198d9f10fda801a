"""Change: how a question differs from the one that was answered before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from basanite.domain.evidence import Question
from basanite.domain.names import visible

_SHOWN = 3


def differences(before: Question, now: Question) -> str:
    """Return in words what is not as it was; ``new`` when nothing explains the difference."""
    return "; ".join(_changes(before, now)) or "new"


def _changes(before: Question, now: Question) -> Iterator[str]:
    old = {subject.name: subject.sha256 for subject in before.subjects}
    new = {subject.name: subject.sha256 for subject in now.subjects}
    if subjects := _changed(old, new):
        yield f"subject changed: {_listed(subjects)}"
    if parameters := _changed(before.parameters, now.parameters):
        yield f"parameters changed: {_listed(parameters)}"
    if before.version != now.version:
        yield f"check version {before.version} → {now.version}"
    for name in _changed(before.readers, now.readers):
        was, is_now = before.readers.get(name), now.readers.get(name)
        if was is None:
            yield f"reader {name} added"
        elif is_now is None:
            yield f"reader {name} removed"
        else:
            yield f"reader {name} {was} → {is_now}"
    for name in _changed(before.feeds, now.feeds):
        yield f"feed {name} changed"


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    missing = object()
    return [
        name
        for name in sorted(before.keys() | now.keys())
        if before.get(name, missing) != now.get(name, missing)
    ]


def _listed(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return visible(", ".join(names[:_SHOWN])) + (f" and {more} more" if more > 0 else "")
