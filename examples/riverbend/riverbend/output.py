"""Putting a finished build where it belongs, and knowing whether that is needed.

The stamp lies beside the folder, not in it, because the folder is what Basanite takes stock of.
"""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

# 2026-07-13, the day the data end. File times must not depend on when somebody builds.
FILE_TIME = 1783900800
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Stamp:
    """What a build was made from, and the digest of every file it made, by relative path."""

    inputs: str
    files: dict[str, str]

    @staticmethod
    def beside(out: Path) -> Path:
        """Where the stamp of an output folder lies."""
        return out.with_name(out.name + ".stamp.json")

    @staticmethod
    def load(out: Path) -> "Stamp | None":
        """The stamp of the last finished build, or none."""
        try:
            read = json.loads(Stamp.beside(out).read_text(encoding="utf-8"))
            return Stamp(str(read["inputs"]), dict(read["files"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def save(self, out: Path) -> None:
        """Written last, so that a stamp means a finished build."""
        path = Stamp.beside(out)
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(vars(self), indent=1, sort_keys=True) + "\n", encoding="utf-8")
        part.replace(path)

    def holds(self, out: Path) -> bool:
        """Whether every file of the build is there and unchanged."""
        return all(
            (out / name).is_file() and digest(out / name) == known
            for name, known in self.files.items()
        )


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    value = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            value.update(block)
    return value.hexdigest()


def install(built: Path, out: Path, inputs: str) -> None:
    """Move a finished build to its place.

    The first time the whole folder is renamed. Later the folder may hold a ledger or a manifest
    that is not ours, so files are replaced one by one, those that did not change are left alone,
    and files of an older build that are gone now are removed.
    """
    files = {
        path.relative_to(built).as_posix(): path
        for path in sorted(built.rglob("*"))
        if path.is_file()
    }
    stamp = Stamp(inputs, {name: digest(path) for name, path in files.items()})
    former = Stamp.load(out)
    Stamp.beside(out).unlink(missing_ok=True)
    if not out.exists():
        built.rename(out)
    else:
        for name, path in files.items():
            target = out / name
            if target.is_file() and digest(target) == stamp.files[name]:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
        for name in set(former.files if former else ()) - set(files):
            (out / name).unlink(missing_ok=True)
        shutil.rmtree(built)
    stamp.save(out)


def link_or_copy(source: Path, target: Path) -> None:
    """A second name for the same bytes where the file system allows it, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
