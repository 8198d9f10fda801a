"""JSON: nothing is lost, nothing varies, nothing moves a cursor."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basanite.domain.assessment import Assessment
from basanite.domain.errors import UnreadableError
from basanite.reports.json_report import SCHEMA, from_json, to_json


def test_an_assessment_reads_back_equal(water: Assessment) -> None:
    text = to_json(water)
    assert from_json(text) == water
    assert to_json(from_json(text)) == text


def test_the_schema_is_named_by_its_alias(water: Assessment) -> None:
    assert json.loads(to_json(water))["schema"] == SCHEMA


def test_the_bytes_are_the_same_in_every_process(water: Assessment) -> None:
    """Sets of words come out in an order that string hashing would otherwise change."""
    program = (
        "import sys; from basanite.reports.json_report import from_json, to_json;"
        "sys.stdout.write(to_json(from_json(sys.stdin.read())))"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            input=to_json(water),
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        )
        assert done.stdout == to_json(water)


def test_the_text_is_plain_ascii_without_controls(build: Callable[..., Assessment]) -> None:
    hostile = build().inventory.system.model_copy(update={"title": "\x1b[2J\u202eé\n"})
    text = to_json(build(system=hostile))
    assert text.isascii()
    assert all(character >= " " or character == "\n" for character in text)
    assert from_json(text).inventory.system.title == "\x1b[2J\u202eé\n"


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null", "[" * 100_000, '{"schema": "x/2"}'])
def test_anything_else_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UnreadableError) as caught:
        from_json(text)
    assert "\n" not in caught.value.line()


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(UnreadableError):
        from_json(text)
