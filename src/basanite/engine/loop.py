"""The loop of a worker process: one line of JSON in, one line of JSON out.

First line in: ``{"limits": {…}, "isolation": NAME}``; out: ``{"ready": true, "filtered": BOOL}``.
Then jobs: ``{"id", "entry", "root", "payload"}``; out: ``{"id", "answer", "cost"}`` or
``{"id", "failure", "reason", "cost"}``. It uses the standard library only, so that a worker starts
fast.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from basanite.engine import confinement

MAX_REASON = 500
MAX_TRACE = 20_000


@dataclass(frozen=True)
class Context:
    """The circumstances of a job."""

    job: str
    """The job's id."""
    root: str
    """The folder it may read, as `os.fsdecode` gives it; empty: none."""
    isolation: str
    """How this worker is confined: ``bubblewrap`` or ``none``."""


Entry = Callable[[dict[str, Any], Context], Any]


def serve(entries: Mapping[str, Entry]) -> None:
    """Answer jobs until the standard input ends.

    An entry gets the job's payload and its context, and returns JSON. What it raises becomes a
    failure with the type and the last line of the exception. What it prints goes to the standard
    error: the standard output belongs to the protocol.
    """
    jobs, answers = _take_streams()
    hello = json.loads(jobs.readline())
    isolation = str(hello["isolation"])
    limits = hello["limits"]
    confinement.set_limits(limits, confined=isolation != "none")
    filtered = confinement.filter_calls()
    peak = _Peak()
    _write(answers, _encode({"ready": True, "filtered": filtered}))
    for line in jobs:
        confinement.allow_processor(limits["cpu_seconds"])
        job = json.loads(line)
        started, before = time.perf_counter(), _processor_seconds()
        peak.reset()
        said = _answer(entries, job, isolation)
        cost = {
            "wall": time.perf_counter() - started,
            "cpu": _processor_seconds() - before,
            "peak": peak.read(),
        }
        _write(answers, _line(job["id"], said, cost, limits["output_bytes"]))


def _take_streams() -> tuple[BinaryIO, int]:
    """Keep the two pipes for the protocol; give entries /dev/null to read and stderr to write."""
    jobs = os.fdopen(os.dup(0), "rb", buffering=1 << 16)
    answers = os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return jobs, answers


def _answer(entries: Mapping[str, Entry], job: dict[str, Any], isolation: str) -> dict[str, Any]:
    entry = entries.get(job["entry"])
    if entry is None:
        return {"failure": "crash", "reason": f"the worker has no entry {job['entry']!r}"}
    context = Context(job=job["id"], root=job["root"], isolation=isolation)
    try:
        return {"answer": entry(job["payload"], context)}
    except MemoryError:
        return {"failure": "memory", "reason": "used more memory than it may"}
    except Exception as error:  # noqa: BLE001 - any failure of an entry is this job's answer
        return _failed(error)


def _failed(error: BaseException) -> dict[str, Any]:
    trace = traceback.format_exc(limit=-40)
    with contextlib.suppress(OSError):
        sys.stderr.write(trace[-MAX_TRACE:])
        sys.stderr.flush()
    said = str(error).strip().splitlines()
    last = f": {said[-1][:MAX_REASON]}" if said else ""
    return {"failure": "crash", "reason": f"{type(error).__name__}{last}"}


def _line(identifier: str, said: dict[str, Any], cost: dict[str, Any], limit: int) -> bytes:
    try:
        line = _encode({"id": identifier, **said, "cost": cost})
    except MemoryError:
        said = {"failure": "memory", "reason": "used more memory than it may"}
        line = _encode({"id": identifier, **said, "cost": cost})
    except (TypeError, ValueError, RecursionError) as error:
        said = {"failure": "nonsense", "reason": f"the answer is no JSON: {error}"[:MAX_REASON]}
        line = _encode({"id": identifier, **said, "cost": cost})
    if len(line) > limit:
        said = {"failure": "output", "reason": f"the answer has more than {limit} bytes"}
        line = _encode({"id": identifier, **said, "cost": cost})
    return line


def _encode(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8") + b"\n"


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


class _Peak:
    """The largest resident size since the last reset, in bytes.

    Where the kernel lets the mark be reset (`proc_pid_clear_refs(5)`) it is this job's own; else
    it is the whole life's of the worker.
    """

    def __init__(self) -> None:
        self._reset = _open("/proc/self/clear_refs", os.O_WRONLY)
        self._status = _open("/proc/self/status", os.O_RDONLY)

    def reset(self) -> None:
        if self._reset is not None:
            try:
                os.write(self._reset, b"5")
            except OSError:
                self._reset = None

    def read(self) -> int:
        for line in self._lines():
            if line.startswith(b"VmHWM:"):
                return int(line.split()[1]) * 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def _lines(self) -> Iterator[bytes]:
        if self._reset is not None and self._status is not None:
            yield from os.pread(self._status, 4096, 0).splitlines()


def _open(path: str, flags: int) -> int | None:
    try:
        return os.open(path, flags)
    except OSError:
        return None
