"""A sandbox is believed only when it works, and its absence is said with the reason."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from basanite.adapters import sandbox as module
from basanite.adapters.sandbox import Bubblewrap, Unconfined, find_sandbox, python_paths


def test_a_sandbox_is_found_here_and_costs_little() -> None:
    started = time.perf_counter()
    found = find_sandbox()
    assert found.name == "bubblewrap"
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize("binaries", [[], ["/absent/bwrap"], ["/bin/false"], ["/etc/passwd"]])
def test_without_a_working_bubblewrap_there_is_none_with_a_reason(
    monkeypatch: pytest.MonkeyPatch, binaries: list[str]
) -> None:
    monkeypatch.setattr(module, "_binaries", lambda: binaries)
    found = find_sandbox()
    assert isinstance(found, Unconfined)
    assert found.name == "none"
    assert found.reason
    assert found.command(["a", "b"], root="/x") == ["a", "b"]


def test_a_sandbox_that_hides_python_is_not_believed() -> None:
    found = find_sandbox(keys=[str(Path(module.__file__).parents[1])], private=[sys.prefix])
    assert isinstance(found, Bubblewrap)  # the package is not needed to start
    library = str(Path(subprocess.__file__).parent)
    assert isinstance(find_sandbox(private=[library]), Unconfined)


def test_only_what_python_needs_is_seen() -> None:
    for path in python_paths():
        assert Path(path).exists()
        assert path not in ("/", str(Path.home()), sys.prefix, sys.base_prefix)


def test_the_command_keeps_the_workers_arguments_apart() -> None:
    found = find_sandbox()
    argv = ["python", "--bind", "/", "/"]
    command = found.command(argv, root="")
    assert command[command.index("--") + 1 :] == argv
