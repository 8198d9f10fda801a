"""The ledger in a PostgreSQL database, which many systems and many machines may share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from basanite.domain.errors import LedgerBusyError, LedgerError, LedgerSetupError, UsageError
from basanite.ledger.database import BUSY_SECONDS, Row
from basanite.ledger.schema import check_revision, creation, upgrade

_SCHEMA_LOCK = "basanite schema"


class PostgresDatabase:
    """A connection to a PostgreSQL server."""

    def __init__(self, url: str, create: bool) -> None:
        self._url = url
        self.where = self.place = _without_secrets(url)
        try:
            import psycopg  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise UsageError(
                "the driver for PostgreSQL is not installed",
                where=self.where,
                remedy="Install it with `pip install 'basanite[postgres]'`.",
            ) from error
        self._psycopg = psycopg
        with self._errors():
            self._connection = self._connect()
        try:
            with self._errors():
                self._prepare(create)
        except BaseException:
            self._connection.close()
            raise

    def query(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return all rows."""
        with self._errors():
            rows: list[Row] = self._connection.execute(_own_marks(statement), values).fetchall()
            return rows

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Change something, inside `transaction`."""
        with self._errors():
            self._connection.execute(_own_marks(statement), values)

    @contextmanager
    def transaction(self, chain: str) -> Iterator[None]:
        """Hold one chain alone by an advisory lock that ends with the transaction."""
        with self._errors(), self._connection.transaction():
            self._lock(f"basanite chain {chain}")
            yield

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _connect(self) -> Any:
        connection = self._psycopg.connect(
            self._url, autocommit=True, connect_timeout=10, client_encoding="utf8"
        )
        connection.execute(f"SET lock_timeout = '{BUSY_SECONDS}s'")
        if connection.execute("SHOW synchronous_commit").fetchone() == ("off",):
            connection.execute("SET synchronous_commit = on")
        return connection

    def _prepare(self, create: bool) -> None:
        if self._revision() is None and not create:
            raise UsageError(
                "there is no ledger",
                where=self.where,
                remedy="Run `basanite assess` first, or name another database.",
            )
        if self._revision() is None:
            with self._connection.transaction():
                self._lock(_SCHEMA_LOCK)
                if self._revision() is None:
                    for statement in creation("postgresql"):
                        self._connection.execute(statement)
        if check_revision(self._revision() or "", self.where):
            upgrade("postgresql", self._connect_plainly)

    def _connect_plainly(self) -> Any:
        return self._psycopg.connect(self._url, connect_timeout=10, client_encoding="utf8")

    def _revision(self) -> str | None:
        # Asked of the catalogue's rows: to_regclass answers from a cache that may miss a table
        # which another process made while this one waited for the lock.
        found = self._connection.execute(
            "SELECT 1 FROM pg_catalog.pg_tables WHERE tablename = 'alembic_version' "
            "AND schemaname = ANY(current_schemas(false))"
        )
        if found.fetchone() is None:
            return None
        rows = self._connection.execute("SELECT version_num FROM alembic_version").fetchall()
        return ",".join(str(row[0]) for row in rows)

    def _lock(self, name: str) -> None:
        self._connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        errors = self._psycopg.errors
        try:
            yield
        except errors.LockNotAvailable as error:
            raise self._error(
                LedgerBusyError,
                f"is locked by another process for more than {BUSY_SECONDS} s",
                "Let the other command end, then run this one again; nothing was lost.",
            ) from error
        except errors.DiskFull as error:
            raise self._error(
                LedgerError,
                "cannot grow: the server's disk is full",
                "Free space there and run again.",
            ) from error
        except (errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege) as error:
            raise self._error(
                LedgerSetupError,
                "cannot be written by this user",
                "Give the user the rights to read and insert, or connect as another.",
            ) from error
        except self._psycopg.OperationalError as error:
            raise self._error(
                LedgerSetupError,
                f"cannot be reached: {_first_line(error)}",
                "Look at the address and the server, then run again: an entry that was stored "
                "before the connection broke is not stored twice.",
            ) from error
        except self._psycopg.Error as error:
            raise self._error(LedgerError, f"cannot be used: {_first_line(error)}", "") from error

    def _error(self, kind: type[LedgerError], what: str, remedy: str) -> LedgerError:
        return kind(f"the ledger {what}", where=self.where, remedy=remedy)


def _own_marks(statement: str) -> str:
    return statement.replace("?", "%s")


def _first_line(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0][:300] if lines else type(error).__name__


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"postgresql://{host}{parts.path}"
