"""Does loading a pickled model run code?

A pickle is a small program: loading it can import any module and call any function. The check
follows that program without running it, opcode by opcode, in plain pickles (protocols 0 to 5),
PyTorch archives, joblib files, zip and tar archives and NumPy arrays of objects. It works out every
name that would be imported and every call that would be made.

A file can be two things at once: a table of numbers to one program and a pickle to another. Files
of other formats that have a name which pickle loaders take, or that as a pickle would import or
call something, are followed as pickles too; a file that is two formats at once fails.

The standard library is closed, but for exact names: what PyTorch, NumPy, pandas and scikit-learn
write when they save data, with conditions on the arguments where these could do harm. A class of a
package that models are made with may be made and given a state, for that is data; its functions may
be kept, but what loads, runs or fetches is closed there too. A call of something closed is a
failure, also when the file breaks off later, since the call would already have happened; so is
keeping it as a value, for whoever uses the model calls it; so is a name that is worked out while
loading, and a change of what belongs to a program. A call of something unknown leaves the question
undecided; a site can vouch for its own classes with the parameter `allow`. What is unknown and only
named is told and does not stop anyone.
"""

from __future__ import annotations

from itertools import takewhile

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.artifact import Format, Part
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UsageError
from basanite.domain.finding import Finding, Location
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats import numpy
from basanite.formats.detect import also, starts_with_archive
from basanite.formats.pickle.events import PersistentId
from basanite.formats.pickle.machine import events
from basanite.formats.pickle.reader import open_stream
from basanite.formats.stream import Span, Stream
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.pickles import rules
from basanite.measure.inspection.pickles.judge import Judgement

CHECK = Check(
    id="pickle-code-execution",
    version=6,
    stage=Stage.INSPECTION,
    title="Code in pickled models",
    asks="Does loading this file run code beyond building data?",
    why="Whoever wrote the file then runs commands with the rights of the program that loads it: "
    "next to the control system, with its credentials.",
    limits="It does not know what a class of your own does when it is built or given its state, "
    "nor code in TorchScript, Keras Lambda layers or native extensions. What packages outside the "
    "standard library do it knows by their names, and by what their functions are called.",
    remediation="Use formats that cannot carry code (safetensors, ONNX, GGUF). Load what must stay "
    "a pickle with weights_only=True, in a confined process, from a digest that you have checked.",
    references=rules.REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=rules.ALL,
    parameters={"allow": []},
    readers=("detect", "container", "pickle", "zip", "tar", "numpy"),
)

_PLAIN_TRACE = 3
"""Lines below which a trace says no more than the message."""


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    artifact = opened.artifact
    vouched = _vouched(parameters)
    second = also(artifact.format, opened.file, artifact.size)
    judged: list[Judgement] = []
    if (stream := _stream(opened)) is not None:
        judgement = Judgement(artifact.path, vouched)
        judgement.follow(events(stream))
        judged.append(judgement)
    elif artifact.format is Format.NUMPY:
        judged += _behind_array(opened, vouched)
    if artifact.format is not Format.PICKLE:
        disguised = _as_pickle(opened, vouched)
        judged += [disguised] if disguised is not None else []
    return _answer(judged, [_two_formats(artifact, each) for each in second])


def _stream(opened: OpenArtifact) -> Stream | None:
    """Return the stream of pickles that the bytes are, or that an array of objects holds."""
    size = opened.artifact.size
    if opened.artifact.format is Format.PICKLE:
        return open_stream(opened.file, 0, size)[0]
    if opened.artifact.format is not Format.NUMPY:
        return None
    array = Span(opened.file, 0, size)
    return array if numpy.read_header(array).objects else None


def _behind_array(opened: OpenArtifact, vouched: frozenset[str]) -> list[Judgement]:
    """Judge a pickle behind an array of numbers; other bytes there are nobody's code."""
    stream = numpy.behind(opened.file, opened.artifact.size)
    if stream is None:
        return []
    judgement = Judgement(opened.artifact.path, vouched)
    judgement.follow(events(stream))
    return [judgement] if judgement.failed else []


def _as_pickle(opened: OpenArtifact, vouched: frozenset[str]) -> Judgement | None:
    """Judge what a pickle loader would do with a file of another format; None: nothing."""
    if starts_with_archive(opened.file, opened.artifact.size):
        return None
    stream, _ = open_stream(opened.file, 0, opened.artifact.size)
    judgement = Judgement(opened.artifact.path, vouched)
    # Where the format is another one, a loader knows no persistent ids and stops at the first.
    judgement.follow(takewhile(lambda each: not isinstance(each, PersistentId), events(stream)))
    acts = judgement.named or judgement.findings or judgement.limited
    return judgement if acts else None


def _two_formats(artifact: Part, second: Format) -> Finding:
    return Finding(
        rule=rules.TWO_FORMATS,
        message=f"It is {artifact.format.value} and {second.value} at once: which of the two a "
        "program sees depends on the program.",
        confidence=Confidence.HIGH,
        location=Location(path=artifact.path),
        detail={"name": f"{artifact.format.value} and {second.value}"},
    )


def _answer(judged: list[Judgement], double: list[Finding]) -> Answer:
    findings = [*double, *(finding for each in judged for finding in _told(each))]
    findings.sort(key=lambda each: -each.level.rank)
    broken = [f"{each.path}: {each.broken}" for each in judged if each.broken]
    if double or any(each.failed for each in judged):
        outcome, reason = Outcome.FAILED, ""
    elif broken:
        outcome = Outcome.INCOMPLETE
        reason = f"could not be followed to the end: {'; '.join(broken[:3])}"
    elif not judged:
        outcome, reason = Outcome.NOT_APPLICABLE, "no pickle is inside"
    elif any(each.level.rank >= Severity.MEDIUM.rank for each in findings):
        outcome, reason = Outcome.UNDECIDED, _undecided(findings)
    else:
        outcome, reason = Outcome.PASSED, ""
    left_out = len(findings) - MAX_FINDINGS
    if left_out > 0:
        reason = f"{left_out} further findings are left out. {reason}".strip()
    return Answer(outcome=outcome, reason=reason[:2000], findings=tuple(findings[:MAX_FINDINGS]))


def _told(judgement: Judgement) -> list[Finding]:
    """Return the findings of a stream; the worst says what would run, in order."""
    findings = sorted(judgement.findings.values(), key=lambda each: -each.level.rank)
    if not judgement.failed or len(judgement.trace.lines) < _PLAIN_TRACE:
        return findings
    message = f"{findings[0].message} In order: {judgement.trace.text()}."
    return [findings[0].model_copy(update={"message": message[:4000]}), *findings[1:]]


def _undecided(findings: list[Finding]) -> str:
    asked = [each for each in findings if each.level.rank >= Severity.MEDIUM.rank]
    names = sorted({str(each.detail["name"]) for each in asked})
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"whether these are harmless is not known here: {', '.join(names[:3])}{more}"


def _vouched(parameters: JsonObject) -> frozenset[str]:
    allow = parameters.get("allow", [])
    if not isinstance(allow, list) or not all(isinstance(each, str) for each in allow):
        raise UsageError(
            "parameter allow of pickle-code-execution is no list of names",
            remedy="Write it as a list such as [water.models.Forecast].",
        )
    return frozenset(allow)


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset({Format.PICKLE, Format.NUMPY}),
    inspect=_inspect,
    disguised=True,
)
