"""Reader of CycloneDX JSON, 1.2 to 1.7; source: the JSON schemas of CycloneDX."""

from __future__ import annotations

from typing import Any

from basanite.domain.bom import Bom, BomComponent, BomFormat
from basanite.formats.bom.gathering import (
    MAX_NESTING,
    Gathering,
    digest,
    facts,
    mapping,
    objects,
    text,
    texts,
)

_VERSIONS = {"1.2", "1.3", "1.4", "1.5", "1.6", "1.7"}


def looks_like_cyclonedx(body: dict[str, Any]) -> bool:
    """Return whether a JSON object says that it is CycloneDX."""
    return body.get("bomFormat") == "CycloneDX"


def read_cyclonedx(body: dict[str, Any]) -> Bom:
    """Return what a document lists. Whatever is malformed is told among the problems."""
    gathered = Gathering()
    version = text(body.get("specVersion"), 40)
    if version not in _VERSIONS:
        gathered.problem(f"CycloneDX {version or 'without a version'} is read as if it were 1.7")
    metadata = mapping(body.get("metadata"))
    subject = mapping(metadata.get("component"))
    if subject:
        _components(gathered, [subject], "metadata.component")
    _components(gathered, body.get("components"), "components")
    _services(gathered, body.get("services"))
    _edges(gathered, body.get("dependencies"))
    components, edges = gathered.finish()
    return Bom(
        format=BomFormat.CYCLONEDX,
        spec_version=version,
        identity=text(body.get("serialNumber")),
        subject=_full_name(subject),
        created=text(metadata.get("timestamp"), 60),
        tools=tuple(_tools(metadata.get("tools"))),
        signed="signature" in body,
        components=components,
        edges=edges,
        problems=gathered.told(),
    )


def _components(gathered: Gathering, listed: Any, where: str) -> None:
    """Take components and those nested in them, without recursion."""
    if listed is not None and not isinstance(listed, list):
        gathered.problem(f"{where} is no list")
        return
    todo: list[tuple[Any, str, int]] = [(each, "", 0) for each in reversed(listed or [])]
    while todo:
        found, parent, depth = todo.pop()
        if not isinstance(found, dict) or not text(found.get("name")):
            gathered.problem(f"an entry of {where} is no component with a name")
            continue
        component = _component(found, f"{where}#{len(gathered.components)}")
        gathered.add(component)
        if parent:
            gathered.edge(parent, component.ref)
        inner = found.get("components")
        if depth >= MAX_NESTING and inner:
            gathered.problem(f"components are nested more than {MAX_NESTING} deep")
        elif isinstance(inner, list):
            todo += [(each, component.ref, depth + 1) for each in reversed(inner)]


def _component(found: dict[str, Any], otherwise: str) -> BomComponent:
    return BomComponent(
        ref=text(found.get("bom-ref")) or otherwise,
        name=_full_name(found),
        kind=text(found.get("type"), 60),
        version=text(found.get("version")),
        purl=text(found.get("purl")),
        supplier=_supplier(found),
        licences=tuple(dict.fromkeys(_licences(found.get("licenses")))),
        hashes=_hashes(found.get("hashes")),
        facts=_model(found) | _ancestors(found),
    )


def _full_name(found: dict[str, Any]) -> str:
    group, name = text(found.get("group")), text(found.get("name"))
    return f"{group}/{name}" if group and name else name


def _supplier(found: dict[str, Any]) -> str:
    for key in ("supplier", "manufacturer", "provider"):
        name = text(mapping(found.get(key)).get("name"))
        if name:
            return name
    authors = filter(None, (text(each.get("name")) for each in objects(found.get("authors"))))
    return text(found.get("publisher")) or text(found.get("author")) or ", ".join(authors)


def _licences(listed: Any) -> list[str]:
    found = []
    for each in objects(listed):
        named = mapping(each.get("license"))
        found.append(text(each.get("expression")) or text(named.get("id") or named.get("name")))
    return [each for each in found if each]


def _hashes(listed: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in objects(listed):
        found |= digest(each.get("alg"), each.get("content"))
    return found


def _model(found: dict[str, Any]) -> dict[str, str]:
    card = mapping(found.get("modelCard"))
    parameters = mapping(card.get("modelParameters"))
    said = facts(
        approach=mapping(parameters.get("approach")).get("type"),
        task=parameters.get("task"),
        family=parameters.get("architectureFamily"),
        architecture=parameters.get("modelArchitecture"),
        datasets=", ".join(
            sorted(
                text(each.get("ref")) or text(each.get("name"))
                for each in objects(parameters.get("datasets"))
            )
        ),
    )
    for each in objects(mapping(card.get("quantitativeAnalysis")).get("performanceMetrics")):
        where = text(each.get("slice"))
        name = f"metric {text(each.get('type'))}{f' on {where}' if where else ''}"
        if len(said) < 200 and text(each.get("value")):
            said[name] = text(each.get("value"))
    return said


def _ancestors(found: dict[str, Any]) -> dict[str, str]:
    listed = objects(mapping(found.get("pedigree")).get("ancestors"))
    names = [f"{_full_name(each)} {text(each.get('version'))}".strip() for each in listed]
    return facts(ancestors=", ".join(sorted(filter(None, names))))


def _services(gathered: Gathering, listed: Any) -> None:
    if listed is not None and not isinstance(listed, list):
        gathered.problem("services is no list")
    todo = [(each, "", 0) for each in reversed([*objects(listed)])]
    while todo:
        found, parent, depth = todo.pop()
        if not text(found.get("name")):
            gathered.problem("an entry of services has no name")
            continue
        service = BomComponent(
            ref=text(found.get("bom-ref")) or f"services#{len(gathered.components)}",
            name=_full_name(found),
            kind="service",
            version=text(found.get("version")),
            supplier=_supplier(found),
            licences=tuple(dict.fromkeys(_licences(found.get("licenses")))),
            facts=facts(endpoints=", ".join(sorted(texts(found.get("endpoints"))))),
        )
        gathered.add(service)
        if parent:
            gathered.edge(parent, service.ref)
        if depth < MAX_NESTING:
            inner = reversed([*objects(found.get("services"))])
            todo += [(each, service.ref, depth + 1) for each in inner]


def _edges(gathered: Gathering, listed: Any) -> None:
    if listed is not None and not isinstance(listed, list):
        gathered.problem("dependencies is no list")
    for each in objects(listed):
        source = text(each.get("ref"))
        for target in texts(each.get("dependsOn")):
            gathered.edge(source, target)


def _tools(value: Any) -> list[str]:
    """Since 1.5 an object of components and services; before, a list."""
    listed = value if isinstance(value, list) else mapping(value).get("components")
    named = [
        f"{text(each.get('name'))} {text(each.get('version'))}".strip() for each in objects(listed)
    ]
    return [each for each in named if each][:20]
