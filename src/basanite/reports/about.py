"""About: which results speak of a component, by name or through its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from basanite.domain.assessment import Assessment, Result
from basanite.domain.finding import Finding
from basanite.domain.outcome import Outcome

_NESTED = "!/"


@dataclass
class About:
    """What the results say of one component."""

    own: list[Result] = field(default_factory=list)
    """Results that name the component."""
    used: list[Result] = field(default_factory=list)
    """Results about another component that looked at a file of this one: a test set's model."""
    located: list[tuple[Result, Finding]] = field(default_factory=list)
    """Findings of those that were seen in this component's own files."""

    @property
    def touched(self) -> bool:
        """Return whether any result speaks of it."""
        return bool(self.own or self.used)


def about(assessment: Assessment) -> Mapping[str, About]:
    """Return what the results say of every component, by its id."""
    found = {part.id: About() for part in assessment.inventory.system.components}
    owners = {each.path: each.component for each in assessment.inventory.artifacts}
    for result in assessment.results:
        if result.component in found:
            found[result.component].own.append(result)
        if result.outcome is Outcome.SKIPPED:
            continue
        others = {owners.get(subject.name) for subject in result.subjects} - {result.component}
        for other in others & found.keys():
            if other is not None:
                found[other].used.append(result)
                found[other].located += _located(result, owners, other)
    return found


def _located(
    result: Result, owners: Mapping[str, str | None], component: str
) -> list[tuple[Result, Finding]]:
    return [
        (result, each)
        for each in result.findings
        if owners.get(each.location.path.split(_NESTED, 1)[0]) == component
    ]
