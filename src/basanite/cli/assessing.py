"""Commands of the main job: init, assess, test, report, findings, explain."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from basanite.cli.face import Face
from basanite.cli.options import (
    AsOf,
    FailOn,
    Folder,
    Folders,
    Jobs,
    LedgerUrl,
    Output,
    ReportFormat,
    StateFolder,
)
from basanite.domain.errors import BasaniteError, ExitCode, UsageError
from basanite.domain.names import encode_name
from basanite.domain.severity import Severity

if TYPE_CHECKING:
    from basanite.app.assess import Options
    from basanite.app.state import State
    from basanite.domain.assessment import Assessment

HERE = Path()


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(init)
    app.command()(assess)
    app.command("test")(behaviour)
    app.command()(report)
    app.command()(findings)
    app.command()(explain)


def init(
    context: typer.Context,
    folder: Folder = HERE,
    force: Annotated[bool, typer.Option("--force", help="Replace the manifest there is.")] = False,
    jobs: Jobs = None,
) -> None:
    """Discover a system's components and write basanite.yaml."""
    from basanite.app.initialize import initialize
    from basanite.cli.parsing import state_of

    face: Face = context.obj
    state = state_of(folder)
    draft = initialize(state, force=force, jobs=jobs, listen=face.listen)
    face.finish()
    kinds = [part.kind.value for part in draft.components]
    face.say(
        f"{len(kinds)} components found: "
        + ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
        if kinds
        else "No components found; add them by hand."
    )
    face.say(f"manifest: {state.manifest}")
    face.say("Correct it, above all the lines marked TODO. Then run `basanite assess`.")


def assess(
    context: typer.Context,
    folders: Folders = None,
    fail_on: FailOn = Severity.HIGH,
    jobs: Jobs = None,
    rehash: Annotated[
        bool, typer.Option("--rehash", help="Read every file again, remembered or not.")
    ] = False,
    output: Output = None,
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> int:
    """Map, measure what is not fresh, judge, and report: the main job."""
    from basanite.app.assess import Options
    from basanite.cli.parsing import state_of

    face: Face = context.obj
    places = folders or [HERE]
    if output is not None and not output.parent.is_dir():
        raise UsageError(
            "--output names a file in a folder that is not there",
            where=encode_name(os.fspath(output)),
        )
    if len(places) > 1 and state is not None:
        raise UsageError("--state names one folder, so it goes with one system")
    options = Options(jobs=jobs, rehash=rehash, listen=face.listen, trace=face.debug)
    answers: list[Assessment] = []
    codes: list[int] = []
    for place in places:
        try:
            there = state_of(place, ledger, state)
            page = there.report if output is None or len(places) > 1 else output
            answers.append(_one(face, there, options, page))
        except BasaniteError as error:
            if len(places) == 1:
                raise
            # The other systems are still assessed; this one is told.
            codes.append(face.fail(error.line(), error.exit_code, error))
    if len(places) > 1 and answers:
        _page(answers, output or Path("portfolio.html"), face)
    return max((*codes, *(a.exit_code(fail_on) for a in answers)), key=_gravity)


def behaviour(
    context: typer.Context,
    folder: Folder = HERE,
    fail_on: FailOn = Severity.HIGH,
    jobs: Jobs = None,
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> int:
    """Run only the behavioural tests that are not fresh; the rest stays as it was."""
    from basanite.app.assess import Options
    from basanite.cli.parsing import state_of
    from basanite.domain.check import Stage

    face: Face = context.obj
    there = state_of(folder, ledger, state)
    options = Options(
        jobs=jobs,
        listen=face.listen,
        trace=face.debug,
        stages=frozenset({Stage.EVALUATION, Stage.MONITORING}),
    )
    return _one(face, there, options, there.report).exit_code(fail_on)


def _one(face: Face, place: State, options: Options, page: Path) -> Assessment:
    """Assess one system, show it and leave its page."""
    from basanite.app.assess import assess as run
    from basanite.cli.summary import show

    answer = run(place, options)
    face.finish()
    show(face, answer)
    _page([answer], page, face)
    return answer


def _gravity(code: int) -> int:
    """1 wins over 4, 2 and 3, in this order; 0 comes last."""
    order = (
        ExitCode.CLEAN,
        ExitCode.INCONCLUSIVE,
        ExitCode.USAGE,
        ExitCode.INTERNAL,
        ExitCode.FINDINGS,
    )
    return order.index(ExitCode(code))


def _page(answers: list[Assessment], path: Path, face: Face) -> None:
    from basanite.app.views import page

    face.write(page(answers), path)
    face.say(f"report: {path.resolve()}")


def report(
    context: typer.Context,
    folders: Folders = None,
    form: Annotated[ReportFormat, typer.Option("--format", help="Output.")] = ReportFormat.HTML,
    output: Output = None,
    fail_on: FailOn = Severity.HIGH,
    as_of: AsOf = "",
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> int:
    """Write the latest assessment in another form. Nothing is run."""
    from basanite.app.replay import replay
    from basanite.app.views import view
    from basanite.cli.parsing import moment, state_of

    face: Face = context.obj
    time = moment(as_of, "--as-of") if as_of else None
    answers = [replay(state_of(f, ledger, state), time)[0] for f in folders or [HERE]]
    if len(answers) > 1 and form is not ReportFormat.HTML:
        raise UsageError(
            f"--format {form.value} shows one system", remedy="Name one folder, or use html."
        )
    face.write(view(answers, form.value), output)
    return max((a.exit_code(fail_on) for a in answers), key=_gravity)


def findings(
    context: typer.Context,
    folder: Folder = HERE,
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> None:
    """List every finding of the latest assessment, with the id that `waive` takes."""
    from basanite.app.replay import replay
    from basanite.cli.parsing import state_of
    from basanite.cli.summary import finding_lines

    face: Face = context.obj
    answer, _, _ = replay(state_of(folder, ledger, state))
    face.say(finding_lines(answer))


def explain(
    context: typer.Context,
    requirement: Annotated[str, typer.Argument(metavar="REQUIREMENT", help="E.g. MEASURE-2.7.")],
    folder: Folder = HERE,
    as_of: AsOf = "",
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> None:
    """Say why a verdict is what it is. Shows rule, evidence, times, what would change it."""
    from basanite.app.replay import replay
    from basanite.cli.parsing import moment, state_of
    from basanite.govern.explain import explain as told

    face: Face = context.obj
    time = moment(as_of, "--as-of") if as_of else None
    answer, basis, body = replay(state_of(folder, ledger, state), time)
    packs = [pack for pack, _ in basis.packs.values()]
    face.say(told(requirement, answer.verdicts, packs, body, basis.planned))
