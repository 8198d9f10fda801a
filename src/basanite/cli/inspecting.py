"""The command ``inspect``: any file, folder or archive, without a manifest."""

from __future__ import annotations

import os
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from basanite.cli.face import Face
from basanite.cli.options import FailOn, InspectFormat, Jobs, Output
from basanite.domain.errors import UsageError
from basanite.domain.names import encode_name
from basanite.domain.severity import Severity

if TYPE_CHECKING:
    from basanite.map.baseline import Baseline

_LIFE_DAYS = 90
"""How long a finding is accepted when nothing else is said."""
_LONGEST_DAYS = 366


def register(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command()(inspect)


def inspect(
    context: typer.Context,
    paths: Annotated[
        list[Path],
        # What cannot be read is told with the rest, so that the rest is looked at.
        typer.Argument(metavar="PATH...", help="Files or folders.", readable=False),
    ],
    form: Annotated[InspectFormat, typer.Option("--format", help="Output.")] = InspectFormat.TEXT,
    output: Output = None,
    fail_on: FailOn = Severity.HIGH,
    baseline: Annotated[
        Path | None,
        typer.Option("--baseline", metavar="FILE", help="Findings that are accepted."),
    ] = None,
    accept: Annotated[
        str,
        typer.Option(
            "--accept", metavar="REASON", help="Add what is found to the baseline, with a reason."
        ),
    ] = "",
    expires: Annotated[
        str, typer.Option("--expires", metavar="DATE", help="Until when. Default: 90 days.")
    ] = "",
    jobs: Jobs = None,
) -> int:
    """Inspect files and folders without loading them. Needs no manifest."""
    from basanite.app.inspect import inspect_paths
    from basanite.app.views import inspection_view
    from basanite.cli.inspection_text import show_inspection
    from basanite.map.baseline import write_baseline

    face: Face = context.obj
    if (accept or expires) and baseline is None:
        raise UsageError("--accept and --expires go with --baseline FILE")
    today = _today()
    last = _last_day(expires, today)
    known = _known(baseline, new=bool(accept)) if baseline is not None else None
    found = inspect_paths(paths, jobs=jobs, listen=face.listen)
    face.finish()
    if baseline is not None and known is not None:
        if accept:
            known = known.joined((s.accepted(accept, last) for s in found.seen.values()), today)
            face.write(write_baseline(known), baseline)
        found = found.held_against(known, today)
    if form is InspectFormat.TEXT and output is None:
        show_inspection(face, found)
        for each in known.expired(today) if known else ():
            face.say(f"accepted until {each.expires} only: {each.path}  {each.rule}")
    else:
        face.write(inspection_view(found, form.value), output)
    return found.exit_code(fail_on)


def _today() -> date:
    from basanite.adapters.clock import SystemClock

    return SystemClock().now().date()


def _known(path: Path, *, new: bool) -> Baseline:
    """Return the baseline in a file; where one is to be written, it need not be there yet."""
    from basanite.adapters.trouble import told
    from basanite.map.baseline import MAX_BYTES, Baseline, read_baseline

    if new and not path.exists():
        return Baseline()
    try:
        with path.open("rb") as file:
            return read_baseline(file.read(MAX_BYTES + 1), encode_name(os.fspath(path)))
    except OSError as error:
        raise told(error, path, "cannot read the baseline") from error


def _last_day(text: str, today: date) -> date:
    if not text:
        return today + timedelta(days=_LIFE_DAYS)
    try:
        last = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--expires {text!r} is not a day", remedy="Write 2027-02-28.") from error
    if not today <= last <= today + timedelta(days=_LONGEST_DAYS):
        raise UsageError("--expires lies in the past, or more than a year ahead")
    return last
