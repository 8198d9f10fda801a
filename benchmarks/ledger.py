"""How fast the ledger is: appending, opening, verifying, reading.

Method. A ledger in a new SQLite file below a temporary folder (``--folder`` puts it on another
disk), signed with a new key. Evidence is made before the clock starts: one finding, about 2 KB as
an envelope.

- append: one durable commit (WAL, synchronous=FULL) for each entry; entries by wall time. Beside
  it, what the disk gives: syncs of 16 KB overwritten in place.
- open: a new process opens the up-to-date ledger; wall time inside it, imports included, best of
  five, byte-compiled.
- verify: `verify` of the whole chain: both signatures of every entry, links, keys, contents.
- read: `entries` as `assess` reads them, first by an instance that has never seen the ledger
  (every content's signature is checked), then by the mark (links only). Contents are counted and
  dropped, as verdicts keep few of them.

Wall times depend on what else the machine does; the load average is printed with them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from basanite.domain.check import ShelfLife
from basanite.domain.evidence import Evidence, Question, Tool
from basanite.domain.finding import Finding, Location, Rule
from basanite.domain.inventory import Subject
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Confidence, Severity
from basanite.ledger.keys import Keyring
from basanite.ledger.store import SqlLedger, open_ledger
from basanite.ledger.verify import verify

Result = TypeVar("Result")

OPEN = """
import sys, time
start = time.perf_counter()
from datetime import UTC, datetime
from pathlib import Path
from basanite.ledger.keys import Keyring
from basanite.ledger.store import open_ledger
imported = time.perf_counter()
class Clock:
    def now(self):
        return datetime.now(UTC)
open_ledger(sys.argv[1], "riverbend", Keyring(Path(sys.argv[2])), Clock(), create=False).head()
print(imported - start, time.perf_counter() - imported)
"""


class WallClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment."""
        return datetime.now(UTC)


def evidence(index: int) -> Evidence:
    """Return evidence with one finding."""
    question = Question(
        check="pickle-code-execution",
        version=1,
        subjects=(Subject(name=f"models/{index}.pkl", sha256=f"{index:064x}"),),
        parameters={"depth": 16},
        readers={"pickle": 1},
    )
    rule = Rule(
        id="pickle-code-execution",
        title="Loading it runs code",
        severity=Severity.CRITICAL,
        remediation="Ask for the weights as safetensors.",
    )
    finding = Finding(
        rule=rule,
        message="os.system is called when this file is loaded",
        confidence=Confidence.HIGH,
        location=Location(path=f"models/{index}.pkl", offset=12),
        detail={"global": "os.system"},
    )
    now = datetime.now(UTC)
    return Evidence(
        system="riverbend",
        component="vendor-model",
        question=question,
        key=question.key,
        series=question.series,
        shelf_life=ShelfLife(high=30, moderate=90, low=365),
        outcome=Outcome.FAILED,
        findings=(finding,),
        isolation="bubblewrap",
        started=now,
        finished=now,
        tool=Tool(version="0.1.0", sha256="1" * 64),
    )


def timed(name: str, count: int, act: Callable[[], Result]) -> Result:
    """Do something, and print how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = act()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{name:<34} {wall:7.2f} s wall {cpu:7.2f} s CPU here {count / wall:9.0f} entries/s")
    return result


def syncs(folder: Path) -> float:
    """Return how often in a second the disk makes 16 KB durable."""
    descriptor = os.open(folder / "probe", os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, bytes(1 << 14))
        start = time.perf_counter()
        for _ in range(300):
            os.pwrite(descriptor, bytes(1 << 14), 0)
            os.fdatasync(descriptor)
        return 300 / (time.perf_counter() - start)
    finally:
        os.close(descriptor)


def opening(url: str, home: Path) -> tuple[float, float]:
    """Return seconds to import and to open, best of five processes."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    times = []
    with tempfile.TemporaryDirectory() as cache:
        environment["PYTHONPYCACHEPREFIX"] = cache
        for _ in range(6):
            done = subprocess.run(
                [sys.executable, "-c", OPEN, url, str(home)],
                capture_output=True,
                text=True,
                check=True,
                env=environment,
            )
            imported, opened = (float(part) for part in done.stdout.split())
            times.append((imported, opened))
    return min(times[1:], key=sum)


def append_all(ledger: SqlLedger, made: list[Evidence]) -> None:
    """Append every piece of evidence by itself."""
    for each in made:
        ledger.append(each)


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--entries", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, default=None, help="where the file is made")
    arguments = parser.parse_args()
    count: int = arguments.entries
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        url, keyring = f"sqlite:///{folder / 'ledger.sqlite'}", Keyring(folder / "home")
        print(f"{count} entries, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        print(f"disk: {syncs(folder):.0f} syncs/s")
        made = [evidence(index) for index in range(count)]
        ledger = open_ledger(url, "riverbend", keyring, WallClock())
        timed("append, one commit each", count, lambda: append_all(ledger, made))
        made.clear()
        size = (folder / "ledger.sqlite").stat().st_size
        print(f"file: {size / count:.0f} bytes an entry")
        imported, opened = opening(url, keyring.home)
        print(f"open: {imported * 1000:.0f} ms imports + {opened * 1000:.1f} ms")
        result = timed(
            "verify, everything",
            count,
            lambda: verify(ledger.raw(), keyring.trusted(), now=datetime.now(UTC)),
        )
        if result.problems:
            raise SystemExit(f"not sound: {result.problems[0].meaning}")
        ledger.forget_known_head()
        timed("read, never seen before", count, lambda: sum(1 for _ in ledger.entries()))
        timed("read, by the mark", count, lambda: sum(1 for _ in ledger.entries()))
        ledger.close()
        print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
