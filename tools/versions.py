"""Hold that whoever changes what a check does also changes the check's version.

Evidence is keyed by the check's version, so a changed check with an old version would let old
evidence answer a new question. For every check and every reader of a format this takes the
modules it imports, directly or not, from our own package (a closure stops at a reader, which has
a version of its own), and compares their digest with the one recorded for that version in
``tools/versions.json``. Docstrings, comments and layout do not count.

    python tools/versions.py            fail when a unit changed without a new version
    python tools/versions.py --record   record units that are new or have a new version
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RECORD = ROOT / "tools" / "versions.json"
RUNNER = (
    "basanite.app.behaviour",
    "basanite.adapters.onnx_model",
    "basanite.adapters.onnx_guard",
)
"""What runs a model: it has one version, in the first, and is nobody's import."""
_CHECK_VERSION = re.compile(r"\bversion=(\d+)")


@dataclass(frozen=True)
class Unit:
    """A check or a reader: something with a version of its own."""

    module: str
    version: int


class House:
    """The package's modules and the imports between them, read as text."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self._trees: dict[str, ast.Module] = {}
        self.files = {self._name(path): path for path in sorted(source.rglob("*.py"))}

    def _name(self, path: Path) -> str:
        parts = path.relative_to(self._source).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def tree(self, module: str) -> ast.Module:
        """Return a module's syntax without docstrings."""
        if module not in self._trees:
            tree = ast.parse(self.files[module].read_bytes())
            for node in ast.walk(tree):
                body = getattr(node, "body", None)
                if isinstance(body, list):
                    node.body = [each for each in body if not _is_text(each)]  # type: ignore[attr-defined]
            self._trees[module] = tree
        return self._trees[module]

    def units(self) -> list[Unit]:
        """Return every check and reader with its version."""
        found = []
        for module in self.files:
            if ".checks." in module:
                match = _CHECK_VERSION.search(self.files[module].read_text("utf-8"))
                if match:
                    found.append(Unit(module, int(match[1])))
            elif module == RUNNER[0]:
                found.append(Unit(module, int(str(_constants(self.tree(module))["VERSION"]))))
            elif module.startswith("basanite.formats."):
                constants = _constants(self.tree(module))
                if {"NAME", "VERSION"} <= constants.keys():
                    found.append(Unit(module, int(str(constants["VERSION"]))))
        return found

    def closure(self, unit: Unit, readers: set[str]) -> list[str]:
        """Return the modules a unit stands on, itself first; other readers end the walk."""
        if unit.module == RUNNER[0]:
            return list(RUNNER)
        seen: dict[str, None] = {}
        waiting = [unit.module]
        while waiting:
            module = waiting.pop()
            if module in seen or (module in readers and module != unit.module):
                continue
            seen[module] = None
            waiting += self._imports(module)
        return [unit.module, *sorted(set(seen) - {unit.module})]

    def _imports(self, module: str) -> list[str]:
        names: set[str] = set()
        for node in ast.walk(self.tree(module)):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        return [name for name in names if name in self.files]

    def digest(self, unit: Unit, readers: set[str]) -> str:
        """Return the digest over a unit's closure and the data files that carry its name."""
        total = hashlib.sha256()
        for module in self.closure(unit, readers):
            total.update(f"{module}\n{ast.dump(self.tree(module))}\n".encode())
            for data in self._data(module):
                total.update(data.name.encode() + data.read_bytes())
        return total.hexdigest()

    def _data(self, module: str) -> list[Path]:
        """Return the data files a module may read: those beside it; a check's carry its name."""
        path = self.files[module]
        if not module.startswith("basanite.measure."):
            return []
        pattern = f"{path.stem}*" if path.parent.name == "checks" else "*"
        beside = sorted(path.parent.glob(pattern))
        return [p for p in beside if p.is_file() and p.suffix not in {".py", ".pyc"}]


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _constants(tree: ast.Module) -> dict[str, object]:
    found: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            found |= {t.id: node.value.value for t in node.targets if isinstance(t, ast.Name)}
        elif (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.target, ast.Name)
        ):
            found[node.target.id] = node.value.value
    return found


def measure(source: Path) -> dict[str, dict[str, object]]:
    """Return version and digest of every unit below a source folder."""
    house = House(source)
    units = house.units()
    readers = {unit.module for unit in units if ".formats." in unit.module}
    return {
        unit.module: {"version": unit.version, "digest": house.digest(unit, readers)}
        for unit in units
    }


def faults(
    now: dict[str, dict[str, object]], recorded: dict[str, dict[str, object]]
) -> tuple[list[str], list[str]]:
    """Return (changed without a new version, new or newly versioned and not yet recorded)."""
    silent, fresh = [], []
    for module, state in now.items():
        known = recorded.get(module)
        if known is None or known["version"] != state["version"]:
            fresh.append(module)
        elif known["digest"] != state["digest"]:
            silent.append(module)
    return silent, fresh


def main(arguments: list[str]) -> int:
    """Compare with the record, or extend it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--record", action="store_true", help="record new versions")
    options = parser.parse_args(arguments)
    now = measure(ROOT / "src")
    recorded = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    silent, fresh = faults(now, recorded)
    for module in silent:
        version = now[module]["version"]
        print(f"{module}: what it does changed, and its version is still {version}: raise it")
    if options.record and not silent:
        kept = {module: now[module] for module in sorted(now)}
        RECORD.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
        return 0
    for module in fresh:
        print(f"{module}: not recorded: run python tools/versions.py --record")
    gone = sorted(set(recorded) - set(now))
    for module in gone:
        print(f"{module}: recorded but gone: run python tools/versions.py --record")
    return 1 if silent or fresh or gone else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
