"""Commands of provenance: sign and verify models, and whom to trust with that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from basanite.cli.face import Face
from basanite.domain.errors import ExitCode, UsageError

app = typer.Typer(help="Who made a model: sign, verify, trust.", no_args_is_help=True)
_Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model's folder.")]
_SHOWN = 20


@app.command()
def sign(
    context: typer.Context,
    model: _Model,
    key: Annotated[Path, typer.Option("--key", metavar="PEM", help="Your private key (EC).")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Default: MODEL/model.sig."),
    ] = None,
    password: Annotated[
        str, typer.Option("--password-env", metavar="NAME", help="Variable with its password.")
    ] = "",
) -> None:
    """Sign every file of a model's folder (OpenSSF Model Signing 1.0)."""
    from basanite.app.signatures import sign_model

    face: Face = context.obj
    if password and password not in os.environ:
        raise UsageError("the variable is not set", where=password)
    secret = os.environ[password].encode() if password else None
    place = output or model / "model.sig"
    face.say(f"signed by: {sign_model(model, key, place, secret)}")
    face.say(f"signature: {place.resolve()}")


@app.command()
def verify(
    context: typer.Context,
    model: _Model,
    signature: Annotated[
        Path | None, typer.Option("--signature", metavar="FILE", help="Default: MODEL/model.sig.")
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option("--key", metavar="PEM", help="Public key; default: those you trust."),
    ] = None,
) -> int:
    """Hold a model's folder against its signature, file by file."""
    from basanite.app.signatures import verify_model

    face: Face = context.obj
    found = verify_model(model, signature or model / "model.sig", key or ())
    for word, names in (
        ("changed", found.changed), ("missing", found.missing), ("not signed", found.added),
    ):  # fmt: skip
        for name in names[:_SHOWN]:
            face.say(f"{word:<12}{name}")
        if len(names) > _SHOWN:
            face.say(f"{word:<12}and {len(names) - _SHOWN} more")
    if not found.signer:
        face.say("The signature was made by none of the keys: it proves nothing.")
    elif found.holds:
        face.say(f"All {found.files} files are as {found.signer} signed them.")
    else:
        face.say(f"The model is not what {found.signer} signed.")
    return ExitCode.CLEAN if found.holds else ExitCode.FINDINGS


@app.command()
def trust(
    context: typer.Context,
    key: Annotated[Path, typer.Argument(metavar="PEM", help="A signer's public key.")],
) -> None:
    """Trust a key to sign models; `assess` and `inspect` then verify by it."""
    from basanite.adapters.home import home
    from basanite.adapters.model_keys import ModelKeys

    face: Face = context.obj
    face.say(f"trusted to sign models: {ModelKeys(home()).trust(key)}")
