"""Figures of the engine, the sandbox, the files and the cache.

Method. Everything is real and runs on this machine; each figure is the best of several runs, since
other work on the machine can only make it worse; the median is printed beside it.

- *start*: from starting a worker until it is ready, confined, against the same worker without a
  sandbox, and against a bare ``python -I -c pass``.
- *jobs*: 5,000 jobs that return their payload, through 2 persistent workers.
- *hash*: 1 GB of random bytes in the page cache, `OpenedFile.sha256` against `hashlib.file_digest`.
- *walk*: 10,000 small files in 100 folders.
- *cache*: 1,000 look-ups in a cache of 20,000 files.

Run: ``python benchmarks/engine.py``. It needs 1 GB in the folder for temporary files.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from basanite.adapters.cache import ArtifactCache
from basanite.adapters.files import Tree
from basanite.adapters.sandbox import Unconfined, find_sandbox
from basanite.domain.artifact import Identity
from basanite.domain.job import Job
from basanite.domain.ports import Sandbox
from basanite.engine.local import LocalEngine

CODE = "from basanite.engine.loop import serve; serve({'echo': lambda payload, _: payload})"
WORKER = [sys.executable, "-I", "-c", CODE]
BARE = [sys.executable, "-I", "-c", "pass"]


def timed(action: Callable[[], object], runs: int = 7) -> tuple[float, float]:
    """Return the best and the median time of an action, in seconds."""
    seconds = []
    for _ in range(runs):
        started = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - started)
    return min(seconds), statistics.median(seconds)


def start(sandbox: Sandbox) -> tuple[float, float]:
    """Return the time until a first answer came from a new worker."""

    def once() -> None:
        with LocalEngine(sandbox, WORKER, 1) as engine:
            [result] = engine.run([Job(id="1", entry="echo", payload={})])
            if result.failure is not None:
                raise SystemExit(result.reason)

    return timed(once, 15)


def jobs_per_second(sandbox: Sandbox, count: int = 5000) -> float:
    """Return how many jobs go through two warm workers in a second."""
    with LocalEngine(sandbox, WORKER, 2) as engine:
        list(engine.run(Job(id=str(n), entry="echo", payload={}) for n in range(50)))
        best, _ = timed(
            lambda: list(
                engine.run(Job(id=str(n), entry="echo", payload={}) for n in range(count))
            ),
            3,
        )
    return count / best


def hashing(folder: Path) -> tuple[float, float]:
    """Return the best times for 1 GB: ours, and hashlib's own."""
    path = folder / "large"
    with path.open("wb") as out:
        for _ in range(1000):
            out.write(os.urandom(1_000_000))

    def ours() -> None:
        with Tree(folder).open("large") as opened:
            opened.sha256()

    def theirs() -> None:
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")

    theirs()
    result = timed(ours, 5)[0], timed(theirs, 5)[0]
    path.unlink()
    return result


def walking(folder: Path) -> float:
    """Return the best time to find 10,000 files."""
    for number in range(100):
        (folder / "tree" / f"{number:03}").mkdir(parents=True)
        for name in range(100):
            (folder / "tree" / f"{number:03}" / f"{name}.json").write_bytes(b"{}")
    return timed(lambda: Tree(folder / "tree").walk(), 5)[0]


def looking_up(folder: Path) -> float:
    """Return the best time for 1,000 look-ups."""
    known = {
        Identity(device=1, inode=n, size=n, mtime_ns=n, ctime_ns=n): {"sha256": "0" * 64, "n": n}
        for n in range(20_000)
    }
    wanted = list(known)[::20]
    with ArtifactCache(folder / "cache.db") as cache:
        cache.put_many(known, readers="r", observed_ns=time.time_ns())
        return timed(lambda: cache.get_many(wanted, readers="r"))[0]


def main() -> None:
    """Print all figures."""
    sandbox = find_sandbox()
    bare = timed(lambda: subprocess.run(BARE, check=True, env={}), 15)
    confined, free = start(sandbox), start(Unconfined())
    print(f"sandbox                     {sandbox.name}")
    print(f"bare Python                 {bare[0] * 1e3:6.1f} ms  (median {bare[1] * 1e3:.1f})")
    print(f"worker, no sandbox          {free[0] * 1e3:6.1f} ms  (median {free[1] * 1e3:.1f})")
    print(
        f"worker, confined            {confined[0] * 1e3:6.1f} ms  (median {confined[1] * 1e3:.1f})"
    )
    print(f"  confined over bare        {(confined[0] - bare[0]) * 1e3:6.1f} ms  (goal 60)")
    print(f"trivial jobs, 2 workers     {jobs_per_second(sandbox):6.0f} /s  (goal 2000)")
    with tempfile.TemporaryDirectory() as name:
        ours, theirs = hashing(Path(name))
        print(f"hash 1 GB                   {ours:6.2f} s   hashlib {theirs:.2f} s")
        print(f"  over hashlib              {ours / theirs:6.2f} x  (goal 1.1)")
        print(f"walk 10,000 files           {walking(Path(name)) * 1e3:6.0f} ms")
        print(f"1,000 look-ups in the cache {looking_up(Path(name)) * 1e3:6.1f} ms  (goal 30)")


if __name__ == "__main__":
    main()
