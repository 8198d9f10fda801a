"""Commands of trust: verify, allow, attest, waive, find."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from basanite.cli.face import Face
from basanite.cli.options import Folder, LedgerUrl, StateFolder
from basanite.domain.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from basanite.domain.ledger import Countersignature, Head

HERE = Path()
Expires = Annotated[str, typer.Option("--expires", metavar="DATE", help="When it ends by itself.")]
Person = Annotated[str, typer.Option("--person", help="Who signs, by name.")]


class Kind(StrEnum):
    """What can be allowed to an endpoint today."""

    NETWORK = "network"


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    for command in (find, verify, allow, attest, waive):
        app.command()(command)


def find(
    context: typer.Context,
    thing: Annotated[
        str, typer.Argument(metavar="DIGEST|PACKAGE|ENDPOINT", help="name or name==version.")
    ],
    folders: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR]...", help="Default: all that you assessed."),
    ] = None,
) -> int:
    """Say which systems contain a thing, and since when."""
    from basanite.adapters.clock import SystemClock
    from basanite.app.find import find as look

    face: Face = context.obj
    seen, unasked = look(thing, SystemClock(), folders or [])
    for each in seen:
        when = "now" if each.still else f"until {each.last:%Y-%m-%d %H:%M}"
        face.say(f"{each.system}: {each.where}  since {each.since:%Y-%m-%d %H:%M} UTC, {when}")
        face.note(f"  in {each.root}")
    for missed in unasked:
        face.note(f"not asked: {missed.root}: {missed.reason}")
    if not seen:
        face.say("No assessed system contains it.")
    if unasked:
        return ExitCode.INCONCLUSIVE
    return ExitCode.CLEAN if any(each.still for each in seen) else ExitCode.FINDINGS


def verify(
    context: typer.Context,
    place: Annotated[Path, typer.Argument(metavar="[DIR|BUNDLE]", help="System or bundle.")] = HERE,
    head: Annotated[
        list[str] | None, typer.Option("--head", metavar="HASH", help="A head that you know.")
    ] = None,
    key: Annotated[
        list[Path] | None, typer.Option("--key", metavar="PEM", help="A public key that you trust.")
    ] = None,
    witness: Annotated[
        list[Path] | None,
        typer.Option("--countersigned", metavar="FILE", help="A head that another one signed."),
    ] = None,
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> int:
    """Check every signature, the chain, the subjects and known heads."""
    from basanite.app.verifying import (
        countersigned,
        heads_of,
        verify_bundle_file,
        verify_system,
    )
    from basanite.cli.parsing import state_of

    face: Face = context.obj
    keys = tuple(key or ())
    heads: list[Head | Countersignature] = [*heads_of(head or ()), *countersigned(witness or ())]
    if place.is_file():
        found = verify_bundle_file(place, keys, heads)
    else:
        found = verify_system(state_of(place, ledger, state), keys, heads)
    for problem in found.problems:
        where = f"entry {problem.number}" if problem.number else "ledger"
        face.say(f"{where}: {problem.kind.value}: {problem.meaning}")
    face.say(f"{found.entries} entries, head {found.head.number} {found.head.hash}")
    if found.sound and found.problems:
        face.say("The ledger is sound, but evidence in it has expired.")
        return ExitCode.INCONCLUSIVE
    face.say(
        "The ledger is sound: every signature and every link of the chain holds."
        if found.sound
        else "The ledger is not sound."
    )
    return ExitCode.CLEAN if found.sound else ExitCode.FINDINGS


def allow(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What to allow.")],
    component: Annotated[str, typer.Argument(metavar="COMPONENT", help="Component id.")],
    folder: Folder = HERE,
    key_from: Annotated[
        str,
        typer.Option("--key-from", metavar="VARIABLE", help="Variable that holds the host's key."),
    ] = "",
    take_back: Annotated[bool, typer.Option("--revoke", help="Take the grant back.")] = False,
) -> None:
    """Allow a component's endpoint the network. As it is declared now, on this machine."""
    from basanite.app.grant import Wish, grant, revoke
    from basanite.cli.parsing import state_of
    from basanite.domain.check import Need

    face: Face = context.obj
    if take_back:
        face.say(f"taken back: {revoke(state_of(folder), component)} grants for {component}")
        return
    made = grant(state_of(folder), Wish(Need(kind.value), component, key_variable=key_from))
    face.say(
        f"allowed: {made.kind.value} to {made.target} for {made.part} in {made.environment.value}, "
        f"from {made.host}, until its declaration or that of its prompts changes"
    )


def attest(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="PACK/REQUIREMENT", help="What it is about.")],
    statement: Annotated[str, typer.Option("--statement", help="What the person states.")],
    person: Person,
    role: Annotated[str, typer.Option("--role", help="In which role.")],
    expires: Expires,
    folder: Folder = HERE,
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> None:
    """Sign a person's statement about a requirement."""
    from basanite.app.statements import attest as sign
    from basanite.app.targets import requirement_target
    from basanite.cli.parsing import moment, state_of

    face: Face = context.obj
    place = state_of(folder, ledger, state)
    system, full = requirement_target(place, target)
    entry = sign(
        place,
        system,
        target=full,
        statement=statement,
        person=person,
        role=role,
        expires=moment(expires, "--expires"),
    )
    face.say(f"signed: entry {entry.number}, {full}, by {person} as {role}, until {expires}")


def waive(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="FINDING", help="Its id, as `findings` lists.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it is accepted for a while.")],
    person: Person,
    expires: Expires,
    folder: Folder = HERE,
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> None:
    """Sign a dated exception for a finding."""
    from basanite.app.statements import waive as sign
    from basanite.app.targets import finding_target
    from basanite.cli.parsing import moment, state_of

    face: Face = context.obj
    if not reason.strip():
        raise UsageError("a waiver needs a reason", remedy="Say it with --reason.")
    place = state_of(folder, ledger, state)
    system, full = finding_target(place, target)
    until = moment(expires, "--expires")
    entry = sign(place, system, target=full, reason=reason, person=person, expires=until)
    face.say(f"signed: entry {entry.number}, finding {full[:12]} accepted until {expires}")
