"""The manifest: ``basanite.yaml``, read as data from a stranger.

All that is wrong is said at once, each problem with its line and what to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from basanite.domain.errors import UsageError
from basanite.domain.names import visible
from basanite.domain.system import (
    Columns,
    Component,
    Endpoint,
    Override,
    Owner,
    System,
    Threshold,
    UseCase,
)
from basanite.domain.value import digest_of
from basanite.formats.problem import LineProblem
from basanite.map.complaint import complaints
from basanite.map.declaration import ComponentPart, Declaration, OverridePart, ThresholdPart
from basanite.map.document import DocumentError, read_document
from basanite.map.references import problems_of

MANIFEST_NAME = "basanite.yaml"
MAX_SHOWN = 100
"""More problems than a person mends in one go; past it the message says how many are left out."""


class ManifestError(UsageError):
    """The manifest cannot be used. ``problems`` holds every reason with its line."""

    def __init__(self, source: str, problems: Collection[LineProblem]) -> None:
        self.source = visible(source)
        self.problems = tuple(sorted(problems, key=lambda each: each.line))
        count = len(self.problems)
        super().__init__(
            f"The manifest has {count} problem{'' if count == 1 else 's'}", where=self.source
        )

    def line(self) -> str:
        """Return one line for every problem: file, line, what is wrong and what to do."""
        shown = [
            f"{self.source}:{each.line}: {each.message}"
            if each.line
            else f"{self.source}: {each.message}"
            for each in self.problems[:MAX_SHOWN]
        ]
        left = len(self.problems) - len(shown)
        return "\n".join([*shown, f"{self.source}: and {left} more problems"] if left else shown)


@dataclass(frozen=True)
class Manifest:
    """A system as its operator declares it, and what a grant can be bound to."""

    system: System
    sha256: str
    """Digest of the file's bytes."""
    excludes: tuple[str, ...]
    """Patterns (`basanite.map.paths.Pattern`) of what is no part of the system."""
    parts: Mapping[str, str]
    """Digest of each component's declaration, by its id."""


def parse_manifest(
    data: bytes,
    source: str = MANIFEST_NAME,
    *,
    known_checks: Mapping[str, Collection[str]] | None = None,
    known_packs: Collection[str] | None = None,
) -> Manifest:
    """Return the manifest that a file holds.

    ``source`` is the file's name in messages. ``known_checks`` maps ids of checks to the names of
    their parameters; without it, and without ``known_packs``, such names are not judged.

    Raises:
        ManifestError: with every problem of the file.
    """
    try:
        document = read_document(data)
    except DocumentError as error:
        raise ManifestError(source, [error.problem]) from None
    if not isinstance(document.value, dict):
        what = "The file is empty" if document.value is None else "The file is no mapping of keys"
        remedy = "run `basanite init` to write a first one, or start with schema: and system:"
        raise ManifestError(source, [LineProblem(1, f"{what}; {remedy}")])
    problems = list(document.problems)
    try:
        declared = Declaration.model_validate(document.value)
    except ValidationError as error:
        raise ManifestError(source, [*problems, *complaints(error, document)]) from None
    problems += problems_of(declared, document.lines, known_checks, known_packs)
    if problems:
        raise ManifestError(source, problems)
    system = system_of(declared)
    return Manifest(
        system=system,
        sha256=hashlib.sha256(data).hexdigest(),
        excludes=tuple(dict.fromkeys(declared.excludes)),
        parts={part.id: digest_of(part.model_dump(mode="json")) for part in system.components},
    )


def system_of(declared: Declaration) -> System:
    """Return the domain's system for a declaration whose references hold."""
    about = declared.system
    return System(
        id=about.id,
        title=about.title,
        purpose=about.purpose,
        sector=about.sector,
        tier=about.tier,
        environment=about.environment,
        owner=Owner(name=about.owner.name, contact=about.owner.contact),
        use_case=UseCase(
            decides=about.use_case.decides,
            affects=about.use_case.affects,
            high_impact=about.use_case.high_impact,
            override=about.use_case.override,
        ),
        components=tuple(_component(part) for part in declared.components),
        packs=tuple(declared.packs),
        thresholds=tuple(_threshold(part) for part in declared.thresholds),
        overrides=tuple(_override(part) for part in declared.overrides),
    )


def _component(part: ComponentPart) -> Component:
    at = part.endpoint
    return Component(
        id=part.id,
        kind=part.kind,
        title=part.title,
        paths=tuple(dict.fromkeys([*([part.path] if part.path else []), *part.paths])),
        provider=part.provider,
        version=part.version,
        licence=part.licence,
        role=part.role,
        serves=tuple(dict.fromkeys(part.serves)),
        task=part.task,
        columns=Columns(
            label=part.columns.label,
            time=part.columns.time,
            features=tuple(part.columns.features),
        ),
        endpoint=None
        if at is None
        else Endpoint(url=at.url, protocol=at.protocol, model=at.model, enabled=at.enabled),
        canaries=tuple(part.canaries),
    )


def _threshold(part: ThresholdPart) -> Threshold:
    return Threshold(check=part.check, component=part.component, parameters=part.parameters)


def _override(part: OverridePart) -> Override:
    return Override(
        check=part.check,
        component=part.component,
        parameters=part.parameters,
        shelf_life_days=part.shelf_life_days,
        reason=part.reason,
        approved_by=part.approved_by,
        expires=part.expires,
    )
