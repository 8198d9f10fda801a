"""Grant: the user allows a part of a manifest to connect, run or disturb."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from basanite.adapters.grants import Grant, Grants
from basanite.adapters.home import home
from basanite.adapters.secrets import Secrets
from basanite.app.campaigns import address
from basanite.app.plan import all_checks
from basanite.app.reading import manifest_of
from basanite.app.state import State
from basanite.domain.check import Need
from basanite.domain.errors import UsageError


@dataclass(frozen=True)
class Wish:
    """What the user asks to allow."""

    kind: Need
    component: str
    window: tuple[datetime, datetime] | None = None
    key_variable: str = ""
    """Environment variable that holds the key for the endpoint's host."""


def grant(state: State, wish: Wish) -> Grant:
    """Record a grant, bound to the component as it is declared now, this machine and environment.

    Raises:
        UsageError: there is no such component, or it has nothing that needs this grant.
    """
    manifest = manifest_of(state.root, all_checks())
    system = manifest.system
    component = system.component(wish.component)
    if component is None:
        names = ", ".join(each.id for each in system.components)
        raise UsageError(
            f"there is no component {wish.component!r}",
            where=str(state.manifest),
            remedy=f"Components: {names}.",
        )
    if component.endpoint is None:
        raise UsageError(
            f"component {component.id} has no endpoint, so there is nothing to allow",
            where=str(state.manifest),
        )
    if wish.key_variable:
        Secrets(home()).bind(address(component.endpoint), wish.key_variable)
    grants = Grants(home())
    made = Grant(
        kind=wish.kind,
        part=component.id,
        digest=manifest.parts[component.id],
        host=grants.host,
        environment=system.environment,
        target=address(component.endpoint),
        window=wish.window,
        granted=state.clock.now(),
    )
    grants.add(made)
    return made
