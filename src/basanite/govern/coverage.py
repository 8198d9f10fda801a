"""Coverage: lists of minimum elements, held against what a system's BOM says."""

from __future__ import annotations

from importlib.resources import files

from pydantic import ValidationError

from basanite.domain.assessment import Assessment
from basanite.domain.coverage import Coverage, Covered, ElementList
from basanite.domain.errors import UsageError
from basanite.govern.document import read_document
from basanite.govern.element_probes import PROBES


def builtin_lists() -> tuple[ElementList, ...]:
    """Return the lists that come with Basanite, by the name of their file."""
    folder = files("basanite.govern") / "minimum_elements"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".yaml"))
    return tuple(load_list((folder / name).read_bytes(), name) for name in names)


def load_list(data: bytes, source: str) -> ElementList:
    """Return the list that YAML bytes hold.

    Raises:
        UsageError: no YAML, no list, an id twice, or an element that nothing here looks for.
    """
    document = read_document(data, source)
    try:
        found = ElementList.model_validate(document.value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise UsageError(first["msg"], where=document.where(first["loc"])) from error
    ids = [each.id for each in found.elements]
    odd = [each for each in ids if ids.count(each) > 1 or each not in PROBES]
    if odd:
        raise UsageError(f"element {odd[0]} stands twice or is not known here", where=source)
    return found


def cover(assessment: Assessment, wanted: ElementList) -> Coverage:
    """Return which elements the BOM of an assessment has, each with its because. Pure."""
    answers = ((each, *PROBES[each.id](assessment)) for each in wanted.elements)
    return Coverage(
        list=wanted,
        covered=tuple(
            Covered(element=element, presence=presence, because=because)
            for element, presence, because in answers
        ),
    )
