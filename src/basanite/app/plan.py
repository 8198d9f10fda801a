"""Plan: from an inventory and the catalogs to the questions that need an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from basanite.app.behaviour import runtime
from basanite.app.signatures import presets
from basanite.domain.check import Check, Need
from basanite.domain.evidence import Question
from basanite.domain.inventory import Case, Inventory, Subject
from basanite.domain.plan import Planned
from basanite.domain.system import ComponentKind, Override, System
from basanite.domain.value import digest_of
from basanite.formats.facts import READERS
from basanite.measure.evaluation.catalog import CAMPAIGNS, EVALUATORS
from basanite.measure.inspection.catalog import INSPECTORS
from basanite.measure.inspection.inspector import concerns
from basanite.measure.monitoring.catalog import MONITORS

Permit = Callable[[Check, str | None], str]
"""Says why a check may not touch a component's endpoint; empty when it may."""


def all_checks() -> dict[str, Check]:
    """Return every check that exists, by id, in the order of the catalogs."""
    checks = [
        *(each.check for each in INSPECTORS),
        *(each.check for each in EVALUATORS),
        *(each.check for each in CAMPAIGNS),
        *(each.check for each in MONITORS),
    ]
    return {check.id: check for check in checks}


def plan(
    inventory: Inventory, *, today: date, feeds: Mapping[str, str], permit: Permit
) -> tuple[Planned, ...]:
    """Return every question that the system, as it is, has to answer."""
    planned = _Planner(inventory.system, today, feeds, permit)
    campaigns = [(each.check, list(each.cases(inventory))) for each in CAMPAIGNS]
    family = sum(not case.skipped for _, cases in campaigns for case in cases)
    return (
        *planned.inspections(inventory),
        *(q for e in EVALUATORS for c in e.cases(inventory) for q in planned.one(e.check, c)),
        *(
            question
            for check, cases in campaigns
            for case in cases
            for question in planned.one(check, case, {"family": max(1, family)})
        ),
        *(q for m in MONITORS for c in m.cases(inventory) for q in planned.one(m.check, c)),
    )


class _Planner:
    """Puts parameters, shelf lives and permissions to cases."""

    def __init__(
        self, system: System, today: date, feeds: Mapping[str, str], permit: Permit
    ) -> None:
        self._system = system
        self._today = today
        self._feeds = feeds
        self._permit = permit

    def inspections(self, inventory: Inventory) -> Iterator[Planned]:
        """Yield one question per artifact and inspection check that looks at its format."""
        models = {c.id for c in self._system.components if c.kind is ComponentKind.MODEL}
        for artifact in inventory.artifacts:
            preset = {
                "declared_model": artifact.component in models,
                **presets(artifact, inventory.artifacts),
            }
            for inspector in INSPECTORS:
                if concerns(inspector, artifact):
                    case = Case(
                        component=artifact.component,
                        subjects=(Subject(name=artifact.path, sha256=artifact.sha256),),
                        inputs={"artifact": artifact.path},
                    )
                    yield from self.one(inspector.check, case, preset)

    def one(
        self, check: Check, case: Case, preset: Mapping[str, Any] | None = None
    ) -> Iterable[Planned]:
        """Return the planned question of a case, as a list of one."""
        overrides = [o for o in self._overrides(check, case.component) if o.expires >= self._today]
        parameters = {**check.parameters}
        for threshold in self._system.thresholds:
            if threshold.check == check.id and threshold.component in (None, case.component):
                parameters.update(threshold.parameters)
        for override in overrides:
            parameters.update(override.parameters)
        # Last, since a site has no say in them: how many campaigns share one error, say.
        parameters.update({k: v for k, v in (preset or {}).items() if k in check.parameters})
        if case.context:
            # The context may hold canaries and prompts: evidence names it by digest only.
            parameters["context"] = digest_of(case.context)
        named = {subject.name for subject in case.subjects}
        question = Question(
            check=check.id,
            version=check.version,
            subjects=case.subjects,
            inputs={part: n for part, n in case.inputs.items() if n in named},
            parameters=parameters,
            sampling=check.sampling,
            feeds={name: self._feeds[name] for name in check.feeds if name in self._feeds},
            readers={**{name: READERS[name] for name in check.readers}, **runtime(check.id)},
        )
        days = [o.shelf_life_days for o in overrides if o.shelf_life_days]
        life = check.shelf_life.of(self._system.tier)
        refused = ""
        if check.needs - {Need.READ}:
            refused = self._permit(check, case.component)
        return [
            Planned(
                check=check,
                component=case.component,
                question=question,
                inputs=case.inputs,
                context=case.context,
                shelf_life=life if not days else life / life.days * min(days),
                skipped=case.skipped or refused,
            )
        ]

    def _overrides(self, check: Check, component: str | None) -> list[Override]:
        return [
            override
            for override in self._system.overrides
            if override.check == check.id and override.component in (None, component)
        ]
