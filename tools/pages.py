"""Write the generated pages: one per check, the command line, the JSON Schemas.

python tools/pages.py           write them
python tools/pages.py --check   fail when one is missing, wrong or left over
"""

from __future__ import annotations

import importlib
import inspect
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from basanite.app.plan import all_checks
from basanite.cli.main import app
from basanite.domain.check import Check
from basanite.govern.schema import pack_schema
from basanite.map.schema import json_schema as manifest_schema

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"


def documentation(check: Check) -> str:
    """Return the docstring of a check's module: its documentation for users."""
    name = check.id.replace("-", "_")
    module = importlib.import_module(f"basanite.measure.{check.stage.value}.checks.{name}")
    return inspect.cleandoc(module.__doc__ or "")


def check_page(check: Check) -> str:
    """Return the page of a check."""
    life = check.shelf_life
    references = ", ".join(str(each) for each in check.references) or "none"
    parts = [
        f"# {check.id}",
        f"*{check.title}.* Version {check.version}, {check.stage.value}.",
        f"**{check.asks}**",
        documentation(check),
        f"**Why.** {check.why}",
        f"**Limits.** {check.limits}",
        f"**What to do.** {check.remediation}",
        "| | |\n|---|---|\n"
        f"| needs | {', '.join(sorted(need.value for need in check.needs))} |\n"
        f"| stays good for | {life.high} days (high), {life.moderate} (moderate), "
        f"{life.low} (low) |\n"
        f"| references | {references} |\n"
        f"| readers | {', '.join(check.readers) or 'none'} |",
    ]
    if check.rules:
        rows = (
            f"| `{rule.id}` | {rule.severity.value} | {rule.title} | {rule.remediation} |"
            for rule in check.rules
        )
        head = "## What it finds\n\n| rule | severity | what | what to do |\n|---|---|---|---|\n"
        parts.append(head + "\n".join(rows))
    if check.parameters:
        rows = (
            f"| `{name}` | `{json.dumps(value)}` |{' yes' if name in check.sampling else ''} |"
            for name, value in check.parameters.items()
        )
        head = "## Parameters\n\n| name | default | only says how long to look |\n|---|---|---|\n"
        parts.append(head + "\n".join(rows))
    return "\n\n".join(parts) + "\n"


def check_index(checks: list[Check]) -> str:
    """Return the table of all checks."""
    rows = "\n".join(f"| [{c.id}]({c.id}.md) | {c.stage.value} | {c.asks} |" for c in checks)
    return f"# Checks\n\n| check | stage | asks |\n|---|---|---|\n{rows}\n"


def command_line() -> str:
    """Return the help of every command."""
    root = typer.main.get_command(app)
    parts = ["# Command line", "What `--help` prints, for every command."]
    for name, command in _commands("basanite", root):
        context = typer.Context(command, info_name=name, terminal_width=92, max_content_width=92)
        parts.append(f"## {name}\n\n```text\n{command.get_help(context).rstrip()}\n```")
    return "\n\n".join(parts) + "\n"


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield name, command
    for child, each in getattr(command, "commands", {}).items():
        yield from _commands(f"{name} {child}", each)


def pages() -> dict[Path, str]:
    """Return every generated page by its place below ``docs/reference``."""
    checks = list(all_checks().values())
    return {
        **{Path("checks") / f"{c.id}.md": check_page(c) for c in checks},
        Path("checks/index.md"): check_index(checks),
        Path("command-line.md"): command_line(),
        Path("basanite.schema.json"): json.dumps(manifest_schema(), indent=2) + "\n",
        Path("pack.schema.json"): json.dumps(pack_schema(), indent=2) + "\n",
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or compare them."""
    wanted = pages()
    left = {p.relative_to(REFERENCE) for p in (REFERENCE / "checks").glob("*.md")} - set(wanted)
    if "--check" not in arguments:
        for place, text in wanted.items():
            path = REFERENCE / place
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists() or path.read_text("utf-8") != text:
                path.write_text(text, "utf-8")
        for place in left:
            (REFERENCE / place).unlink()
        return 0
    wrong = [
        place
        for place, text in wanted.items()
        if not (REFERENCE / place).exists() or (REFERENCE / place).read_text("utf-8") != text
    ]
    for place in [*wrong, *left]:
        print(f"docs/reference/{place}: run `make pages`")
    return 1 if wrong or left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
