"""Declared and resolved packages are found where files name them, with their lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basanite.domain.artifact import Format
from basanite.map.dependencies import dependencies, names_dependencies

PYPROJECT = b"""[build-system]
requires = ["hatchling>=1.27"]

[project]
name = "x"
dependencies = [
  "NumPy>=2,<3",
  "torch==2.4.0",
  "not a requirement!",
]

[project.optional-dependencies]
fast = ['polars']

[dependency-groups]
dev = ["pytest", {include-group = "x"}]

[tool.poetry.dependencies]
python = "^3.11"
requests = "^2.31"
flask = {version = "==3.0.0", optional = true}
"""


def test_a_project_file_gives_its_requirements_with_their_lines() -> None:
    found, problems = dependencies("app/pyproject.toml", Format.TOML, PYPROJECT)
    told = {each.name: (each.specifier, each.version, each.line) for each in found}
    assert told == {
        "hatchling": (">=1.27", "", 2),
        "numpy": ("<3,>=2", "", 7),
        "torch": ("==2.4.0", "2.4.0", 8),
        "polars": ("", "", 13),
        "pytest": ("", "", 16),
        "requests": ("^2.31", "", None),
        "flask": ("==3.0.0", "3.0.0", None),
    }
    assert [problem.line for problem in problems] == [9]
    assert all(each.source == "app/pyproject.toml" and not each.resolved for each in found)


def test_a_requirements_file_gives_pins_and_hashes() -> None:
    text = b"numpy==2.0.1 --hash=sha256:" + b"a" * 64 + b"\n-r more.txt\ntorch @ https://x/y.whl\n"
    found, problems = dependencies("requirements.txt", Format.REQUIREMENTS, text)
    assert problems == ()
    assert [(each.name, each.version, each.hashes, each.line) for each in found] == [
        ("numpy", "2.0.1", ("sha256:" + "a" * 64,), 1),
        ("torch", "", (), 3),
    ]


def test_a_lock_file_gives_resolved_packages() -> None:
    text = b'[[package]]\nname = "Typing_Extensions"\nversion = "4.1"\nsource = {registry = "x"}\n'
    found, _ = dependencies("uv.lock", Format.LOCKFILE, text)
    assert [(each.name, each.version, each.resolved) for each in found] == [
        ("typing-extensions", "4.1", True)
    ]


def test_an_npm_project_gives_its_packages() -> None:
    text = b'{\n "dependencies": {\n  "openai": "^4.1.0",\n  "left-pad": "1.3.0"\n }\n}'
    found, _ = dependencies("web/package.json", Format.JSON, text)
    assert [(each.ecosystem, each.name, each.version, each.line) for each in found] == [
        ("npm", "openai", "", 3),
        ("npm", "left-pad", "1.3.0", 4),
    ]


def test_other_files_name_nothing() -> None:
    assert dependencies("a.txt", Format.TEXT, b"numpy") == ((), ())
    assert not names_dependencies("a.txt", Format.TEXT)
    assert names_dependencies("x/pyproject.toml", Format.TOML)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("pyproject.toml", Format.TOML),
        ("package.json", Format.JSON),
        ("requirements.txt", Format.REQUIREMENTS),
        ("poetry.lock", Format.LOCKFILE),
    ],
)
@given(data=st.binary(max_size=80))
def test_any_bytes_give_packages_or_problems(path: str, kind: Format, data: bytes) -> None:
    found, problems = dependencies(path, kind, data)
    assert isinstance(found, tuple)
    assert isinstance(problems, tuple)


@pytest.mark.parametrize("path", ["pyproject.toml", "package.json", "uv.lock"])
def test_a_bottomless_nesting_is_a_problem(path: str) -> None:
    opening = b"[" if path == "package.json" else b"a = " + b"["
    found, problems = dependencies(path, Format.TOML, opening + b"[" * 200_000)
    assert found == ()
    assert problems
