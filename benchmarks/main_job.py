"""How fast the main job is when little or nothing changed, and when much is new.

Method: whole processes, wall seconds by ``time.monotonic``, on this machine; systems are made in a
temporary folder with a home of their own.

- *nothing changed*: a system of N small artifacts is assessed twice, then five times more; the
  figure is the median of the five, and the same less the median for a system of one artifact
  ("beyond start-up").
- *new bytes*: one gibibyte in eight new files; the figure is the time of the first ``assess`` of
  the folder less that of a folder with eight files of 1 KiB ("beyond start-up"), as a ratio to
  hashing the same bytes with hashlib in one process in the same run (page cache warm for both).
  Median of three such pairs.
- *demo*: when ``build/riverbend`` was built by ``make demo``, the median of five further runs.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = """\
schema: basanite.manifest/1
system:
  id: bench
  title: A system to measure
  purpose: To be measured.
  sector: energy
  tier: low
  environment: test
  owner: {name: The benchmark}
  use-case: {decides: nothing, affects: nobody, high-impact: false, override: anybody}
packs: [nist-ai-rmf-1.0]
components:
  - {id: models, kind: model, path: models}
"""


def run(*arguments: str, home: Path) -> float:
    """Return the wall seconds of one basanite process."""
    began = time.monotonic()
    ran = subprocess.run(
        [sys.executable, "-m", "basanite.cli.main", *arguments],
        env={**os.environ, "BASANITE_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if ran.returncode in (2, 4):
        raise SystemExit(ran.stderr)
    return time.monotonic() - began


def median(*arguments: str, home: Path, runs: int = 5) -> float:
    """Return the median of several runs."""
    return statistics.median(run(*arguments, home=home) for _ in range(runs))


def unchanged(folder: Path, home: Path, count: int) -> float:
    """Return the seconds of an assessment with nothing changed."""
    models = folder / "models"
    models.mkdir(parents=True)
    (folder / "basanite.yaml").write_text(MANIFEST)
    for number in range(count):
        (models / f"{number:04}.pkl").write_bytes(b"\x80\x04K\x01." + f"{number}".encode())
    time.sleep(2.5)  # a file younger than two seconds is never remembered
    first = run("assess", str(folder), "-q", home=home)
    run("assess", str(folder), "-q", home=home)
    again = median("assess", str(folder), "-q", home=home)
    print(f"{count} artifacts: first assess {first:.2f} s, nothing changed {again:.2f} s")
    return again


def first_assess(folder: Path, home: Path, size: int) -> tuple[float, float]:
    """Return the seconds of a first assessment of eight files, and of hashlib on them."""
    (folder / "models").mkdir(parents=True)
    (folder / "basanite.yaml").write_text(MANIFEST)
    block = os.urandom(min(size, 1 << 20))
    for number in range(8):
        data = block * (size // len(block))
        (folder / "models" / f"{number}.dat").write_bytes(data)
    began = time.monotonic()
    for path in sorted((folder / "models").iterdir()):
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
    peer = time.monotonic() - began
    return run("assess", str(folder), "-q", home=home), peer


def new_bytes(place: Path, home: Path) -> None:
    """Measure hashing of new artifacts against hashlib."""
    ratios = []
    for turn in range(3):
        start, _ = first_assess(place / f"small{turn}", home, 1 << 10)
        large, peer = first_assess(place / f"large{turn}", home, 128 << 20)
        ratios.append((large - start) / peer)
        print(
            f"1 GiB of new artifacts: {large - start:.2f} s beyond start-up, hashlib {peer:.2f} s"
        )
    print(f"1 GiB of new artifacts: ratio {statistics.median(ratios):.2f}")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Measure the main job.")
    parser.add_argument("--artifacts", type=int, default=1000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        home = place / "home"
        start = unchanged(place / "one", home, 1)
        many = unchanged(place / "many", home, options.artifacts)
        print(
            f"{options.artifacts} artifacts, nothing changed: {many - start:.2f} s beyond start-up"
        )
        new_bytes(place, home)
    demo = ROOT / "build" / "riverbend"
    if (demo / ".basanite" / "report.html").exists():
        again = median("assess", str(demo), "-q", home=ROOT / "build" / "basanite-home")
        print(f"riverbend, nothing changed: {again:.2f} s")


if __name__ == "__main__":
    main()
