"""Can running the graph touch files, the network or other programs?

TensorFlow graphs are programs. Most operators compute; some read and write files, talk to other
machines or call the Python program around them. The check walks saved models, frozen graphs and
meta graphs with all functions in their libraries, and TensorFlow Lite models, without loading them.

Which operators can reach out follows from their definitions in TensorFlow's registry: those that
take the name of a file, an address or a function of the program. Where a path is used, it is
followed back through the graph:

- An operator that writes files, talks to other machines or calls Python fails.
- An operator that reads files fails when its path is a constant outside of the model's folder, or
  is computed from constants alone. When the path is given from outside, or is a file in the model's
  folder, the question stays undecided.
- In a graph that is written as text the operators and all constants are taken together.
- Every saved model holds operators for its own checkpoint, and may fill tables from its assets.
  They count only when they use a constant path that leads elsewhere.
- An operator that is none of TensorFlow's own (`Package>Name`, or one that TensorFlow Lite's
  runtime does not have) needs a library from elsewhere: undecided.

Checkpoints and their indexes are recognised and hold numbers only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Finding, Location
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats import tflite
from basanite.formats.tensorflow.graphs import Graph, Node, assets, graphs
from basanite.formats.tensorflow.kinds import kind
from basanite.formats.tensorflow.written import written_graph
from basanite.measure.inspection.graphs import rules
from basanite.measure.inspection.graphs.operators import (
    CACHING,
    PRINTING,
    Operator,
    Reach,
    begins_outside,
    leaves,
    operator,
    own,
)
from basanite.measure.inspection.graphs.origin import Origin, Program
from basanite.measure.inspection.inspector import Inspector

_ALWAYS = frozenset({Reach.RUNS, Reach.WRITES, Reach.CONNECTS, Reach.READS})
"""What in a TensorFlow Lite model counts wherever its path comes from: no converter makes it."""
_MAX_FUNCTIONS = 100_000
_STREAMS = ("stdout", "stderr", "log(")
_FLEX = "Flex"
_LITE_OWN = frozenset(
    {"TFLite_Detection_PostProcess", "NumericVerify", "Mfcc", "AudioSpectrogram", "Delegate"}
)
"""Operators by name that TensorFlow Lite's runtime brings itself."""

