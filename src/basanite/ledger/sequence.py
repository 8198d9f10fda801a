"""How entries fit together: which were changed, taken out, moved, repeated or replaced.

Every entry's hash covers its number, its predecessor's hash, its time and its envelope. So an
entry that was moved still tells where it was: the number under which its hash comes out right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from basanite.domain.ledger import GENESIS, Problem, ProblemKind
from basanite.ledger.examine import Fact

TRIES = 300_000
"""Numbers that are tried in all to find where moved entries were; about 2 s."""

_DISPLACED = {ProblemKind.REMOVED, ProblemKind.REORDERED, ProblemKind.REPLAYED}


def sequence_problems(facts: Sequence[Fact]) -> list[Problem]:
    """Return what is wrong with the order and the links of entries."""
    origins = _origins(facts)
    for index, number in origins.items():
        facts[index].origin = number
    repeated = _repeated(facts)
    problems = [
        _problem(
            fact,
            ProblemKind.REPLAYED,
            f"entry {fact.number} repeats entry {repeated[index]}: the same signed content counts "
            "once",
        )
        for index, fact in enumerate(facts)
        if index in repeated
    ]
    rest = [index for index in range(len(facts)) if index not in repeated]
    problems += [
        _problem(
            facts[index],
            ProblemKind.CHANGED,
            f"entry {facts[index].number} is not what was recorded: it was changed afterwards",
        )
        for index in rest
        if index not in origins
    ]
    problems += _removed({origins.get(index, facts[index].number) for index in rest})
    placed = [index for index in rest if index in origins]
    problems += _reordered(facts, origins, placed)
    if not _DISPLACED & {problem.kind for problem in problems}:
        problems += [
            _problem(
                facts[index],
                ProblemKind.REORDERED,
                f"entry {facts[index].number} was recorded as number {origins[index]}",
            )
            for index in placed
            if origins[index] != facts[index].number
        ]
    return problems


def rewriting_problems(facts: Sequence[Fact]) -> list[Problem]:
    """Return entries that are sound by themselves and yet not what the next was chained to.

    To be called when everything else that is wrong with single entries has been noted on them.
    """
    problems = list[Problem]()
    ordered = sorted(facts, key=lambda fact: fact.origin)
    for fact in ordered[:1]:
        if fact.origin == 1 and not fact.problems and fact.previous != GENESIS:
            meaning = "entry 1 names one before it: the beginning of the ledger was replaced"
            problems.append(_problem(fact, ProblemKind.REWRITTEN, meaning))
    for before, fact in pairwise(ordered):
        neighbours = fact.origin == before.origin + 1
        if neighbours and fact.previous != before.hash and not (before.problems or fact.problems):
            meaning = (
                f"entry {before.number} is not the one that entry {fact.number} was chained to: "
                "history was rewritten with a key that counts"
            )
            problems.append(_problem(before, ProblemKind.REWRITTEN, meaning))
    return problems


def _origins(facts: Sequence[Fact]) -> dict[int, int]:
    """Return by index the number that an entry was recorded under, where it can be found."""
    found, shift, left = dict[int, int](), 0, TRIES
    limit = max(len(facts) + 1000, 2000)
    for index, fact in enumerate(facts):
        if fact.links:
            found[index] = fact.number
            continue
        for number in _candidates(fact.number, shift, limit):
            if left <= 0:
                break
            left -= 1
            if fact.link_as(number) == fact.hash:
                found[index], shift = number, number - fact.number
                break
    return found


def _candidates(number: int, shift: int, limit: int) -> Iterator[int]:
    """Yield the numbers an entry may have had: where its neighbour was, then from near to far."""
    near = min(max(number, 1), limit)
    if number + shift >= 1:
        yield number + shift
    yield near
    for distance in range(1, limit):
        if near + distance <= limit:
            yield near + distance
        if near - distance >= 1:
            yield near - distance


def _repeated(facts: Sequence[Fact]) -> dict[int, int]:
    """Return the indexes of entries whose envelope is there already, and the number it has there.

    Of several, the one that follows its predecessor is the true one; else the first.
    """
    same = defaultdict[str, list[int]](list)
    for index, fact in enumerate(facts):
        same[fact.envelope].append(index)
    repeated = dict[int, int]()
    for indexes in same.values():
        if len(indexes) > 1:
            kept = next((i for i in indexes if _follows(facts, i)), indexes[0])
            repeated |= {i: facts[kept].number for i in indexes if i != kept}
    return repeated


def _follows(facts: Sequence[Fact], index: int) -> bool:
    before = facts[index - 1].hash if index else GENESIS
    return facts[index].previous == before


def _removed(present: set[int]) -> list[Problem]:
    problems, expected = list[Problem](), 1
    for number in sorted(present):
        if number > expected:
            last = number - 1
            which = (
                f"entry {expected} is" if last == expected else f"entries {expected} to {last} are"
            )
            problems.append(
                Problem(
                    kind=ProblemKind.REMOVED,
                    number=expected,
                    meaning=f"{which} missing: later entries were recorded after them",
                )
            )
        expected = max(expected, number + 1)
    return problems


def _reordered(
    facts: Sequence[Fact], origins: dict[int, int], placed: Sequence[int]
) -> list[Problem]:
    ordered = sorted(placed, key=lambda index: origins[index])
    return [
        _problem(
            facts[index],
            ProblemKind.REORDERED,
            f"entry {facts[index].number} is not in its place: it was recorded as number "
            f"{origins[index]}",
        )
        for index, right in zip(placed, ordered, strict=True)
        if index != right
    ]


def _problem(fact: Fact, kind: ProblemKind, meaning: str) -> Problem:
    fact.problems.add(kind)
    return Problem(kind=kind, number=fact.number, meaning=meaning)
