"""The worst finding decides, and what is left out is said."""

from __future__ import annotations

import pytest

from basanite.domain.answer import MAX_FINDINGS
from basanite.domain.finding import Finding, Location, Reference
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Confidence, Severity
from basanite.measure.inspection.rulebook import Rulebook, by_case
from basanite.measure.inspection.weighed import weighed

BOOK = Rulebook("a-check", (Reference(scheme="CWE", id="CWE-829"),), "Do not load it.")
RULES = by_case(*(BOOK.rule(each.value, f"It is {each.value}", each) for each in Severity))


def found(*severities: Severity) -> list[Finding]:
    return [
        Finding(
            rule=RULES[each.value],
            message="There it is.",
            confidence=Confidence.HIGH,
            location=Location(path="a"),
            detail={"number": number},
        )
        for number, each in enumerate(severities)
    ]


@pytest.mark.parametrize(
    ("severities", "outcome", "reason"),
    [
        ((), Outcome.PASSED, ""),
        ((Severity.LOW,), Outcome.PASSED, ""),
        ((Severity.LOW, Severity.MEDIUM), Outcome.UNDECIDED, "somebody has to look: It is medium"),
        ((Severity.MEDIUM, Severity.HIGH), Outcome.FAILED, ""),
    ],
)
def test_the_worst_finding_decides(
    severities: tuple[Severity, ...], outcome: Outcome, reason: str
) -> None:
    answer = weighed(found(*severities))

    assert (answer.outcome, answer.reason) == (outcome, reason)
    assert [each.level for each in answer.findings] == list(reversed(severities))


def test_what_is_left_out_is_said_and_never_the_worst() -> None:
    answer = weighed(found(*[Severity.LOW] * MAX_FINDINGS, Severity.HIGH))

    assert answer.outcome is Outcome.FAILED
    assert answer.reason == "1 further findings are left out."
    assert len(answer.findings) == MAX_FINDINGS
    assert answer.findings[0].level is Severity.HIGH


def test_a_rule_has_the_references_of_its_check_and_then_its_own() -> None:
    more = Reference(scheme="CWE", id="CWE-94")
    rule = BOOK.rule("own", "It has its own", Severity.HIGH, "Remove it.", more)

    assert (rule.id, rule.remediation) == ("a-check/own", "Remove it.")
    assert rule.references == (*BOOK.references, more)
    assert RULES["low"].remediation == "Do not load it."
