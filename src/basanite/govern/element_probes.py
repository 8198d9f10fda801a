"""Probes: one question to an assessment for each minimum element of a BOM.

Each says how far the element is in the BOM, and what is there or where it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from basanite.domain.artifact import Artifact
from basanite.domain.assessment import Assessment
from basanite.domain.check import Need
from basanite.domain.claims import Claims, claims_of, quantised
from basanite.domain.coverage import Presence
from basanite.domain.inventory import HostState
from basanite.domain.measurement import Measurement
from basanite.domain.system import Component, ComponentKind, DatasetRole

Answer = tuple[Presence, str]
Probe = Callable[[Assessment], Answer]
_SECURITY = frozenset({"ATLAS", "OWASP-LLM-2025"})
"""A campaign against an endpoint that answers a risk of these lists measures security."""
_SHOWN = 5


def _present(because: str) -> Probe:
    return lambda _: (Presence.PRESENT, because)


def _missing(because: str) -> Probe:
    return lambda _: (Presence.MISSING, because)


def _partly(because: str) -> Probe:
    return lambda _: (Presence.PARTLY, because)


def share(what: str, found: Mapping[str, bool]) -> Answer:
    """Return how far something is there for things of a name: all, some or none of them."""
    lacking = [name for name, there in found.items() if not there]
    if not found:
        return Presence.MISSING, f"the system has no {what}"
    if not lacking:
        return Presence.PRESENT, f"for all {len(found)}: {_names(list(found))}"
    if len(lacking) == len(found):
        return Presence.MISSING, f"for none of {len(found)}: {_names(lacking)}"
    return (
        Presence.PARTLY,
        f"for {len(found) - len(lacking)} of {len(found)}; not for {_names(lacking)}",
    )


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return shown if len(names) <= _SHOWN else f"{shown} and {len(names) - _SHOWN} more"


def _each(
    kind: ComponentKind,
    what: str,
    test: Callable[[Assessment, Component, tuple[Artifact, ...]], bool],
) -> Probe:
    """A probe that asks every component of a kind."""

    def probe(assessment: Assessment) -> Answer:
        inventory = assessment.inventory
        return share(
            what,
            {
                part.id: test(assessment, part, inventory.of_component(part.id))
                for part in inventory.system.components
                if part.kind is kind
            },
        )

    return probe


def _model(test: Callable[[Component, tuple[Artifact, ...], Claims], bool]) -> Probe:
    return _each(
        ComponentKind.MODEL, "model", lambda _, part, held: test(part, held, claims_of(held))
    )


def _dataset(test: Callable[[Component, tuple[Artifact, ...]], bool]) -> Probe:
    return _each(ComponentKind.DATASET, "dataset", lambda _, part, held: test(part, held))


def _has(held: Sequence[Artifact], *names: str) -> bool:
    return any(each.facts.get(name) for each in held for name in names)


def _edges(assessment: Assessment) -> Answer:
    parts = assessment.inventory.system.components
    serving = sum(bool(part.serves) for part in parts)
    packages = assessment.inventory.dependencies
    open_ends = sum(not each.resolved for each in packages)
    told = f"{serving} of {len(parts)} components say what they serve"
    if not open_ends:
        return Presence.PRESENT, told
    return Presence.PARTLY, f"{told}; {open_ends} packages come from files that resolve nothing"


def _components(assessment: Assessment) -> Answer:
    inventory = assessment.inventory
    told = f"{len(inventory.system.components)} declared, {len(inventory.artifacts)} files"
    if inventory.unseen:
        return Presence.PARTLY, f"{told}; {len(inventory.unseen)} could not be looked at"
    return Presence.PRESENT, told


def _producer(assessment: Assessment) -> Answer:
    owner = assessment.inventory.system.owner.name
    return Presence.PARTLY, f"who answers for it is named ({owner}), who made it is not"


def _data_flow(assessment: Assessment) -> Answer:
    parts = assessment.inventory.system.components
    serving = [part.id for part in parts if part.serves or part.endpoint]
    if not serving:
        return Presence.MISSING, "no component says what it serves, none has an endpoint"
    return Presence.PARTLY, f"which part serves which, and endpoints: {_names(serving)}"


def _data_usage(assessment: Assessment) -> Answer:
    roles = [part.id for part in assessment.inventory.system.components if part.role]
    if not roles:
        return Presence.MISSING, "no dataset has a role"
    return Presence.PARTLY, f"by role for {_names(roles)}; nothing on personal data"


def _input_output(assessment: Assessment) -> Answer:
    return (
        Presence.PARTLY,
        f"what it decides: {assessment.inventory.system.use_case.decides}",
    )


def _model_properties(assessment: Assessment, part: Component, held: tuple[Artifact, ...]) -> bool:
    measured = any(
        result.component == part.id and result.measurements for result in assessment.results
    )
    known = _has(held, "architecture", "parameters", "operators") or bool(claims_of(held).told)
    return measured or known


def _provenance(assessment: Assessment) -> Answer:
    presence, because = _dataset(lambda part, _: bool(part.provider))(assessment)
    if presence is Presence.PRESENT:
        return Presence.PARTLY, f"the provider {because}; not how and when it was collected"
    return presence, f"provider {because}"


def _statistics(assessment: Assessment) -> Answer:
    presence, because = _dataset(lambda _, held: bool(held))(assessment)
    if presence is Presence.MISSING:
        return presence, because
    return Presence.PARTLY, f"size {because}; no noise, no bias, no classes"


def _infrastructure(assessment: Assessment) -> Answer:
    packages = assessment.inventory.dependencies
    if not packages:
        return Presence.MISSING, "no requirements or lock file names a package"
    versions = sum(bool(each.version) for each in packages)
    told = f"{versions} of {len(packages)} packages have an exact version"
    return (Presence.PRESENT if versions == len(packages) else Presence.PARTLY), told


def _hardware(assessment: Assessment) -> Answer:
    inventory = assessment.inventory
    hosts = [each.id for each in inventory.system.components if each.kind is ComponentKind.HOST]
    read = [fact.name for fact in inventory.host if fact.state is HostState.READ]
    if hosts or read:
        told = [f"declared hosts: {_names(hosts)}"] if hosts else []
        told += [f"{len(read)} facts of the machine that assessed it"] if read else []
        return Presence.PARTLY, "; ".join(told)
    return Presence.MISSING, "no host is declared, and no fact of one was read"


def _controls(assessment: Assessment) -> Answer:
    use = assessment.inventory.system.use_case
    return Presence.PARTLY, f"only how people override it: {use.override}"


def _compliance(assessment: Assessment) -> Answer:
    packs = [f"{each.title} ({each.version})" for each in assessment.packs]
    if not packs:
        return Presence.MISSING, "no guidance pack applies to it"
    return Presence.PRESENT, f"{len(assessment.verdicts)} verdicts on {_names(packs)}"


def _policy(assessment: Assessment) -> Answer:
    contact = assessment.inventory.system.owner.contact
    if contact:
        return Presence.PARTLY, f"a contact ({contact}), no policy"
    return Presence.MISSING, "neither a contact nor a policy is named"


def _vulnerabilities(assessment: Assessment) -> Answer:
    named = {
        reference.id
        for result in assessment.results
        for finding in result.findings
        for reference in finding.rule.references
        if reference.scheme == "CVE"
    }
    if assessment.feeds:
        return Presence.PRESENT, f"feeds: {_names(sorted(assessment.feeds))}"
    if named:
        return Presence.PARTLY, f"findings name {_names(sorted(named))}; no feed was read"
    return Presence.MISSING, "no feed of advisories was read"


def _measured(assessment: Assessment, *, security: bool) -> list[Measurement]:
    found: list[Measurement] = []
    for result in assessment.results:
        check = assessment.check(result.check)
        attacks = (
            check is not None
            and Need.NETWORK in check.needs
            and any(each.scheme in _SECURITY for each in check.references)
        )
        if attacks is security:
            found += result.measurements
    return found


def _kpis(*, security: bool) -> Probe:
    def probe(assessment: Assessment) -> Answer:
        found = _measured(assessment, security=security)
        if not found:
            return Presence.MISSING, "nothing of the kind was measured"
        return Presence.PRESENT, f"with intervals: {_names([each.title for each in found])}"

    return probe


def _parts(test: Callable[[Assessment, Component], bool], packages: bool | None) -> Probe:
    """A probe over declared components, and over packages where ``packages`` says how they fare."""

    def probe(assessment: Assessment) -> Answer:
        inventory = assessment.inventory
        found = {part.id: test(assessment, part) for part in inventory.system.components}
        if packages is not None:
            found |= {f"{each.name}": packages for each in inventory.dependencies}
        return share("component", found)

    return probe


def _versions(assessment: Assessment) -> Answer:
    inventory = assessment.inventory
    found = {
        part.id: bool(part.version or claims_of(inventory.of_component(part.id)).text("version"))
        for part in inventory.system.components
    }
    return share("component", found | {e.name: bool(e.version) for e in inventory.dependencies})


def _hashes(assessment: Assessment) -> Answer:
    inventory = assessment.inventory
    found = {
        part.id: bool(inventory.of_component(part.id))
        for part in inventory.system.components
        if part.paths
    }
    return share("component", found | {e.name: bool(e.hashes) for e in inventory.dependencies})


def _closure(assessment: Assessment) -> Answer:
    inventory = assessment.inventory
    open_ends = sorted({each.source for each in inventory.dependencies if not each.resolved})
    if open_ends:
        return Presence.PARTLY, f"what packages need is not resolved in {_names(open_ends)}"
    if inventory.unseen:
        return Presence.PARTLY, f"{len(inventory.unseen)} files or folders were not seen"
    return Presence.PRESENT, "every file was seen, and every package comes from a lock file"


def _licensed(assessment: Assessment, part: Component) -> bool:
    held = assessment.inventory.of_component(part.id)
    return bool(part.licence or claims_of(held).text("licence"))


def _context(assessment: Assessment) -> Answer:
    return Presence.PRESENT, f"as {assessment.inventory.system.environment.value}"


PROBES: Mapping[str, Probe] = MappingProxyType(
    {
        "sbom-author": lambda a: (Presence.PRESENT, a.inventory.system.owner.name),
        "sbom-version": _present("edition 1 under a serial number made from the contents"),
        "sbom-format-name": _present("CycloneDX or SPDX"),
        "sbom-format-version": _present("CycloneDX 1.7 or SPDX 3.0.1"),
        "sbom-signature": _partly(
            "the evidence behind it is signed; the document only when written with --sign"
        ),
        "sbom-tool-name": lambda a: (Presence.PRESENT, a.tool.name),
        "sbom-tool-version": lambda a: (Presence.PRESENT, a.tool.version),
        "sbom-context": _context,
        "sbom-timestamp": lambda a: (Presence.PRESENT, a.time.isoformat(timespec="seconds")),
        "sbom-dependencies": _edges,
        "system-name": lambda a: (Presence.PRESENT, a.inventory.system.title),
        "system-components": _components,
        "system-producer": _producer,
        "system-version": lambda a: (
            Presence.PARTLY,
            f"no release is named; entry {a.head.number} of the ledger fixes the state",
        ),
        "system-timestamp": _missing("neither build nor release time is known"),
        "system-data-flow": _data_flow,
        "system-data-usage": _data_usage,
        "system-input-output": _input_output,
        "system-application-area": lambda a: (
            Presence.PRESENT,
            a.inventory.system.sector.value,
        ),
        "model-name": _model(lambda part, *_: bool(part.title or part.id)),
        "model-identifier": _model(
            lambda _, held, claims: bool(claims.text("url")) or len(held) == 1
        ),
        "model-version": _model(lambda p, _, claims: bool(p.version or claims.text("version"))),
        "model-timestamp": _model(
            lambda _, __, claims: bool(
                claims.text("date") or any("ended" in run for _, run in claims.runs())
            )
        ),
        "model-producer": _model(
            lambda p, _, claims: bool(p.provider or claims.text("organization", "author"))
        ),
        "model-description": _model(
            lambda p, _, claims: bool(p.task or claims.text("description", "task"))
        ),
        "model-hash-value": _model(lambda _, held, __: bool(held)),
        "model-hash-algorithm": _model(lambda _, held, __: bool(held)),
        "model-properties": _each(ComponentKind.MODEL, "model", _model_properties),
        "model-input-output": _model(
            lambda _, held, claims: _has(held, "inputs", "outputs") or bool(claims.text("task"))
        ),
        "model-training": _model(
            lambda _, held, claims: bool(
                claims.runs() or claims.ancestors() or claims.text("finetune") or quantised(held)
            )
        ),
        "model-license": _each(ComponentKind.MODEL, "model", lambda a, part, _: _licensed(a, part)),
        "model-references": _model(
            lambda _, __, claims: bool(claims.text("url", "source", "licence_link"))
        ),
        "dataset-name": _dataset(lambda part, _: bool(part.title or part.id)),
        "dataset-description": _dataset(lambda part, _: bool(part.title and part.role)),
        "dataset-content": _dataset(lambda _, held: bool(held)),
        "dataset-identifier": _dataset(lambda _, held: len(held) == 1),
        "dataset-hash": _dataset(lambda _, held: bool(held)),
        "dataset-provenance": _provenance,
        "dataset-statistics": _statistics,
        "dataset-sensitivity": _missing("the manifest has no key for it"),
        "dataset-dependencies": _dataset(
            lambda part, _: bool(part.serves and part.role not in (None, DatasetRole.OTHER))
        ),
        "dataset-license": _dataset(lambda part, _: bool(part.licence)),
        "infrastructure-software": _infrastructure,
        "infrastructure-hardware": _hardware,
        "security-controls": _controls,
        "security-compliance": _compliance,
        "cybersecurity-policy": _policy,
        "vulnerability-references": _vulnerabilities,
        "security-metrics": _kpis(security=True),
        "operational-kpis": _kpis(security=False),
        "software-producer": _parts(lambda _, part: bool(part.provider), packages=False),
        "component-name": _parts(lambda _, part: bool(part.title or part.id), packages=True),
        "component-version": _versions,
        "software-identifiers": _parts(
            lambda a, part: bool(a.inventory.of_component(part.id) or part.endpoint), packages=True
        ),
        "component-hash": _hashes,
        "license": _parts(_licensed, packages=False),
        "coverage": _closure,
        "known-unknowns": _present("unseen files and unresolved packages are told in the BOM"),
    }
)
"""The probe of each element, by its id."""
