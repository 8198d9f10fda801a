"""Explain: one verdict with its rule, its evidence and what would change it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from difflib import get_close_matches

from basanite.domain.errors import UsageError
from basanite.domain.evidence import Evidence
from basanite.domain.names import visible
from basanite.domain.plan import Planned
from basanite.domain.ports import Recorded
from basanite.domain.requirement import CheckPasses, MeasurementHolds, Pack, Requirement
from basanite.domain.verdict import Because, Freshness, Status, Verdict
from basanite.govern.archive import normal
from basanite.govern.body import Body
from basanite.govern.pack import leaves
from basanite.govern.words import age_in_words, rule_in_words

MAX_EVIDENCE = 40
"""As many pieces of evidence as are listed; the rest is counted."""


def explain(
    requirement: str,
    verdicts: Sequence[Verdict],
    packs: Sequence[Pack],
    body: Body,
    planned: Sequence[Planned] = (),
) -> tuple[str, ...]:
    """Return the lines that explain a verdict.

    ``requirement`` may be written ``MEASURE-2.7``, ``measure 2.7`` or with its pack before it.
    ``planned`` gives the shelf lives in force; without it those of the checks themselves count.

    Raises:
        UsageError: no pack has such a requirement, or more than one has.
    """
    pack, item = find_requirement(requirement, packs)
    verdict = next(
        (each for each in verdicts if (each.pack, each.requirement) == (pack.id, item.id)), None
    )
    if verdict is None:
        raise UsageError(
            f"{pack.id}/{item.id} was not judged for this system",
            remedy="Name its pack in the manifest, then run `basanite assess`.",
        )
    asked = {
        leaf.check if isinstance(leaf, CheckPasses) else leaf.measurement
        for leaf in leaves(item.rule)
        if isinstance(leaf, CheckPasses | MeasurementHolds)
    }
    expiry: dict[int, datetime] = {}
    for each in planned:
        if each.check.id in asked and (standing := body.answer(each)) is not None:
            expiry[standing.latest.number] = standing.valid_until
    return tuple(_lines(pack, item, verdict, body, expiry))


def find_requirement(text: str, packs: Sequence[Pack]) -> tuple[Pack, Requirement]:
    """Return the requirement that a person means, with its pack.

    Raises:
        UsageError: there is none, or more than one; with the nearest guesses.
    """
    before, slash, after = text.strip().rpartition("/")
    wanted, wanted_pack = normal(after), normal(before)
    known = [(pack, item) for pack in packs for item in pack.requirements]
    found = [
        (pack, item)
        for pack, item in known
        if normal(item.id) == wanted and (not slash or normal(pack.id) == wanted_pack)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{pack.id}/{item.id}" for pack, item in found)
        raise UsageError(f"{visible(after, 80)} is in several packs", remedy=f"Say which: {names}.")
    names_by_form = {normal(item.id): item.id for _, item in known}
    near = [names_by_form[form] for form in get_close_matches(wanted[:80], names_by_form, n=3)]
    guess = f"Did you mean {' or '.join(near)}?" if near else "`basanite packs` lists them."
    raise UsageError(f"there is no requirement {visible(text, 80)}", remedy=guess)


def _lines(
    pack: Pack, item: Requirement, verdict: Verdict, body: Body, expiry: dict[int, datetime]
) -> Iterator[str]:
    yield f"{item.id}  {visible(item.title)}"
    source = f"{visible(pack.title)} {visible(pack.version)} ({visible(pack.publisher)})"
    yield f"  {source}, {visible(item.group)}"
    yield f"  Asks: {visible(item.asks, 1000)}"
    yield ""
    yield f"Verdict: {_axes(verdict)}"
    yield ""
    yield "Rule:"
    yield from rule_in_words(item.rule, 1)
    yield ""
    yield "Because:"
    yield from _because(verdict.because, 1)
    yield ""
    numbers = sorted(_numbers(verdict.because))
    yield "Evidence:" if numbers else "Evidence: none"
    for number in numbers[:MAX_EVIDENCE]:
        yield f"  {_piece(number, body, expiry)}"
    if len(numbers) > MAX_EVIDENCE:
        yield f"  and {len(numbers) - MAX_EVIDENCE} more"
    yield ""
    yield f"What would change it: {verdict.next_step or _nothing(verdict)}"


def _axes(verdict: Verdict) -> str:
    sure = f", confidence {verdict.confidence.value}" if verdict.confidence is not None else ""
    until = (
        f", valid until {verdict.valid_until:%Y-%m-%d %H:%M %Z}"
        if verdict.valid_until is not None and verdict.freshness is Freshness.FRESH
        else ""
    )
    warning = (
        " (met once; it does not count as met now)"
        if verdict.status is Status.MET and verdict.freshness is not Freshness.FRESH
        else ""
    )
    return f"{verdict.status.value}, {verdict.freshness.value}{sure}{until}{warning}"


def _nothing(verdict: Verdict) -> str:
    if verdict.status is Status.NOT_APPLICABLE:
        return "nothing has to; it does not apply"
    return "nothing has to; new or expired evidence will"


def _because(because: Because, depth: int) -> Iterator[str]:
    yield f"{'  ' * depth}{because.status.value}, {because.freshness.value}: {because.text}"
    for part in because.parts:
        yield from _because(part, depth + 1)


def _numbers(because: Because) -> set[int]:
    return set(because.evidence).union(*(_numbers(part) for part in because.parts))


def _piece(number: int, body: Body, expiry: dict[int, datetime]) -> str:
    record = body.recorded(number)
    if record is None:
        return f"entry {number}: not in the ledger at hand"
    return f"entry {number}: {_content(record, body, expiry)}"


def _content(record: Recorded, body: Body, expiry: dict[int, datetime]) -> str:
    content = record.content
    if isinstance(content, Evidence):
        made = min(content.finished, record.recorded)
        until = expiry.get(record.number, made + content.shelf_life.of(body.tier))
        names = visible(", ".join(s.name for s in content.question.subjects[:3]))
        return (
            f"{content.question.check} {content.question.version} on {names}: "
            f"{content.outcome.value}, {age_in_words(body.now - made)} "
            f"({made:%Y-%m-%d %H:%M %Z}), {_until(until, body.now)}"
        )
    signed = getattr(content, "signed", None)
    expires = getattr(content, "expires", None)
    ends = f", {_until(expires, body.now)}" if isinstance(expires, datetime) else ""
    age = f", {age_in_words(body.now - signed)}" if isinstance(signed, datetime) else ""
    return f"{record.kind.value}{age}{ends}"


def _until(moment: datetime, now: datetime) -> str:
    word = "valid until" if now < moment else "expired on"
    return f"{word} {moment:%Y-%m-%d}"
