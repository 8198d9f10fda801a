"""Which minimum elements a BOM has: told with what is there and what would give the rest."""

from __future__ import annotations

import json

from tests.small_system import Site

from basanite.domain.coverage import Coverage, Presence
from basanite.govern.coverage import builtin_lists, cover
from basanite.reports.bom_views import coverage_lines, coverage_object

G7 = "g7-sbom-for-ai-2026"


def of(covered: Coverage, element: str) -> tuple[Presence, str]:
    found = next(each for each in covered.covered if each.element.id == element)
    return found.presence, found.because


def test_a_system_is_told_what_its_bom_has_and_where_the_rest_would_come_from(
    site: Site,
) -> None:
    before = {each.list.id: each for each in map_of(site)}
    card = "---\nlicense: mit\nbase_model: example/base\n---\n"
    site.write("models/README.md", card)
    manifest = (site.root / "basanite.yaml").read_text()
    site.write(
        "basanite.yaml",
        manifest.replace("kind: model,", "kind: model, version: '3', provider: Example,"),
    )
    after = {each.list.id: each for each in map_of(site)}

    assert of(before[G7], "model-license") == (Presence.MISSING, "for none of 1: model")
    assert of(after[G7], "model-license") == (Presence.PRESENT, "for all 1: model")
    assert of(before[G7], "model-version")[0] is Presence.MISSING
    assert of(after[G7], "model-version")[0] is Presence.PRESENT
    assert of(after[G7], "model-training")[0] is Presence.PRESENT
    assert of(after[G7], "dataset-name") == (Presence.MISSING, "the system has no dataset")
    assert of(after[G7], "dataset-sensitivity")[0] is Presence.MISSING
    assert of(after["cisa-sbom-2025-draft"], "coverage")[0] is Presence.PARTLY


def map_of(site: Site) -> list[Coverage]:
    answer = site.assess()
    return [cover(answer, each) for each in builtin_lists()]


def test_coverage_is_shown_for_people_and_as_json(site: Site) -> None:
    found = map_of(site)

    lines = list(coverage_lines(found, 80))
    told = json.loads(json.dumps(coverage_object("small", found)))

    assert all(len(line) <= 80 for line in lines)
    assert any(line.startswith("Structure: secondary source.") for line in lines)
    assert any("source: manifest: version of a model" in line for line in lines)
    assert told["schema"] == "basanite.bom-coverage/1"
    assert [sum(each["summary"].values()) for each in told["lists"]] == [13, 50]
    assert all(
        {"id", "title", "asks", "provided-by", "presence", "because"} <= set(element)
        for each in told["lists"]
        for element in each["elements"]
    )
