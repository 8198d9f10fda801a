"""Scanners to compare with: how each is installed, started on a folder, and understood.

A file counts as blocked when the scanner gives it a finding at its level of "high" or worse; for
those that know no levels, when it calls the file dangerous or unsafe.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Read = Callable[[str, str], "Told"]


@dataclass
class Told:
    """What a scanner said of a folder: file names below it."""

    blocked: set[str]
    open: set[str]
    """Not looked at, or not decided, and said so."""


@dataclass(frozen=True)
class Peer:
    """One scanner."""

    name: str
    packages: tuple[str, ...]
    """What pip installs into its own environment; empty for ourselves."""
    command: Callable[[Path, Path], Sequence[str]]
    """From its environment's ``bin`` and a folder to what is run."""
    read: Read
    """From standard output and the folder to what it told."""


def _bad(level: object) -> bool:
    return str(level).lower() in ("high", "critical")


def _json(text: str) -> Any:
    start = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=0)
    try:
        return json.JSONDecoder(strict=False).raw_decode(text[start:])[0]
    except ValueError:
        return {}


def _below(folder: str, names: Iterable[object]) -> set[str]:
    """Return paths below the folder, without what stands behind a file's own name."""
    found = set()
    files = {str(each.relative_to(folder)) for each in Path(folder).rglob("*") if each.is_file()}
    for each in names:
        text = str(each).removeprefix(folder).lstrip("/")
        while text and text not in files:
            cut = max(text.rfind(mark) for mark in ("!", ":", "/", " "))
            text = text[:cut] if cut > 0 else ""
        found.add(text)
    return found - {""}


def _basanite(text: str, folder: str) -> Told:
    told = _json(text)
    blocked, still = set(), set()
    for each in told.get("artifacts", ()):
        if any(_bad(finding["severity"]) for finding in each["findings"]):
            blocked.add(each["path"])
        elif each["outcome"] not in ("passed", "not-applicable", "skipped"):
            still.add(each["path"])
    return Told(_below(folder, blocked), _below(folder, still))


def _hayward(text: str, folder: str) -> Told:
    told = _json(text)
    blocked = [f["file"] for f in told.get("findings", ()) if _bad(f["severity"])]
    gaps = [gap.get("file", "") for gap in told.get("coverage_gaps", ()) if isinstance(gap, dict)]
    return Told(_below(folder, blocked), _below(folder, gaps))


def _picklescan(text: str, folder: str) -> Told:
    lines = text.splitlines()
    blocked = [line.split(": ")[0] for line in lines if line.rstrip().endswith("FOUND")]
    still = [line.split("file ")[-1] for line in lines if "ERROR" in line]
    return Told(_below(folder, blocked), _below(folder, still))


def _modelscan(text: str, folder: str) -> Told:
    told = _json(text.replace("\n", ""))
    blocked = [issue["source"] for issue in told.get("issues", ()) if _bad(issue["severity"])]
    still = [error.get("source", "") for error in told.get("errors", ())]
    return Told(_below(folder, blocked), _below(folder, still))


def _modelaudit(text: str, folder: str) -> Told:
    told = _json(text)
    blocked = [i.get("location") for i in told.get("issues", ()) if i["severity"] == "critical"]
    return Told(_below(folder, [each.split(" (")[0] for each in blocked if each]), set())


def _lines(text: str, folder: str) -> Told:
    said = [line.split("\t") for line in text.splitlines() if "\t" in line]
    return Told(
        _below(folder, [name for word, name in said if word == "unsafe"]),
        _below(folder, [name for word, name in said if word == "error"]),
    )


_FICKLING = """
import pathlib, sys
from fickling.loader import scan_file, scan_zip_archive
import zipfile
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if path.is_file():
        try:
            if zipfile.is_zipfile(path):
                found = scan_zip_archive(str(path), graceful=True)
            else:
                found = [scan_file(str(path), graceful=True)]
            safe = all(each.is_safe for each in found)
            word = "safe" if safe and not any(each.errors for each in found) else "unsafe"
        except Exception:
            word = "error"
        print(word, path, sep="\\t")
"""

PEERS = (
    Peer(
        "basanite",
        (),
        lambda _bin, folder: (
            sys.executable, "-m", "basanite.cli.main", "inspect", "-q", "--format", "json",
            str(folder),
        ),
        _basanite,
    ),
    Peer(
        "hayward",
        ("hayward==1.4.1",),
        lambda bin_, folder: (str(bin_ / "hayward"), "scan", str(folder), "-f", "json"),
        _hayward,
    ),
    Peer(
        "picklescan",
        ("picklescan==1.0.5",),
        lambda bin_, folder: (str(bin_ / "picklescan"), "-p", str(folder)),
        _picklescan,
    ),
    Peer(
        "modelscan",
        ("modelscan==0.8.8",),
        lambda bin_, folder: (str(bin_ / "modelscan"), "-p", str(folder), "-r", "json"),
        _modelscan,
    ),
    Peer(
        "modelaudit",
        ("modelaudit==0.2.54",),
        lambda bin_, folder: (
            str(bin_ / "modelaudit"), "scan", str(folder), "--format", "json", "--strict",
        ),
        _modelaudit,
    ),
    Peer(
        "fickling",
        ("fickling==0.1.12", "typing_extensions"),
        lambda bin_, folder: (str(bin_ / "python"), "-c", _FICKLING, str(folder)),
        _lines,
    ),
)  # fmt: skip
"""Pinned to the versions of the figures in README."""
