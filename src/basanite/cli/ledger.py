"""Commands of the ledger: head, export, import, countersign."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from basanite.cli.face import Face
from basanite.cli.options import Folder, LedgerUrl, StateFolder

HERE = Path()
app = typer.Typer(help="The signed ledger: its head, and bundles of it.", no_args_is_help=True)


@app.command()
def head(
    context: typer.Context, folder: Folder = HERE, ledger: LedgerUrl = "", state: StateFolder = None
) -> None:
    """Print the head of the chain. Keep it elsewhere; `verify --head` holds against it."""
    from basanite.app.replay import system_of
    from basanite.cli.parsing import state_of

    face: Face = context.obj
    place = state_of(folder, ledger, state)
    with place.ledger(system_of(place), create=False) as chain:
        end = chain.head()
    face.say(f"{end.number}:{end.hash}")


@app.command()
def export(
    context: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The bundle.")],
    folder: Folder = HERE,
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> None:
    """Write a bundle that a third party verifies with only your public key."""
    from basanite.app.replay import system_of
    from basanite.cli.parsing import state_of
    from basanite.ledger.bundle import export_bundle

    face: Face = context.obj
    place = state_of(folder, ledger, state)
    with place.ledger(system_of(place), create=False) as chain:
        export_bundle(chain, place.blobs, output)
    face.say(f"bundle: {output.resolve()}")


@app.command("import")
def import_(
    context: typer.Context,
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A bundle.")],
    folder: Folder = HERE,
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> None:
    """Take a bundle into an empty ledger, after verifying it with the keys you trust."""
    from basanite.app.replay import system_of
    from basanite.cli.parsing import state_of
    from basanite.ledger.bundle import import_bundle

    face: Face = context.obj
    place = state_of(folder, ledger, state)
    place.ready()
    with place.lock(), place.ledger(system_of(place)) as chain:
        trusted = place.keyring.trusted()
        now = place.clock.now()
        count = import_bundle(bundle, chain, place.blobs, trusted, now=now)
    face.say(f"imported: {count} entries")


@app.command("accept-restored")
def accept_restored(
    context: typer.Context, folder: Folder = HERE, ledger: LedgerUrl = "", state: StateFolder = None
) -> None:
    """Accept a ledger that is older than the one last seen here: a backup put back on purpose."""
    from basanite.app.replay import system_of
    from basanite.cli.parsing import state_of

    face: Face = context.obj
    place = state_of(folder, ledger, state)
    with place.ledger(system_of(place), create=False) as chain:
        chain.forget_known_head()
        end = chain.head()
    face.say(f"accepted: the ledger ends at {end.number}:{end.hash}")


@app.command()
def countersign(
    context: typer.Context,
    known: Annotated[str, typer.Argument(metavar="NUMBER:HASH", help="Another chain's head.")],
) -> None:
    """Sign another instance's head with your key, for that instance to keep."""
    from basanite.adapters.clock import SystemClock
    from basanite.adapters.home import home
    from basanite.app.verifying import heads_of
    from basanite.ledger.countersign import countersign as sign
    from basanite.ledger.keys import Keyring

    face: Face = context.obj
    (end,) = heads_of([known])
    face.write(sign(end, Keyring(home()), SystemClock().now()).model_dump_json(indent=2), None)
