"""The databases themselves: their form, their migrations, and what goes wrong with them."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from basanite.domain.errors import LedgerError, UsageError
from basanite.domain.evidence import Evidence
from basanite.ledger.keys import Keyring
from basanite.ledger.schema import creation, upgrade
from basanite.ledger.store import SqlLedger

Make = Callable[..., Evidence]
Opener = Callable[..., SqlLedger]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def filled(path: Path, open_one: Opener, make_evidence: Make) -> Path:
    with open_one(f"sqlite:///{path}") as ledger:
        for index in range(3):
            ledger.append(make_evidence(index))
    return path


def schema(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as file:
        rows = file.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: "".join(sql.split()) for name, sql in rows}


def test_alembic_makes_the_same_sqlite_file_as_the_short_way(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    upgrade("sqlite", lambda: sqlite3.connect(one))
    with closing(sqlite3.connect(two)) as file, file:
        for statement in creation("sqlite"):
            file.execute(statement)
    assert schema(one) == schema(two)
    with closing(sqlite3.connect(one)) as file:
        assert file.execute("SELECT * FROM alembic_version").fetchall() == [("0001",)]


@pytest.mark.postgres
def test_alembic_makes_the_same_tables_on_a_server(
    new_postgres_url: str, open_one: Opener, make_evidence: Make
) -> None:
    import psycopg

    plain = new_postgres_url.replace("+psycopg", "")
    upgrade("postgresql", lambda: psycopg.connect(plain, client_encoding="utf8"))
    ledger = open_one(new_postgres_url, create=False)
    ledger.append(make_evidence())
    with pytest.raises(LedgerError, match="append-only"):
        ledger._database.execute("TRUNCATE entries")
    assert len(list(ledger.entries())) == 2


def test_a_file_that_alembic_made_is_opened(
    path: Path, open_one: Opener, make_evidence: Make
) -> None:
    upgrade("sqlite", lambda: sqlite3.connect(path))
    ledger = open_one(f"sqlite:///{path}", create=False)
    ledger.append(make_evidence())
    assert len(list(ledger.entries())) == 2


def test_a_ledger_of_a_newer_version_is_refused(filled: Path, open_one: Opener) -> None:
    with closing(sqlite3.connect(filled)) as file, file:
        file.execute("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(LedgerError, match="newer Basanite"):
        open_one(f"sqlite:///{filled}")


def test_opening_needs_neither_sqlalchemy_nor_alembic(filled: Path, tmp_path: Path) -> None:
    code = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from basanite.ledger.keys import Keyring
from basanite.ledger.store import open_ledger
class Clock:
    def now(self):
        return datetime.now(UTC)
for name in sys.argv[1:3]:
    open_ledger(f"sqlite:///{name}", "riverbend", Keyring(Path(sys.argv[3])), Clock()).close()
heavy = {"sqlalchemy", "alembic", "psycopg", "securesystemslib", "numpy"} & set(sys.modules)
print(sorted(heavy))
"""
    new = tmp_path / "new.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", code, filled, new, tmp_path / "home"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def test_every_commit_is_synced(filled: Path, open_one: Opener) -> None:
    database = open_one(f"sqlite:///{filled}")._database
    assert database.query("PRAGMA journal_mode") == [("wal",)]
    assert database.query("PRAGMA synchronous") == [(2,)]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIEW more AS SELECT 1",
        "CREATE TABLE other (x)",
        "CREATE TRIGGER evil AFTER INSERT ON entries BEGIN SELECT load_extension('x'); END",
        "DROP TABLE alembic_version",
        "DROP INDEX entries_by_key",
    ],
)
def test_a_file_with_a_strangers_schema_is_not_used(
    filled: Path, open_one: Opener, statement: str
) -> None:
    with closing(sqlite3.connect(filled)) as file, file:
        file.execute(statement)
    with pytest.raises(LedgerError, match="did not make"):
        open_one(f"sqlite:///{filled}")


