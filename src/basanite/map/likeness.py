"""Likeness: whether one set of weights is, or came from, another.

Rows of weights are compared by their sketches (`basanite.formats.weights.sketch`). Rows of
unrelated models agree in half of their bits, give or take 4 %; a row counts as found again when
three quarters agree, which chance does for fewer than one pair of rows in ten million. One row is
no proof: tables that are computed and not learned are the same everywhere. So a model counts as a
copy by the share of its rows that is found.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from basanite.formats.weights.sketch import BITS, Row, Sketch

FEWEST = 16
"""Rows of a model below which nothing can be said."""
FOUND = 0.75
"""Share of agreeing bits from which a row counts as found."""
_FEWEST_BITS = 80
_DERIVED, _PART = 0.5, 0.05
_NEAR = 0.999
_BAND = 8
"""Bits in a band: rows that share no band of eight bits are not compared one by one."""


class Kinship(StrEnum):
    """What one set of weights is to another."""

    SAME = "same"
    """Every tensor is there, to the byte; names and files may differ."""
    COPY = "copy"
    """All weights are there in another kind of number or layout, and none has moved."""
    DERIVED = "derived"
    """Most rows are found, changed a little: fine-tuned or quantised."""
    PARTLY = "partly"
    """Some rows are found: a frozen part, a shared base, a merge."""
    UNRELATED = "unrelated"
    UNKNOWN = "unknown"
    """Too little can be compared."""


@dataclass(frozen=True)
class Likeness:
    """How the weights of a known model stand in a candidate."""

    kinship: Kinship
    rows: int
    """Rows of the known model that could be looked for."""
    found: int
    """Of these, how many the candidate holds."""
    agreement: float
    """Share of agreeing bits over the rows that were found."""
    tensors: int
    """Tensors of the known model with a digest."""
    exact: int
    """Of these, how many the candidate holds to the byte."""
    reason: str = ""

    @property
    def share(self) -> float:
        """Share of the known model's rows that the candidate holds."""
        return self.found / self.rows if self.rows else 0.0


def likeness(candidate: Sequence[Sketch], known: Sequence[Sketch]) -> Likeness:
    """Return how the weights of ``known`` stand in ``candidate``."""
    exact, tensors = _exact(candidate, known)
    index = _Index(candidate)
    lengths = {each.length for each in candidate}
    rows = found = agreeing = compared = 0
    for each in known:
        for row in each.rows:
            rows += 1
            if each.length not in lengths:
                continue
            best = index.best(each, row)
            if best is not None:
                found += 1
                agreeing += best[0]
                compared += best[1]
    agreement = agreeing / compared if compared else 0.0
    kinship, reason = _kinship(rows, found, agreement, exact, tensors, bool(index.rows))
    return Likeness(kinship, rows, found, agreement, tensors, exact, reason)


def _exact(candidate: Iterable[Sketch], known: Iterable[Sketch]) -> tuple[int, int]:
    have = Counter(each.sha256 for each in candidate if each.sha256)
    wanted = Counter(each.sha256 for each in known if each.sha256)
    return sum((have & wanted).values()), sum(wanted.values())


def _kinship(
    rows: int, found: int, agreement: float, exact: int, tensors: int, comparable: bool
) -> tuple[Kinship, str]:
    if tensors and exact == tensors:
        return Kinship.SAME, ""
    if rows < FEWEST:
        return Kinship.UNKNOWN, f"the known model has {rows} rows to look for, {FEWEST} are needed"
    if not comparable:
        return Kinship.UNKNOWN, "the candidate has no rows that can be compared"
    share = found / rows
    if share >= _DERIVED:
        whole = share >= _NEAR and agreement >= _NEAR
        return (Kinship.COPY if whole else Kinship.DERIVED), ""
    return (Kinship.PARTLY if share >= _PART and found >= FEWEST else Kinship.UNRELATED), ""


class _Index:
    """The rows of a candidate, by where they lie and by bands of their bits."""

    def __init__(self, candidate: Iterable[Sketch]) -> None:
        self.rows: list[Row] = []
        self._placed: dict[tuple[int, ...], list[int]] = defaultdict(list)
        self._bands: dict[tuple[int, int, int], list[int]] = defaultdict(list)
        for each in candidate:
            for row in each.rows:
                number = len(self.rows)
                self.rows.append(row)
                self._placed[_at(each, row)].append(number)
                for band in range(BITS // _BAND):
                    self._bands[each.length, band, row.bits >> band * _BAND & 255].append(number)

    def best(self, tensor: Sketch, row: Row) -> tuple[int, int] | None:
        """Return agreeing and compared bits of the row that is most like this one, if any is."""
        found = self._among(self._placed[_at(tensor, row)], row)
        if found is not None:
            return found
        near: Counter[int] = Counter()
        for band in range(BITS // _BAND):
            key = tensor.length, band, row.bits >> band * _BAND & 255
            near.update(self._bands.get(key, ()))
        # Rows of unrelated weights seldom share two bands; copies share several.
        return self._among([number for number, bands in near.items() if bands > 1], row)

    def _among(self, numbers: Iterable[int], row: Row) -> tuple[int, int] | None:
        best: tuple[int, int] | None = None
        for number in numbers:
            other = self.rows[number]
            known = row.known & other.known
            compared = known.bit_count()
            if compared < _FEWEST_BITS:
                continue
            agreeing = compared - ((row.bits ^ other.bits) & known).bit_count()
            if agreeing >= FOUND * compared and (
                best is None or agreeing * best[1] > best[0] * compared
            ):
                best = agreeing, compared
        return best


def _at(tensor: Sketch, row: Row) -> tuple[int, ...]:
    return (*tensor.shape, -1, row.place)
