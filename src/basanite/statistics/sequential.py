"""Anytime-valid test of a rate against a limit: look after every call, stop when you like.

An e-process starts at 1 and, while its hypothesis is true, reaches 1/alpha at *any* time with
probability at most alpha (Ville's inequality; A. Ramdas and others, Statistical Science 38, 2023).
Two of them run side by side here, each a mixture likelihood divided by the largest likelihood that
its hypothesis allows (L. Wasserman and others, PNAS 117, 2020):

- against *the rate is above the limit*; when it grows to 1/alpha, the rate keeps the limit.
- against *the rate is at most the limit*; when it grows to 1/alpha, the rate breaks the limit.

At any true rate only one of the two decisions is false, so each has the whole alpha, and the
reported bounds are one-sided: each alone holds, at all times together, with probability 1 - alpha.

Evidence comes in *rounds*, one a run. All rounds together are one experiment. Because whatever
answers may have been replaced since the last round, the test for breaking the limit also bets,
with part of its stake, on each later round alone; and a round has to show again, on its own last
word, that the limit is kept. A limit once broken stays broken.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from basanite.domain.measurement import Direction, Held, Interval
from basanite.domain.value import JsonObject
from basanite.statistics.beta import log_beta

METHOD = "anytime-valid e-process, each bound one-sided"
STATE_VERSION = 1
_HALVINGS = 60

# The stake on "it never happens": a sound system then passes a limit of 5 % after 60 calls, of
# which 59 are needed by any valid test. The rest is spread over small rates, so that one
# occurrence does not end the hope of passing.
_NEVER = 0.9


class SequentialTest:
    """A running test of one rate. ``limit`` and ``alpha`` are shares.

    With ``Direction.AT_MOST`` the rate of successes has to stay at or below the limit, with
    ``Direction.AT_LEAST`` at or above it.

    Raises:
        ValueError: ``limit`` is outside [0, 1], or ``alpha`` outside (0, 0.5).
    """

    def __init__(
        self, limit: float, alpha: float, direction: Direction = Direction.AT_MOST
    ) -> None:
        if not (0 <= limit <= 1 and 0 < alpha < 0.5):
            raise ValueError(f"no such sequential test: limit={limit}, alpha={alpha}")
        self._direction = direction
        self._given = limit
        self._alpha = alpha
        self._renew = 0
        # Everything below counts bad events, whose rate has to stay at or below this limit.
        self._limit = limit if direction is Direction.AT_MOST else 1 - limit
        self._rounds: list[tuple[int, int]] = [(0, 0)]
        self._broken: float | None = None
        self._kept: float | None = None

    @property
    def n(self) -> int:
        """Number of observations in all rounds."""
        return sum(n for n, _ in self._rounds)

    @property
    def successes(self) -> int:
        """Number of successes in all rounds."""
        bad = sum(bad for _, bad in self._rounds)
        return bad if self._direction is Direction.AT_MOST else self.n - bad

    @property
    def decision(self) -> Held:
        """Whether the limit is kept; open until a test has decided."""
        if self._broken is not None:
            return Held.NO
        return Held.OPEN if self._kept is None else Held.YES

    def update(self, success: bool) -> Held:
        """Count one observation and return the decision as it then stands."""
        n, bad = self._rounds[-1]
        event = success if self._direction is Direction.AT_MOST else not success
        self._rounds[-1] = (n + 1, bad + int(event))
        threshold = -math.log(self._alpha)
        if self._broken is None and self._against_keeping(self._limit) >= threshold:
            low = _boundary(lambda p: self._against_keeping(p) < threshold)
            self._broken = max(low, math.nextafter(self._limit, 1.0))
        renewed = self._rounds[-1][0] >= self._renew
        if renewed and self._kept is None and self._against_breaking(self._limit) >= threshold:
            high = _boundary(lambda p: self._against_breaking(p) >= threshold)
            self._kept = min(high, self._limit)
        return self.decision

    def interval(self) -> Interval:
        """Return the bounds of the rate of successes; they agree with the decision."""
        threshold = -math.log(self._alpha)
        low = _boundary(lambda p: self._against_keeping(p) < threshold)
        high = _boundary(lambda p: self._against_breaking(p) >= threshold)
        if self._kept is not None:
            high = min(high, self._kept)
        if self._broken is not None:
            low = max(low, self._broken)
        # Only a rate that has moved can cross the bounds; the broken limit is what counts then.
        high = max(low, high)
        if self._direction is Direction.AT_LEAST:
            low, high = 1 - high, 1 - low
            # One minus one minus a limit may miss the limit by a rounding.
            if self.decision is Held.YES:
                low = max(low, self._given)
            elif self.decision is Held.NO:
                high = min(high, math.nextafter(self._given, 0.0))
                low = min(low, high)
        return Interval(low=low, high=high, level=1 - self._alpha, method=METHOD)

    def state(self) -> JsonObject:
        """Return what a later round needs to continue, as JSON."""
        return {
            "version": STATE_VERSION,
            "limit": self._limit,
            "rounds": [[n, bad] for n, bad in self._rounds],
            "broken": self._broken,
        }

    def resume(self, state: JsonObject, *, renew: int = 0) -> None:
        """Take over the rounds of an earlier test and begin a new one.

        The limit counts as kept again after ``renew`` observations at the earliest. The error
        probability may differ from the earlier test's: what is bet does not depend on it. A limit
        that was broken then stays broken.

        Raises:
            ValueError: the state is damaged, or it is of a test with another limit.
        """
        rounds, broken = _read(state, self._limit)
        self._rounds = [*rounds, (0, 0)]
        self._broken = broken
        self._renew = renew
        self._kept = None

    def _against_keeping(self, p: float) -> float:
        """Return the log e-value against *the rate is at most p*. It falls as p grows."""
        # The first round's stake goes on from round to round; round r alone has 1 / (r (r + 1)).
        total = (self.n, sum(bad for _, bad in self._rounds))
        terms = [math.log(0.5) + _ratio(*total, low=0.0, high=p, log_mixture=_spread)]
        staked = 0.5
        for number, (n, bad) in enumerate(self._rounds[1:], start=2):
            stake = 1 / (number * (number + 1))
            staked += stake
            terms.append(math.log(stake) + _ratio(n, bad, low=0.0, high=p, log_mixture=_spread))
        if staked < 1:
            terms.append(math.log(1 - staked))
        return _log_sum(terms)

    def _against_breaking(self, p: float) -> float:
        """Return the log e-value against *the rate is at least p*. It grows with p."""
        total = (self.n, sum(bad for _, bad in self._rounds))
        return _ratio(*total, low=p, high=1.0, log_mixture=self._near_zero)

    def _near_zero(self, n: int, bad: int) -> float:
        small = _beta_mixture(n, bad, 0.5, 0.5 / max(self._limit, 1e-6))
        rest = math.log(1 - _NEVER) + small
        return rest if bad else _log_sum([math.log(_NEVER), rest])


def _spread(n: int, bad: int) -> float:
    return _beta_mixture(n, bad, 1.0, 1.0)


def _beta_mixture(n: int, bad: int, a: float, b: float) -> float:
    """Return the log likelihood, averaged over rates drawn from Beta(a, b)."""
    return log_beta(a + bad, b + n - bad) - log_beta(a, b)


def _ratio(
    n: int, bad: int, *, low: float, high: float, log_mixture: Callable[[int, int], float]
) -> float:
    """Return log(mixture / largest likelihood of a rate in [low, high])."""
    if n == 0:
        return 0.0
    rate = min(max(bad / n, low), high)
    if (rate == 0 and bad) or (rate == 1 and bad < n):
        return math.inf
    likelihood = (bad * math.log(rate) if bad else 0.0) + (
        (n - bad) * math.log1p(-rate) if bad < n else 0.0
    )
    return log_mixture(n, bad) - likelihood


def _log_sum(terms: list[float]) -> float:
    largest = max(terms)
    if math.isinf(largest):
        return largest
    return largest + math.log(math.fsum(math.exp(term - largest) for term in terms))


def _boundary(holds_above: Callable[[float], bool]) -> float:
    """Return the rate from which on a condition holds, rounded to neither side's advantage."""
    if holds_above(0.0):
        return 0.0
    if not holds_above(1.0):
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if holds_above(middle):
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _read(state: JsonObject, limit: float) -> tuple[list[tuple[int, int]], float | None]:
    broken: Any = state.get("broken")
    rounds: Any = state.get("rounds")
    if state.get("version") != STATE_VERSION or state.get("limit") != limit:
        raise ValueError("the earlier test had another form or limit")
    if not isinstance(rounds, list) or not all(_is_round(each) for each in rounds):
        raise ValueError("the counts of the earlier test are damaged")
    if broken is not None and not (isinstance(broken, float | int) and limit < broken <= 1):
        raise ValueError("the decision of the earlier test is damaged")
    return [(n, bad) for n, bad in rounds], broken


def _is_round(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(count, int) and not isinstance(count, bool) for count in value)
        and 0 <= value[1] <= value[0]
    )
