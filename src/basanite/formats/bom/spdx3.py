"""Reader of SPDX 3 in its JSON form. Source: the SPDX specification 3.0.1, serialised as JSON-LD.

No JSON-LD processor runs and no context is fetched: the official context fixes the short names,
and documents that use others are read as far as those names go.
"""

from __future__ import annotations

import re
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

_CONTEXT = re.compile(r"https://spdx\.org/rdf/(3\.[0-9.]+)/spdx-context\.jsonld")
_LISTED = {"software_Package", "software_File", "ai_AIPackage", "dataset_DatasetPackage"}
_DEFAULT = {
    "software_File": "file",
    "ai_AIPackage": "machine-learning-model",
    "dataset_DatasetPackage": "data",
}
_KINDS = {
    "model": "machine-learning-model",
    "operatingSystem": "operating-system",
    "deviceDriver": "device-driver",
    "other": "",
}
_EDGES = {
    "dependsOn", "contains", "trainedOn", "testedOn", "hasDataFile", "hasPrerequisite",
    "descendantOf",
}  # fmt: skip
_LICENCES = ("hasDeclaredLicense", "hasConcludedLicense")


def looks_like_spdx3(body: dict[str, Any]) -> bool:
    """Return whether a JSON object names the context of SPDX 3."""
    return bool(_version(body))


def _version(body: dict[str, Any]) -> str:
    for each in texts(body.get("@context")):
        found = _CONTEXT.fullmatch(each)
        if found:
            return found[1]
    return ""


def read_spdx3(body: dict[str, Any]) -> Bom:
    """Return what a document lists. Whatever is malformed is told among the problems."""
    reader = _Reader(body)
    return reader.bom()


class _Reader:
    def __init__(self, body: dict[str, Any]) -> None:
        self.version = _version(body)
        self.gathered = Gathering()
        graph = body.get("@graph", [body])
        if not isinstance(graph, list):
            self.gathered.problem("@graph is no list")
            graph = []
        self.elements: dict[str, dict[str, Any]] = {}
        for number, each in enumerate(graph):
            if not isinstance(each, dict) or not isinstance(each.get("type"), str):
                self.gathered.problem("an entry of @graph is no object with a type")
                continue
            self.elements.setdefault(_id(each) or f"@graph#{number}", each)
        self.licences: dict[str, dict[str, list[str]]] = {}
        self.ancestors: dict[str, list[str]] = {}
        self._relationships()

    def bom(self) -> Bom:
        if not self.version.startswith("3.0"):
            self.gathered.problem(f"SPDX {self.version} is read as if it were 3.0.1")
        for identity, each in self.elements.items():
            if each["type"] in _LISTED:
                self._component(identity, each)
        components, edges = self.gathered.finish()
        names = {each.ref: each.name for each in components}
        document = self._first("SpdxDocument")
        creation = self._creation(document)
        return Bom(
            format=BomFormat.SPDX,
            spec_version=self.version,
            identity=_id(document),
            subject=self._subject(document, names),
            created=text(creation.get("created"), 60),
            tools=tuple(
                text(self.elements.get(each, {}).get("name"))
                for each in texts(creation.get("createdUsing"))
            )[:20],
            components=components,
            edges=edges,
            problems=self.gathered.told(),
        )

    def _relationships(self) -> None:
        for each in self.elements.values():
            if not each["type"].endswith("Relationship"):
                continue
            kind, source = text(each.get("relationshipType"), 60), _id(each.get("from"))
            to = each.get("to")
            targets = [_id(one) for one in (to if isinstance(to, list) else [to])]
            if kind in _LICENCES:
                found = self.licences.setdefault(source, {}).setdefault(kind, [])
                found += [said for said in map(self._licence, targets) if said]
            elif kind in _EDGES:
                for target in filter(None, targets):
                    self.gathered.edge(source, target)

    def _licence(self, reference: str) -> str:
        found = self.elements.get(reference)
        if found is None:
            # Individuals of the model, such as NoAssertionLicense, are named and not listed.
            if reference.endswith(("NoAssertionLicense", "NoneLicense")):
                return ""
            return reference.removeprefix("https://spdx.org/licenses/")
        return known(
            found.get("simplelicensing_licenseExpression")
            or found.get("name")
            or found.get("simplelicensing_licenseText")
        )

    def _component(self, identity: str, found: dict[str, Any]) -> None:
        name = text(found.get("name"))
        if not name:
            self.gathered.problem(f"{text(identity)} has no name")
            return
        kind = found["type"]
        purpose = text(found.get("software_primaryPurpose"), 60)
        licences = self.licences.get(identity, {})
        supplier = self._named(found.get("suppliedBy")) or next(
            filter(None, map(self._named, texts(found.get("originatedBy")))), ""
        )
        self.gathered.add(
            BomComponent(
                ref=identity,
                name=name,
                kind=_DEFAULT.get(kind) or _KINDS.get(purpose, purpose),
                version=text(found.get("software_packageVersion")),
                purl=text(found.get("software_packageUrl")) or self._identifier(found),
                supplier=supplier,
                licences=tuple(
                    next((dict.fromkeys(licences[k]) for k in _LICENCES if licences.get(k)), {})
                ),
                hashes=self._hashes(found.get("verifiedUsing")),
                facts=_model(found),
            )
        )

    def _identifier(self, found: dict[str, Any]) -> str:
        for each in objects(found.get("externalIdentifier")):
            if each.get("externalIdentifierType") == "packageUrl":
                return text(each.get("identifier"))
        return ""

    def _hashes(self, listed: Any) -> dict[str, str]:
        found: dict[str, str] = {}
        for each in listed if isinstance(listed, list) else ():
            body = each if isinstance(each, dict) else self.elements.get(str(each), {})
            found |= digest(body.get("algorithm"), body.get("hashValue"))
        return found

    def _named(self, reference: Any) -> str:
        if isinstance(reference, dict):
            return text(reference.get("name"))
        return text(self.elements.get(str(reference), {}).get("name"))

    def _first(self, kind: str) -> dict[str, Any]:
        return next((each for each in self.elements.values() if each["type"] == kind), {})

    def _creation(self, document: dict[str, Any]) -> dict[str, Any]:
        found = document.get("creationInfo")
        body = found if isinstance(found, dict) else self.elements.get(str(found), {})
        return mapping(body) or self._first("CreationInfo")

    def _subject(self, document: dict[str, Any], names: dict[str, str]) -> str:
        """The root of the document, or the root of the SBOM that is the document's root."""
        todo, seen = [*texts(document.get("rootElement"))], set[str]()
        while todo and len(seen) < 100:
            reference = todo.pop(0)
            if reference in names:
                return names[reference]
            if reference not in seen:
                seen.add(reference)
                todo += texts(self.elements.get(reference, {}).get("rootElement"))
        return text(document.get("name"))


def _id(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("spdxId") or value.get("@id")
    return text(value)


def _model(found: dict[str, Any]) -> dict[str, str]:
    said = facts(
        family=", ".join(texts(found.get("ai_typeOfModel"))),
        domain=", ".join(texts(found.get("ai_domain"))),
        data=", ".join(sorted(texts(found.get("dataset_datasetType")))),
        size=found.get("dataset_datasetSize"),
    )
    for each in objects(found.get("ai_metric")):
        if len(said) < 200 and text(each.get("key")):
            said[f"metric {text(each.get('key'))}"] = text(each.get("value"))
    return said
