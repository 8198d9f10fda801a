"""How jobs flow through the engine, whatever the sandbox."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from basanite.adapters.sandbox import Unconfined
from basanite.domain.job import Failure, Job, Limits
from basanite.domain.ports import Sandbox
from basanite.engine.local import LocalEngine

WORKER = [sys.executable, "-I", str(Path(__file__).parent / "hostile_worker.py")]
LIMITS = Limits(wall_seconds=10)


def job(identifier: str, entry: str = "echo", **payload: object) -> Job:
    return Job(id=identifier, entry=entry, payload=payload, limits=LIMITS)


@pytest.fixture
def two() -> Iterator[LocalEngine]:
    with LocalEngine(Unconfined(), WORKER, 2) as engine:
        yield engine


def test_every_job_has_one_result(two: LocalEngine) -> None:
    results = list(two.run(job(str(n), value=n) for n in range(500)))
    assert sorted(int(result.id) for result in results) == list(range(500))
    assert all(result.answer == int(result.id) for result in results)


def test_results_come_in_the_order_of_completion(two: LocalEngine) -> None:
    list(two.run([job("warm", "sleep", seconds=0.2), job("up", "sleep", seconds=0.2)]))
    results = two.run([job("slow", "sleep", seconds=0.5), job("fast", "sleep", seconds=0.01)])
    assert [result.id for result in results] == ["fast", "slow"]


def test_jobs_are_taken_only_as_workers_become_free(two: LocalEngine) -> None:
    taken = 0

    def jobs() -> Iterator[Job]:
        nonlocal taken
        while True:
            taken += 1
            yield job(str(taken), value=1)

    results = two.run(jobs())
    next(results)
    assert taken <= 5
    results.close()  # type: ignore[attr-defined]


def test_a_worker_is_kept_for_equal_jobs_and_not_for_others(two: LocalEngine) -> None:
    def pid(limits: Limits, root: str = "") -> int:
        one = Job(id="1", entry="pid", root=root, payload={}, limits=limits)
        [result] = two.run([one])
        return int(result.answer["pid"])

    other = LIMITS.model_copy(update={"cpu_seconds": 7})
    first = pid(LIMITS)
    assert pid(LIMITS) == first
    assert pid(other) != first
    assert pid(LIMITS) == first
    assert pid(LIMITS, "/tmp") not in (first, pid(other))


def test_a_worker_that_ran_a_single_entry_is_not_used_again() -> None:
    with LocalEngine(Unconfined(), WORKER, 1, single=frozenset({"pid"})) as engine:
        pids = [r.answer["pid"] for r in engine.run([job("1", "pid"), job("2", "pid")])]
    assert pids[0] != pids[1]


def test_a_worker_that_failed_is_not_used_again(two: LocalEngine) -> None:
    [first] = two.run([job("1", "pid")])
    list(two.run([job("2", "fail", text="x"), job("3", "fail", text="x")]))
    assert first.answer["pid"] not in [
        result.answer["pid"] for result in two.run([job("4", "pid"), job("5", "pid")])
    ]


def test_a_worn_worker_is_replaced_before_its_life_ends() -> None:
    limits = Limits(wall_seconds=10, cpu_seconds=1)
    jobs = [Job(id=str(n), entry="burn", payload={"seconds": 0.9}, limits=limits) for n in range(3)]
    with LocalEngine(Unconfined(), WORKER, 1) as engine:
        assert [result.answer for result in engine.run(jobs)] == ["done"] * 3


@pytest.mark.parametrize(
    "argv",
    [
        ["/absent/python"],
        [*WORKER, "--silent"],
        [*WORKER, "--babble"],
        [sys.executable, "-c", "import sys; sys.exit(3)"],
    ],
)
def test_a_worker_that_cannot_start_fails_its_job_and_only_that(argv: list[str]) -> None:
    with LocalEngine(Unconfined(), argv, 1) as engine:
        results = list(engine.run(job(str(n)) for n in range(6)))
    assert {result.failure for result in results} == {Failure.START}
    assert len(results) == 6
    assert all(result.reason for result in results)


def test_a_worker_that_never_gets_ready_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("basanite.engine.local.START_SECONDS", 0.3)
    argv = [sys.executable, "-c", "import time; time.sleep(60)"]
    with LocalEngine(Unconfined(), argv, 1) as engine:
        [result] = engine.run([job("1")])
    assert result.failure is Failure.START


def test_a_limit_below_what_python_holds_lets_nothing_grow(sandbox: Sandbox) -> None:
    limits = Limits(memory_bytes=1 << 20)
    jobs = [Job(id="1", entry="touch", payload={"bytes": 8 << 20}, limits=limits)]
    with LocalEngine(sandbox, WORKER, 1) as engine:
        [result] = engine.run(jobs)
    assert result.failure in (Failure.START, Failure.MEMORY)


def test_a_job_that_is_no_json_fails_alone(two: LocalEngine) -> None:
    jobs = [job("1", value=float("nan")), job("2", value=b"x"), job("3", value=3)]
    results = {result.id: result for result in two.run(jobs)}
    assert results["1"].failure is results["2"].failure is Failure.NONSENSE
    assert results["3"].answer == 3


def test_a_payload_larger_than_any_pipe_arrives(two: LocalEngine) -> None:
    text = "é" * (2 << 20)
    [result] = two.run([job("1", value=text)])
    assert result.answer == text


def test_a_slow_caller_does_not_make_jobs_late() -> None:
    limits = Limits(wall_seconds=0.3)
    jobs = [Job(id=str(n), entry="echo", payload={"value": n}, limits=limits) for n in range(3)]
    with LocalEngine(Unconfined(), WORKER, 1) as engine:
        results = []
        for result in engine.run(jobs):
            results.append(result)
            time.sleep(0.5)
    assert [result.answer for result in results] == [0, 1, 2]
    assert all(result.cost.wall_seconds < 0.3 for result in results)


def test_costs_are_measured_for_each_job(sandbox: Sandbox) -> None:
    jobs = [
        job("burn", "burn", seconds=0.3),
        job("memory", "touch", bytes=200 << 20),
        job("small", value=1),
    ]
    with LocalEngine(sandbox, WORKER, 1) as engine:
        costs = {result.id: result.cost for result in engine.run(jobs)}
    assert 0.3 <= costs["burn"].cpu_seconds < 0.5
    assert costs["memory"].peak_bytes > 200 << 20
    assert costs["small"].peak_bytes < 100 << 20
    assert costs["small"].wall_seconds < 0.1


def test_an_iterable_that_raises_ends_the_run_and_its_workers(two: LocalEngine) -> None:
    def jobs() -> Iterator[Job]:
        yield job("1", "hang")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        list(two.run(jobs()))
    assert [result.answer for result in two.run([job("2", value=2)])] == [2]


def test_ctrl_c_kills_the_workers_and_reaches_the_caller(two: LocalEngine) -> None:
    timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(two.run([job("1", "hang"), job("2", "hang")]))
    timer.join()
    assert time.monotonic() - started < 3
    assert [result.answer for result in two.run([job("3", value=3)])] == [3]


def test_one_engine_runs_one_stream_at_a_time(two: LocalEngine) -> None:
    results = two.run([job("1", value=1), job("2", value=2), job("3", value=3)])
    next(results)
    with pytest.raises(RuntimeError):
        next(two.run([job("4")]))
    assert len(list(results)) == 2


def test_the_trace_gets_what_workers_say() -> None:
    said = bytearray()
    with LocalEngine(Unconfined(), WORKER, 1, trace=said.extend) as engine:
        list(engine.run([job("1", "fail", text="traced"), job("2")]))
    assert b"Traceback" in said
    assert b"ValueError: traced" in said


ENGINE = """
import sys
from basanite.adapters.sandbox import Unconfined, find_sandbox
from basanite.domain.job import Job
from basanite.engine.local import LocalEngine
sandbox = find_sandbox(seen=[sys.argv[2]]) if sys.argv[1] == "bubblewrap" else Unconfined()
worker = [sys.executable, "-I", sys.argv[2] + "/hostile_worker.py"]
jobs = [Job(id="1", entry="echo", payload={}), *(Job(id=n, entry="hang", payload={}) for n in "23")]
for result in LocalEngine(sandbox, worker, 2).run(jobs):
    print(result.failure, flush=True)
"""


def test_no_worker_outlives_an_engine_that_is_killed(sandbox: Sandbox) -> None:
    argv = [sys.executable, "-c", ENGINE, sandbox.name, str(Path(WORKER[2]).parent)]
    before = set(_living())
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as engine:
        assert engine.stdout is not None
        assert engine.stdout.readline() == b"None\n"
        time.sleep(0.3)  # The second worker may still be starting.
        workers = {pid for pid in _living() - before if pid != engine.pid}
        assert workers
        engine.kill()
    until = time.monotonic() + 5
    while workers & _living():
        assert time.monotonic() < until
        time.sleep(0.01)


def _living() -> set[int]:
    """Return the processes that mention the hostile worker and are not dead."""
    found = set()
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                mentioned = b"hostile_worker" in (path / "cmdline").read_bytes()
            except OSError:
                continue
            if mentioned:  # The dead have an empty command line.
                found.add(int(path.name))
    return found
