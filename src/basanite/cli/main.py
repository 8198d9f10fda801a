"""The command line's entry: one place where errors become lines and exit codes."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import typer

from basanite.cli import assessing, bom, inspecting, keys, knowing, ledger, provenance, trusting
from basanite.cli.face import Face
from basanite.domain.errors import BasaniteError, ExitCode

app = typer.Typer(
    name="basanite",
    help="Prove that the AI systems of critical infrastructure are safe, secure and effective.",
    epilog=(
        "With every command: --quiet, --no-color, --debug. Exit codes: 0 clean, 1 findings or "
        "unmet requirements, 2 usage, 3 open or stale, 4 Basanite failed."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for room in (assessing, inspecting, trusting, knowing):
    room.register(app)
app.add_typer(bom.app, name="bom")
app.add_typer(provenance.app, name="provenance")
app.add_typer(keys.app, name="keys")
app.add_typer(ledger.app, name="ledger")


@app.callback(invoke_without_command=True)
def root(version: bool = typer.Option(False, "--version", help="Show the version.")) -> None:
    """Prove that the AI systems of critical infrastructure are safe, secure and effective."""
    if version:
        from basanite import __version__

        typer.echo(f"basanite {__version__}")
        raise typer.Exit


def run() -> None:
    """Run the command line and leave with the exit code that the design gives."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    _open_streams()
    face, rest = Face.from_arguments(arguments)
    try:
        code = app(rest, prog_name="basanite", standalone_mode=False, obj=face)
        sys.stdout.flush()
    except BasaniteError as error:
        return face.fail(error.line(), error.exit_code, error)
    except (KeyboardInterrupt, typer.Abort):
        return _stopped(face)
    except (BrokenPipeError, SystemExit):
        # Typer ends so when the reader of our output went away.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.INCONCLUSIVE
    except Exception as error:  # noqa: BLE001 - the last line of defence; nothing is hidden
        return _unexpected(face, error)
    return _stopped(face) if code == _INTERRUPTED else int(code or 0)


def _open_streams() -> None:
    """Give closed standard streams the null device, so that no file of ours takes their place."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _stopped(face: Face) -> int:
    line = "Stopped. What was finished is kept; run again to go on."
    return face.fail(line, ExitCode.INCONCLUSIVE)


_INTERRUPTED = 130
"""What typer returns after Ctrl-C."""
_USAGE_ERRORS: Any = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")
"""The base of typer's own usage errors, which it does not export by name."""


_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EMFILE, errno.ENFILE}
"""What the machine lacks; no fault of the program's."""


def _unexpected(face: Face, error: Exception) -> int:
    if isinstance(error, _USAGE_ERRORS):
        return face.fail(error.format_message(), ExitCode.USAGE)
    if isinstance(error, OSError) and error.errno in _MACHINE:
        from basanite.adapters.trouble import told

        name = error.filename if isinstance(error.filename, str | bytes) else ""
        return face.fail(told(error, name, "cannot go on").line(), ExitCode.INTERNAL, error)
    line = f"Basanite itself failed ({type(error).__name__}: {error}). Run it with --debug."
    return face.fail(line, ExitCode.INTERNAL, error)


if __name__ == "__main__":
    run()
