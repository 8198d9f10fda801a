"""The boundary of inspection: checks are put to every part, and there always is an answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from basanite.domain.answer import Answer
from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.value import JsonObject
from basanite.formats.container.entry import Unlooked
from basanite.formats.container.walk import walk
from basanite.measure.inspection.collected import Collected
from basanite.measure.inspection.inspector import Inspector, holds_parts, looks_at

Asked = tuple[Inspector, JsonObject]
"""A check, and parameters that replace its defaults by name."""


def inspect(opened: OpenArtifact, asked: Sequence[Asked]) -> dict[str, Answer]:
    """Put checks to an artifact and to everything inside it, in one walk. Answers by check id.

    Bytes that cannot be read make an answer ``incomplete``; any other exception makes it an
    ``error`` that names the check. Where a check looks at nothing of the artifact, the answer is
    ``not-applicable``.
    """
    answers = {inspector.check.id: Collected() for inspector, _ in asked}
    walks = [each for each in asked if holds_parts(each[0], opened.artifact)]
    for part in _parts(opened, bool(walks)):
        if isinstance(part, Unlooked):
            for inspector, _ in walks:
                said = inspector.unlooked(part) if inspector.unlooked is not None else None
                answers[inspector.check.id].unlooked(part, said)
            continue
        for inspector, parameters in asked if part is opened else walks:
            if looks_at(inspector, part.artifact):
                answers[inspector.check.id].add(part.artifact, _one(part, inspector, parameters))
    form = opened.artifact.format.value
    return {
        name: each.answer(f"{name} looks at nothing of this {form}")
        for name, each in answers.items()
    }


def _parts(opened: OpenArtifact, inside: bool) -> Iterator[OpenArtifact | Unlooked]:
    yield opened
    if inside:
        yield from walk(opened.artifact, opened.file)


def _one(part: OpenArtifact, inspector: Inspector, parameters: JsonObject) -> Answer:
    check = inspector.check
    try:
        return inspector.inspect(part, {**check.parameters, **parameters})
    except UnreadableError as error:
        return Answer(outcome=Outcome.INCOMPLETE, reason=error.line()[:2000])
    except Exception as error:  # noqa: BLE001 - a broken check must become an error, not end the run
        words = visible(str(error), 300)
        return Answer(
            outcome=Outcome.ERROR,
            reason=f"the check {check.id} broke: {type(error).__name__}: {words}",
        )
