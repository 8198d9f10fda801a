"""The JSON of `basanite inspect`: the design's form, and never a silent pass."""

from __future__ import annotations

import json

from basanite.domain.assessment import Assessment
from basanite.reports.inspection import to_inspection


def test_the_form_is_the_one_that_was_promised(water: Assessment) -> None:
    body = json.loads(json.dumps(to_inspection(water.inventory.artifacts, water.results)))
    assert body["schema"] == "basanite.inspection/1"
    for each in body["artifacts"]:
        assert {"path", "format", "size", "digest", "outcome", "findings"} == set(each)
        assert set(each["digest"]) == {"sha256"}
        for finding in each["findings"]:
            assert {
                "check",
                "severity",
                "confidence",
                "message",
                "location",
                "references",
            } <= set(finding)
    assert body["summary"]["artifacts"] == len(water.inventory.artifacts)


def test_a_file_no_check_looked_at_is_skipped_not_passed(water: Assessment) -> None:
    body = to_inspection(water.inventory.artifacts, water.results)
    outcomes = {each["path"]: each["outcome"] for each in body["artifacts"]}
    assert outcomes["notes.bin"] == "skipped"
    assert outcomes["vendor/forecast.pkl"] == "failed"
    assert outcomes["data/train.csv"] == "passed"


def test_one_failure_outweighs_any_number_of_passes(water: Assessment) -> None:
    body = to_inspection(water.inventory.artifacts, water.results)
    mixed = next(each for each in body["artifacts"] if each["path"] == "src/load.py")
    assert mixed["outcome"] == "failed"


def test_a_member_of_an_archive_keeps_its_path(water: Assessment) -> None:
    body = to_inspection(water.inventory.artifacts, water.results)
    outer = next(each for each in body["artifacts"] if each["path"] == "vendor/bundle.zip")
    assert outer["findings"][0]["location"]["path"] == "vendor/bundle.zip!/weights/data.pkl"


def test_a_member_the_inventory_lists_has_its_own_entry(water: Assessment) -> None:
    member = water.inventory.artifacts[1].model_copy(
        update={"path": "vendor/bundle.zip!/weights/data.pkl"}
    )
    body = to_inspection((*water.inventory.artifacts, member), water.results)
    entry = next(each for each in body["artifacts"] if each["path"] == member.path)
    assert entry["outcome"] == "failed"
    assert len(entry["findings"]) == 1


def test_no_finding_is_lost(water: Assessment) -> None:
    body = to_inspection(water.inventory.artifacts[:2], water.results)
    placed = sum(len(each["findings"]) for each in body["artifacts"])
    total = sum(len(result.findings) for result in water.results)
    assert placed + len(body["unplaced"]) == total == sum(body["summary"]["findings"].values())
