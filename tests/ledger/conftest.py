"""Real ledgers: SQLite files and, where its programs are installed, a private PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from basanite.domain.check import ShelfLife
from basanite.domain.evidence import Evidence, Question, Tool
from basanite.domain.finding import Finding, Location, Rule
from basanite.domain.inventory import Subject
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Confidence, Severity
from basanite.ledger.keys import Keyring
from basanite.ledger.store import SqlLedger, open_ledger

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)

Make = Callable[..., Evidence]
Opener = Callable[..., SqlLedger]


class TickingClock:
    """A clock that moves a second each time it is read."""

    def __init__(self, start: datetime = START) -> None:
        self.time = start

    def now(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture
def clock() -> TickingClock:
    return TickingClock()


@pytest.fixture(scope="session")
def new_clock() -> type[TickingClock]:
    return TickingClock


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "home")


@pytest.fixture(scope="session")
def make_evidence() -> Make:
    rule = Rule(
        id="pickle-code-execution",
        title="Loading it runs code",
        severity=Severity.CRITICAL,
        remediation="Ask the vendor for safetensors.",
    )

    def make(
        index: int = 0,
        *,
        at: datetime = START,
        system: str = "riverbend",
        name: str | None = None,
        sha256: str | None = None,
    ) -> Evidence:
        path = name or f"models/{index}.pkl"
        question = Question(
            check="pickle-code-execution",
            version=1,
            subjects=(Subject(name=path, sha256=sha256 or f"{index:064x}"),),
            parameters={"depth": 16},
            readers={"pickle": 1},
        )
        finding = Finding(
            rule=rule,
            message="os.system is called",
            confidence=Confidence.HIGH,
            location=Location(path=path, offset=12),
            detail={"global": "os.system"},
        )
        return Evidence(
            system=system,
            component="vendor-model",
            question=question,
            key=question.key,
            series=question.series,
            shelf_life=ShelfLife(high=30, moderate=90, low=365),
            outcome=Outcome.FAILED,
            findings=(finding,),
            isolation="bubblewrap",
            started=at,
            finished=at,
            tool=Tool(version="0.1.0", sha256="1" * 64),
        )

    return make


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'ledger.sqlite'}"
    server: str = request.getfixturevalue("postgres_server")
    return new_database(server)


@pytest.fixture
def new_postgres_url(postgres_server: str) -> str:
    """The address of a new, empty PostgreSQL database."""
    return new_database(postgres_server)


@pytest.fixture
def open_one(keyring: Keyring, clock: TickingClock) -> Iterator[Opener]:
    """Open ledgers that are closed when the test ends."""
    opened = list[SqlLedger]()

    def opener(url: str, chain: str = "riverbend", **keywords: object) -> SqlLedger:
        keys = keywords.pop("keyring", keyring)
        assert isinstance(keys, Keyring)
        ledger = open_ledger(url, chain, keys, clock, **keywords)  # type: ignore[arg-type]
        opened.append(ledger)
        return ledger

    yield opener
    for ledger in opened:
        ledger.close()


def new_database(server: str) -> str:
    import psycopg

    name = f"t{uuid.uuid4().hex}"
    plain = server.replace("+psycopg", "")
    with psycopg.connect(plain.format("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.format(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A private server on a socket in a new folder, as another user than root."""
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed here")
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    prefix = list[str]()
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("PostgreSQL does not run as root and setpriv is missing")
        shutil.chown(folder, 65534, 65534)
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    data = folder / "data"
    made = subprocess.run(
        [*prefix, programs / "initdb", "-D", data, "-U", "basanite", "-A", "trust", "-N"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/tmp",
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
    )
    if made.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"initdb does not run here: {made.stderr.strip()[-200:]}")
    options = (
        "-c",
        "fsync=off",
        "-c",
        "listen_addresses=",
        "-k",
        str(folder),
        "-c",
        "shared_buffers=16MB",
    )
    server = subprocess.Popen(
        [*prefix, programs / "postgres", "-D", data, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/tmp",
        env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
    )
    try:
        for _ in range(100):
            ready = subprocess.run(
                [programs / "pg_isready", "-h", folder], capture_output=True, check=False
            )
            if ready.returncode == 0:
                break
            if server.poll() is not None:
                pytest.skip("the PostgreSQL server does not start here")
            subprocess.run(["sleep", "0.1"], check=True)
        yield f"postgresql+psycopg://basanite@/{{}}?host={folder}"
    finally:
        server.send_signal(signal.SIGQUIT)  # at once, whoever is still connected
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _postgres_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    which = shutil.which("initdb")
    candidates = [path.parent for path in found] + ([Path(which).parent] if which else [])
    return next((path for path in candidates if (path / "postgres").exists()), None)
