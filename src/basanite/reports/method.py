"""Method: what each check asked and how it ended. *Did not look* stands apart."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from basanite.domain.assessment import Assessment, Result
from basanite.domain.check import Check
from basanite.domain.outcome import Outcome
from basanite.reports.marks import Mark, mark_of


@dataclass(frozen=True)
class Asked:
    """A check and what its questions came to."""

    check: Check
    needs: str
    isolation: str
    shelf_life: int
    """Days, at this system's tier."""
    outcomes: tuple[tuple[Mark, int], ...]
    ran: int
    total: int


@dataclass(frozen=True)
class Unanswered:
    """Questions that ended the same way for the same reason, without an answer."""

    check: str
    mark: Mark
    reason: str
    next_step: str
    """What would bring an answer."""
    times: int
    where: tuple[str, ...]


_SUBJECTS = 3
_COMMAND = "`basanite "
_NOT_ASKED = "not asked"
_NEXT_STEPS = {
    Outcome.SKIPPED: "Give the check what it lacks and run `basanite assess`, or have a person "
    "attest what is known of it (`basanite attest`). Until then it stays open.",
    Outcome.INCOMPLETE: "Only a part was looked at. Remove what stood in the way, then run "
    "`basanite assess`.",
    Outcome.UNDECIDED: "Give it more to look at (a larger budget, more data), then run "
    "`basanite assess`: it goes on from what it has.",
    Outcome.ERROR: "The check broke and says nothing of its subject. Run `basanite assess` again; "
    "with `--debug` it tells more.",
}


def asked(assessment: Assessment) -> list[Asked]:
    """Return every check the results speak of, by stage and id."""
    by_check: dict[str, list[Result]] = {}
    for result in assessment.results:
        by_check.setdefault(result.check, []).append(result)
    tier = assessment.inventory.system.tier
    return [
        Asked(
            check=check,
            needs=", ".join(sorted(need.value for need in check.needs)),
            isolation=", ".join(
                sorted({each.isolation for each in by_check.get(check.id, []) if each.isolation})
            ),
            shelf_life=check.shelf_life.of(tier).days,
            outcomes=_outcomes(by_check.get(check.id, [])),
            ran=sum(each.ran for each in by_check.get(check.id, [])),
            total=len(by_check.get(check.id, [])),
        )
        for check in sorted(assessment.checks, key=lambda each: (each.stage.value, each.id))
    ]


def _outcomes(results: list[Result]) -> tuple[tuple[Mark, int], ...]:
    counts = Counter(result.outcome for result in results)
    return tuple((mark_of(outcome), counts[outcome]) for outcome in Outcome if counts[outcome])


def unanswered(assessment: Assessment) -> list[Unanswered]:
    """Return the questions without an answer, breakage first, with a few places each."""
    order = (Outcome.ERROR, Outcome.INCOMPLETE, Outcome.UNDECIDED, Outcome.SKIPPED)
    gathered: dict[tuple[Outcome, str, str], list[Result]] = {}
    for result in assessment.results:
        if not result.outcome.conclusive:
            key = (result.outcome, result.check, result.reason)
            gathered.setdefault(key, []).append(result)
    found = sorted(gathered.items(), key=lambda pair: (order.index(pair[0][0]), pair[0][1]))
    return [
        Unanswered(
            check=check,
            mark=mark_of(outcome),
            reason=reason or "no reason was given",
            next_step=_next_step(outcome, reason, results[0].why),
            times=len(results),
            where=tuple(_name(result) for result in results[:_SUBJECTS]),
        )
        for (outcome, check, reason), results in found
    ]


def _next_step(outcome: Outcome, reason: str, why: str) -> str:
    """What to do next; nothing more where the reason itself names the command."""
    if why == _NOT_ASKED:
        return "Run `basanite assess`."
    return "" if _COMMAND in reason else _NEXT_STEPS.get(outcome, "")


def _name(result: Result) -> str:
    return result.subjects[0].name if result.subjects else result.component or "the whole system"
