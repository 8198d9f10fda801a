"""The packages and files of an SPDX 3 document: models, datasets, services, code, dependencies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from basanite.domain.artifact import MODEL_FORMATS, Artifact, Format
from basanite.domain.assessment import Assessment
from basanite.domain.claims import claims_of
from basanite.domain.inventory import Dependency
from basanite.domain.system import Component, ComponentKind
from basanite.reports import words
from basanite.reports.bounds import asked, said
from basanite.reports.model_card import limitations, measured, parameters_of, shapes
from basanite.reports.package_url import package_url
from basanite.reports.pedigree import remarks, web_address
from basanite.reports.spdx_graph import Graph, entry, reference, sha256

_PURPOSES = {
    ComponentKind.PROMPT: "configuration",
    ComponentKind.CODE: "application",
    ComponentKind.AGENT: "application",
    ComponentKind.HOST: "device",
    ComponentKind.PROVIDER: "platform",
    ComponentKind.SERVICE: "other",
}
_TABLES = {Format.CSV, Format.PARQUET}


def package_of(graph: Graph, assessment: Assessment, part: Component) -> str:
    """Add a declared part with its licences and return its identity."""
    files = assessment.inventory.of_component(part.id)
    claims = claims_of(files)
    supplier = part.provider or claims.text("organization", "author")
    fields: dict[str, Any] = {
        "name": part.title or part.id,
        "software_packageVersion": part.version or claims.text("version"),
        "description": claims.text("description"),
        "suppliedBy": graph.agent(supplier) if supplier else "",
        "verifiedUsing": sha256(files[0].sha256) if len(files) == 1 else [],
        "externalRef": _references(part, claims.text("url"), claims.text("licence_link")),
    }
    if part.kind is ComponentKind.MODEL:
        kind, fields = "ai_AIPackage", fields | _model(assessment, part, files)
    elif part.kind is ComponentKind.DATASET:
        kind, fields = "dataset_DatasetPackage", fields | _dataset(part, files)
    else:
        kind = "software_Package"
        fields["software_primaryPurpose"] = _PURPOSES[part.kind]
        if part.kind is ComponentKind.SERVICE:
            fields["summary"] = "A service that answers at an address."
        told = [f"{result.check}: {said(each)}" for result, each in measured(assessment, part.id)]
        fields["comment"] = "\n".join(told)
    identity = graph.add(kind, f"part/{part.id}", **fields)
    graph.license(identity, part.licence or claims.text("licence"))
    return identity


def _references(part: Component, website: str, licence: str) -> list[dict[str, Any]]:
    found = []
    if part.endpoint is not None:
        found.append(reference("other", words.iri(part.endpoint.url)))
    for kind, address in (("altWebPage", web_address(website)), ("license", web_address(licence))):
        if address:
            found.append(reference(kind, address))
    return found


def _model(assessment: Assessment, part: Component, files: Sequence[Artifact]) -> dict[str, Any]:
    """The fields of the AI profile. What nobody said is left out, or said to be no assertion."""
    system = assessment.inventory.system
    use = system.use_case
    parameters = parameters_of(files)
    types = [
        part.task.value if part.task else parameters.get("task", ""),
        parameters.get("architectureFamily", ""),
        parameters.get("modelArchitecture", ""),
    ]
    application = [
        system.purpose,
        use.decides,
        f"Affects: {use.affects}",
        f"Override: {use.override}",
        *(f"Input: {line}" for each in files for line in shapes(each, "inputs")),
        *(f"Output: {line}" for each in files for line in shapes(each, "outputs")),
    ]
    runs = [
        f"Made by run {run['id']} of {run.get('tool', 'a tool')}, as {artifact.path} declares."
        for artifact, run in claims_of(files).runs()
    ]
    found = measured(assessment, part.id)
    return {
        "software_primaryPurpose": "model",
        "ai_domain": [system.sector.value],
        "ai_typeOfModel": list(dict.fromkeys(filter(None, types))),
        "ai_informationAboutApplication": "\n".join(application),
        "ai_informationAboutTraining": "\n".join([*remarks(files), *runs]),
        "ai_limitation": "\n".join(dict.fromkeys(limitations(assessment, part.id))),
        "ai_metric": [entry(f"{result.check}/{each.name}", said(each)) for result, each in found],
        "ai_metricDecisionThreshold": [
            entry(f"{result.check}/{each.name}", asked(each.bound, each.unit))
            for result, each in found
            if each.bound is not None
        ],
        "ai_autonomyType": "noAssertion",
        "ai_useSensitivePersonalInformation": "noAssertion",
    }


def _dataset(part: Component, files: Sequence[Artifact]) -> dict[str, Any]:
    """The fields of the Dataset profile."""
    types = ["structured"] if files and all(each.format in _TABLES for each in files) else []
    if types and part.columns.time:
        types.append("timeseries")
    used = f"{part.role.value} data" if part.role else ""
    serves = f" for {words.listed(list(part.serves))}" if part.serves and used else ""
    return {
        "software_primaryPurpose": "data",
        "dataset_datasetType": types or ["noAssertion"],
        "dataset_datasetSize": sum(each.size for each in files) if files else None,
        "dataset_intendedUse": used + serves,
        "dataset_hasSensitivePersonalInformation": "noAssertion",
    }


def ancestor_package(graph: Graph, part: Component, told: dict[str, str]) -> str:
    """Add a model that another one declares as its ancestor, and return its identity."""
    address = web_address(told.get("url", ""))
    organization = told.get("organization", "")
    identity = graph.add(
        "ai_AIPackage",
        f"ancestor/{part.id}/{told['name']}/{told.get('version', '')}",
        name=told["name"],
        comment="Declared by the model's files, not verified.",
        software_primaryPurpose="model",
        software_packageVersion=told.get("version", ""),
        suppliedBy=graph.agent(organization) if organization else "",
        externalRef=[reference("altWebPage", address)] if address else [],
    )
    graph.license(identity, "")
    return identity


def file_element(graph: Graph, artifact: Artifact) -> str:
    """Add a file with its digest and return its identity."""
    return graph.add(
        "software_File",
        f"file/{artifact.path}",
        name=artifact.path,
        summary=f"{artifact.format.value}, {artifact.size} bytes",
        comment=artifact.note,
        software_fileKind="file",
        software_primaryPurpose="model" if artifact.format in MODEL_FORMATS else "file",
        verifiedUsing=sha256(artifact.sha256),
    )


def dependency_packages(
    graph: Graph, dependencies: Iterable[Dependency]
) -> Iterator[tuple[Dependency, str]]:
    """Add every package once; yield each dependency with the identity of its package."""
    for each in dependencies:
        purl = package_url(each)
        yield (
            each,
            graph.add(
                "software_Package",
                f"package/{purl}",
                name=each.name,
                software_primaryPurpose="library",
                software_packageVersion=each.version,
                software_packageUrl=purl,
            ),
        )
