"""Targets: what a person's statement is about, found from what they typed."""

from __future__ import annotations

from basanite.app.replay import replay
from basanite.app.state import State
from basanite.domain.errors import UsageError

_SHORTEST = 8


def requirement_target(state: State, typed: str) -> tuple[str, str]:
    """Return the system's id and ``pack/requirement`` for what was typed.

    Raises:
        UsageError: the latest assessment knows no such requirement.
    """
    answer, basis, _ = replay(state)
    wanted = typed.replace(" ", "-").lower()
    for verdict in answer.verdicts:
        full = f"{verdict.pack}/{verdict.requirement}"
        if wanted in (full.lower(), verdict.requirement.lower()):
            return answer.inventory.system.id, full
    from basanite.app.plan import all_checks

    if typed in {f"check/{name}" for name in all_checks()}:
        return answer.inventory.system.id, typed
    series = {f"evidence/{each.question.series}" for each in basis.planned}
    if typed in series:
        return answer.inventory.system.id, typed
    raise UsageError(
        f"no requirement of this system is called {typed!r}",
        remedy="The report lists them; write PACK/REQUIREMENT.",
    )


def finding_target(state: State, typed: str) -> tuple[str, str]:
    """Return the system's id and the whole id of a finding for its beginning.

    Raises:
        UsageError: no finding, or more than one, begins so.
    """
    answer, _, _ = replay(state)
    known = {r.occurrence(f) for r in answer.results for f in r.findings}
    matches = {each for each in known if len(typed) >= _SHORTEST and each.startswith(typed.lower())}
    if len(matches) != 1:
        raise UsageError(
            f"{len(matches)} findings have an id that begins with {typed!r}",
            remedy=f"Give at least {_SHORTEST} digits; `basanite findings` lists them.",
        )
    return answer.inventory.system.id, matches.pop()
