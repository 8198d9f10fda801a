"""Workers: the engine with the only worker that it starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from basanite.adapters.sandbox import find_sandbox
from basanite.domain.job import Job, JobResult
from basanite.domain.ports import Engine
from basanite.engine.local import LocalEngine

_ONCE = frozenset({"evaluate"})
"""Entries that run somebody's model: their worker is never used again."""


class _Late:
    """An engine that looks for a sandbox only when there is a job."""

    def __init__(self, make: Callable[[], LocalEngine]) -> None:
        self._make = make
        self._engine: LocalEngine | None = None

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        waiting = iter(jobs)
        first = next(waiting, None)
        if first is None:
            return
        if self._engine is None:
            self._engine = self._make()
        yield from self._engine.run(_chained(first, waiting))

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()


def _chained(first: Job, rest: Iterator[Job]) -> Iterator[Job]:
    yield first
    yield from rest


@contextmanager
def local_engine(workers: int | None = None, *, trace: bool = False) -> Iterator[Engine]:
    """Give confined local workers, started when first needed, and stop them at the end.

    ``trace`` shows what workers write to their standard error.
    """

    def make() -> LocalEngine:
        return LocalEngine(
            find_sandbox(),
            [sys.executable, "-I", "-m", "basanite.app.worker"],
            workers or len(os.sched_getaffinity(0)),
            single=_ONCE,
            trace=_show if trace else None,
        )

    engine = _Late(make)
    try:
        yield engine
    finally:
        engine.close()


def _show(said: bytes) -> None:
    sys.stderr.write(said.decode("utf-8", "backslashreplace"))
