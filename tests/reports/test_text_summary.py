"""The terminal's summary: what is wrong first, few lines, nothing that moves a cursor."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basanite.domain.assessment import Assessment
from basanite.domain.verdict import Status
from basanite.reports.cells import cells
from basanite.reports.text import lines


def test_what_is_wrong_comes_first_with_what_to_do(water: Assessment) -> None:
    told = lines(water, 120)
    assert len(told) <= 32
    assert told[1].startswith("Not shown to be safe: 2 critical findings")
    first = next(i for i, line in enumerate(told) if line.startswith("critical"))
    assert "A model file runs code" in told[first]
    assert told[first + 1].strip().startswith("do: Do not load this file")
    assert first < next(i for i, line in enumerate(told) if line.startswith("Requirements"))


def test_the_whole_head_of_the_ledger_is_there_at_any_width(water: Assessment) -> None:
    for width in (20, 60, 80, 200):
        told = "".join(line.split()[-1] for line in lines(water, width)[-2:])
        assert water.head.hash in told


def test_unknown_stands_apart_from_unmet(water: Assessment) -> None:
    counts = dict.fromkeys(Status, 0)
    for verdict in water.verdicts:
        counts[verdict.status] += 1
    row = next(line for line in lines(water, 120) if line.startswith("Requirements"))
    assert f"{counts[Status.UNMET]} unmet" in row
    assert f"{counts[Status.UNKNOWN]} unknown" in row


def test_what_did_not_look_is_said_with_its_reason(water: Assessment) -> None:
    told = "\n".join(lines(water, 200))
    assert "model-latency error: memory: the worker passed 2 GB" in told
    assert "3 more reasons" in told
    assert "archive/old" in told


def test_answers_that_have_run_out_since_are_counted(water: Assessment, now: datetime) -> None:
    later = lines(water, 120, now=now + timedelta(days=400))
    assert any(line.startswith("Out of date") and "14 answers" in line for line in later)


def test_nothing_to_look_at_is_never_a_pass(build: Callable[..., Assessment]) -> None:
    told = lines(build(results=(), artifacts=(), verdicts=()), 80)
    assert told[1].startswith("Not proven yet: there was nothing to look at.")


@given(text=st.text(max_size=300), width=st.integers(min_value=0, max_value=200))
@settings(max_examples=60, deadline=None)
def test_no_name_or_answer_breaks_the_form(water: Assessment, text: str, width: int) -> None:
    system = water.inventory.system.model_copy(update={"title": text})
    rule = water.results[0].findings[0].rule.model_copy(update={"title": text, "remediation": text})
    finding = water.results[0].findings[0].model_copy(update={"rule": rule, "message": text})
    results = tuple(
        each.model_copy(update={"reason": text, "findings": (finding,) if each.findings else ()})
        for each in water.results
    )
    odd = water.model_copy(
        update={
            "inventory": water.inventory.model_copy(update={"system": system}),
            "results": results,
        }
    )
    told = lines(odd, width)
    assert len(told) <= 68
    for line in told:
        assert cells(line) <= max(width, 46)
        assert not {unicodedata.category(c) for c in line} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(("text", "expected"), [("ab", 2), ("漢字", 4), ("e\u0301", 1)])
def test_cells_are_counted_as_a_terminal_shows_them(text: str, expected: int) -> None:
    assert cells(text) == expected
