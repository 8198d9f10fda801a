"""Body: everything that speaks about a system at one moment, and what of it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from basanite.domain.evidence import Evidence
from basanite.domain.ledger import Attestation, Invalidation, Waiver
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.plan import Planned
from basanite.domain.ports import Recorded
from basanite.domain.system import Tier
from basanite.domain.value import JsonObject
from basanite.domain.verdict import Freshness
from basanite.govern.archive import Archive, Piece, names_of
from basanite.govern.change import differences

AHEAD = timedelta(days=1)
"""Evidence dated further ahead than this was made under a wrong clock and is not fresh."""
_LABEL = 400
"""Characters of a label."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the evidence at hand says to one question."""

    number: int
    """Ledger entry of the evidence that decides."""
    evidence: Evidence
    outcome: Outcome
    """Of the whole series, where the check is statistical; not always the evidence's own."""
    reason: str
    freshness: Freshness
    valid_until: datetime
    latest: Piece
    """The newest evidence, which says how fresh the answer is."""
    exact: bool = True
    """Whether the newest evidence has the question's own key. Only then can it show *met*."""
    failures: tuple[Piece, ...] = ()
    """Failures of a statistical series that nobody has explained, oldest first."""

    @property
    def numbers(self) -> tuple[int, ...]:
        """Return the entries that this rests on, in the ledger's order."""
        return tuple(sorted({self.number, self.latest.number, *(f.number for f in self.failures)}))


@dataclass(frozen=True, slots=True)
class Signed:
    """An attestation in the ledger, and whether it is in force."""

    number: int
    attestation: Attestation
    freshness: Freshness


