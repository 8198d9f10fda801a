"""Whatever a worker does, its job gets a failure with a reason, and the next job an answer."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from basanite.domain.job import Failure, Job, JobResult, Limits
from basanite.engine.local import LocalEngine

LIMITS = Limits(
    wall_seconds=1.0, cpu_seconds=5, memory_bytes=1 << 30, processes=16, output_bytes=1 << 20
)
FORGED = '{"id":"first","answer":1,"cost":{"wall":0,"cpu":0,"peak":0}}'


def first_and_next(
    engine: LocalEngine, entry: str, payload: dict[str, Any], limits: Limits = LIMITS
) -> JobResult:
    """Run a hostile job, then a good one with the same binding; the good one must succeed."""
    jobs = [
        Job(id="first", entry=entry, payload=payload, limits=limits),
        Job(id="next", entry="echo", payload={"value": "well"}, limits=limits),
    ]
    results = {result.id: result for result in engine.run(jobs)}
    assert results["next"].answer == "well", results["next"]
    return results["first"]


def test_a_hang_ends_at_its_wall_time(engine: LocalEngine) -> None:
    result = first_and_next(engine, "hang", {})
    assert (result.failure, result.reason) == (Failure.TIMEOUT, "took longer than 1 s")
    assert 1.0 <= result.cost.wall_seconds < 1.5


def test_burning_the_processor_ends_at_its_limit(engine: LocalEngine) -> None:
    limits = LIMITS.model_copy(update={"wall_seconds": 20.0, "cpu_seconds": 1})
    result = first_and_next(engine, "burn", {}, limits)
    assert result.failure is Failure.TIMEOUT
    assert result.reason == "used more than 1 s of processor time"


def test_forks_fail_even_for_root_and_past_python(engine: LocalEngine) -> None:
    result = first_and_next(engine, "fork_bomb", {})
    assert result.failure is Failure.CRASH
    assert "PermissionError" in result.reason
    assert first_and_next(engine, "raw_fork", {}).answer == 1  # EPERM


def test_a_bomb_of_threads_ends(engine: LocalEngine) -> None:
    result = first_and_next(engine, "thread_bomb", {})
    assert result.failure in (Failure.CRASH, Failure.TIMEOUT, Failure.MEMORY)


def test_memory_has_a_limit(engine: LocalEngine) -> None:
    limits = LIMITS.model_copy(update={"memory_bytes": 256 << 20, "wall_seconds": 10.0})
    assert first_and_next(engine, "memory", {}, limits).failure is Failure.MEMORY


def test_a_flood_of_output_ends(engine: LocalEngine) -> None:
    result = first_and_next(engine, "wild", {"text": "x" * 4096, "forever": True})
    assert (result.failure, result.reason) == (Failure.OUTPUT, "wrote more than 1048576 bytes")


def test_a_flood_of_errors_ends(engine: LocalEngine) -> None:
    result = first_and_next(engine, "wild", {"text": "x" * 4096, "forever": True, "errors": True})
    assert result.failure is Failure.OUTPUT


def test_an_answer_that_is_too_long_costs_only_itself(engine: LocalEngine) -> None:
    result = first_and_next(engine, "long_answer", {"bytes": 2 << 20})
    assert (result.failure, result.answer) == (Failure.OUTPUT, None)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_a_signal_is_named(engine: LocalEngine, number: signal.Signals) -> None:
    result = first_and_next(engine, "kill_self", {"signal": int(number)})
    assert (result.failure, result.reason) == (Failure.SIGNAL, f"killed by {number.name}")


def test_an_exit_tells_the_last_line_made_inert(engine: LocalEngine) -> None:
    result = first_and_next(engine, "leave", {"code": 3})
    assert result.failure is Failure.CRASH
    assert result.reason == (
        "ended with 3 before it answered; it said last: leaving\\u{1b}[31m now"
    )


def test_closing_all_pipes_is_a_crash(engine: LocalEngine) -> None:
    assert first_and_next(engine, "close_pipes", {}).failure in (Failure.CRASH, Failure.TIMEOUT)


def test_an_exception_tells_its_type_and_last_line(engine: LocalEngine) -> None:
    result = first_and_next(engine, "fail", {"text": "first\nthe \x1b[2J last"})
    assert (result.failure, result.reason) == (Failure.CRASH, "ValueError: the \\u{1b}[2J last")


@pytest.mark.parametrize("which", ["nan", "bytes", "deep", "half"])
def test_an_answer_that_is_no_json_is_nonsense(engine: LocalEngine, which: str) -> None:
    assert first_and_next(engine, "no_json", {"which": which}).failure is Failure.NONSENSE


@pytest.mark.parametrize(
    "text",
    [
        "not json\n",
        "\n",
        "[]\n",
        "null\n",
        "{}\n",
        '{"id":"other","answer":1,"cost":{"wall":0,"cpu":0,"peak":0}}\n',
        '{"id":"first","cost":{"wall":0,"cpu":0,"peak":0}}\n',
        '{"id":"first","answer":1}\n',
        '{"id":"first","answer":1,"cost":{"wall":"x","cpu":[],"peak":{}}}\n',
        '{"id":"first","answer":1,"cost":{"wall":0,"cpu":0,"peak":1e300}}\n'.replace("300", "999"),
        '{"id":"first","failure":"won","reason":"","cost":{"wall":0,"cpu":0,"peak":0}}\n',
        '{"id":"first","failure":["crash"],"cost":{"wall":0,"cpu":0,"peak":0}}\n',
        FORGED.replace('"answer":1', '"answer":NaN') + "\n",
        FORGED.replace('"answer":1', '"answer":-1e999') + "\n",
        FORGED.replace('"answer":1', '"answer":' + "9" * 5000) + "\n",
        FORGED.replace('"answer":1', '"answer":"\\udc80"') + "\n",
        FORGED.replace('"answer":1', '"answer":"\udc80"') + "\n",
        FORGED.replace('"answer":1', '"answer":' + "[" * 100 + "]" * 100) + "\n",
        FORGED.replace('"answer":1', '"answer":' + "[" * 100_000 + "]" * 100_000) + "\n",
        FORGED.replace('"answer":1', '"answer":' + '{"a":' * 50_000 + "1" + "}" * 50_000) + "\n",
        FORGED + "\n" + FORGED + "\n",
    ],
    ids=range(21),
)
def test_a_line_that_is_no_answer_is_nonsense(confined: LocalEngine, text: str) -> None:
    result = first_and_next(confined, "wild", {"text": text})
    assert (result.failure, result.answer) == (Failure.NONSENSE, None)


def test_a_worker_cannot_answer_the_next_job_too(engine: LocalEngine) -> None:
    assert first_and_next(engine, "twice", {"next": "next"}).failure is Failure.NONSENSE


def test_too_many_values_are_nonsense(confined: LocalEngine) -> None:
    limits = LIMITS.model_copy(update={"output_bytes": 16 << 20, "wall_seconds": 10.0})
    text = FORGED.replace('"answer":1', '"answer":[' + "[]," * 1_500_000 + "[]]") + "\n"
    result = first_and_next(confined, "wild", {"text": text}, limits)
    assert (result.failure, result.reason) == (
        Failure.NONSENSE,
        "the answer holds too many values",
    )


def test_printing_does_not_disturb_the_protocol(engine: LocalEngine) -> None:
    result = first_and_next(engine, "chatter", {})
    assert (result.failure, result.answer) == (None, "")


def test_the_disk_of_a_worker_has_a_limit(confined: LocalEngine) -> None:
    assert "File too large" in first_and_next(confined, "fill_disk", {}).reason


def test_an_unknown_entry_is_a_crash(engine: LocalEngine) -> None:
    result = first_and_next(engine, "absent\n", {})
    assert result.reason == "the worker has no entry 'absent\\n'"


def test_an_honest_deep_answer_within_the_bound_passes(engine: LocalEngine) -> None:
    assert first_and_next(engine, "deep", {"depth": 40}).failure is None
