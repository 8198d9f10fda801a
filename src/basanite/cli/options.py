"""Options that several commands share, with one wording each."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from basanite.domain.severity import Severity

Folder = Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder that holds basanite.yaml.")]
Folders = Annotated[
    list[Path] | None, typer.Argument(metavar="[DIR]...", help="Folders that hold basanite.yaml.")
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write to this file.")
]
FailOn = Annotated[
    Severity, typer.Option("--fail-on", help="Exit 1 for findings at or above this severity.")
]
Jobs = Annotated[
    int | None, typer.Option("--jobs", min=1, max=256, help="Workers at once. Default: all cores.")
]
LedgerUrl = Annotated[
    str,
    typer.Option(
        "--ledger",
        metavar="URL",
        help="Keep the ledger in this database (postgresql+psycopg://…). Default: DIR/.basanite.",
    ),
]
StateFolder = Annotated[
    Path | None,
    typer.Option("--state", metavar="DIR", help="Keep state here, for a system that is read-only."),
]
AsOf = Annotated[
    str,
    typer.Option("--as-of", metavar="TIME", help="As it was at this time (ISO 8601)."),
]


class ReportFormat(StrEnum):
    """Formats of a report."""

    HTML = "html"
    JSON = "json"
    SARIF = "sarif"
    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


class BomFormat(StrEnum):
    """Formats of a bill of materials."""

    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


class ViewFormat(StrEnum):
    """Formats of a view that is for people, and for programs."""

    TEXT = "text"
    JSON = "json"


class InspectFormat(StrEnum):
    """Formats of an inspection."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    CYCLONEDX = "cyclonedx"
