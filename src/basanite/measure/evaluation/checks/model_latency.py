"""Times single calls of a model and holds the median and the 99th percentile against bounds.

Rows come from the model's own data, one a call, on one processor thread, after a few calls to warm
up. The intervals rest on the order of the measured times alone, whatever their distribution is.
The check passes only when both whole intervals keep their bounds; an interval of the 99th
percentile at level 0.95 needs 437 calls, and with fewer the check does not decide.

Times differ from run to run, so whoever asks often enough could wait for a lucky run. Therefore all
runs of one question share one error probability: run number r spends 1 / (r (r + 1)) of it, which
adds up to the whole. Its intervals are wider, and it makes more calls to make up for that.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping

from basanite.domain.answer import Answer, decided
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.finding import Reference
from basanite.domain.inventory import Case, Inventory, Subject
from basanite.domain.measurement import Bound, Direction, Interval, Measurement
from basanite.domain.outcome import Outcome
from basanite.domain.ports import Model, Table
from basanite.domain.system import DatasetRole, ModelTask
from basanite.domain.value import JsonObject, digest_of
from basanite.measure.evaluation.bounds import count, number
from basanite.measure.evaluation.evaluator import Evaluator
from basanite.measure.evaluation.predictive import features, model_cases, rows
from basanite.statistics.quantile import METHOD, observations_needed, quantile_interval

_WARM_UP = 20
_MOST_RUNS = 100_000
_PERCENTILES = (("p50", 0.5, "Median time of a call"), ("p99", 0.99, "99th percentile of a call"))

CHECK = Check(
    id="model-latency",
    version=5,
    stage=Stage.EVALUATION,
    title="The model answers in time",
    asks="Does the model answer a single call within its time budget, nearly always?",
    why="A warning that comes after the valve had to be closed is no warning.",
    limits=(
        "It times the model on the machine that runs the check, alone, confined and on one "
        "thread; the machine in use may be slower or busier. It tells machines apart by the name "
        "of their processor, and no more. The way to the model (network, "
        "queues, preparation of input) is not timed. Calls that follow each other are not quite "
        "independent."
    ),
    remediation=(
        "Use a smaller or quantised model, a faster machine, or a later deadline that the process "
        "can bear."
    ),
    references=(
        Reference(scheme="ATLAS", id="AML.T0029"),
        Reference(scheme="CWE", id="CWE-400"),
    ),
    shelf_life=ShelfLife(high=30, moderate=90, low=180),
    parameters={
        "p50_seconds": 0.05,
        "p99_seconds": 0.25,
        "level": 0.95,
        "calls": 1000,
        "seconds": 60.0,
    },
    sampling=frozenset({"calls", "seconds"}),
    statistical=True,
    readers=("onnx", "table"),
)


def cases(inventory: Inventory) -> Iterable[Case]:
    """Yield every predictive model with some of its data, and the machine that is timed with it."""
    read = {fact.name: fact.value for fact in inventory.host}
    machine = Subject(
        name="machine:processor", sha256=digest_of({"cpu.model": read.get("cpu.model", "")})
    )
    for case in model_cases(
        inventory,
        tasks=frozenset(ModelTask) - {ModelTask.GENERATION},
        part="rows",
        roles=(
            DatasetRole.TEST,
            DatasetRole.WINDOW,
            DatasetRole.REFERENCE,
            DatasetRole.TRAINING,
        ),
    ):
        timed = () if case.skipped else (machine,)
        yield case.model_copy(update={"subjects": (*case.subjects, *timed)})


def evaluate(
    model: Model, tables: Mapping[str, Table], parameters: JsonObject, prior: JsonObject
) -> Answer:
    """Return how long single calls take on rows of the table ``rows``.

    Raises:
        UsageError: a parameter or a declared column cannot be used.
        UnreadableError: the model breaks on a row.
        ValueError: ``prior`` is damaged.
    """
    table = tables["rows"]
    data = rows(table, features(table, parameters))
    if not data:
        return Answer(outcome=Outcome.INCOMPLETE, reason="the table has no rows")
    level = number(parameters, "level", 0.9, 0.9999)
    run = 1 + _runs(prior)
    calls = calls_of(count(parameters, "calls", 1, 1_000_000), level, run)
    times = list(_timed(model, data, calls, number(parameters, "seconds", 0.1, 3600)))
    return judged(times, parameters, run)


def calls_of(calls: int, level: float, run: int) -> int:
    """Return how many calls a run makes where the first makes ``calls``."""
    first, now = (observations_needed(0.99, level_of(level, each)) for each in (1, run))
    return math.ceil(calls * now / first)


def level_of(level: float, run: int) -> float:
    """Return the confidence level of a run such that all runs together err as seldom as said."""
    return 1 - (1 - level) / (run * (run + 1))


def judged(times: list[float], parameters: JsonObject, run: int) -> Answer:
    """Return what these times say, as the run of that number (from 1) of one experiment.

    Raises:
        UsageError: a parameter cannot be used.
    """
    level = level_of(number(parameters, "level", 0.9, 0.9999), run)
    measurements = tuple(_measured(times, parameters, level))
    if len(measurements) == len(_PERCENTILES):
        outcome = decided(measurements)
        reason = "the intervals lie on both sides of a bound" if not outcome.conclusive else ""
    else:
        failed = decided(measurements) is Outcome.FAILED
        outcome = Outcome.FAILED if failed else Outcome.UNDECIDED
        reason = (
            f"{len(times)} calls were made, and {observations_needed(0.99, level)} are needed for "
            "an interval of the 99th percentile"
        )
    return Answer(
        outcome=outcome, reason=reason, measurements=measurements, detail={"runs": run}, calls=0
    )


def _runs(prior: JsonObject) -> int:
    """Return how many runs of this experiment there were."""
    runs = prior.get("runs", 0)
    if isinstance(runs, bool) or not isinstance(runs, int) or not 0 <= runs < _MOST_RUNS:
        raise ValueError("the number of earlier runs is damaged")
    return runs


def _timed(
    model: Model, data: list[tuple[float, ...]], calls: int, seconds: float
) -> Iterator[float]:
    for call in range(_WARM_UP):
        model.predict([data[call % len(data)]])
    end = time.perf_counter() + seconds
    for call in range(calls):
        row = [data[call % len(data)]]
        started = time.perf_counter()
        model.predict(row)
        stopped = time.perf_counter()
        yield stopped - started
        if stopped > end:
            return


def _measured(times: list[float], parameters: JsonObject, level: float) -> Iterator[Measurement]:
    for name, q, title in _PERCENTILES:
        limit = number(parameters, f"{name}_seconds", 0.0, 1e6)
        found = quantile_interval(times, q, level)
        if found.low is None or found.high is None:
            continue
        yield Measurement(
            name=f"latency-{name}",
            title=title,
            value=found.value,
            unit="s",
            n=found.n,
            interval=Interval(low=found.low, high=found.high, level=level, method=METHOD),
            bound=Bound(limit=limit, direction=Direction.AT_MOST),
        )


EVALUATOR = Evaluator(check=CHECK, cases=cases, evaluate=evaluate)
