"""The ports: what the inner rooms ask of the outer world, and nothing more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from basanite.domain.artifact import Part
from basanite.domain.evidence import Evidence
from basanite.domain.job import Job, JobResult
from basanite.domain.ledger import Content, Entry, EntryKind, Head
from basanite.domain.value import Value


class Clock(Protocol):
    """The time, so that tests and ``--as-of`` can set it."""

    def now(self) -> datetime:
        """Return the present moment, with its offset."""
        ...


class OpenArtifact(Protocol):
    """An artifact, opened once so that the same descriptor is hashed and inspected; or a part."""

    @property
    def artifact(self) -> Part:
        """What is known of it."""
        ...

    @property
    def file(self) -> BinaryIO:
        """Seekable, positioned anywhere; a check seeks before it reads."""
        ...


class Table(Protocol):
    """A table of data, by column."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in file order."""
        ...

    @property
    def rows(self) -> int:
        """Number of data rows."""
        ...

    def numbers(self, column: str) -> Sequence[float]:
        """Return a column as floats; an empty or non-numeric cell is NaN.

        Raises:
            KeyError: there is no such column.
        """
        ...


class Model(Protocol):
    """A predictive model that can be called."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the inputs."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        ...

    def predict(self, rows: Sequence[Sequence[float]]) -> Mapping[str, Sequence[Any]]:
        """Return the outputs by name, each as long as ``rows``."""
        ...


class Message(Value):
    """One turn of a conversation."""

    role: str
    content: str


class Completion(Value):
    """What a target answered."""

    text: str
    finish: str = ""
    model: str = ""
    """The model's name as the server gave it."""
    fingerprint: str = ""
    """The server's own fingerprint, where it gives one."""
    seconds: float = 0.0
    tokens: int = 0


class TargetError(Exception):
    """The target gave no usable answer. ``transient`` says whether asking later may help."""

    def __init__(self, reason: str, *, transient: bool = True) -> None:
        self.reason = reason
        self.transient = transient
        super().__init__(reason)


class Target(Protocol):
    """A language-model system that can be asked."""

    async def complete(
        self, messages: Sequence[Message], *, sample: int, parameters: Mapping[str, Any]
    ) -> Completion:
        """Return the answer to a conversation.

        ``sample`` tells repeated calls with equal messages apart. ``parameters`` are the sampling
        parameters sent along (temperature, max_tokens, seed).

        Raises:
            TargetError: no usable answer came.
        """
        ...


class Engine(Protocol):
    """Runs jobs, in parallel, each confined."""

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        """Yield a result for every job, in the order of completion. A job never raises."""
        ...

    def close(self) -> None:
        """Stop all workers."""
        ...


class Sandbox(Protocol):
    """Turns a worker's command into a confined one."""

    @property
    def name(self) -> str:
        """What the evidence says of it: ``bubblewrap`` or ``none``."""
        ...

    def command(self, argv: Sequence[str], *, root: str) -> list[str]:
        """Return the argv that runs ``argv`` confined.

        Inside, ``root`` has its own path and is read-only; nothing else of the user's is seen.
        An empty ``root`` means no folder.
        """
        ...


class BlobStore(Protocol):
    """Bytes by digest."""

    def put(self, data: bytes) -> str:
        """Store bytes durably and return their SHA-256. Storing twice changes nothing."""
        ...

    def get(self, sha256: str) -> bytes:
        """Return the bytes.

        Raises:
            LedgerError: they are not there, or they are not what the digest says.
        """
        ...

    def delete(self, sha256: str) -> None:
        """Remove bytes under a retention rule; missing ones are ignored."""
        ...


class Recorded(Value):
    """A ledger entry with its content read."""

    number: int
    kind: EntryKind
    recorded: datetime
    key_id: str
    """The key that signed the content."""
    content: Evidence | Content


class Ledger(Protocol):
    """Signed, append-only, verifiable."""

    def append(self, content: Evidence | Content) -> Entry:
        """Sign, chain and store one entry; durable when this returns.

        Raises:
            LedgerError: the ledger is locked, full, corrupt, or its key is missing.
        """
        ...

    def entries(self, *, through: int | None = None) -> Iterator[Recorded]:
        """Yield entries in order with their content, up to a number.

        Signatures are checked; entries that do not stand (bad signature, unknown or compromised
        key) are left out.
        """
        ...

    def head(self) -> Head:
        """Return the end of the chain; number 0 when the ledger is empty."""
        ...
