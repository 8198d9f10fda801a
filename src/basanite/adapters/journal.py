"""The journal of calls: what a target answered is on the disk before it counts.

A run that is killed and started again finds its answers here and pays for no call twice. Another
run never gets them: a new look has to be a new look. `Journal.forget` drops a run's texts once its
evidence is durable, since answers that must be withheld lie here in the clear until then;
`Journal.forget_before` drops those of runs that never came so far.

Nothing here is signed. So a journal belongs where only the user writes, never into an assessed
folder: whoever can write it can answer for the target.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pydantic import ValidationError

from basanite.adapters.clock import SystemClock
from basanite.domain.errors import LedgerError
from basanite.domain.names import encode_name
from basanite.domain.ports import Clock, Completion, Message, Target
from basanite.domain.value import digest_of

_BUSY_SECONDS = 10.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    run TEXT NOT NULL,
    target TEXT NOT NULL,
    request TEXT NOT NULL,
    sample INTEGER NOT NULL,
    completion TEXT NOT NULL,
    made REAL NOT NULL,
    PRIMARY KEY (run, target, request, sample)
) WITHOUT ROWID
"""


class Journal:
    """Answers by (run, target, request, sample) in an SQLite file that only its owner can read.

    Raises:
        LedgerError: the file cannot be opened, or it is no journal.
    """

    def __init__(self, path: str | os.PathLike[str], clock: Clock | None = None) -> None:
        self._path = Path(path)
        self._clock = clock or SystemClock()
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600))
            self._database = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None
            )
            try:
                for statement in (
                    "PRAGMA journal_mode=WAL",
                    "PRAGMA synchronous=FULL",
                    "PRAGMA secure_delete=ON",
                    _SCHEMA,
                ):
                    self._database.execute(statement).close()
            except sqlite3.Error:
                self._database.close()
                raise
        except (OSError, sqlite3.Error) as error:
            raise self._trouble("cannot be opened", error) from error

    def recall(self, run: str, target: str, request: str, sample: int) -> Completion | None:
        """Return what was answered, or None when that call was never journalled.

        Raises:
            LedgerError: the journal cannot be read.
        """
        try:
            with closing(
                self._database.execute(
                    "SELECT completion FROM calls"
                    " WHERE run = ? AND target = ? AND request = ? AND sample = ?",
                    (run, target, request, sample),
                )
            ) as cursor:
                row = cursor.fetchone()
            return None if row is None else Completion.model_validate_json(row[0])
        except (sqlite3.Error, ValidationError) as error:
            raise self._trouble("cannot be read", error) from error

    def record(
        self, run: str, target: str, request: str, sample: int, completion: Completion
    ) -> None:
        """Store an answer; durable when this returns. The first answer to a call stays.

        Raises:
            LedgerError: the journal cannot be written.
        """
        try:
            self._database.execute(
                "INSERT OR IGNORE INTO calls VALUES (?, ?, ?, ?, ?, ?)",
                (
                    run,
                    target,
                    request,
                    sample,
                    completion.model_dump_json(),
                    self._clock.now().timestamp(),
                ),
            ).close()
        except sqlite3.Error as error:
            raise self._trouble("cannot be written", error) from error

    def forget(self, run: str) -> None:
        """Remove a run's answers from the file, its write-ahead log included.

        Raises:
            LedgerError: the journal cannot be written.
        """
        self._drop("DELETE FROM calls WHERE run = ?", run)

    def forget_before(self, moment: datetime) -> None:
        """Remove the answers of every run that made its last call before a moment.

        Raises:
            LedgerError: the journal cannot be written.
        """
        self._drop(
            "DELETE FROM calls WHERE run IN"
            " (SELECT run FROM calls GROUP BY run HAVING max(made) < ?)",
            moment.timestamp(),
        )

    def _drop(self, statement: str, value: str | float) -> None:
        try:
            self._database.execute(statement, (value,)).close()
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        except sqlite3.Error as error:
            raise self._trouble("cannot be written", error) from error

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _trouble(self, what: str, error: Exception) -> LedgerError:
        detail = (
            "a stored answer is damaged"
            if isinstance(error, ValidationError)
            else getattr(error, "strerror", None) or str(error)
        )
        return LedgerError(
            f"the journal of calls {what}: {detail}",
            where=encode_name(os.fspath(self._path)),
            remedy="If it is damaged, delete it; unfinished campaigns then start again.",
        )


class JournalledTarget:
    """A target whose every answer is journalled before it is returned. Implements `Target`.

    ``run`` names one run of one question; ``identity`` is the digest of the target's declared
    facts. Failed calls are not journalled: a resumed run makes them again.
    """

    def __init__(self, target: Target, journal: Journal, run: str, identity: str) -> None:
        self._target = target
        self._journal = journal
        self._run = run
        self._identity = identity

    async def complete(
        self, messages: Sequence[Message], *, sample: int, parameters: Mapping[str, Any]
    ) -> Completion:
        """Return the journalled answer to this call, or make it and journal it.

        Raises:
            TargetError: no usable answer came.
            LedgerError: the journal cannot be read or written.
        """
        request = digest_of([[[m.role, m.content] for m in messages], dict(parameters)])
        known = self._journal.recall(self._run, self._identity, request, sample)
        if known is not None:
            return known
        completion = await self._target.complete(messages, sample=sample, parameters=parameters)
        self._journal.record(self._run, self._identity, request, sample, completion)
        return completion