class Body:
    """The body of evidence at a time.

    ``records`` are the ledger's entries in order, up to the moment of interest. ``system`` leaves
    out attestations, waivers and withdrawals made for another system; evidence counts whichever
    system it was made for, since it answers a question about digests.
    """

    def __init__(
        self,
        records: Sequence[Recorded],
        tier: Tier,
        now: datetime,
        *,
        system: str | None = None,
    ) -> None:
        self._archive = Archive(records, system)
        self.tier = tier
        self.now = now

    def at(self, now: datetime) -> Body:
        """Return the same records as they count at another time."""
        if now == self.now:
            return self
        other = object.__new__(Body)
        other._archive = self._archive
        other.tier, other.now = self.tier, now
        return other

    def answer(self, planned: Planned) -> Standing | None:
        """Return what the evidence says to a question, or None when nothing answers it.

        The latest evidence with the question's key decides. For a statistical check the series is
        one experiment: a failure in it stands, whatever came later, until it is explained.
        """
        exact = self._archive.current(planned.question.key)
        if not planned.check.statistical:
            return self._plain(exact, planned) if exact is not None else None
        series = planned.question.series
        explained = self._explained(series)
        pieces = self._archive.series(series)
        failures = tuple(
            piece
            for piece in pieces
            if piece.evidence.outcome is Outcome.FAILED and piece.number > explained
        )
        if failures:
            return self._failed(failures, pieces[-1], planned, exact=pieces[-1] is exact)
        if exact is None:
            return None
        if exact.evidence.outcome is Outcome.FAILED:
            return self._standing(
                exact,
                planned,
                Outcome.UNDECIDED,
                f"the failure was explained in entry {explained} and not tested since",
            )
        return self._plain(exact, planned)

    def reusable(self, planned: Planned) -> bool:
        """Return whether the question need not be asked again."""
        exact = self._archive.current(planned.question.key)
        return (
            exact is not None
            and not exact.evidence.transient
            and exact.evidence.outcome is not Outcome.ERROR
            and self._freshness(exact, planned) is Freshness.FRESH
            and not self._answered_away(exact, planned)
        )

    def why(self, planned: Planned) -> str:
        """Return why the question has to be asked now, or ``fresh`` when it has not."""
        key = planned.question.key
        exact = self._archive.current(key)
        if exact is not None:
            return self._why_again(exact, planned)
        withdrawn = self._archive.withdrawal(key)
        if withdrawn is not None:
            return f"withdrawn: {visible(withdrawn.reason)}"
        near = self._archive.nearest(planned.question, planned.component)
        if near is None:
            return "new"
        if near.evidence.key == key:
            return _unfinished(near.evidence)
        return differences(near.evidence.question, planned.question)

    def missed(self, planned: Planned) -> str:
        """Return why the last attempt at the question did not look; empty when there was none."""
        near = self._archive.nearest(planned.question, planned.component)
        if near is None or near.evidence.key != planned.question.key:
            return ""
        return near.evidence.reason

    def prior(self, planned: Planned) -> JsonObject:
        """Return what a run needs to continue the series' experiment; empty to start anew.

        An explained failure ends the experiment it belongs to: what was counted before the
        explanation is not continued.
        """
        series = planned.question.series
        explained = self._explained(series)
        asked = planned.question.experiment
        for piece in reversed(self._archive.series(series)):
            if piece.number <= explained:
                break
            if piece.evidence.detail and piece.evidence.question.experiment == asked:
                return piece.evidence.detail
        return {}

    def attestations(self, requirement: str) -> tuple[Signed, ...]:
        """Return what people signed for ``pack/requirement``, oldest first, expired included.

        What is signed with a later date than now does not speak yet and is left out.
        """
        return tuple(
            Signed(
                number,
                attestation,
                Freshness.FRESH if self.now < attestation.expires else Freshness.STALE,
            )
            for number, attestation in self._archive.attestations(requirement)
            if attestation.signed <= self.now
        )

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        """Return the waivers in force, oldest first."""
        return tuple(
            waiver for waiver in self._archive.waivers if waiver.signed <= self.now < waiver.expires
        )

    def waiver(self, target: str) -> Waiver | None:
        """Return the latest waiver in force for a finding's fingerprint or a requirement."""
        return next((each for each in reversed(self.waivers) if each.target == target), None)

    def recorded(self, number: int) -> Recorded | None:
        """Return the ledger entry with that number, or None."""
        return self._archive.entries.get(number)

    def withdrawal(self, key: str) -> Invalidation | None:
        """Return why evidence with that key counts no longer, or None when it counts."""
        return self._archive.withdrawal(key)

    def _explained(self, series: str) -> int:
        """Return the entry of the latest explanation in force for a series, or 0."""
        signed = self.attestations(f"evidence/{series}")
        return max((s.number for s in signed if s.freshness is Freshness.FRESH), default=0)

    def _answered_away(self, exact: Piece, planned: Planned) -> bool:
        """Whether the only answer is a failure that was explained, so that none is left."""
        return (
            planned.check.statistical
            and exact.evidence.outcome is Outcome.FAILED
            and exact.number <= self._explained(planned.question.series)
        )

    def _why_again(self, exact: Piece, planned: Planned) -> str:
        evidence = exact.evidence
        if evidence.transient or evidence.outcome is Outcome.ERROR:
            return _unfinished(evidence)
        if self._answered_away(exact, planned):
            return f"the failure in entry {exact.number} was explained"
        if self._freshness(exact, planned) is Freshness.FRESH:
            return "fresh"
        if exact.made > self.now + AHEAD:
            return f"dated in the future: {exact.made:%Y-%m-%d}"
        return f"expired on {_until(exact, planned):%Y-%m-%d}"

    def _failed(
        self, failures: tuple[Piece, ...], latest: Piece, planned: Planned, *, exact: bool
    ) -> Standing:
        last = failures[-1]
        reason = (
            last.evidence.reason
            if last is latest
            else f"failed in entry {last.number}; later evidence does not erase a failure"
        )
        return Standing(
            number=last.number,
            evidence=last.evidence,
            outcome=Outcome.FAILED,
            reason=reason,
            freshness=self._freshness(latest, planned),
            valid_until=_until(latest, planned),
            latest=latest,
            exact=exact,
            failures=failures,
        )

    def _plain(self, piece: Piece, planned: Planned) -> Standing:
        return self._standing(piece, planned, piece.evidence.outcome, piece.evidence.reason)

    def _standing(self, piece: Piece, planned: Planned, outcome: Outcome, reason: str) -> Standing:
        return Standing(
            number=piece.number,
            evidence=piece.evidence,
            outcome=outcome,
            reason=reason,
            freshness=self._freshness(piece, planned),
            valid_until=_until(piece, planned),
            latest=piece,
        )

    def _freshness(self, piece: Piece, planned: Planned) -> Freshness:
        good = piece.made - AHEAD <= self.now < _until(piece, planned)
        return Freshness.FRESH if good else Freshness.STALE


def label_of(planned: Planned) -> str:
    """Return a short name of what a question is about."""
    names = names_of(planned.question)
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    if len(shown) > _LABEL or not shown.isprintable():  # names are plain, but for a stranger's
        shown = visible(shown, _LABEL)
    return shown or planned.component or "the system"


def _until(piece: Piece, planned: Planned) -> datetime:
    try:
        return piece.made + planned.shelf_life
    except OverflowError:  # an override may ask for more days than the calendar has
        return datetime.max.replace(tzinfo=UTC)


def _unfinished(evidence: Evidence) -> str:
    reason = visible(evidence.reason) or evidence.outcome.value
    return f"the last attempt did not complete: {reason}"
