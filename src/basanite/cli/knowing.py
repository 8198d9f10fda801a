"""Commands of knowledge: what Basanite can check, and which guidance it knows."""

from __future__ import annotations

from typing import Annotated

import typer

from basanite.cli.face import Face
from basanite.domain.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command()(checks)
    app.command()(packs)


def checks(
    context: typer.Context,
    identifier: Annotated[str, typer.Argument(metavar="[CHECK]", help="Show one in full.")] = "",
) -> None:
    """List the checks, or show one in full."""
    from basanite.app.plan import all_checks

    face: Face = context.obj
    known = all_checks()
    if not identifier:
        width = max(map(len, known))
        face.say(f"{name:{width}}  {c.stage.value:10}  {c.asks}" for name, c in known.items())
        return
    if identifier not in known:
        raise UsageError(f"no check is called {identifier!r}", remedy="See `basanite checks`.")
    check = known[identifier]
    life = check.shelf_life
    face.say(
        [
            f"{check.id} (version {check.version}, {check.stage.value})",
            f"asks: {check.asks}",
            f"why: {check.why}",
            f"limits: {check.limits}",
            f"what to do: {check.remediation}",
            f"needs: {', '.join(sorted(check.needs))}",
            f"stays good for: {life.high} (high tier), {life.moderate}, {life.low} (low) days",
            f"parameters: {check.parameters or 'none'}",
            f"references: {', '.join(map(str, check.references)) or 'none'}",
            *(f"finds: {rule.id} ({rule.severity.value}): {rule.title}" for rule in check.rules),
        ]
    )


def packs(context: typer.Context) -> None:
    """List the guidance packs."""
    from basanite.govern.pack import builtin_packs, load_pack

    face: Face = context.obj
    for name, data in builtin_packs().items():
        pack = load_pack(data, name)
        face.say(
            f"{pack.id}: {pack.title}, {pack.publisher} {pack.date} ({pack.status}), "
            f"{len(pack.requirements)} requirements"
        )
