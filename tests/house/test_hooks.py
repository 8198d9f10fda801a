"""The action and the hook call the command as it is, and no input of theirs is ever run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parent.parent.parent


def read(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((ROOT / name).read_text("utf-8"))


def test_inputs_of_the_action_reach_the_shell_as_variables_only() -> None:
    steps = read("action.yml")["runs"]["steps"]

    assert steps
    assert not [step["name"] for step in steps if "${{" in step["run"]]


def test_the_action_s_script_runs_and_tells_the_exit_code(tmp_path: Path) -> None:
    step = read("action.yml")["runs"]["steps"][1]
    (tmp_path / "basanite" / "bin").mkdir(parents=True)
    tool = tmp_path / "basanite" / "bin" / "basanite"
    tool.write_text(f'#!/bin/sh\nexec {sys.executable} -m basanite.cli.main "$@"\n')
    tool.chmod(0o755)
    (tmp_path / "a b.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    ran = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "BASANITE_HOME": str(tmp_path / "home"),
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(tmp_path / "out"),
            "PATHS": "a b.pkl\n\n",
            "FAIL_ON": "high",
            "BASELINE": "",
            "SARIF": "x.sarif",
            "ALLOW_OPEN": "false",
        },
    )

    assert ran.returncode == 1, ran.stderr
    assert (tmp_path / "out").read_text() == "exit-code=1\n"
    assert "os.system" in (tmp_path / "x.sarif").read_text()
    assert "os.system" in ran.stdout


def test_the_hook_calls_a_command_that_exists() -> None:
    (hook,) = read(".pre-commit-hooks.yaml")
    words = hook["entry"].split()

    assert words[:2] == ["basanite", "inspect"]
    assert words[-1] == "--"
    help_text = subprocess.run(
        [sys.executable, "-m", "basanite.cli.main", "inspect", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for option in re.findall(r"--[a-z-]+", read("action.yml")["runs"]["steps"][1]["run"]):
        assert option in help_text or option in ("--quiet", "--no-color"), option
