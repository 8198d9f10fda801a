"""Engines that run the hostile worker, with and without a sandbox."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from basanite.adapters.sandbox import Bubblewrap, Unconfined, find_sandbox
from basanite.domain.ports import Sandbox
from basanite.engine.local import LocalEngine

HERE = Path(__file__).parent
WORKER = [sys.executable, "-I", str(HERE / "hostile_worker.py")]


def children() -> dict[int, str]:
    """Return the processes below this one, with their state."""
    parents: dict[int, tuple[int, str]] = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                text = (path / "stat").read_text()
            except OSError:
                continue
            state, parent = text.rpartition(")")[2].split()[:2]
            parents[int(path.name)] = (int(parent), state)
    found: dict[int, str] = {}
    wanted = {os.getpid()}
    while wanted:
        inner = {pid for pid, (parent, _) in parents.items() if parent in wanted}
        found |= {pid: parents[pid][1] for pid in inner}
        wanted = inner
    return found


@pytest.fixture(scope="session")
def bubblewrap() -> Sandbox:
    sandbox = find_sandbox(seen=[str(HERE)])
    if not isinstance(sandbox, Bubblewrap):
        pytest.skip(f"no bubblewrap here: {sandbox}")
    return sandbox


@pytest.fixture(params=["bubblewrap", "none"])
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    if request.param == "none":
        return Unconfined()
    found: Sandbox = request.getfixturevalue("bubblewrap")
    return found


@pytest.fixture
def confined(bubblewrap: Sandbox) -> Iterator[LocalEngine]:
    with LocalEngine(bubblewrap, WORKER, 1) as engine:
        yield engine


@pytest.fixture
def engine(sandbox: Sandbox) -> Iterator[LocalEngine]:
    with LocalEngine(sandbox, WORKER, 1) as engine:
        yield engine


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No test leaves a process, a zombie or a descriptor behind."""
    before, files = set(children()), len(list(Path("/proc/self/fd").iterdir()))
    yield
    settled(lambda: not set(children()) - before)
    assert len(list(Path("/proc/self/fd").iterdir())) <= files


def settled(holds: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait until something holds; fail when it does not."""
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, children()
        time.sleep(0.01)
