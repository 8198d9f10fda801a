"""Two databases behind one small seam: SQLite by path, PostgreSQL by address.

The drivers are used directly. Six statements need no SQL toolkit, and SQLAlchemy's import alone
takes longer (0.2 s) than opening the ledger and reading it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from basanite.domain.errors import UsageError

Row = tuple[Any, ...]

BUSY_SECONDS = 30
"""How long an append waits for another process's append."""


class Database(Protocol):
    """A connection. Statements have ``?`` where values go."""

    where: str
    """Its place as a person may see it: without a password."""
    place: str
    """Its place, the same whatever the working folder is."""

    def query(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """Return all rows.

        Raises:
            LedgerError: the database is locked, damaged, gone, …
        """
        ...

    def execute(self, statement: str, values: Sequence[Any] = ()) -> None:
        """Change something, inside `transaction`. Raises as `query`."""
        ...

    def transaction(self, chain: str) -> AbstractContextManager[None]:
        """Hold a chain alone; what was done is durable when the block ends. Raises as `query`."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


def open_database(url: str, *, create: bool) -> Database:
    """Open the database at an address and bring its tables to the newest form.

    Raises:
        UsageError: the address is of no known kind, or nothing is there and ``create`` is false.
        LedgerError: it cannot be opened, believed or brought forward.
    """
    if url.startswith("sqlite:///"):
        from basanite.ledger.sqlite import SqliteDatabase  # noqa: PLC0415 - only the one that is used

        return SqliteDatabase(url.removeprefix("sqlite:///"), create=create)
    if url.startswith(("postgresql://", "postgresql+psycopg://")):
        from basanite.ledger.postgresql import PostgresDatabase  # noqa: PLC0415 - only the one that is used

        return PostgresDatabase(url.replace("postgresql+psycopg://", "postgresql://", 1), create)
    raise UsageError(
        f"{url.split(':', 1)[0][:40]!r} is no kind of database that a ledger can be kept in",
        remedy="Use sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE.",
    )