def test_a_view_in_place_of_the_entries_is_not_read(path: Path, open_one: Opener) -> None:
    """A query without end, waiting to be read."""
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(f"CREATE VIEW entries AS {endless}")
        file.execute(f"CREATE VIEW alembic_version AS {endless}")
    with pytest.raises(LedgerError, match="did not make"):
        open_one(f"sqlite:///{path}")


def test_triggers_that_were_taken_out_are_put_back(filled: Path, open_one: Opener) -> None:
    with closing(sqlite3.connect(filled)) as file, file:
        file.execute("DROP TRIGGER entries_keep_delete")
    ledger = open_one(f"sqlite:///{filled}")
    with pytest.raises(LedgerError, match="append-only"):
        ledger._database.execute("DELETE FROM entries")


def test_a_file_that_is_no_database_is_refused(path: Path, open_one: Opener) -> None:
    path.write_bytes(b"hello" * 1000)
    with pytest.raises(LedgerError, match="is no database"):
        open_one(f"sqlite:///{path}")


def test_a_folder_in_its_place_is_refused(path: Path, open_one: Opener) -> None:
    path.mkdir()
    with pytest.raises(LedgerError, match="cannot be opened"):
        open_one(f"sqlite:///{path}")


def test_an_empty_file_is_no_ledger_to_read_and_one_to_begin(
    path: Path, open_one: Opener, make_evidence: Make
) -> None:
    path.touch()
    with pytest.raises(UsageError, match="holds no ledger"):
        open_one(f"sqlite:///{path}", create=False)
    open_one(f"sqlite:///{path}").append(make_evidence())


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_file_is_an_error_and_never_a_shorter_ledger(
    path: Path, open_one: Opener, make_evidence: Make, keyring: Keyring, seed: int
) -> None:
    """Whatever page is overwritten: a line that names it, or everything as it was."""
    import random

    with open_one(f"sqlite:///{path}") as ledger:
        for index in range(10):
            ledger.append(make_evidence(index))
    data, draw = bytearray(path.read_bytes()), random.Random(seed)
    start = draw.randrange(len(data) - 600)
    data[start : start + 600] = draw.randbytes(600)
    path.write_bytes(data)
    try:
        with open_one(f"sqlite:///{path}") as damaged:
            found = len(list(damaged.entries()))
    except LedgerError as error:
        found = 11 if error.where and error.remedy else 0
    assert found == 11


