"""The engine that runs jobs in confined processes on this machine."""

from __future__ import annotations

import selectors
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Self

from basanite.domain.errors import BasaniteError
from basanite.domain.evidence import Cost
from basanite.domain.job import Failure, Job, JobResult
from basanite.domain.names import visible
from basanite.domain.ports import Sandbox
from basanite.engine.confinement import CPU_LIVES
from basanite.engine.process import Binding, Trace, Worker
from basanite.engine.protocol import NonsenseError, read_ready, read_result

START_SECONDS = 30.0
"""How long a worker may take until it is ready."""
MAX_STARTS = 3
"""After so many failed starts in a row no further one is tried for the same root and limits."""


class LocalEngine:
    """Runs jobs in persistent worker processes, each bound to one root and one set of limits.

    ``argv`` starts a worker (a program that calls `basanite.engine.loop.serve`). A worker that has
    failed is never used again, nor is one that ran an entry in ``single``: entries that run
    somebody's model. ``trace`` gets what workers write to their standard error.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        argv: Sequence[str],
        workers: int,
        *,
        single: frozenset[str] = frozenset(),
        trace: Trace | None = None,
    ) -> None:
        if workers < 1:
            raise ValueError("an engine needs a worker")
        self._sandbox = sandbox
        self._argv = tuple(argv)
        self._size = workers
        self._single = single
        self._trace = trace
        self._workers: list[Worker] = []
        # Poll needs no descriptor of its own, and there are few to watch.
        self._selector = selectors.PollSelector()
        self._refused: dict[Binding, int] = {}
        self._running = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """Yield a result for every job, in the order of completion. A job never raises.

        Jobs are taken from the iterable only as workers become free. When the caller stops early,
        or is interrupted, the workers at work are killed.

        Raises:
            RuntimeError: another `run` of this engine is not over.
        """
        if self._running:
            raise RuntimeError("this engine is already running jobs")
        self._running = True
        self._refused.clear()
        waiting = iter(jobs)
        results: list[JobResult] = []
        try:
            while True:
                # Workers get their next jobs before the caller deals with the results.
                refused = self._fill(waiting)
                yield from results
                yield from refused
                results = []
                if self._busy():
                    results = [] if refused else self._wait()
                elif not refused:
                    return
        finally:
            for worker in [each for each in self._workers if each.job is not None]:
                self._discard(worker)
            self._running = False

    def close(self) -> None:
        """Stop all workers. The engine can be used again."""
        for worker in list(self._workers):
            self._discard(worker)

    def _busy(self) -> int:
        return sum(worker.job is not None for worker in self._workers)

    def _fill(self, waiting: Iterator[Job]) -> list[JobResult]:
        """Give out jobs while there are free workers; stop at the first that cannot be given."""
        while self._busy() < self._size:
            job = next(waiting, None)
            if job is None:
                return []
            refused = self._assign(job)
            if refused is not None:
                return [refused]
        return []

    def _assign(self, job: Job) -> JobResult | None:
        """Give a job to a worker; return its failure when there can be none."""
        binding = (job.root, job.limits)
        if self._refused.get(binding, 0) >= MAX_STARTS:
            return self._failure(job, Failure.START, "the worker does not start here")
        idle = [worker for worker in self._workers if worker.job is None]
        worker = next((each for each in idle if each.binding == binding), None)
        if worker is None:
            if len(self._workers) >= self._size:
                self._discard(idle[0])
            try:
                worker = self._start(binding)
            except (OSError, ValueError, BasaniteError) as error:
                self._refused[binding] = self._refused.get(binding, 0) + 1
                return self._failure(job, Failure.START, str(error))
        try:
            worker.give(job)
        except (ValueError, TypeError, RecursionError) as error:
            return self._failure(job, Failure.NONSENSE, f"the job is no JSON: {error}")
        self._send(worker)
        return None

    def _start(self, binding: Binding) -> Worker:
        argv = self._sandbox.command(self._argv, root=binding[0])
        worker = Worker(argv, binding, self._sandbox.name, self._trace)
        worker.deadline = worker.started + START_SECONDS
        self._workers.append(worker)
        self._selector.register(worker.stdout, selectors.EVENT_READ, worker)
        self._selector.register(worker.stderr, selectors.EVENT_READ, worker)
        return worker

    def _discard(self, worker: Worker) -> None:
        self._unregister(worker)
        worker.kill()
        self._workers.remove(worker)

    def _unregister(self, worker: Worker) -> None:
        for stream in (worker.stdin, worker.stdout, worker.stderr):
            if not stream.closed and stream in self._selector.get_map():
                self._selector.unregister(stream)

    def _send(self, worker: Worker) -> None:
        done = worker.send()
        registered = worker.stdin in self._selector.get_map()
        if done and registered:
            self._selector.unregister(worker.stdin)
        elif not done and not registered:
            self._selector.register(worker.stdin, selectors.EVENT_WRITE, worker)

    def _wait(self) -> list[JobResult]:
        """Wait until something happens, and return the results that came of it."""
        nearest = min(each.deadline for each in self._workers if each.job is not None)
        events = self._selector.select(max(0.0, nearest - time.monotonic()))
        results: list[JobResult] = []
        # Standard error first: it holds the reason when the answer's pipe has ended.
        for key, _ in sorted(events, key=lambda event: event[0].fileobj is event[0].data.stdout):
            worker: Worker = key.data
            if worker.closed:
                continue
            if key.fileobj is worker.stdin:
                self._send(worker)
            elif key.fileobj is worker.stderr:
                if not worker.listen():
                    self._selector.unregister(worker.stderr)
            else:
                results += self._read(worker)
            if worker in self._workers and worker.flooding:
                limit = worker.binding[1].output_bytes
                results += self._fail(worker, Failure.OUTPUT, f"wrote more than {limit} bytes")
        return results + self._overdue()

    def _overdue(self) -> list[JobResult]:
        now = time.monotonic()
        results: list[JobResult] = []
        for worker in [each for each in self._workers if each.deadline <= now]:
            # The caller may have been slow, not the worker: what it has written counts.
            results += self._read(worker)
            if worker.closed or worker.job is None or worker.deadline > now:
                continue
            if worker.ready:
                seconds = worker.binding[1].wall_seconds
                results += self._fail(worker, Failure.TIMEOUT, f"took longer than {seconds:g} s")
            else:
                results += self._fail(worker, Failure.START, "the worker did not become ready")
        return results

    def _read(self, worker: Worker) -> list[JobResult]:
        before = len(worker.received)
        alive = worker.receive()
        position = worker.received.find(b"\n", before)
        if position < 0:
            return [] if alive else self._ended(worker)
        line = bytes(worker.received[:position])
        try:
            if position + 1 != len(worker.received) or worker.job is None:
                raise NonsenseError("the worker spoke out of turn")
            if len(line) > worker.binding[1].output_bytes:
                return []  # The flood is noticed by the caller of this.
            worker.received.clear()
            if not worker.ready:
                if not read_ready(line):
                    worker.isolation = f"{worker.isolation} without a system call filter"
                worker.ready = True
                self._refused.pop(worker.binding, None)
                worker.begin()
                self._send(worker)
                return []
            wall = time.monotonic() - worker.started
            result = read_result(line, worker.job, isolation=worker.isolation, wall=wall)
        except NonsenseError as error:
            return self._fail(worker, Failure.NONSENSE, str(error))
        self._release(worker, worker.job, result)
        return [result]

    def _release(self, worker: Worker, job: Job, result: JobResult) -> None:
        worker.job = None
        worker.deadline = float("inf")
        worker.cpu_seconds += result.cost.cpu_seconds
        worker.forget_errors()
        worn = worker.cpu_seconds > worker.binding[1].cpu_seconds * (CPU_LIVES - 2)
        if result.failure is not None or job.entry in self._single or worn:
            self._discard(worker)

    def _ended(self, worker: Worker) -> list[JobResult]:
        """Say why a worker has ended by itself."""
        self._unregister(worker)
        code = worker.ended()
        said = worker.last_words()
        if not worker.ready:
            return self._fail(worker, Failure.START, said or f"the worker ended with {code}")
        if "bad_alloc" in said or "MemoryError" in said:
            return self._fail(worker, Failure.MEMORY, "used more memory than it may")
        if code == -signal.SIGXCPU:
            seconds = worker.binding[1].cpu_seconds
            reason = f"used more than {seconds} s of processor time"
            return self._fail(worker, Failure.TIMEOUT, reason)
        if code is None:
            return self._fail(worker, Failure.CRASH, "closed its output and did not answer")
        last = f"; it said last: {said}" if said else ""
        if code < 0:
            return self._fail(worker, Failure.SIGNAL, f"killed by {_name(-code)}{last}")
        return self._fail(worker, Failure.CRASH, f"ended with {code} before it answered{last}")

    def _fail(self, worker: Worker, failure: Failure, reason: str) -> list[JobResult]:
        """Kill a worker and return its job's failure; an idle worker has none."""
        job = worker.job
        wall = time.monotonic() - worker.started
        if not worker.ready:
            failure = Failure.START
            self._refused[worker.binding] = self._refused.get(worker.binding, 0) + 1
        isolation = worker.isolation
        self._discard(worker)
        if job is None:
            return []
        return [
            JobResult(
                id=job.id,
                failure=failure,
                reason=visible(reason),
                isolation=isolation,
                cost=Cost(wall_seconds=wall),
            )
        ]

    def _failure(self, job: Job, failure: Failure, reason: str) -> JobResult:
        return JobResult(
            id=job.id, failure=failure, reason=visible(reason), isolation=self._sandbox.name
        )


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
