"""The rules of the house hold."""

from __future__ import annotations

import importlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SOURCE = ROOT / "src" / "basanite"


def tool(name: str) -> ModuleType:
    """Import a script of ``tools/``."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


def slugs(paths: list[Path], cut: str = "") -> set[str]:
    return {path.stem.removeprefix(cut).replace("_", "-") for path in paths}


@pytest.mark.parametrize("stage", ["inspection", "evaluation", "monitoring"])
def test_a_check_has_the_same_name_in_code_catalog_tests_and_docs(stage: str) -> None:
    from basanite.app.plan import all_checks

    catalog = {name for name, check in all_checks().items() if check.stage.value == stage}
    modules = [
        path
        for path in (SOURCE / "measure" / stage / "checks").glob("*.py")
        if "CHECK = Check(" in path.read_text("utf-8")
    ]
    tests = slugs(list((ROOT / "tests" / "measure" / stage).glob("test_*.py")), "test_")
    pages = slugs(list((ROOT / "docs" / "reference" / "checks").glob("*.md")))

    assert slugs(modules) == catalog
    assert catalog <= tests
    assert catalog <= pages


def test_every_generated_page_is_up_to_date() -> None:
    assert tool("pages").main(["--check"]) == 0


def test_every_check_has_its_version_recorded() -> None:
    assert tool("versions").main([]) == 0


def test_a_changed_parser_without_a_new_version_is_found(tmp_path: Path) -> None:
    versions = tool("versions")
    copy = tmp_path / "src"
    shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = versions.measure(copy)
    reader = copy / "basanite" / "formats" / "requirements.py"
    reader.write_text(reader.read_text("utf-8") + "\nCHANGED = 1\n", "utf-8")

    silent, _ = versions.faults(versions.measure(copy), before)

    assert "basanite.formats.requirements" in silent


def test_a_changed_shared_value_without_new_versions_is_found(tmp_path: Path) -> None:
    versions = tool("versions")
    copy = tmp_path / "src"
    shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = versions.measure(copy)
    shared = copy / "basanite" / "domain" / "finding.py"
    shared.write_text(shared.read_text("utf-8") + "\nCHANGED = 1\n", "utf-8")

    silent, _ = versions.faults(versions.measure(copy), before)

    checks = [module for module in before if ".checks." in module]
    assert set(checks) <= set(silent)


def test_comments_and_docstrings_do_not_ask_for_a_new_version(tmp_path: Path) -> None:
    versions = tool("versions")
    copy = tmp_path / "src"
    shutil.copytree(ROOT / "src", copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = versions.measure(copy)
    shared = copy / "basanite" / "domain" / "finding.py"
    shared.write_text(shared.read_text("utf-8").replace('"""', '"""More. ', 1) + "# words\n")

    assert versions.faults(versions.measure(copy), before) == ([], [])


def test_importing_the_package_and_the_face_stays_light() -> None:
    heavy = {
        "numpy", "scipy", "onnxruntime", "sqlalchemy", "aiohttp", "jinja2", "cryptography",
        "alembic", "securesystemslib", "ruamel", "jsonschema",
    }  # fmt: skip
    code = (
        "import sys, basanite.cli.main; "
        f"print(sorted({heavy!r} & {{m.split('.')[0] for m in sys.modules}}))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "[]"


def test_readme_shows_the_help_as_it_is() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "basanite.cli.main", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "/usr/bin", "COLUMNS": "92", "NO_COLOR": "1"},
    )
    shown = re.search(
        r"```text\n(Usage: basanite .*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )

    assert shown is not None
    assert shown[1].split() == ran.stdout.split()


def test_the_recorded_versions_are_plain_json() -> None:
    recorded = json.loads((ROOT / "tools" / "versions.json").read_text("utf-8"))

    assert all(set(each) == {"version", "digest"} for each in recorded.values())


@pytest.mark.parametrize("room", ["domain", "formats", "statistics", "map", "measure", "govern"])
def test_the_heart_calls_nothing_of_the_outer_world(room: str) -> None:
    """Files are opened, processes started and sockets made only by drivers."""
    banned = re.compile(
        r"^\s*(?:import|from)\s+(?:subprocess|socket|os\.path|shutil|tempfile|urllib\.request)\b"
        r"|\bopen\(|\bPath\([^)]*\)\.(?:read|write|open)|\bos\.(?:system|popen|remove|open)\(",
        re.MULTILINE,
    )
    offenders = {
        str(path.relative_to(SOURCE)): match.group().strip()
        for path in (SOURCE / room).rglob("*.py")
        for match in [banned.search(path.read_text("utf-8"))]
        if match
    }

    assert not offenders
