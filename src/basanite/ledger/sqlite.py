"""The ledger in one SQLite file: write-ahead log, every commit synced to the disk."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from basanite.domain.errors import LedgerBusyError, LedgerError, LedgerSetupError, UsageError
from basanite.ledger.database import BUSY_SECONDS, Row
from basanite.ledger.durable import write_failed
from basanite.ledger.schema import check_revision, creation, upgrade

MAX_ROW = 32 << 20
"""Bytes; twice the largest envelope."""

_KINDS: dict[int, type[LedgerError]] = {
    sqlite3.SQLITE_BUSY: LedgerBusyError,
    sqlite3.SQLITE_READONLY: LedgerSetupError,
    sqlite3.SQLITE_CANTOPEN: LedgerSetupError,
    sqlite3.SQLITE_NOTADB: LedgerSetupError,
}
_REMEDIES = {
    sqlite3.SQLITE_BUSY: (
        f"is locked by another process for more than {BUSY_SECONDS} s",
        "Let the other command end, then run this one again; nothing was lost.",
    ),
    sqlite3.SQLITE_FULL: (
        "cannot grow: the disk is full",
        "Free space and run again; what was recorded before is kept.",
    ),
    sqlite3.SQLITE_READONLY: (
        "is read-only",
        "Give this user the right to write the file and its folder.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "Look whether the folder exists and this user may read and write it.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "is no database",
        "Restore it from a backup or an exported bundle, or name another file.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "is damaged",
        "Restore it from a backup or an exported bundle; keep the damaged file for study.",
    ),
    sqlite3.SQLITE_IOERR: (
        "cannot be read or written: the disk reports an error",
        "Look at the disk's space, quota and health, then run again.",
    ),
}


class SqliteDatabase:
    """A connection to a SQLite file."""

    def __init__(self, path: str, *, create: bool) -> None:
        self.where = path
        self._path = Path(path)
        self.place = os.fsencode(self._path.resolve()).hex()
        self._create = create
        if not create and not self._path.exists():
            raise UsageError(
                "there is no ledger",
                where=path,
                remedy="Run `basanite assess` first, or name the folder of an assessed system.",
            )
        if create:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise write_failed(self._path.parent, error) from error
        with self._errors():
            self._connection = self._open()
        try:
            with self._errors():
                self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def query(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return all rows."""
        with self._errors():
            return self._connection.execute(statement, values).fetchall()

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Change something, inside `transaction`."""
        with self._errors():
            self._connection.execute(statement, values)

    @contextmanager
    def transaction(self, chain: str) -> Iterator[None]:  # noqa: ARG002 - the file is one lock
        """Hold the file alone. With synchronous=FULL the commit is on the disk when it returns."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the file. The last reader folds the write-ahead log into it."""
        self._connection.close()

    def _open(self) -> sqlite3.Connection:
        """Open for writing; a medium that cannot be written is opened as it lies there."""
        try:
            return self._connect(f"file:{quote(os.fsencode(self._path))}?mode=rwc")
        except sqlite3.OperationalError:
            log = self._path.with_name(f"{self._path.name}-wal")
            if self._create or (log.exists() and log.stat().st_size):
                raise
            return self._connect(f"file:{quote(os.fsencode(self._path))}?immutable=1")

    def _connect(self, uri: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=BUSY_SECONDS, check_same_thread=False
        )
        try:
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_ROW)
            # Bytes that are no text must not stop the reader before it can name the entry.
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            # The file may come from a stranger: nothing in its schema may call anything.
            connection.execute("PRAGMA trusted_schema=OFF")
            if "immutable" not in uri:
                # An entry takes 2 to 3 KB: of SQLite's usual 4 KB pages a third would stay empty.
                connection.execute("PRAGMA page_size=8192")
                _use_write_ahead_log(connection)
                connection.execute("PRAGMA synchronous=FULL")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self) -> None:
        """Bring the tables to the newest form, whoever comes first."""
        wanted = {name: _plain(sql) for name, sql in _objects(creation("sqlite")).items()}
        if self._schema() == wanted and not check_revision(self._revision(), self.where):
            return
        if not self._schema() and not self._create:
            raise UsageError("holds no ledger", where=self.where, remedy="Run `basanite assess`.")
        with self.transaction(""):
            present = self._schema()
            if not present:
                for statement in creation("sqlite"):
                    self._connection.execute(statement)
            behind = present.get("alembic_version") == wanted["alembic_version"] and (
                check_revision(self._revision(), self.where)
            )
            if present.get("entries") == wanted["entries"] and not behind:
                self._restore_triggers(present)
        if behind:
            self.upgrade()
        if self._schema() != wanted:
            raise LedgerError(
                "holds tables, views or triggers that Basanite did not make, or lacks its own",
                where=self.where,
                remedy="It may come from a stranger. Restore it from a backup or a bundle.",
            )

    def _restore_triggers(self, present: dict[str, str]) -> None:
        """Put back what guards against accidents, where somebody took it out."""
        for name, statement in _objects(creation("sqlite")).items():
            if name not in present and statement.startswith("CREATE TRIGGER"):
                self._connection.execute(statement)

    def upgrade(self) -> None:
        """Bring an older file forward, by Alembic."""
        self.close()
        upgrade("sqlite", lambda: sqlite3.connect(self._path, timeout=BUSY_SECONDS))
        self._connection = self._open()

    def _schema(self) -> dict[str, str]:
        rows = self._connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        )
        return {str(name): _plain(str(sql)) for name, sql in rows}

    def _revision(self) -> str:
        rows = self._connection.execute("SELECT version_num FROM alembic_version").fetchall()
        return ",".join(str(row[0]) for row in rows)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            what, remedy = _REMEDIES.get(code, (f"cannot be used: {error}", ""))
            kind = _KINDS.get(code, LedgerError)
            raise kind(f"the ledger {what}", where=self.where, remedy=remedy) from error


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait its busy time for this switch, so it is waited here."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _objects(sql: list[str]) -> dict[str, str]:
    """Return the names that statements create, with the statement."""
    return {each.split()[2]: each for each in sql if each.startswith("CREATE")}


def _plain(sql: str) -> str:
    """Return SQL without white space: Alembic lays its own table out otherwise."""
    return "".join(sql.split())
