"""Words: a rule as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from basanite.domain.measurement import Direction
from basanite.domain.names import visible
from basanite.domain.requirement import AllOf, AnyOf, AttestedBy, CheckPasses, Policy

_INDENT = "  "


def rule_in_words(rule: Policy, depth: int = 0) -> Iterator[str]:
    """Yield the lines of a rule, its parts indented below it."""
    lead = _INDENT * depth
    if isinstance(rule, AllOf):
        yield f"{lead}all of:"
        for part in rule.all_of:
            yield from rule_in_words(part, depth + 1)
    elif isinstance(rule, AnyOf):
        yield f"{lead}any of:"
        for part in rule.any_of:
            yield from rule_in_words(part, depth + 1)
    elif isinstance(rule, CheckPasses):
        yield f"{lead}{rule.check} passes on every subject it applies to"
    elif isinstance(rule, AttestedBy):
        states = f": {visible(rule.asks, 1000)}" if rule.asks else ""
        yield f"{lead}the {visible(rule.attested_by)} attests{states}"
    else:
        side = "at least" if rule.direction is Direction.AT_LEAST else "at most"
        bound = (
            "keeps the bound that the evidence names"
            if rule.limit is None
            else f"is {side} {rule.limit:g}"
        )
        yield (
            f"{lead}{visible(rule.name)} of {rule.measurement} {bound}, "
            f"at the confidence level {rule.level:g}"
        )


def age_in_words(age: timedelta) -> str:
    """Return how long ago something was, to the unit that matters."""
    seconds = int(age.total_seconds())
    if seconds < 0:
        return "dated ahead of now"
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
