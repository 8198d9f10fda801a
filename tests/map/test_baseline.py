"""Accepted findings end by themselves, and what is accepted in a model holds for its bytes only."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basanite.domain.errors import UsageError
from basanite.map.baseline import Baseline, Seen, read_baseline, write_baseline

TODAY = date(2026, 11, 25)
MODEL = Seen("a" * 64, "c/rule", "m.pkl", "1" * 64, bound=True)
TEXT = Seen("b" * 64, "c/other", 'deep/a: "b" #.py', "2" * 64, bound=False)


def kept(*seen: Seen, until: date = TODAY) -> Baseline:
    return Baseline().joined((each.accepted("reviewed", until) for each in seen), TODAY)


def test_what_is_accepted_is_accepted_to_its_last_day() -> None:
    baseline = kept(MODEL)

    assert baseline.accepts(MODEL, TODAY) is not None
    assert baseline.accepts(MODEL, date(2026, 11, 26)) is None
    assert baseline.expired(date(2026, 11, 26)) == list(baseline.accepted)
    assert Baseline().accepts(MODEL, TODAY) is None


@pytest.mark.parametrize(("seen", "still"), [(MODEL, False), (TEXT, True)])
def test_other_bytes_end_it_for_a_model_and_not_for_text(seen: Seen, still: bool) -> None:
    changed = Seen(seen.finding, seen.rule, seen.path, "9" * 64, seen.bound)

    assert (kept(seen).accepts(changed, TODAY) is not None) == still


def test_a_model_s_finding_is_not_accepted_by_an_entry_without_digest() -> None:
    entry = MODEL.accepted("reviewed", TODAY).model_copy(update={"sha256": None})

    assert Baseline((entry,)).accepts(MODEL, TODAY) is None


def test_it_reads_back_as_written_and_twice_accepted_is_kept_once() -> None:
    baseline = kept(MODEL, TEXT)

    assert read_baseline(write_baseline(baseline).encode(), "b.yaml") == baseline
    assert read_baseline(write_baseline(Baseline()).encode(), "b.yaml") == Baseline()
    again = baseline.joined([MODEL.accepted("another reason", TODAY)], TODAY)
    assert again == baseline


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("reviewed", "", 6),
        ("2026-11-25", "soon", 6),
        ("a" * 64, "xyz", 6),
        ("rule:", "rules:", 6),
        ("basanite.baseline/1", "other", 1),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(old: str, new: str, line: int) -> None:
    text = write_baseline(kept(MODEL)).replace(old, new, 1)
    with pytest.raises(UsageError, match=f"b.yaml:{line if line == 1 else ''}"):
        read_baseline(text.encode(), "b.yaml")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_hostile_files_are_refused_in_one_line(data: bytes) -> None:
    with pytest.raises(UsageError) as refused:
        read_baseline(data, "b.yaml")
    assert "\n" not in refused.value.line()
