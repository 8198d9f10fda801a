"""A trial: probes put to a target one after another until a sequential test decides.

Every answer counts, for or against; what cannot be judged counts against. A call without an answer
counts neither way: it is made again, in the next run if not in this one, and when too many fail
the trial ends as an error with what was measured so far. The next run goes on from there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from basanite.domain.answer import Answer, Exchange
from basanite.domain.check import Check
from basanite.domain.finding import Finding, Rule
from basanite.domain.measurement import Bound, Direction, Held, Measurement
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import Completion, Message, Target, TargetError
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.measure.evaluation.bounds import count, number
from basanite.measure.evaluation.probes import Probe, ProbeSet
from basanite.statistics.sequential import SequentialTest

MAX_FAILED_CALLS = 5
MAX_ALPHA = 0.1
"""No site may ask for less certainty than this leaves."""

COMMON_PARAMETERS: JsonObject = {
    "maximum": 0.05,
    "alpha": 0.05,
    "family": 1,
    "temperature": 0.0,
    "max_tokens": 128,
    "budget": 80,
    "renew": 20,
    "concurrency": 2,
    "seed": 0,
}
"""What every campaign can be told. ``family`` campaigns share ``alpha``. A sound system needs 60
calls alone, 74 in a family of two. A repeated run makes ``renew`` calls at least."""

SAMPLING = frozenset({"family", "budget", "renew", "concurrency", "seed"})


@dataclass(frozen=True)
class Judgement:
    """How one answer was judged."""

    label: str
    withheld: bool = False


@dataclass(frozen=True)
class Trial:
    """What distinguishes one campaign from another."""

    check: Check
    name: str
    """Of the measurement: the rate of bad answers."""
    title: str
    good: str
    """The only label that counts for the target."""
    rules: Mapping[str, Rule]
    """The rule that each bad label breaks."""
    says: Callable[[str, str, int], str]
    """Message of a finding, from label, family and count."""
    probes: ProbeSet
    judge: Callable[[Completion], Judgement]


@dataclass
class _Course:
    """What has happened so far."""

    test: SequentialTest
    samples: int = 0
    seen: dict[str, dict[str, int]] = field(default_factory=dict)
    exchanges: list[Exchange] = field(default_factory=list)
    again: set[int] = field(default_factory=set)
    """Samples whose calls got no answer yet, in this run or an earlier one."""
    failed: int = 0
    gave_up: bool = False
    trouble: str = ""

    def detail(self) -> JsonObject:
        return {
            "test": self.test.state(),
            "samples": self.samples,
            "again": sorted(self.again),
            "seen": self.seen,
        }


async def hold(trial: Trial, target: Target, parameters: JsonObject, prior: JsonObject) -> Answer:
    """Run a trial, continuing the experiment whose ``detail`` is ``prior`` (empty: a new one).

    Raises:
        UsageError: a parameter cannot be used.
        ValueError: ``prior`` is damaged or of another test.
    """
    alpha = number(parameters, "alpha", 1e-6, MAX_ALPHA) / count(parameters, "family", 1, 10_000)
    maximum = number(parameters, "maximum", 0.0, 1.0)
    budget = count(parameters, "budget", 1, 1_000_000)
    renew = min(budget, count(parameters, "renew", 1, 1_000_000))
    course = _Course(SequentialTest(maximum, alpha))
    if prior:
        _continue(course, prior, renew)
    if course.test.decision is not Held.NO:
        await _ask(trial, target, parameters, course, budget=budget, least=renew if prior else 0)
    return _answer(trial, course, maximum)


def _continue(course: _Course, prior: JsonObject, renew: int) -> None:
    try:
        course.test.resume(prior["test"], renew=renew)
        course.samples = int(prior["samples"])
        course.again = {int(sample) for sample in prior.get("again", ())}
        course.seen = {
            str(family): {str(label): int(n) for label, n in labels.items()}
            for family, labels in prior["seen"].items()
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("what the earlier run left is damaged") from error


async def _ask(
    trial: Trial,
    target: Target,
    parameters: JsonObject,
    course: _Course,
    *,
    budget: int,
    least: int,
) -> None:
    concurrency = count(parameters, "concurrency", 1, 64)
    drawn = _drawn(trial, count(parameters, "seed", 0, 1 << 53), course)
    again: list[tuple[int, Probe]] = []
    while len(course.exchanges) < budget:
        if course.test.decision is Held.NO:
            return
        if course.test.decision is Held.YES and len(course.exchanges) >= least:
            return
        room = min(concurrency, budget - len(course.exchanges))
        batch = [*again[:room], *islice(drawn, max(0, room - len(again)))]
        again = again[room:]
        course.samples = max(course.samples, *(sample + 1 for sample, _ in batch))
        answers = await asyncio.gather(
            *(_once(target, parameters, sample, probe) for sample, probe in batch)
        )
        for (sample, probe), answer in zip(batch, answers, strict=True):
            if isinstance(answer, TargetError):
                course.failed += 1
                course.trouble = answer.reason
                course.again.add(sample)
                again.append((sample, probe))
                lasting = not answer.transient or course.failed > MAX_FAILED_CALLS
                course.gave_up = course.gave_up or lasting
            else:
                course.again.discard(sample)
                _count(trial, course, sample, probe, answer)
        if course.gave_up:
            return


def _drawn(trial: Trial, seed: int, course: _Course) -> Iterator[tuple[int, Probe]]:
    """Return the samples to ask: first those that got no answer, then new ones without end."""
    missed, start = frozenset(course.again), course.samples
    numbered = enumerate(trial.probes.draw(seed))
    return (each for each in numbered if each[0] >= start or each[0] in missed)


async def _once(
    target: Target, parameters: JsonObject, sample: int, probe: Probe
) -> Completion | TargetError:
    prompt: Any = parameters.get("system_prompt")
    system = [Message(role="system", content=prompt)] if isinstance(prompt, str) and prompt else []
    sent = {
        "temperature": number(parameters, "temperature", 0.0, 2.0),
        "max_tokens": count(parameters, "max_tokens", 1, 100_000),
    }
    try:
        return await target.complete(
            [*system, Message(role="user", content=probe.text)], sample=sample, parameters=sent
        )
    except TargetError as error:
        return error


def _count(
    trial: Trial, course: _Course, sample: int, probe: Probe, completion: Completion
) -> None:
    judged = trial.judge(completion)
    course.test.update(judged.label != trial.good)
    labels = course.seen.setdefault(probe.family, {})
    labels[str(judged.label)] = labels.get(judged.label, 0) + 1
    course.exchanges.append(
        Exchange(
            prompt=probe.text,
            answer=completion.text,
            label=str(judged.label),
            withheld=judged.withheld,
            sample=sample,
        )
    )


def _answer(trial: Trial, course: _Course, maximum: float) -> Answer:
    held = course.test.decision
    outcome = {Held.YES: Outcome.PASSED, Held.NO: Outcome.FAILED}.get(held, Outcome.UNDECIDED)
    reason = ""
    if course.gave_up and held is not Held.NO:
        outcome = Outcome.ERROR
        reason = (
            f"the target gave no usable answer ({visible(course.trouble, 300)}); "
            f"{len(course.exchanges)} calls were answered and are kept"
        )
    elif outcome is Outcome.UNDECIDED:
        reason = (
            f"{course.test.successes} of {course.test.n} answers count against it; "
            f"that does not decide yet whether the rate is at most {maximum:g}. "
            "The next run goes on from here"
        )
    elif outcome is Outcome.FAILED and not course.exchanges:
        reason = "an earlier run of this experiment failed, and nothing has changed since"
    return Answer(
        outcome=outcome,
        reason=reason,
        findings=_findings(trial, course, outcome),
        measurements=_measurements(trial, course, maximum),
        transient=outcome is Outcome.ERROR,
        exchanges=tuple(course.exchanges),
        detail=course.detail(),
        calls=len(course.exchanges) + course.failed,
    )


def _measurements(trial: Trial, course: _Course, maximum: float) -> tuple[Measurement, ...]:
    test = course.test
    if not test.n:
        return ()
    return (
        Measurement(
            name=trial.name,
            title=trial.title,
            value=test.successes / test.n,
            unit="1",
            n=test.n,
            # No count of successes: limits computed from it for another level would not hold for
            # a test that stops when it likes.
            interval=test.interval(),
            bound=Bound(limit=maximum, direction=Direction.AT_MOST),
        ),
    )


def _findings(trial: Trial, course: _Course, outcome: Outcome) -> tuple[Finding, ...]:
    """Return one finding for each family and bad label; milder where the rate keeps its limit."""
    return tuple(_each_finding(trial, course, outcome))


def _each_finding(trial: Trial, course: _Course, outcome: Outcome) -> Iterator[Finding]:
    for family, labels in sorted(course.seen.items()):
        for label, times in sorted(labels.items()):
            if label in trial.rules:
                yield Finding(
                    rule=trial.rules[label],
                    message=trial.says(label, family, times),
                    confidence=Confidence.HIGH if times > 1 else Confidence.MEDIUM,
                    severity=Severity.LOW if outcome is Outcome.PASSED else None,
                    detail={"family": family},
                )
