"""Grant: the user allows a part of a manifest to connect, run or disturb."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from basanite.adapters.grants import Grant, Grants
from basanite.adapters.home import home
from basanite.adapters.secrets import Secrets
from basanite.app.campaigns import address
from basanite.app.plan import all_checks
from basanite.app.reading import manifest_of
from basanite.app.state import State
from basanite.domain.check import Need
from basanite.domain.errors import UsageError
from basanite.domain.names import encode_name
from basanite.domain.system import System
from basanite.domain.value import digest_of


def scope(root: Path, system: System, parts: Mapping[str, str], component: str) -> str:
    """Return what a grant is bound to: the folder, the system, the part, and what is sent to it."""
    serving = [part.id for part in system.components if component in part.serves]
    sent = {each: parts[each] for each in sorted([component, *serving])}
    return digest_of([encode_name(os.fspath(root)), system.id, sent])


@dataclass(frozen=True)
class Wish:
    """What the user asks to allow."""

    kind: Need
    component: str
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
            where=encode_name(os.fspath(state.manifest)),
            remedy=f"Components: {names}.",
        )
    if component.endpoint is None:
        raise UsageError(
            f"component {component.id} has no endpoint, so there is nothing to allow",
            where=encode_name(os.fspath(state.manifest)),
        )
    if wish.key_variable:
        Secrets(home()).bind(address(component.endpoint), wish.key_variable)
    grants = Grants(home())
    made = Grant(
        kind=wish.kind,
        part=component.id,
        digest=scope(state.root, system, manifest.parts, component.id),
        host=grants.host,
        environment=system.environment,
        target=address(component.endpoint),
        granted=state.clock.now(),
    )
    grants.add(made)
    return made


def revoke(state: State, component: str) -> int:
    """Take back every grant that this machine holds for a component as declared; return how many.

    The key of a host that no grant names any more is no longer bound to it.

    Raises:
        UsageError: the manifest or the grants cannot be read.
    """
    manifest = manifest_of(state.root, all_checks())
    if component not in manifest.parts:
        raise UsageError(
            f"there is no component {component!r}", where=encode_name(os.fspath(state.manifest))
        )
    digest = scope(state.root, manifest.system, manifest.parts, component)
    grants = Grants(home())
    held = [each for each in grants.all() if each.digest == digest]
    for each in held:
        grants.revoke(each)
    kept = {each.target for each in grants.all()}
    for target in {each.target for each in held} - kept:
        Secrets(home()).unbind(target)
    return len(held)
