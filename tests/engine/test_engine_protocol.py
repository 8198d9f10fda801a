"""Lines from a worker are read without harm, and the filter is what the kernel reads."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basanite.domain.evidence import Cost
from basanite.domain.job import Failure, Job, JobResult
from basanite.engine import loop
from basanite.engine.confinement import filter_program
from basanite.engine.protocol import NonsenseError, parse, read_result

JOB = Job(id="1", entry="echo", payload={})
COST = {"wall": 0.1, "cpu": 0.1, "peak": 1}
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner)
)


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_nonsense(line: bytes) -> None:
    try:
        said: object = parse(line)
    except NonsenseError as error:
        said = {"reason": str(error)}
    assert isinstance(said, dict)
    assert "\n" not in said.get("reason", "")


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.sampled_from(["id", "answer", "failure", "reason", "cost"]), values))
def test_any_object_is_a_result_or_nonsense(said: dict[str, Any]) -> None:
    try:
        line = json.dumps({"id": "1", "cost": COST, **said}).encode("utf-8", "surrogatepass")
        result = read_result(line, JOB, isolation="none", wall=1.0)
    except NonsenseError:
        return
    assert isinstance(result, JobResult)
    json.dumps(result.answer, allow_nan=False, ensure_ascii=False).encode()


@settings(deadline=None, max_examples=60)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=10,
    )
)
def test_an_honest_answer_comes_through_as_it_is(value: Any) -> None:
    line = loop._line("1", {"answer": value}, COST, 1 << 20)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert read_result(line[:-1], JOB, isolation="none", wall=1.0).answer == value


def test_a_worker_cannot_claim_more_time_than_passed() -> None:
    line = json.dumps({"id": "1", "answer": 1, "cost": {**COST, "wall": 99}}).encode()
    cost = read_result(line, JOB, isolation="none", wall=1.0).cost
    assert cost == Cost(wall_seconds=1.0, cpu_seconds=0.1, peak_bytes=1)


def test_the_loop_names_failures_as_the_domain_does() -> None:
    source = (loop.__file__ or "").replace(".pyc", ".py")
    text = Path(source).read_text(encoding="utf-8")
    named = {part.split('"')[0] for part in text.split('"failure": "')[1:]}
    assert named <= {failure.value for failure in Failure}
    assert named


@pytest.mark.parametrize(
    ("machine", "audit", "clone", "socket"),
    [("x86_64", 0xC000003E, 56, 41), ("aarch64", 0xC00000B7, 220, 198)],
)
def test_the_filter_decides_as_it_should(machine: str, audit: int, clone: int, socket: int) -> None:
    """The program is run here step by step, as seccomp(2) describes."""
    program = filter_program(machine)
    assert program is not None
    allow, eperm, enosys, kill = 0x7FFF0000, 0x50001, 0x50026, 0x80000000
    assert _decide(program, audit, 0, 0) == allow
    assert _decide(program, audit, clone, 0x10000) == allow
    assert _decide(program, audit, clone, 0x11) == eperm
    assert _decide(program, audit, 435, 0) == enosys
    assert _decide(program, audit, socket, 0) == eperm
    assert _decide(program, audit, 442, 0) == eperm
    assert _decide(program, audit ^ 1, 0, 0) == kill
    if machine == "x86_64":
        assert [_decide(program, audit, number, 0) for number in (57, 58)] == [eperm, eperm]
        assert _decide(program, audit, 0x40000000, 0) == eperm


def test_an_unknown_machine_has_no_filter() -> None:
    assert filter_program("pdp11") is None


def _decide(program: bytes, audit: int, number: int, argument: int) -> int:
    data = struct.pack("<IIQQ", number, audit, 0, argument)
    steps = [struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    at, held = 0, 0
    while True:
        code, yes, no, k = steps[at]
        if code == 0x20:
            held = struct.unpack_from("<I", data, k)[0]
            jump = 0
        elif code == 0x06:
            return int(k)
        else:
            holds = {0x15: held == k, 0x35: held >= k, 0x45: bool(held & k)}[code]
            jump = yes if holds else no
        at += 1 + jump
