"""Archive: the ledger's records, indexed once, with withdrawn evidence set aside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from basanite.domain.evidence import Evidence, Question
from basanite.domain.ledger import Attestation, Invalidation, Waiver
from basanite.domain.outcome import Outcome
from basanite.domain.ports import Recorded


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of evidence and the entry that holds it."""

    number: int
    evidence: Evidence
    made: datetime
    """When the answer was given, but never later than the ledger received it: a date ahead of
    its time must not keep evidence fresh for longer."""


class Archive:
    """Records by what is asked of them. Nothing here depends on the time."""

    def __init__(self, records: Sequence[Recorded], system: str | None) -> None:
        self.entries: dict[int, Recorded] = {}
        self.waivers: list[Waiver] = []
        self._latest: dict[str, Piece] = {}
        self._series: dict[str, list[Piece]] = defaultdict(list)
        self._near: dict[tuple[str, str | None, tuple[str, ...]], Piece] = {}
        self._near_any: dict[tuple[str, tuple[str, ...]], Piece] = {}
        self._withdrawn: dict[str, tuple[int, Invalidation]] = {}
        self._attested: dict[str, list[tuple[int, Attestation]]] = defaultdict(list)
        for record in records:
            self.entries[record.number] = record
            content = record.content
            if isinstance(content, Evidence):
                self._add(record, content)
            elif system is not None and getattr(content, "system", system) != system:
                continue
            elif isinstance(content, Invalidation):
                self._withdrawn[content.key] = (record.number, content)
            elif isinstance(content, Attestation):
                self._attested[normal(content.requirement)].append((record.number, content))
            elif isinstance(content, Waiver):
                self.waivers.append(content)

    def _add(self, record: Recorded, evidence: Evidence) -> None:
        piece = Piece(record.number, evidence, min(evidence.finished, record.recorded))
        names = names_of(evidence.question)
        if evidence.outcome is not Outcome.SKIPPED:  # who did not look has nothing to say
            self._latest[evidence.key] = piece
            self._series[evidence.series].append(piece)
        self._near[evidence.question.check, evidence.component, names] = piece
        self._near_any[evidence.question.check, names] = piece

    def current(self, key: str) -> Piece | None:
        """Return the latest evidence with a key that was not withdrawn since."""
        piece = self._latest.get(key)
        return piece if piece is not None and self._counts(piece) else None

    def series(self, series: str) -> list[Piece]:
        """Return the evidence of a series that counts, oldest first."""
        return [piece for piece in self._series.get(series, ()) if self._counts(piece)]

    def nearest(self, question: Question, component: str | None) -> Piece | None:
        """Return the latest evidence of the same check about subjects of the same names."""
        names = names_of(question)
        return self._near.get((question.check, component, names)) or self._near_any.get(
            (question.check, names)
        )

    def withdrawal(self, key: str) -> Invalidation | None:
        """Return the withdrawal that holds for a key; None when later evidence came in."""
        if key not in self._withdrawn or self.current(key) is not None:
            return None
        return self._withdrawn[key][1]

    def attestations(self, requirement: str) -> Sequence[tuple[int, Attestation]]:
        """Return the attestations for a requirement with their entry numbers, oldest first."""
        return self._attested.get(normal(requirement), ())

    def _counts(self, piece: Piece) -> bool:
        withdrawn = self._withdrawn.get(piece.evidence.key)
        return withdrawn is None or piece.number > withdrawn[0]


def names_of(question: Question) -> tuple[str, ...]:
    """Return the names of a question's subjects, sorted."""
    return tuple(sorted(subject.name for subject in question.subjects))


def normal(requirement: str) -> str:
    """Return the form in which requirement ids are compared."""
    return "-".join(requirement.casefold().split())