CHECK = Check(
    id="graph-operators",
    version=2,
    stage=Stage.INSPECTION,
    title="Operators that reach out of the graph",
    asks="Can running the graph touch files, the network or other programs?",
    why="Such a graph copies keys and configuration into its outputs, or writes what the next "
    "start of the machine runs, with the rights of the program that serves the model.",
    limits="It does not know operators of other libraries that carry no package in their name, and "
    "does not look into programs inside constants (engines of accelerators, StableHLO).",
    remediation="Keep models whose graphs only compute. Serve others in a confined process.",
    references=rules.REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=rules.ALL,
    readers=("detect", "container", "tensorflow", "tflite"),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    del parameters
    found = _lite(opened) if opened.artifact.format is Format.TFLITE else _graphs(opened)
    findings: list[Finding] = []
    broken: UnreadableError | None = None
    try:
        for each in found:
            findings.append(each)
            if len(findings) >= MAX_FINDINGS:
                break
    except UnreadableError as error:
        # What was found before the damage stands.
        broken = error
    worst = max((each.level.rank for each in findings), default=-1)
    if worst >= Severity.HIGH.rank:
        return Answer(outcome=Outcome.FAILED, findings=tuple(findings))
    if broken is not None:
        raise broken
    if worst >= Severity.MEDIUM.rank:
        reason = "; ".join(dict.fromkeys(each.rule.title for each in findings))
        return Answer(outcome=Outcome.UNDECIDED, reason=reason, findings=tuple(findings))
    return Answer(outcome=Outcome.PASSED, findings=tuple(findings))


def _graphs(opened: OpenArtifact) -> Iterator[Finding]:
    path, file, size = opened.artifact.path, opened.file, opened.artifact.size
    form = kind(path, file, size)
    if form is None:
        raise UnreadableError("it is named as a file of TensorFlow and is none")
    if form == "text-graph":
        yield from _written(opened)
    if form not in ("saved-model", "meta-graph", "graph"):
        return
    owned = {each.tensor for each in assets(file, size, form)}
    foreign: Counter[str] = Counter()
    walked: list[Graph] = []
    broken: UnreadableError | None = None
    try:
        for graph in graphs(file, size, form):
            if len(walked) >= _MAX_FUNCTIONS:
                raise UnreadableError(f"the model has more than {_MAX_FUNCTIONS} functions")
            walked.append(graph)
    except UnreadableError as error:
        broken = error
    program = Program(walked)
    for graph in walked:
        for node in graph.nodes():
            known = operator(node.operator)
            if known is not None and known.reach is Reach.FOREIGN:
                foreign[visible(node.operator, 80)] += 1
            elif known is not None:
                yield from _judged(path, program, graph, node, known, owned)
    yield from _foreign(path, foreign)
    if broken is not None:
        raise broken


def _judged(
    path: str,
    program: Program,
    graph: Graph,
    node: Node,
    known: Operator,
    owned: set[str],
) -> Iterator[Finding]:
    origin = Origin()
    if known.attribute:
        places = [each for each in node.texts(known.attribute) or () if not own(each)]
        if node.operator == PRINTING:
            places = [each for each in places if not each.startswith(_STREAMS)]
        if not places:
            return
        origin.constants.update(places)
    elif known.inputs:
        data = [each for each in node.inputs if not each.startswith("^")]
        names = [data[each] for each in known.inputs if each < len(data)]
        origin = program.origin(graph, names)
        if origin.nodes & owned:
            return
    else:
        origin.given = True
    severity = _severity(node.operator, known, origin)
    if severity is not None:
        places = sorted(each for each in origin.constants if each)
        leaving = [each for each in places if leaves(each)]
        yield _finding(path, graph, node, known, severity, leaving or places)


def _severity(name: str, known: Operator, origin: Origin) -> Severity | None:
    """Return how bad it is that an operator uses such a place; None where it is no matter."""
    whole = not origin.computed or origin.given
    leaving = any((leaves if whole else begins_outside)(each) for each in origin.constants)
    if known.reach in (Reach.SAVES, Reach.TABLE):
        return Severity.HIGH if leaving else None
    if name in CACHING and not any(origin.constants):
        # Without a name the cache is kept in memory.
        return None
    if known.reach is not Reach.READS or leaving:
        return Severity.HIGH
    # A path that the graph puts together from constants alone is put together to hide it.
    return Severity.MEDIUM if whole else Severity.HIGH


def _finding(
    path: str,
    graph: Graph,
    node: Node,
    known: Operator,
    severity: Severity,
    places: list[str],
) -> Finding:
    where = f"function {visible(graph.function, 80)}" if graph.function else "the graph"
    shown = [visible(each, 200) for each in places[:5]]
    name = visible(node.operator, 80)
    said = f"{name} in {where} {known.reach.value}"
    said += f": {', '.join(shown)}." if shown else "."
    return Finding(
        rule=rules.BY_REACH[known.reach],
        message=said,
        confidence=Confidence.HIGH,
        severity=None if severity is rules.BY_REACH[known.reach].severity else severity,
        location=Location(path=path),
        detail={
            "operator": name,
            "node": visible(node.name, 200),
            "function": visible(graph.function, 200),
            "places": shown,
        },
    )


def _written(opened: OpenArtifact) -> Iterator[Finding]:
    """A graph as text: its operators by name, and all its constants together."""
    path = opened.artifact.path
    operators, texts = written_graph(opened.file, opened.artifact.size)
    outside = sorted(visible(each, 200) for each in texts if leaves(each) and not own(each))
    foreign: Counter[str] = Counter()
    for name in sorted(operators):
        known = operator(name)
        shown = visible(name, 80)
        if known is None:
            continue
        if known.reach is Reach.FOREIGN:
            foreign[shown] += 1
            continue
        places = [each for each in outside if name != PRINTING or each.startswith("file:")]
        needs = known.reach in (Reach.SAVES, Reach.TABLE) or known.attribute or name in CACHING
        if needs and not places:
            continue
        severity = Severity.HIGH if places or known.reach is not Reach.READS else Severity.MEDIUM
        rule = rules.BY_REACH[known.reach]
        yield Finding(
            rule=rule,
            message=f"{shown} {known.reach.value}"
            + (f", and the graph names {', '.join(places[:5])}." if places else "."),
            confidence=Confidence.MEDIUM,
            severity=None if severity is rule.severity else severity,
            location=Location(path=path),
            detail={"operator": shown, "places": places[:5]},
        )
    yield from _foreign(path, foreign)


def _foreign(path: str, found: Counter[str]) -> Iterator[Finding]:
    names = sorted(found)
    if names:
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        yield Finding(
            rule=rules.FOREIGN,
            message=f"It uses {shown}.",
            confidence=Confidence.HIGH,
            location=Location(path=path),
            detail={"operators": names[:100]},
        )


def _lite(opened: OpenArtifact) -> Iterator[Finding]:
    path = opened.artifact.path
    foreign: Counter[str] = Counter()
    for name, count in sorted(tflite.model(opened.file, opened.artifact.size).custom.items()):
        shown = visible(name, 80) or "an operator without a name"
        if not name.startswith(_FLEX):
            if name not in _LITE_OWN:
                foreign[shown] += count
            continue
        known = operator(name.removeprefix(_FLEX))
        if known is not None and known.reach is Reach.FOREIGN:
            foreign[shown] += count
        elif known is not None and known.reach in _ALWAYS and not known.attribute:
            yield Finding(
                rule=rules.BY_REACH[known.reach],
                message=f"{shown}, an operator of TensorFlow itself, {known.reach.value}.",
                confidence=Confidence.HIGH,
                location=Location(path=path),
                detail={"operator": shown},
            )
    yield from _foreign(path, foreign)


INSPECTOR = Inspector(
    check=CHECK, formats=frozenset({Format.TENSORFLOW, Format.TFLITE}), inspect=_inspect
)
