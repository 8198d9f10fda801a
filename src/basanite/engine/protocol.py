"""The engine's side of the conversation with a worker.

A worker is not believed: it may be taken over by what it reads, and whatever it writes must do no
harm here.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

from pydantic import ValidationError

from basanite.domain.evidence import Cost
from basanite.domain.job import Failure, Job, JobResult, Limits
from basanite.domain.names import visible

MAX_DEPTH = 64
"""Deeper answers are nonsense: code that walks them would exhaust its stack."""
MAX_VALUES = 2_000_000
"""More values than this in one answer are nonsense: each costs many times its text in memory."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class NonsenseError(Exception):
    """A line from a worker that is not what the protocol says."""


def hello_line(limits: Limits, isolation: str) -> bytes:
    """Return the first line to a worker."""
    return _line({"limits": limits.model_dump(), "isolation": isolation})


def job_line(job: Job) -> bytes:
    """Return the line that gives a worker a job.

    Raises:
        ValueError, TypeError, RecursionError: the payload is no JSON.
    """
    return _line({"id": job.id, "entry": job.entry, "root": job.root, "payload": job.payload})


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, allow_nan=False, separators=(",", ":")).encode("ascii") + b"\n"


def read_ready(line: bytes) -> bool:
    """Return whether a worker that says it is ready has its filter of system calls.

    Raises:
        NonsenseError: it says something else.
    """
    said = parse(line)
    if said.get("ready") is not True:
        raise NonsenseError("the worker did not say that it is ready")
    return said.get("filtered") is True


def read_result(line: bytes, job: Job, *, isolation: str, wall: float) -> JobResult:
    """Return what a worker's line says of a job. ``wall`` is the parent's time, in seconds.

    Raises:
        NonsenseError: the line is no answer to that job.
    """
    said = parse(line)
    if said.get("id") != job.id:
        raise NonsenseError("the answer is to another question")
    cost = _cost(said.get("cost"), wall)
    if "failure" in said:
        try:
            failure = Failure(said["failure"])
        except ValueError:
            raise NonsenseError("the answer names an unknown failure") from None
        reason = visible(str(said.get("reason", "")))
        return JobResult(id=job.id, failure=failure, reason=reason, isolation=isolation, cost=cost)
    if "answer" not in said:
        raise NonsenseError("the answer is empty")
    return JobResult(id=job.id, answer=said["answer"], isolation=isolation, cost=cost)


def parse(line: bytes) -> dict[str, Any]:
    """Return the object that a line holds.

    Raises:
        NonsenseError: no JSON; not finite; an integer of thousands of digits; half a surrogate
            pair; deeper or longer than an answer may be; no object.
    """
    if line.count(b",") + line.count(b"[") + line.count(b"{") > MAX_VALUES:
        raise NonsenseError("the answer holds too many values")
    try:
        value = json.loads(
            line.decode("utf-8"), parse_constant=_not_finite, parse_float=_finite_float
        )
        if _SURROGATE.search(line):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError:
        raise NonsenseError("the answer is nested too deep") from None
    except ValueError as error:
        raise NonsenseError(f"the answer is no JSON: {_short(error)}") from None
    if not isinstance(value, dict):
        raise NonsenseError("the answer is no object")
    _hold_depth(value)
    return value


def _short(error: ValueError) -> str:
    if isinstance(error, UnicodeError):
        return "its text is not UTF-8"
    return visible(str(error), 120)


def _not_finite(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _finite_float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _hold_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise NonsenseError("the answer is nested too deep")


def _cost(said: Any, wall: float) -> Cost:
    """Return the cost; a worker cannot say more time than passed here."""
    try:
        own = float(said["wall"])
        cost = Cost(
            wall_seconds=min(own, wall) if own >= 0 else wall,
            cpu_seconds=max(0.0, float(said["cpu"])),
            peak_bytes=max(0, int(said["peak"])),
        )
    except (TypeError, KeyError, ValueError, OverflowError, ValidationError):
        raise NonsenseError("the answer does not say what it cost") from None
    return cost
