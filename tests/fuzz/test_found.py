"""What the fuzzers once found stays found."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.fuzz.targets import TARGETS
from tests.strategies import VALID

FOUND = Path(__file__).resolve().parent / "found"
CASES = sorted(path for path in FOUND.rglob("*") if path.is_file())


@pytest.mark.timeout(120)
def test_no_case_that_once_broke_a_reader_breaks_one_now() -> None:
    for case in CASES:
        TARGETS[case.parent.name](case.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_comes_back_from_valid_files(name: str) -> None:
    for data in VALID.values():
        TARGETS[name](data)
        TARGETS[name](b"\0" + data)
