"""Job: work for an engine. An entry name plus JSON, so that engines know no checks."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import Field

from basanite.domain.evidence import Cost
from basanite.domain.value import Value


class Limits(Value):
    """What a job may use. Over any of these it ends, and the outcome says which."""

    wall_seconds: float = Field(default=120.0, gt=0)
    cpu_seconds: int = Field(default=120, gt=0)
    memory_bytes: int = Field(default=2 << 30, gt=0)
    """Address space."""
    processes: int = Field(default=32, gt=0)
    """Processes and threads of the worker."""
    output_bytes: int = Field(default=16 << 20, gt=0)


class Job(Value):
    """One piece of work."""

    id: str
    entry: str
    """Name of the worker's entry, e.g. ``catalogue``, ``inspect``, ``evaluate``, ``monitor``."""
    root: str = ""
    """The folder the job may read, as `os.fsdecode` gives it; empty: none. Seen read-only."""
    payload: dict[str, Any]
    limits: Limits = Limits()


class Failure(StrEnum):
    """Why a job has no answer."""

    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT = "output"
    SIGNAL = "signal"
    CRASH = "crash"
    NONSENSE = "nonsense"
    START = "start"


class JobResult(Value):
    """What came of a job: an answer, or a failure with its reason."""

    id: str
    answer: Any = None
    """JSON. Meaningful only when ``failure`` is None."""
    failure: Failure | None = None
    reason: str = ""
    """One line for a person: which limit, which signal, what the worker said last."""
    isolation: str = "none"
    cost: Cost = Cost()
