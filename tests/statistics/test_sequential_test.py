"""The sequential test stops when it likes and still errs as seldom as it says."""

import json
import random

import pytest

from basanite.domain.measurement import Direction, Held
from basanite.statistics.binomial import lower_limit
from basanite.statistics.sequential import SequentialTest


def _run(rate: float, limit: float, alpha: float, budget: int, chance: random.Random) -> Held:
    test = SequentialTest(limit, alpha)
    for _ in range(budget):
        if test.update(chance.random() < rate) is not Held.OPEN:
            break
    return test.decision


@pytest.mark.parametrize(
    ("rate", "false"), [(0.05, Held.NO), (0.0501, Held.YES), (0.02, Held.NO), (0.08, Held.YES)]
)
def test_a_false_decision_is_as_rare_as_alpha(rate: float, false: Held) -> None:
    """2,000 runs, each looked at after every one of up to 120 calls."""
    chance = random.Random(f"simulation {rate}")
    errors = sum(_run(rate, 0.05, 0.05, 120, chance) is false for _ in range(2000))
    # Refuted only if even the lower limit of the observed rate is above alpha.
    assert lower_limit(errors, 2000, 0.999) <= 0.05


def test_a_false_decision_stays_rare_over_rounds() -> None:
    """Five rounds of 60 calls each: the failing side must not err more often for being resumed."""
    chance = random.Random(5)
    errors = 0
    for _ in range(400):
        test = SequentialTest(0.1, 0.05)
        for _ in range(5):
            for _ in range(60):
                test.update(chance.random() < 0.1)
            again = SequentialTest(0.1, 0.05)
            again.resume(test.state())
            test = again
        errors += test.decision is Held.NO
    assert lower_limit(errors, 400, 0.999) <= 0.05


def test_the_bounds_hold_at_all_times_together() -> None:
    chance = random.Random(9)
    missed_low = missed_high = 0
    for _ in range(300):
        test = SequentialTest(0.2, 0.1)
        low_held = high_held = True
        for call in range(80):
            test.update(chance.random() < 0.3)
            if call % 4 == 3:
                found = test.interval()
                low_held &= found.low <= 0.3
                high_held &= found.high >= 0.3
        missed_low += not low_held
        missed_high += not high_held
    assert lower_limit(missed_low, 300, 0.999) <= 0.1
    assert lower_limit(missed_high, 300, 0.999) <= 0.1


def test_a_sound_system_passes_after_60_calls_and_an_open_one_fails_after_two() -> None:
    sound, leaky = SequentialTest(0.05, 0.05), SequentialTest(0.05, 0.05)
    while sound.update(False) is Held.OPEN:
        pass
    while leaky.update(True) is Held.OPEN:
        pass
    assert (sound.n, sound.decision, sound.successes) == (60, Held.YES, 0)
    assert (leaky.n, leaky.decision, leaky.successes) == (2, Held.NO, 2)


def test_the_interval_agrees_with_the_decision() -> None:
    chance = random.Random(3)
    for direction in Direction:
        for rate in (0.0, 0.3, 0.9, 1.0):
            test = SequentialTest(0.9 if direction is Direction.AT_LEAST else 0.3, 0.05, direction)
            for _ in range(150):
                test.update(chance.random() < rate)
                found = test.interval()
                assert 0 <= found.low <= found.high <= 1
                good = found.high <= 0.3 if direction is Direction.AT_MOST else found.low >= 0.9
                bad = found.low > 0.3 if direction is Direction.AT_MOST else found.high < 0.9
                assert bad == (test.decision is Held.NO)
                if test.decision is Held.YES:
                    assert good


def test_resuming_is_the_same_experiment() -> None:
    """Split anywhere, the counts and the outcome against the limit are those of one long run."""
    chance = random.Random(2)
    calls = [chance.random() < 0.2 for _ in range(120)]
    whole = SequentialTest(0.05, 0.05)
    for call in calls:
        whole.update(call)
    first = SequentialTest(0.05, 0.05)
    for call in calls[:50]:
        first.update(call)
    second = SequentialTest(0.05, 0.05)
    second.resume(json.loads(json.dumps(first.state())))
    for call in calls[50:]:
        second.update(call)
    assert (second.n, second.successes) == (whole.n, whole.successes)
    assert second.decision is whole.decision is Held.NO


def test_a_failure_is_never_erased_by_later_evidence() -> None:
    test = SequentialTest(0.05, 0.05)
    for _ in range(3):
        test.update(True)
    again = SequentialTest(0.05, 0.01)
    again.resume(test.state())
    for _ in range(5000):
        again.update(False)
    assert again.decision is Held.NO
    assert again.interval().low > 0.05


def test_a_passed_round_has_to_be_renewed() -> None:
    test = SequentialTest(0.05, 0.05)
    for _ in range(60):
        test.update(False)
    again = SequentialTest(0.05, 0.05)
    again.resume(test.state(), renew=20)
    assert again.decision is Held.OPEN
    for _ in range(19):
        assert again.update(False) is Held.OPEN
    assert again.update(False) is Held.YES


def test_a_system_that_turned_bad_is_noticed_in_spite_of_its_good_past() -> None:
    test = SequentialTest(0.05, 0.05)
    for _ in range(5000):
        test.update(False)
    again = SequentialTest(0.05, 0.05)
    again.resume(test.state(), renew=20)
    for _ in range(10):
        again.update(True)
    assert again.decision is Held.NO


@pytest.mark.parametrize(
    "damage",
    [
        {"version": 9},
        {"limit": 0.06},
        {"rounds": "many"},
        {"rounds": [[1, 2]]},
        {"rounds": [[-1, -1]]},
        {"rounds": [[True, False]]},
        {"broken": 0.01},
        {"broken": "yes"},
    ],
)
def test_damaged_state_is_refused(damage: dict[str, object]) -> None:
    state = {**SequentialTest(0.05, 0.05).state(), **damage}
    with pytest.raises(ValueError, match="earlier test"):
        SequentialTest(0.05, 0.05).resume(state)


def test_impossible_tests_are_refused() -> None:
    for limit, alpha in ((1.5, 0.05), (-0.1, 0.05), (0.05, 0.0), (0.05, 0.5)):
        with pytest.raises(ValueError, match="sequential"):
            SequentialTest(limit, alpha)


def test_a_limit_of_zero_fails_at_the_first_event_and_never_passes() -> None:
    test = SequentialTest(0.0, 0.05)
    for _ in range(500):
        assert test.update(False) is Held.OPEN
    assert test.update(True) is Held.NO
