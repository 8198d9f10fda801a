"""Commands of the bill of materials: write, verify, diff, coverage."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from basanite.cli import weights
from basanite.cli.face import Face
from basanite.cli.options import (
    AsOf,
    BomFormat,
    Folder,
    LedgerUrl,
    Output,
    StateFolder,
    ViewFormat,
)
from basanite.domain.errors import ExitCode, UsageError

HERE = Path()
Form = Annotated[ViewFormat, typer.Option("--format", help="Output.")]
Key = Annotated[
    list[Path] | None,
    typer.Option("--key", metavar="PEM", help="Trust this public key too. Repeatable."),
]


class _WritesByDefault(TyperGroup):
    """A group in which ``basanite bom DIR`` means ``basanite bom write DIR``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the default command where none of the group's own is named."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["write", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_WritesByDefault,
    help="The AI-BOM: write it, compare two, recognise weights. `basanite bom [DIR]` writes it.",
)


@app.command()
def write(
    context: typer.Context,
    folder: Folder = HERE,
    form: Annotated[BomFormat, typer.Option("--format", help="Output.")] = BomFormat.CYCLONEDX,
    output: Output = None,
    sign: Annotated[
        bool, typer.Option("--sign", help="Sign it with your key (CycloneDX only).")
    ] = False,
    as_of: AsOf = "",
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> None:
    """Write the latest assessment as a bill of materials. Nothing is run."""
    from basanite.app.bom import bom_text, signed_bom
    from basanite.app.replay import replay
    from basanite.cli.parsing import moment, state_of

    face: Face = context.obj
    if sign and form is not BomFormat.CYCLONEDX:
        raise UsageError(
            "SPDX 3.0.1 has no place for a signature",
            remedy="Use --format cyclonedx, or sign the file with a tool of your own.",
        )
    place = state_of(folder, ledger, state)
    answer, _, _ = replay(place, moment(as_of, "--as-of") if as_of else None)
    face.write(signed_bom(place, answer) if sign else bom_text(answer, form.value), output)


@app.command()
def verify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CycloneDX BOM.")],
    keys: Key = None,
) -> int:
    """Check the signature in a BOM with the keys you trust.

    Exit 0 when it is good, 1 when it is bad, 3 when there is none that could be checked.
    """
    from basanite.app.bom import verify_bom
    from basanite.ledger.json_signature import Signed

    face: Face = context.obj
    worth, key = verify_bom(file, keys or [])
    told = {
        Signed.GOOD: f"good: signed by {key}, and nothing was altered since",
        Signed.BAD: "bad: the BOM or its signature was altered",
        Signed.UNKNOWN_KEY: "unknown key: no key that you trust made the signature",
        Signed.UNSIGNED: "unsigned: the BOM carries no signature",
        Signed.UNSUPPORTED: "unsupported: the signature is of a kind that is not checked here",
    }
    face.say(told[worth])
    codes = {Signed.GOOD: ExitCode.CLEAN, Signed.BAD: ExitCode.FINDINGS}
    return codes.get(worth, ExitCode.INCONCLUSIVE)


@app.command()
def diff(
    context: typer.Context,
    before: Annotated[
        Path, typer.Argument(metavar="A", help="A BOM (CycloneDX or SPDX JSON), or a system.")
    ],
    after: Annotated[Path, typer.Argument(metavar="B", help="The other one.")],
    form: Form = ViewFormat.TEXT,
    output: Output = None,
) -> int:
    """Compare two BOMs, whoever wrote them: what was added, removed, changed.

    Exit 0 when they are alike, 1 when they differ, 3 when something could not be read.
    """
    from basanite.app.bom import compared, diff_text, load_bom
    from basanite.reports.bom_views import diff_lines

    face: Face = context.obj
    first, second = load_bom(before), load_bom(after)
    found, code = compared(first, second)
    if form is ViewFormat.TEXT and output is None:
        face.say(diff_lines(first, second, found))
    else:
        face.write(diff_text(first, second, found), output)
    return code


@app.command()
def coverage(
    context: typer.Context,
    folder: Folder = HERE,
    form: Form = ViewFormat.TEXT,
    output: Output = None,
    as_of: AsOf = "",
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> None:
    """Hold a system's BOM against the minimum elements of the G7 and CISA."""
    from basanite.app.bom import coverage as covered
    from basanite.app.bom import coverage_text
    from basanite.app.replay import replay
    from basanite.cli.parsing import moment, state_of
    from basanite.reports.bom_views import coverage_lines

    face: Face = context.obj
    time = moment(as_of, "--as-of") if as_of else None
    answer, _, _ = replay(state_of(folder, ledger, state), time)
    found = covered(answer)
    if form is ViewFormat.TEXT and output is None:
        face.say(coverage_lines(found))
    else:
        face.write(coverage_text(answer, found), output)


weights.register(app)
