"""Many processes, and processes that are killed: nothing acknowledged is lost or doubled."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from basanite.domain.ledger import Waiver
from basanite.ledger.keys import Keyring
from basanite.ledger.store import open_ledger
from basanite.ledger.verify import verify

APPENDER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from basanite.domain.ledger import Waiver
from basanite.ledger.keys import Keyring
from basanite.ledger.store import open_ledger

class Clock:
    def now(self):
        return datetime.now(UTC)

url, home, name, count = sys.argv[1:]
ledger = open_ledger(url, "riverbend", Keyring(Path(home)), Clock())
now = Clock().now()
for index in range(int(count)):
    waiver = Waiver(system="riverbend", target=f"{name}/{index}", reason="r", person="p",
                    signed=now, expires=now)
    entry = ledger.append(waiver)
    sys.stdout.write(f"{entry.number} {entry.hash}\\n")
    sys.stdout.flush()
"""


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def start(url: str, home: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", APPENDER, url, str(home), name, str(count)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_make_one_sound_chain(url: str, keyring: Keyring) -> None:
    """They begin together, so they also race for the tables and for the first key."""
    writers = [start(url, keyring.home, name, 200) for name in ("a", "b")]
    for writer in writers:
        _, errors = writer.communicate(timeout=120)
        assert (writer.returncode, errors) == (0, "")
    with open_ledger(url, "riverbend", keyring, WallClock(), create=False) as ledger:
        result = verify(ledger.raw(), keyring.trusted(), now=datetime.now(UTC))
        targets = [e.content.target for e in ledger.entries() if isinstance(e.content, Waiver)]
    assert result.problems == ()
    assert result.entries == 401
    assert sorted(targets) == sorted(f"{name}/{i}" for name in "ab" for i in range(200))
    assert [t for t in targets if t.startswith("a")] == [f"a/{i}" for i in range(200)]


def kill_at_random_moments(url: str, keyring: Keyring, rounds: int, seed: int) -> None:
    draw, acknowledged = random.Random(seed), dict[int, str]()
    for round_ in range(rounds):
        writer = start(url, keyring.home, f"r{round_}", 100_000)
        assert writer.stdout is not None
        first = writer.stdout.readline() if draw.random() < 0.8 else ""
        time.sleep(draw.random() * (0.05 if first else 0.6))
        writer.send_signal(signal.SIGKILL)
        rest, _ = writer.communicate(timeout=60)
        for line in (first + rest).splitlines(keepends=True):
            if line.endswith("\n"):
                number, hash_ = line.split()
                acknowledged[int(number)] = hash_
    with open_ledger(url, "riverbend", keyring, WallClock()) as ledger:
        entries = {entry.number: entry for entry in ledger.raw()}
        result = verify(ledger.raw(), keyring.trusted(), now=datetime.now(UTC))
        assert sum(1 for _ in ledger.entries()) == len(entries)
    assert acknowledged
    assert result.problems == ()
    assert {number: entries[number].hash for number in acknowledged} == acknowledged


def test_a_killed_process_loses_nothing_it_acknowledged(tmp_path: Path, keyring: Keyring) -> None:
    kill_at_random_moments(f"sqlite:///{tmp_path / 'l.sqlite'}", keyring, 20, seed=1)


@pytest.mark.postgres
def test_a_killed_process_loses_nothing_on_a_server(
    new_postgres_url: str, keyring: Keyring
) -> None:
    kill_at_random_moments(new_postgres_url, keyring, 5, seed=2)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_many_killed_processes_lose_nothing(tmp_path: Path, keyring: Keyring, seed: int) -> None:
    kill_at_random_moments(f"sqlite:///{tmp_path / 'l.sqlite'}", keyring, 100, seed=seed)


def test_a_reader_that_is_killed_leaves_the_mark_whole(tmp_path: Path, keyring: Keyring) -> None:
    url = f"sqlite:///{tmp_path / 'l.sqlite'}"
    writer = start(url, keyring.home, "a", 20)
    writer.communicate(timeout=60)
    code = APPENDER.partition("now = Clock")[0] + "\nwhile True:\n    list(ledger.entries())\n"
    for delay in (0.3, 0.5, 0.7):
        reader = subprocess.Popen([sys.executable, "-c", code, url, str(keyring.home), "", "0"])
        time.sleep(delay)
        os.kill(reader.pid, signal.SIGKILL)
        reader.wait()
    with open_ledger(url, "riverbend", keyring, WallClock()) as ledger:
        assert len(list(ledger.entries())) == 21
