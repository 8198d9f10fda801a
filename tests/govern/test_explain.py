"""Explaining a verdict tells its rule, its evidence with its age, and what would change it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from basanite.domain.errors import UsageError
from basanite.domain.outcome import Outcome
from basanite.domain.requirement import AllOf, AnyOf, AttestedBy, CheckPasses, MeasurementHolds
from basanite.govern.explain import explain, find_requirement
from basanite.govern.pack import builtin_packs, load_pack
from basanite.govern.verdicts import judge

DAY = timedelta(days=1)
NIST = load_pack(builtin_packs()["nist-ai-rmf-1.0"], "nist")
RULE = AllOf(
    all_of=(
        CheckPasses(check="some-check"),
        AttestedBy(attested_by="owner", asks="It is so."),
    )
)


@pytest.mark.parametrize(
    "text",
    [
        "MEASURE-2.7",
        "MEASURE 2.7",
        "measure-2.7",
        " Measure  2.7 ",
        "nist-ai-rmf-1.0/MEASURE-2.7",
        "NIST-AI-RMF-1.0/measure 2.7",
    ],
)
def test_a_requirement_is_found_however_it_is_written(text: str) -> None:
    assert find_requirement(text, [NIST])[1].id == "MEASURE-2.7"


@pytest.mark.parametrize("text", ["MEASUR-2.7", "measure27", "MEASURE_2.7"])
def test_an_unknown_requirement_gets_the_nearest_guesses(text: str) -> None:
    with pytest.raises(UsageError, match=r"Did you mean .*MEASURE-2\.7"):
        find_requirement(text, [NIST])


@pytest.mark.parametrize("text", ["", "/", "\x1b[31m", "x" * 5000, "other/MEASURE-2.7"])
def test_nonsense_is_refused_and_stays_inert(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_requirement(text, [NIST])
    assert "\x1b" not in caught.value.line()
    assert len(caught.value.line()) < 300


def test_an_id_in_two_packs_has_to_be_said_in_full(world: Any) -> None:
    own = world.pack(RULE)
    twin = own.model_copy(update={"id": "twin"})
    with pytest.raises(UsageError, match="own/R-1, twin/R-1"):
        find_requirement("R-1", [own, twin])
    assert find_requirement("twin/r-1", [own, twin])[0].id == "twin"


def lines_of(world: Any, planned: list[Any], after: timedelta = timedelta(0)) -> str:
    pack, body = world.pack(RULE), world.body(after=after)
    verdicts = judge([pack], planned, body, now=body.now)
    return "\n".join(explain("r 1", verdicts, [pack], body, planned))


def test_the_lines_name_rule_evidence_age_and_next_step(world: Any) -> None:
    asked = world.planned(world.check(), life=3 * DAY)
    world.evidence(asked)
    text = lines_of(world, [asked], after=2 * DAY)
    assert "some-check passes on every subject it applies to" in text
    assert "the owner attests: It is so." in text
    assert "Verdict: unknown, missing" in text
    assert "entry 1: some-check 1 on model.bin: passed, 2 days ago" in text
    assert "valid until 2026-01-04" in text
    assert "What would change it: Have somebody in the role owner attest own/R-1" in text


def test_an_expired_verdict_is_said_not_to_count(world: Any) -> None:
    asked = world.planned(world.check(), life=3 * DAY)
    world.evidence(asked)
    world.attest("own/R-1", days=90)
    text = lines_of(world, [asked], after=4 * DAY)
    assert "met, stale, confidence medium (met once; it does not count as met now)" in text
    assert "entry 1: some-check 1 on model.bin: passed, 4 days ago" in text
    assert "expired on 2026-01-04" in text
    assert "entry 2: attestation, 4 days ago, valid until 2026-04-01" in text
    assert "What would change it: Run `basanite assess`" in text


def test_hostile_text_in_evidence_stays_inert(world: Any) -> None:
    asked = world.planned(world.check(), "a\x1b[31m\nb")
    world.evidence(asked, Outcome.ERROR, reason="\x1b]0;x\x07")
    text = lines_of(world, [asked])
    assert "\x1b" not in text
    assert all("a\\u{1b}[31m\\nb" in line for line in text.splitlines() if "[31m" in line)


def test_a_requirement_that_was_not_judged_is_an_error_of_use(world: Any) -> None:
    with pytest.raises(UsageError, match="was not judged"):
        explain("MEASURE-2.7", [], [NIST], world.body())


def test_every_kind_of_rule_has_words(world: Any) -> None:
    pack = world.pack(
        AnyOf(
            any_of=(
                MeasurementHolds(measurement="c", name="share", limit=0.5, level=0.99),
                MeasurementHolds(measurement="c", name="share"),
            )
        )
    )
    body = world.body()
    text = "\n".join(explain("R-1", judge([pack], [], body, now=body.now), [pack], body))
    assert "any of:" in text
    assert "share of c is at least 0.5, at the confidence level 0.99" in text
    assert "share of c keeps the bound that the evidence names" in text