def test_a_cut_file_is_an_error(filled: Path, open_one: Opener) -> None:
    os.truncate(filled, filled.stat().st_size // 2)
    with pytest.raises(LedgerError):
        list(open_one(f"sqlite:///{filled}").entries())


def test_a_full_disk_stops_and_keeps_what_was_there(
    filled: Path, open_one: Opener, make_evidence: Make
) -> None:
    ledger = open_one(f"sqlite:///{filled}")
    ((pages,),) = ledger._database.query("PRAGMA page_count")
    ledger._database.query(f"PRAGMA max_page_count={pages}")

    def fill() -> None:
        for index in range(3, 100):
            ledger.append(make_evidence(index))

    with pytest.raises(LedgerError, match="the disk is full"):
        fill()
    kept = ledger.head().number
    assert len(list(ledger.entries())) == kept >= 4
    ledger._database.query("PRAGMA max_page_count=1000000")
    assert ledger.append(make_evidence(200)).number == kept + 1


def test_a_locked_ledger_is_said_to_be_locked(
    filled: Path, open_one: Opener, make_evidence: Make
) -> None:
    ledger = open_one(f"sqlite:///{filled}")
    ledger._database.query("PRAGMA busy_timeout=50")
    with closing(sqlite3.connect(filled, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="locked by another process"):
            ledger.append(make_evidence(9))
        assert len(list(ledger.entries())) == 4
    assert ledger.append(make_evidence(9)).number == 5


def test_an_append_waits_for_the_other_one(
    filled: Path, open_one: Opener, make_evidence: Make
) -> None:
    ledger = open_one(f"sqlite:///{filled}")
    other = sqlite3.connect(filled, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    def let_go() -> None:
        time.sleep(0.3)
        other.execute("ROLLBACK")
        other.close()

    thread = threading.Thread(target=let_go)
    thread.start()
    assert ledger.append(make_evidence(9)).number == 5
    thread.join()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user to whom it is read-only")
def test_a_read_only_ledger_can_be_read_and_not_written(
    filled: Path, keyring: Keyring, tmp_path: Path
) -> None:
    code = """
import json, os, sys
from datetime import UTC, datetime
from pathlib import Path
from basanite.domain.errors import LedgerError
from basanite.domain.ledger import Invalidation
from basanite.ledger.keys import Keyring
from basanite.ledger.store import open_ledger
class Clock:
    def now(self):
        return datetime.now(UTC)
url, home, other = sys.argv[1:]
keyring = Keyring(Path(other[10:]).parent / "warm")
with open_ledger(other, "riverbend", keyring, Clock()) as warm:  # loads all that is needed, while
    gone = Invalidation(system="riverbend", key="a" * 64, reason="r", signed=Clock().now())
    warm.append(gone)  # the library is in this user's reach
    list(warm.entries())
os.setuid(65534)
keyring = Keyring(Path(home))
gone = Invalidation(system="riverbend", key="a" * 64, reason="r", signed=Clock().now())
ledger = open_ledger(url, "riverbend", keyring, Clock(), create=False)
said = [len(list(ledger.raw()))]
for act in (
    lambda: ledger.append(gone),
    lambda: open_ledger(url, "riverbend", keyring, Clock()),
):
    try:
        act()
    except LedgerError as error:
        said.append(error.line())
ledger.close()
print(json.dumps(said))
"""
    # A place that this other user can reach.
    import tempfile

    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        place = Path(folder)
        place.chmod(0o755)
        shutil.copy(filled, place / "l.sqlite")
        (place / "l.sqlite").chmod(0o644)
        shutil.copytree(keyring.home, place / "home")
        for each in [place / "home", *(place / "home").rglob("*")]:
            shutil.chown(each, 65534, 65534)
        done = subprocess.run(
            [
                *[sys.executable, "-c", code, f"sqlite:///{place / 'l.sqlite'}"],
                *[str(place / "home"), f"sqlite:///{tmp_path / 'warm.sqlite'}"],
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    count, appending, creating = json.loads(done.stdout)
    assert count == 4
    assert "is read-only" in appending
    assert "is read-only" in creating


@pytest.mark.postgres
def test_a_server_that_goes_away_is_a_clear_line(
    new_postgres_url: str, open_one: Opener, make_evidence: Make
) -> None:
    ledger = open_one(new_postgres_url)
    ledger.append(make_evidence(1))
    other = open_one(new_postgres_url)
    other._database.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with pytest.raises(LedgerError, match="cannot be reached"):
        ledger.append(make_evidence(2))
    assert other.append(make_evidence(2)).number == 3


@pytest.mark.postgres
def test_a_user_without_rights_is_told_so(
    new_postgres_url: str, open_one: Opener, make_evidence: Make
) -> None:
    ledger = open_one(new_postgres_url)
    ledger.append(make_evidence(1))
    import psycopg

    with psycopg.connect(new_postgres_url.replace("+psycopg", ""), autocommit=True) as admin:
        role = f"r{os.getpid()}"
        admin.execute(f"CREATE ROLE {role} LOGIN")
        admin.execute(f"GRANT SELECT ON entries, alembic_version TO {role}")
    reader = open_one(new_postgres_url.replace("basanite@", f"{role}@"), create=False)
    assert len(list(reader.entries())) == 2
    with pytest.raises(LedgerError, match="cannot be written by this user"):
        reader.append(make_evidence(2))
