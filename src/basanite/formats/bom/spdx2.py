"""Reader of SPDX 2.2 and 2.3 JSON. Source: the SPDX specification 2.3 and its JSON schema."""

from __future__ import annotations

from typing import Any

from basanite.domain.bom import Bom, BomComponent, BomFormat
from basanite.formats.bom.gathering import (
    Gathering,
    digest,
    facts,
    known,
    mapping,
    objects,
    text,
    texts,
)

_KINDS = {"operating-system": "operating-system", "source": "file", "archive": "file"}
_FORWARD = {
    "DEPENDS_ON", "CONTAINS", "DESCENDANT_OF", "DYNAMIC_LINK", "STATIC_LINK", "GENERATED_FROM",
    "HAS_PREREQUISITE",
}  # fmt: skip
_BACKWARD = {
    "DEPENDENCY_OF", "CONTAINED_BY", "BUILD_DEPENDENCY_OF", "DEV_DEPENDENCY_OF",
    "OPTIONAL_DEPENDENCY_OF", "PROVIDED_DEPENDENCY_OF", "RUNTIME_DEPENDENCY_OF",
    "TEST_DEPENDENCY_OF", "ANCESTOR_OF", "GENERATES", "PREREQUISITE_FOR",
}  # fmt: skip


def looks_like_spdx2(body: dict[str, Any]) -> bool:
    """Return whether a JSON object says that it is SPDX 2."""
    return isinstance(body.get("spdxVersion"), str) and body["spdxVersion"].startswith("SPDX-2.")


def read_spdx2(body: dict[str, Any]) -> Bom:
    """Return what a document lists. Whatever is malformed is told among the problems."""
    gathered = Gathering()
    version = text(body.get("spdxVersion"), 40).removeprefix("SPDX-")
    if version not in {"2.2", "2.3"}:
        gathered.problem(f"SPDX {version} is read as if it were 2.3")
    for key, read in (("packages", _package), ("files", _file)):
        listed = body.get(key)
        if listed is not None and not isinstance(listed, list):
            gathered.problem(f"{key} is no list")
        for number, each in enumerate(listed if isinstance(listed, list) else []):
            component = read(each, f"{key}#{number}") if isinstance(each, dict) else None
            if component is None:
                gathered.problem(f"an entry of {key} has no name")
            else:
                gathered.add(component)
    described = [*texts(body.get("documentDescribes"))]
    document = text(body.get("SPDXID")) or "SPDXRef-DOCUMENT"
    for each in objects(body.get("relationships")):
        source = text(each.get("spdxElementId"))
        target = text(each.get("relatedSpdxElement"))
        kind = text(each.get("relationshipType"), 60)
        if kind == "DESCRIBES" and source == document:
            described.append(target)
        elif kind in _FORWARD and known(target):
            gathered.edge(source, target)
        elif kind in _BACKWARD and known(target):
            gathered.edge(target, source)
    for package in objects(body.get("packages")):
        for name in texts(package.get("hasFiles")):
            gathered.edge(text(package.get("SPDXID")), name)
    components, edges = gathered.finish()
    names = {each.ref: each.name for each in components}
    creation = mapping(body.get("creationInfo"))
    return Bom(
        format=BomFormat.SPDX,
        spec_version=version,
        identity=text(body.get("documentNamespace")),
        subject=next((names[ref] for ref in described if ref in names), text(body.get("name"))),
        created=text(creation.get("created"), 60),
        tools=tuple(
            each.removeprefix("Tool:").strip()
            for each in texts(creation.get("creators"))
            if each.startswith("Tool:")
        )[:20],
        components=components,
        edges=edges,
        problems=gathered.told(),
    )


def _package(found: dict[str, Any], otherwise: str) -> BomComponent | None:
    name = text(found.get("name"))
    if not name:
        return None
    purls = [
        text(each.get("referenceLocator"))
        for each in objects(found.get("externalRefs"))
        if text(each.get("referenceType")) == "purl"
    ]
    purpose = text(found.get("primaryPackagePurpose"), 60).lower().replace("_", "-")
    return BomComponent(
        ref=text(found.get("SPDXID")) or otherwise,
        name=name,
        kind=_KINDS.get(purpose, purpose if purpose != "other" else ""),
        version=text(found.get("versionInfo")),
        purl=purls[0] if purls else "",
        supplier=_agent(found.get("supplier")) or _agent(found.get("originator")),
        licences=_licences(found.get("licenseDeclared"), found.get("licenseConcluded")),
        hashes=_hashes(found.get("checksums")),
        facts=facts(description=found.get("description")) if purpose == "other" else {},
    )


def _file(found: dict[str, Any], otherwise: str) -> BomComponent | None:
    name = text(found.get("fileName"))
    if not name:
        return None
    concluded = found.get("licenseConcluded")
    return BomComponent(
        ref=text(found.get("SPDXID")) or otherwise,
        name=name.removeprefix("./"),
        kind="file",
        licences=_licences(concluded, *texts(found.get("licenseInfoInFiles"))),
        hashes=_hashes(found.get("checksums")),
    )


def _agent(value: Any) -> str:
    said = known(value)
    for prefix in ("Organization:", "Person:", "Tool:"):
        said = said.removeprefix(prefix).strip()
    return said


def _licences(*values: Any) -> tuple[str, ...]:
    """The declared licence, else the concluded one; SPDX says NOASSERTION where it knows none."""
    return next(((said,) for said in map(known, values) if said), ())


def _hashes(listed: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in objects(listed):
        found |= digest(each.get("algorithm"), each.get("checksumValue"))
    return found
