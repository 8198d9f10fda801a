"""Does loading a pickled model run code?

A pickle is a small program: loading it can import any module and call any function. The check
follows that program without running it, opcode by opcode, in plain pickles (protocols 0 to 5),
PyTorch archives, joblib files, zip archives and NumPy arrays of objects. It works out every name
that would be imported and every call that would be made.

What may be called is a list of exact names: what PyTorch, NumPy, pandas and scikit-learn write when
they save data, with conditions on the arguments where these could do harm. All the rest of the
standard library is closed. A call of something closed is a failure, also when the file breaks off
later, since the call would already have happened. A call of something unknown leaves the question
undecided; a site can vouch for its own classes with the parameter `allow`.
"""

from __future__ import annotations

from collections.abc import Iterator

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UsageError
from basanite.domain.finding import Finding
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.value import JsonObject
from basanite.formats.pickle.machine import events
from basanite.formats.pickle.reader import open_stream
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.pickles import rules
from basanite.measure.inspection.pickles.judge import Judgement
from basanite.measure.inspection.pickles.members import Found, Unlooked, streams

CHECK = Check(
    id="pickle-code-execution",
    version=1,
    stage=Stage.INSPECTION,
    title="Code in pickled models",
    asks="Does loading this file run code beyond building data?",
    why="Whoever wrote the file then runs commands with the rights of the program that loads it: "
    "next to the control system, with its credentials.",
    limits="It does not know what a class of your own does when it is built or given its state, "
    "nor code in TorchScript, Keras Lambda layers or native extensions. Compressions other than "
    "zlib, gzip, bzip2, xz and zip's own, and tar archives, are not opened.",
    remediation="Use formats that cannot carry code (safetensors, ONNX, GGUF). Load what must stay "
    "a pickle with weights_only=True, in a confined process, from a digest that you have checked.",
    references=rules.REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=rules.ALL,
    parameters={"allow": []},
    readers=("pickle", "zip", "numpy"),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    artifact = opened.artifact
    vouched = _vouched(parameters)
    judged: list[Judgement] = []
    unlooked: list[Unlooked] = []
    if artifact.format is Format.PICKLE:
        stream, _ = open_stream(opened.file, 0, artifact.size)
        found: Iterator[Found] = iter([(artifact.path, stream)])
    else:
        found = streams(opened.file, artifact.size, artifact.path)
    for each in found:
        if isinstance(each, Unlooked):
            unlooked.append(each)
            continue
        path, stream = each
        judgement = Judgement(path, vouched)
        judgement.follow(events(stream))
        judged.append(judgement)
    return _answer(judged, unlooked)


def _answer(judged: list[Judgement], unlooked: list[Unlooked]) -> Answer:
    findings = [finding for each in judged for finding in each.findings.values()]
    findings.sort(key=lambda each: -each.level.rank)
    broken = [f"{each.path}: {each.broken}" for each in judged if each.broken]
    broken += [f"{each.path}: {each.reason}" for each in unlooked]
    if any(each.failed for each in judged):
        outcome, reason = Outcome.FAILED, ""
    elif broken:
        outcome = Outcome.INCOMPLETE
        reason = f"could not be followed to the end: {'; '.join(broken[:3])}"
    elif not judged:
        outcome, reason = Outcome.NOT_APPLICABLE, "no pickle is inside"
    elif findings:
        outcome, reason = Outcome.UNDECIDED, _undecided(findings)
    else:
        outcome, reason = Outcome.PASSED, ""
    left_out = len(findings) - MAX_FINDINGS
    if left_out > 0:
        reason = f"{left_out} further findings are left out. {reason}".strip()
    return Answer(outcome=outcome, reason=reason[:2000], findings=tuple(findings[:MAX_FINDINGS]))


def _undecided(findings: list[Finding]) -> str:
    names = sorted({str(each.detail["name"]) for each in findings})
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
    formats=frozenset(
        {
            Format.PICKLE,
            Format.PYTORCH_ZIP,
            Format.ZIP,
            Format.NUMPY,
            Format.KERAS,
            Format.GZIP,
        }
    ),
    inspect=_inspect,
)
