"""Which evidence counts, for how long, and why a question has to be asked again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from basanite.domain.check import Check
from basanite.domain.outcome import Outcome
from basanite.domain.system import Tier
from basanite.domain.verdict import Freshness
from basanite.govern.body import Body

DAY = timedelta(days=1)


@pytest.fixture
def plain(world: Any) -> Check:
    check: Check = world.check()
    return check


@pytest.fixture
def chancy(world: Any) -> Check:
    check: Check = world.check("chancy", statistical=True, sampling=frozenset({"budget"}))
    return check


def test_no_evidence_is_no_answer(world: Any, plain: Check) -> None:
    asked = world.planned(plain)
    assert world.body().answer(asked) is None
    assert world.body().why(asked) == "new"
    assert not world.body().reusable(asked)


def test_the_latest_evidence_decides_for_a_deterministic_check(world: Any, plain: Check) -> None:
    asked = world.planned(plain)
    world.evidence(asked, Outcome.FAILED)
    world.evidence(asked, Outcome.PASSED)
    standing = world.body().answer(asked)
    assert standing is not None
    assert (standing.number, standing.outcome) == (2, Outcome.PASSED)
    assert standing.valid_until == standing.evidence.finished + asked.shelf_life
    assert world.body().why(asked) == "fresh"
    assert world.body().reusable(asked)


def test_evidence_expires_by_the_planned_shelf_life(world: Any, plain: Check) -> None:
    asked = world.planned(plain, life=2 * DAY)
    done = world.evidence(asked).recorded
    for after, fresh in ((2 * DAY - timedelta(seconds=1), True), (2 * DAY, False)):
        body = Body(world.records, Tier.HIGH, done + after)
        standing = body.answer(asked)
        assert standing is not None
        assert (standing.freshness is Freshness.FRESH) == fresh
        assert body.reusable(asked) == fresh
    assert Body(world.records, Tier.HIGH, done + 2 * DAY).why(asked) == "expired on 2026-01-03"


def test_a_date_ahead_of_its_record_keeps_nothing_fresh_for_longer(
    world: Any, plain: Check
) -> None:
    asked = world.planned(plain, life=2 * DAY)
    world.evidence(asked, finished=world.now + 100 * DAY)
    assert not world.body(after=3 * DAY).reusable(asked)


def test_evidence_from_a_wrong_clock_is_not_fresh(world: Any, plain: Check) -> None:
    asked = world.planned(plain)
    world.now += 400 * DAY
    world.evidence(asked)
    body = world.body(after=-400 * DAY)
    assert not body.reusable(asked)
    assert body.why(asked).startswith("dated in the future")


def test_a_shelf_life_beyond_the_calendar_is_no_crash(world: Any, plain: Check) -> None:
    asked = world.planned(plain, life=timedelta(days=99_999_999))
    world.evidence(asked)
    assert world.body().reusable(asked)


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.SKIPPED])
def test_an_attempt_that_broke_is_made_again(world: Any, plain: Check, outcome: Outcome) -> None:
    asked = world.planned(plain)
    world.evidence(asked, outcome, reason="no disk")
    assert not world.body().reusable(asked)
    assert world.body().why(asked) == "the last attempt did not complete: no disk"


def test_a_transient_cause_is_asked_again(world: Any, plain: Check) -> None:
    asked = world.planned(plain)
    world.evidence(asked, Outcome.UNDECIDED, transient=True, reason="server down")
    assert not world.body().reusable(asked)
    assert world.body().why(asked) == "the last attempt did not complete: server down"


def test_undecided_within_its_shelf_life_is_not_asked_again(world: Any, plain: Check) -> None:
    asked = world.planned(plain)
    world.evidence(asked, Outcome.UNDECIDED, reason="budget")
    assert world.body().reusable(asked)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"content": "v2"}, "subject changed: model.bin"),
        ({"parameters": {"a": 1, "b": 3}}, "parameters changed: b"),
        ({"parameters": {"a": 1, "b": 2, "c": 0}}, "parameters changed: c"),
        ({"version": 2}, "check version 1 → 2"),
        ({"readers": {"pickle": 2, "zip": 1}}, "reader pickle 1 → 2"),
        ({"readers": {"pickle": 1}}, "reader zip removed"),
        ({"feeds": {"osv": "1" * 64}}, "feed osv changed"),
        ({"name": "other.bin"}, "new"),
        (
            {"content": "v2", "version": 2},
            "subject changed: model.bin; check version 1 → 2",
        ),
    ],
)
def test_why_says_exactly_what_changed(
    world: Any, plain: Check, change: dict[str, object], why: str
) -> None:
    facts: dict[str, object] = {
        "parameters": {"a": 1, "b": 2},
        "readers": {"pickle": 1, "zip": 1},
        "feeds": {"osv": "0" * 64},
    }
    world.evidence(world.planned(plain, **facts))
    now = world.planned(plain, **(facts | change))
    assert world.body().why(now) == why
    assert world.body().answer(now) is None


def test_withdrawn_evidence_counts_no_longer_until_it_is_made_again(
    world: Any, plain: Check
) -> None:
    asked = world.planned(plain)
    world.evidence(asked)
    world.withdraw(asked)
    assert world.body().answer(asked) is None
    assert not world.body().reusable(asked)
    assert world.body().why(asked) == "withdrawn: the endpoint moved"
    world.evidence(asked)
    standing = world.body().answer(asked)
    assert standing is not None
    assert standing.number == 3
    assert world.body().why(asked) == "fresh"


def test_a_withdrawal_for_another_system_has_no_effect_here(world: Any, plain: Check) -> None:
    asked = world.planned(plain)
    world.evidence(asked)
    world.withdraw(asked)
    elsewhere = Body(world.records, Tier.HIGH, world.now, system="other")
    assert elsewhere.answer(asked) is not None


def test_as_of_replay_gives_what_was_known_then(world: Any, plain: Check) -> None:
    asked = world.planned(plain)
    world.evidence(asked, Outcome.FAILED)
    then = world.now
    world.evidence(asked, Outcome.PASSED)
    world.withdraw(asked)
    past = Body(world.records[:1], Tier.HIGH, then).answer(asked)
    assert past is not None
    assert past.outcome is Outcome.FAILED
    middle = Body(world.records[:2], Tier.HIGH, then).answer(asked)
    assert middle is not None
    assert middle.outcome is Outcome.PASSED
    assert Body(world.records, Tier.HIGH, world.now).answer(asked) is None


# Repeated tests: one series is one experiment.


def test_a_later_pass_does_not_erase_a_statistical_failure(world: Any, chancy: Check) -> None:
    asked = world.planned(chancy)
    world.evidence(asked, Outcome.FAILED)
    world.evidence(asked, Outcome.PASSED)
    standing = world.body().answer(asked)
    assert standing is not None
    assert (standing.outcome, standing.number) == (Outcome.FAILED, 1)
    assert standing.numbers == (1, 2)
    assert "does not erase" in standing.reason
    assert standing.valid_until == world.records[1].recorded + asked.shelf_life


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"parameters": {"budget": 500}}, {"parameters": {"probes": "other"}}],
)
def test_neither_a_new_version_nor_other_parameters_erase_a_failure(
    world: Any, chancy: Check, change: dict[str, object]
) -> None:
    world.evidence(world.planned(chancy, parameters={"budget": 100}), Outcome.FAILED)
    facts: dict[str, object] = {"parameters": {"budget": 100}}
    again = world.planned(chancy, **(facts | change))
    assert not world.body().reusable(again)
    world.evidence(again, Outcome.PASSED)
    standing = world.body().answer(again)
    assert standing is not None
    assert standing.outcome is Outcome.FAILED


def test_a_pass_of_another_version_answers_nothing(world: Any, chancy: Check) -> None:
    world.evidence(world.planned(chancy), Outcome.PASSED)
    assert world.body().answer(world.planned(chancy, version=2)) is None


def test_a_changed_subject_ends_a_failure(world: Any, chancy: Check) -> None:
    world.evidence(world.planned(chancy), Outcome.FAILED)
    now = world.planned(chancy, content="v2")
    world.evidence(now, Outcome.PASSED)
    standing = world.body().answer(now)
    assert standing is not None
    assert standing.outcome is Outcome.PASSED


def test_an_attested_explanation_ends_a_failure_while_it_is_in_force(
    world: Any, chancy: Check
) -> None:
    asked = world.planned(chancy, life=100 * DAY)
    world.evidence(asked, Outcome.FAILED)
    world.evidence(asked, Outcome.PASSED)
    world.attest(f"evidence/{asked.question.series}", days=5)
    explained, later = world.body().answer(asked), world.body(after=6 * DAY).answer(asked)
    assert explained is not None
    assert explained.outcome is Outcome.PASSED
    assert later is not None
    assert later.outcome is Outcome.FAILED


def test_an_explanation_covers_no_failure_that_came_after_it(world: Any, chancy: Check) -> None:
    asked = world.planned(chancy)
    world.attest(f"evidence/{asked.question.series}")
    world.evidence(asked, Outcome.FAILED)
    standing = world.body().answer(asked)
    assert standing is not None
    assert standing.outcome is Outcome.FAILED


def test_an_explained_failure_alone_is_undecided_and_asked_again(world: Any, chancy: Check) -> None:
    asked = world.planned(chancy)
    world.evidence(asked, Outcome.FAILED, detail={"failures": 9})
    assert world.body().reusable(asked)
    world.attest(f"evidence/{asked.question.series}")
    standing = world.body().answer(asked)
    assert standing is not None
    assert standing.outcome is Outcome.UNDECIDED
    assert not world.body().reusable(asked)
    assert world.body().why(asked) == "the failure in entry 1 was explained"
    assert world.body().prior(asked) == {}


def test_an_explanation_for_another_system_explains_nothing(world: Any, chancy: Check) -> None:
    asked = world.planned(chancy)
    world.evidence(asked, Outcome.FAILED)
    world.attest(f"evidence/{asked.question.series}", system="other")
    standing = world.body().answer(asked)
    assert standing is not None
    assert standing.outcome is Outcome.FAILED


def test_a_run_goes_on_from_the_counts_of_the_series(world: Any, chancy: Check) -> None:
    small = world.planned(chancy, parameters={"budget": 100})
    big = world.planned(chancy, parameters={"budget": 500})
    assert world.body().prior(big) == {}
    world.evidence(small, Outcome.UNDECIDED, detail={"n": 100})
    assert world.body().prior(big) == {"n": 100}
    world.evidence(big, Outcome.ERROR, reason="crash")
    assert world.body().prior(big) == {"n": 100}
    world.withdraw(small)
    assert world.body().prior(big) == {}


def test_a_failure_that_was_withdrawn_no_longer_stands(world: Any, chancy: Check) -> None:
    asked = world.planned(chancy)
    world.evidence(asked, Outcome.FAILED)
    world.withdraw(asked)
    assert world.body().answer(asked) is None


def test_waivers_and_attestations_speak_only_from_their_date_to_their_end(world: Any) -> None:
    world.attest("own/R-1", days=5)
    world.waive("own/R-1")
    before = Body(world.records, Tier.HIGH, world.now - 10 * DAY, system="plant")
    assert before.attestations("own/R-1") == ()
    assert before.waivers == ()
    (signed,) = world.body().attestations("OWN/r 1")
    assert signed.freshness is Freshness.FRESH
    (signed,) = world.body(after=6 * DAY).attestations("own/R-1")
    assert signed.freshness is Freshness.STALE
    assert world.body().waiver("own/R-1") is not None
    assert world.body(after=40 * DAY).waiver("own/R-1") is None
