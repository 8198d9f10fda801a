"""Compare Basanite with other scanners on the same files, in one run.

    python benchmarks/inspection/compare.py [--hostile DIR] [--benign DIR] [--work DIR]

Makes the hostile files (`corpus_hostile.py`, standard library only) where no folder is given.
Benign files are made by the scripts ``benign_*.py`` and `corpus_benign.py`, each in an environment
with the packages it names; without ``--benign`` only what the standard library writes is used.
Every scanner has its own environment and is started once per folder, and once per file of speed.
Seconds are wall time of the whole process; memory is the largest resident set of it and its
children that the kernel reports.
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import struct
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from peers import PEERS, Peer, Told

HERE = Path(__file__).resolve().parent
LONGEST = 600.0
_EVAL = b"cbuiltins\neval\nS'1'\n\x85R."


@dataclass
class Run:
    """One start of a scanner."""

    told: Told
    seconds: float
    megabytes: float
    ended: str


def run(peer: Peer, binaries: Path, folder: Path) -> Run:
    """Start a scanner on a folder and wait for it."""
    began = time.monotonic()
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "10000", "PYTHONUNBUFFERED": ""}
    process = subprocess.Popen(
        list(peer.command(binaries, folder)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if peer.name == "picklescan" else subprocess.DEVNULL,
        text=True,
        errors="replace",
        env=environment,
    )
    ended = ""
    try:
        text, _ = process.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        process.kill()
        text, _ = process.communicate()
        ended = f"stopped after {LONGEST:.0f} s"
    seconds = time.monotonic() - began
    return Run(peer.read(text, str(folder)), seconds, 0.0, ended)


def measured(peer: Peer, binaries: Path, folder: Path) -> Run:
    """Run a scanner in a child of its own, so that the kernel's memory figure is its alone."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(receive)
        found = run(peer, binaries, folder)
        found.megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        with os.fdopen(send, "wb") as pipe:
            pickle.dump(found, pipe)
        os._exit(0)
    os.close(send)
    with os.fdopen(receive, "rb") as pipe:
        found = pickle.load(pipe)
    os.waitpid(child, 0)
    assert isinstance(found, Run)
    return found


def environments(work: Path) -> Iterator[tuple[Peer, Path]]:
    """Yield every scanner with the programs of its environment, installing what is missing."""
    for peer in PEERS:
        place = work / "peers" / peer.name
        if peer.packages and not (place / "bin" / "python").exists():
            venv.create(place, with_pip=True)
            subprocess.run([place / "bin" / "pip", "install", "-q", *peer.packages], check=True)
        yield peer, place / "bin"


def hostile(folder: Path) -> Path:
    """Return a folder of hostile files, made when it is not there."""
    if not folder.exists():
        subprocess.run([sys.executable, HERE / "corpus_hostile.py", folder], check=True)
    return folder


def plain(folder: Path) -> Path:
    """Return a folder of what the standard library writes without any malice."""
    folder.mkdir(parents=True, exist_ok=True)
    for protocol in range(6):
        for name, value in {"list": [1, 2.5, "x"], "dict": {"a": (1, b"b")}, "none": None}.items():
            (folder / f"{name}-{protocol}.pkl").write_bytes(pickle.dumps(value, protocol))
    return folder


def speed(folder: Path) -> dict[str, Path]:
    """Return folders that hold one large or many small files each."""
    cases = {
        "16 million opcodes, benign": b"\x80\x02](" + b"K\x01M\x02\x01" * 8_000_000 + b"e.",
        "50 million opcodes, eval last": b"\x80\x02(" + b"K\x01" * 50_000_000 + _EVAL,
        "doubling bomb": b"\x80\x02cos\nsystem\nK\x01" + b"2\x86" * 200_000 + b"\x85R.",
    }
    places = {}
    for number, (name, data) in enumerate(cases.items()):
        place = folder / str(number)
        place.mkdir(parents=True, exist_ok=True)
        (place / "m.pkl").write_bytes(data)
        places[name] = place
    many = folder / "many"
    many.mkdir(exist_ok=True)
    for number in range(500):
        (many / f"{number}.pkl").write_bytes(pickle.dumps({"n": number, "w": [0.5] * 40}))
    places["500 small pickles"] = many
    large = folder / "large"
    large.mkdir(exist_ok=True)
    if not (large / "m.safetensors").exists():
        header = b'{"w":{"dtype":"F32","shape":[268435456],"data_offsets":[0,1073741824]}}'
        with (large / "m.safetensors").open("wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            file.truncate(8 + len(header) + (1 << 30))
    places["1 GiB safetensors"] = large
    return places


def _files(folder: Path) -> int:
    return sum(each.is_file() and each.name != "manifest.json" for each in folder.rglob("*"))


def main() -> int:
    """Print two tables: what is found, and how fast."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hostile", type=Path)
    parser.add_argument("--benign", type=Path)
    parser.add_argument("--work", type=Path, default=HERE.parent.parent / "build" / "inspection")
    parser.add_argument("--only", nargs="*", default=[peer.name for peer in PEERS])
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    bad = (asked.hostile or hostile(asked.work / "hostile")).resolve()
    good = (asked.benign or plain(asked.work / "plain")).resolve()
    sizes = [
        sum(p.is_file() and p.name != "manifest.json" for p in d.rglob("*")) for d in (bad, good)
    ]
    cases = speed(asked.work / "speed")
    print(f"{sizes[0]} hostile files, {sizes[1]} benign ones")
    print(
        f"{'':12}{'blocked':>9}{'open':>7}{'missed':>8} |{'blocked':>9}{'open':>7}{'s':>8}{'MB':>7}"
    )
    scanners = [(p, b) for p, b in environments(asked.work.resolve()) if p.name in asked.only]
    for peer, binaries in scanners:
        first, second = measured(peer, binaries, bad), measured(peer, binaries, good)
        missed = sizes[0] - len(first.told.blocked | first.told.open)
        print(
            f"{peer.name:12}{len(first.told.blocked):>9}{len(first.told.open):>7}{missed:>8} |"
            f"{len(second.told.blocked):>9}{len(second.told.open):>7}"
            f"{first.seconds + second.seconds:>8.1f}"
            f"{max(first.megabytes, second.megabytes):>7.0f}  {first.ended or second.ended}",
            flush=True,
        )
    for name, place in cases.items():
        print(f"\n{name}")
        for peer, binaries in scanners:
            found = measured(peer, binaries, place.resolve())
            said = "blocked" if found.told.blocked else "open" if found.told.open else "clean"
            print(
                f"{peer.name:12}{said:>9}{found.seconds:>8.1f} s{found.megabytes:>7.0f} MB"
                f"  {found.ended}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
