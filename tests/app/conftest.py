"""A small real system in a temporary folder, and a home of its own for every test."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.small_system import Site, Time, fill


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "home"
    monkeypatch.setenv("BASANITE_HOME", str(place))
    return place


@pytest.fixture
def clock() -> Time:
    return Time(datetime.now(UTC))


@pytest.fixture
def site(tmp_path: Path, clock: Time) -> Site:
    (tmp_path / "system").mkdir()
    return fill(Site(tmp_path / "system", clock))
