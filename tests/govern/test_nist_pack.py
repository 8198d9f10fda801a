"""The pack of NIST AI RMF 1.0 is complete, in our own words, and asks only what can be answered."""

from __future__ import annotations

from collections import Counter

import pytest

from basanite.domain.requirement import (
    AttestedBy,
    CheckPasses,
    MeasurementHolds,
    Method,
    Pack,
)
from basanite.govern.pack import builtin_packs, leaves, lint, load_pack, pack_reference
from basanite.measure.evaluation.catalog import CAMPAIGNS, EVALUATORS
from basanite.measure.inspection.catalog import INSPECTORS
from basanite.measure.monitoring.catalog import MONITORS

KNOWN: dict[str, set[str]] = {
    "pickle-code-execution": set(),
    "dependency-pinning": set(),
    "secrets-exposed": set(),
    "unsafe-loading": set(),
    "model-accuracy": {"accuracy", "recall", "false-alarms"},
    "model-latency": {"latency-p50", "latency-p99"},
    "misuse-refusal": {"misuse-not-declined"},
    "system-prompt-leakage": {"system-prompt-leaked"},
    "input-drift": {"largest-distance"},
}
CATEGORIES = {
    "GOVERN": (7, 3, 2, 3, 2, 2),
    "MAP": (6, 3, 5, 2, 2),
    "MEASURE": (3, 13, 3, 3),
    "MANAGE": (4, 4, 2, 3),
}


@pytest.fixture(scope="module")
def nist() -> Pack:
    return load_pack(builtin_packs()["nist-ai-rmf-1.0"], "nist-ai-rmf-1.0")


def test_exactly_the_72_official_identifiers_in_order(nist: Pack) -> None:
    expected = [
        f"{function}-{category}.{item}"
        for function, sizes in CATEGORIES.items()
        for category, size in enumerate(sizes, 1)
        for item in range(1, size + 1)
    ]
    assert [each.id for each in nist.requirements] == expected
    counts = Counter(each.id.split("-")[0] for each in nist.requirements)
    assert counts == {"GOVERN": 19, "MAP": 18, "MEASURE": 22, "MANAGE": 13}


def test_every_requirement_stands_under_its_own_heading(nist: Pack) -> None:
    for each in nist.requirements:
        function, number = each.id.split("-")
        assert each.group.startswith(f"{function} {number.split('.')[0]}: ")


def test_rules_refer_only_to_checks_and_measurements_that_exist(nist: Pack) -> None:
    for requirement in nist.requirements:
        for leaf in leaves(requirement.rule):
            if isinstance(leaf, CheckPasses):
                assert leaf.check in KNOWN
            elif isinstance(leaf, MeasurementHolds):
                assert leaf.name in KNOWN[leaf.measurement]


def test_the_pack_is_clean_against_the_real_catalogs(nist: Pack) -> None:
    seams = [each.check for each in INSPECTORS] + [each.check for each in MONITORS]
    seams += [each.check for each in EVALUATORS] + [each.check for each in CAMPAIGNS]
    assert lint(nist, {check.id: check for check in seams}) == []


def test_the_method_says_what_the_rule_is_made_of(nist: Pack) -> None:
    for each in nist.requirements:
        kinds = {isinstance(leaf, AttestedBy) for leaf in leaves(each.rule)}
        expected = {
            Method.RULE: {False},
            Method.ATTESTATION: {True},
            Method.BOTH: {True, False},
        }
        assert kinds == expected[each.method], each.id


def test_paraphrases_are_sentences_of_their_own(nist: Pack) -> None:
    said = [each.asks for each in nist.requirements]
    said += [
        leaf.asks
        for each in nist.requirements
        for leaf in leaves(each.rule)
        if isinstance(leaf, AttestedBy)
    ]
    assert len(set(said)) == len(said) == 144
    for each in nist.requirements:
        assert each.asks.rstrip(".").casefold() != each.title.casefold()
    for text in said:
        assert len(text) > 30
        assert text.endswith(".")


def test_every_check_but_none_besides_serves_some_requirement(nist: Pack) -> None:
    used = {
        leaf.check if isinstance(leaf, CheckPasses) else leaf.measurement
        for each in nist.requirements
        for leaf in leaves(each.rule)
        if isinstance(leaf, CheckPasses | MeasurementHolds)
    }
    assert used == set(KNOWN)


def test_a_reference_names_the_bytes(nist: Pack) -> None:
    data = builtin_packs()["nist-ai-rmf-1.0"]
    one, other = pack_reference(nist, data), pack_reference(nist, data + b"\n")
    assert one.id == nist.id
    assert one.sha256 != other.sha256
