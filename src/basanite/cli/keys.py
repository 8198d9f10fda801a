"""Commands of keys: list, export, trust, rotate, compromised."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from basanite.cli.face import Face
from basanite.cli.options import Folder, LedgerUrl, Output, StateFolder

if TYPE_CHECKING:
    from basanite.ledger.keys import Keyring

HERE = Path()
app = typer.Typer(help="The keys that sign, and those you trust.", no_args_is_help=True)


def _keyring() -> Keyring:
    from basanite.adapters.home import home
    from basanite.ledger.keys import Keyring

    return Keyring(home())


@app.command("list")
def list_keys(context: typer.Context) -> None:
    """List the keys you trust; your own is marked."""
    face: Face = context.obj
    keyring = _keyring()
    own = keyring.current()
    for key in sorted(keyring.trusted()):
        face.say(f"{key}{'  (yours)' if own and key == own.key_id else ''}")


@app.command()
def export(context: typer.Context, output: Output = None) -> None:
    """Write your public key, for others to verify with."""
    face: Face = context.obj
    face.write(_keyring().public_pem(), output)


@app.command()
def trust(
    context: typer.Context,
    key: Annotated[Path, typer.Argument(metavar="PEM", help="A public key.")],
    name: Annotated[str, typer.Option("--name", help="What to call it.")] = "",
) -> None:
    """Trust another instance's public key."""
    from basanite.domain.errors import UsageError

    face: Face = context.obj
    try:
        pem = key.read_text("ascii")
    except (OSError, ValueError) as error:
        raise UsageError("cannot be read as a public key", where=str(key)) from error
    face.say(f"trusted: {_keyring().trust(pem, name or key.stem)}")


@app.command()
def create(context: typer.Context) -> None:
    """Make a signing key on purpose, where the old one is gone for good."""
    face: Face = context.obj
    face.say(f"your key: {_keyring().create().key_id}")


@app.command()
def rotate(
    context: typer.Context, folder: Folder = HERE, ledger: LedgerUrl = "", state: StateFolder = None
) -> None:
    """Retire the signing key of a system's ledger and go on with a new one."""
    from basanite.app.replay import system_of
    from basanite.cli.parsing import state_of

    face: Face = context.obj
    place = state_of(folder, ledger, state)
    with place.lock(), place.ledger(system_of(place), create=False) as chain:
        entry = chain.rotate_key()
    face.say(f"rotated: entry {entry.number} names the new key")


@app.command()
def compromised(
    context: typer.Context,
    key: Annotated[str, typer.Argument(metavar="KEY", help="Id of the lost key.")],
    since: Annotated[int, typer.Option("--since", min=1, help="First entry that may be forged.")],
    reason: Annotated[str, typer.Option("--reason", help="What happened.")],
    folder: Folder = HERE,
    ledger: LedgerUrl = "",
    state: StateFolder = None,
) -> None:
    """Declare a key lost: what it signed from an entry on no longer counts."""
    from basanite.app.replay import system_of
    from basanite.cli.parsing import state_of

    face: Face = context.obj
    place = state_of(folder, ledger, state)
    with place.lock(), place.ledger(system_of(place), create=False) as chain:
        entry = chain.declare_compromised(key, since, reason)
    face.say(f"declared: entry {entry.number}; evidence by {key} from entry {since} on is void")
