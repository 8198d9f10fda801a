"""The ledger's tables: what they are, and bringing a database to them.

Alembic and SQLAlchemy cost half a second to import, so they are used only to bring an older
database forward. An empty one gets the same SQL directly, and an up-to-date one is recognised by
its version row.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import Any

from basanite.domain.errors import LedgerError

REVISIONS = ("0001",)
"""All revisions, oldest first. The last is the one this program writes."""

VERSION_TABLE = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


def statements(revision: str, dialect: str) -> list[str]:
    """Return the SQL statements of a revision; in the file an empty line separates them."""
    folder = resources.files("basanite.ledger") / "migrations" / "sql"
    text = (folder / f"{revision}.{dialect}.sql").read_text(encoding="utf-8")
    return [part.strip() for part in text.split("\n\n") if part.strip()]


def creation(dialect: str) -> list[str]:
    """Return all statements that make a new database what Alembic would have made of it."""
    made = [each for revision in REVISIONS for each in statements(revision, dialect)]
    stamp = f"INSERT INTO alembic_version (version_num) VALUES ('{REVISIONS[-1]}')"  # noqa: S608
    return [*made, VERSION_TABLE, stamp]


def check_revision(revision: str, where: str) -> bool:
    """Return whether a database at a revision has to be brought forward.

    Raises:
        LedgerError: a newer program made it.
    """
    if revision in REVISIONS:
        return revision != REVISIONS[-1]
    raise LedgerError(
        f"the ledger has the form {revision[:32]!r}, which this version does not know",
        where=where,
        remedy="A newer Basanite made it: update this one.",
    )


def upgrade(dialect: str, connect: Callable[[], Any]) -> None:
    """Bring a database to the newest revision by Alembic.

    ``connect`` gives a DB-API connection; it is closed afterwards.
    """
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.pool import StaticPool  # noqa: PLC0415

    url = {"sqlite": "sqlite://", "postgresql": "postgresql+psycopg://"}[dialect]
    engine = create_engine(url, creator=connect, poolclass=StaticPool)
    try:
        with (
            resources.as_file(resources.files("basanite.ledger") / "migrations") as folder,
            engine.begin() as connection,
        ):
            config = Config()
            config.set_main_option("script_location", str(folder).replace("%", "%%"))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
