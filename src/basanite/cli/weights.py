"""Commands of model identity: sketch and match, below ``bom``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from basanite.cli.face import Face
from basanite.cli.options import Jobs, Output, ViewFormat
from basanite.domain.errors import ExitCode

if TYPE_CHECKING:
    from basanite.app.weights import Match
    from basanite.map.likeness import Likeness


class Expect(StrEnum):
    """What a user expects of a candidate."""

    KNOWN = "known"
    UNRELATED = "unrelated"


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(sketch)
    app.command()(match)


def sketch(
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="MODEL", help="A model's file or folder.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The sketch.")],
    jobs: Jobs = None,
) -> int:
    """Keep digests and a sketch of a model's weights, to recognise copies of it later."""
    from basanite.app.weights import sketch_path
    from basanite.map.sketch_file import write_sketches

    face: Face = context.obj
    kept = sketch_path(path, jobs=jobs, listen=face.listen)
    face.finish()
    face.write(write_sketches(kept), output)
    tensors = sum(len(each.tensors) for each in kept.files)
    rows = sum(len(tensor.rows) for each in kept.files for tensor in each.tensors)
    face.say(f"sketch: {output.resolve()}: {tensors} tensors, {rows} rows")
    problems = [f"{each.path}: {each.problem}" for each in kept.files if each.problem]
    for line in problems[:10]:
        face.say(f"not read: {line}")
    return ExitCode.INCONCLUSIVE if problems else ExitCode.CLEAN


def match(
    context: typer.Context,
    candidate: Annotated[Path, typer.Argument(metavar="MODEL", help="A file or folder.")],
    known: Annotated[
        list[Path], typer.Argument(metavar="KNOWN...", help="Models, or sketches of models.")
    ],
    expect: Annotated[
        Expect,
        typer.Option("--expect", help="Exit 1 when it is otherwise: `known` finds substitutes."),
    ] = Expect.UNRELATED,
    form: Annotated[ViewFormat, typer.Option("--format", help="Output.")] = ViewFormat.TEXT,
    output: Output = None,
    jobs: Jobs = None,
) -> int:
    """Say which known model a model is, or comes from, by its weights alone."""
    from basanite.app.weights import match as matched
    from basanite.app.weights import sketch_path

    face: Face = context.obj
    mine = sketch_path(candidate, jobs=jobs, listen=face.listen)
    theirs = [sketch_path(each, jobs=jobs, listen=face.listen) for each in known]
    face.finish()
    found = matched(mine, theirs)
    problems = [f"{f.path}: {f.problem}" for m in (mine, *theirs) for f in m.files if f.problem]
    if form is ViewFormat.JSON or output is not None:
        face.write(_json(mine.name, found, problems), output)
    else:
        for each in found:
            face.say(f"{_WORDS[each.likeness.kinship.value]:<12}{each.known}")
            face.say(f"{'':<12}{_line(each.likeness)}")
        for line in problems[:10]:
            face.say(f"not read: {line}")
    return _code(found, expect, bool(problems))


_WORDS = {
    "same": "same",
    "copy": "copy",
    "derived": "derived",
    "partly": "partly",
    "unrelated": "unrelated",
    "unknown": "not known",
}


def _line(likeness: Likeness) -> str:
    if likeness.reason:
        return likeness.reason
    told = f"{likeness.found:,} of {likeness.rows:,} rows found"
    if likeness.found:
        told += f", agreeing in {likeness.agreement:.1%} of their bits"
    return f"{told}; {likeness.exact:,} of {likeness.tensors:,} tensors equal to the byte"


def _json(candidate: str, found: list[Match], problems: list[str]) -> str:
    import json

    matches = [
        {
            "known": each.known,
            "kinship": each.likeness.kinship.value,
            "rows": each.likeness.rows,
            "found": each.likeness.found,
            "share": round(each.likeness.share, 6),
            "agreement": round(each.likeness.agreement, 6),
            "tensors": each.likeness.tensors,
            "equal_tensors": each.likeness.exact,
            "reason": each.likeness.reason,
        }
        for each in found
    ]
    body = {"schema": "basanite.match/1", "candidate": candidate, "matches": matches}
    return json.dumps(body | {"not_read": problems}, indent=2, ensure_ascii=False) + "\n"


def _code(found: list[Match], expect: Expect, problems: bool) -> int:
    kin = {each.likeness.kinship.value for each in found}
    related = bool(kin & {"same", "copy", "derived", "partly"})
    if expect is Expect.UNRELATED and related:
        return ExitCode.FINDINGS
    if expect is Expect.KNOWN and related:
        return ExitCode.CLEAN
    if problems or "unknown" in kin:
        return ExitCode.INCONCLUSIVE
    return ExitCode.FINDINGS if expect is Expect.KNOWN else ExitCode.CLEAN
