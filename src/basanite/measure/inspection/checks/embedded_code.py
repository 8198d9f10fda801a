"""Does the model file carry code of its own that runs when it is loaded or used?

Some formats of exported models are programs. TorchScript is source in a language for tensors; an
exported program of PyTorch (`.pt2`) is a graph whose operators are looked up by name; AOTInductor
packages hold compiled libraries; `torch.package` archives hold Python. The check reads that code
without running it: plain forward code of operators that PyTorch itself has is normal and passes. A
call that reads or writes files or talks to the network fails; operators and classes of an unknown
library, compiled code and Python source leave the question undecided.

Programs for the machine (ELF, Windows, macOS), WebAssembly and byte code are seen by their first
bytes: one that has a model's name, or lies in a model's archive, fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format, Part
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Finding, Location, Rule
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats import native
from basanite.formats.detect import names_model
from basanite.formats.stream import fill
from basanite.formats.zip.directory import Member, members
from basanite.formats.zip.member import open_member
from basanite.measure.inspection.exports import rules
from basanite.measure.inspection.exports.program import judge_program
from basanite.measure.inspection.exports.script import defined, judge_bytecode, judge_source
from basanite.measure.inspection.inspector import Inspector

CHECK = Check(
    id="embedded-code",
    version=2,
    stage=Stage.INSPECTION,
    title="Code inside models",
    asks="Does the model file carry code of its own that runs when it is loaded or used?",
    why="Such code runs with the rights of the program that loads the model, and no list of safe "
    "pickles sees it.",
    limits="It knows operators by name, not what they do with a given input: code that computes "
    "wrong numbers looks like any other. It does not disassemble compiled code.",
    remediation="Ask for the weights alone, as safetensors or ONNX, and build the model from code "
    "of your own.",
    references=rules.REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=rules.ALL,
    readers=("detect", "container", "zip", "native", "python"),
)
_MODELS_OWN = frozenset(
    {Format.PYTORCH_ZIP, Format.PYTORCH_EXPORT, Format.KERAS, Format.SKOPS, Format.NPZ}
)
_MAX_SOURCE = 32 << 20
_MAX_FILE = 16 << 20
_SHOWN = 50


@dataclass
class _Found:
    path: str
    findings: dict[tuple[str, str], Finding] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def add(self, rule: Rule, name: str, member: str, said: str) -> None:
        """Note one occurrence; the same name counts once."""
        if len(self.findings) >= _SHOWN and rule.severity.rank < Severity.HIGH.rank:
            return
        self.findings.setdefault(
            (rule.id, name),
            Finding(
                rule=rule,
                message=said,
                confidence=Confidence.HIGH,
                location=Location(path=f"{self.path}!/{member}" if member else self.path),
                detail={"name": name},
            ),
        )

    def answer(self) -> Answer:
        """Return what it all comes to."""
        found = tuple(self.findings.values())
        worst = max((each.level.rank for each in found), default=-1)
        if worst >= Severity.HIGH.rank:
            return Answer(outcome=Outcome.FAILED, findings=found)
        if self.unread:
            reason = f"code could not be read: {'; '.join(self.unread[:3])}"
            return Answer(outcome=Outcome.INCOMPLETE, reason=reason[:2000], findings=found)
        if worst >= Severity.MEDIUM.rank:
            reason = "; ".join(sorted({each.rule.title for each in found if each.level.rank > 0}))
            return Answer(outcome=Outcome.UNDECIDED, reason=reason[:2000], findings=found)
        return Answer(outcome=Outcome.PASSED, findings=found)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    del parameters
    if opened.artifact.format is Format.NATIVE_CODE:
        return _native(opened)
    file, size = opened.file, opened.artifact.size
    found = _Found(opened.artifact.path)
    entries = members(file, 0, size)
    script = [each for each in entries if _is_script(each.name)]
    _scripts(opened, script, found)
    for each in entries:
        base = each.name.rpartition("/")[2]
        if base == "serialized_exported_program.json" or "/models/" in f"/{each.name}":
            if base.endswith(".json"):
                _program(opened, each, found)
        elif base == "bytecode.pkl":
            _bytecode(opened, each, found)
    _packaged(entries, found)
    return found.answer()


def _is_script(name: str) -> bool:
    return name.endswith(".py") and "/code/" in f"/{name}"


def _scripts(opened: OpenArtifact, entries: list[Member], found: _Found) -> None:
    own: set[str] = set()
    for _, data in _sources(opened, entries, found):
        own |= defined(data)
    methods = frozenset(own)
    for each, data in _sources(opened, entries, None):
        for rule, name in judge_source(data, methods):
            found.add(rule, name, each.name, _says(rule, name))
    if entries and not found.findings:
        files = "one source file" if len(entries) == 1 else f"{len(entries)} source files"
        message = f"Its code, {files}, only computes with tensors."
        found.add(rules.SCRIPT, "torchscript", "", message)


def _sources(
    opened: OpenArtifact, entries: list[Member], found: _Found | None
) -> Iterator[tuple[Member, bytes]]:
    """Yield the sources, one at a time; what cannot be read is noted where somebody asks."""
    total = 0
    for each in entries:
        try:
            data = fill(open_member(opened.file, each, opened.artifact.size), _MAX_FILE + 1)
            total += len(data)
            if len(data) > _MAX_FILE or total > _MAX_SOURCE:
                raise UnreadableError("it is more source than is read")
        except UnreadableError as error:
            if found is not None:
                found.unread.append(f"{each.name}, {error.what}")
            continue
        yield each, data


def _program(opened: OpenArtifact, entry: Member, found: _Found) -> None:
    try:
        for rule, name in judge_program(open_member(opened.file, entry, opened.artifact.size)):
            found.add(rule, name, entry.name, _says(rule, name))
    except UnreadableError as error:
        found.unread.append(f"{entry.name}, {error.what}")


def _bytecode(opened: OpenArtifact, entry: Member, found: _Found) -> None:
    try:
        data = fill(open_member(opened.file, entry, opened.artifact.size), _MAX_FILE + 1)
    except UnreadableError as error:
        found.unread.append(f"{entry.name}, {error.what}")
        return
    if len(data) > _MAX_FILE:
        found.unread.append(f"{entry.name}, it is more byte code than is read")
    for rule, name in judge_bytecode(data):
        found.add(rule, name, entry.name, _says(rule, name))


def _packaged(entries: tuple[Member, ...], found: _Found) -> None:
    names = [each.name for each in entries]
    if any(name.endswith(".data/extern_modules") for name in names):
        sources = [name for name in names if name.endswith(".py") and not _is_script(name)]
        if sources:
            message = f"It is a package of PyTorch; Python source in it: {len(sources)}."
            found.add(rules.PACKAGED, "torch.package", sources[0], message)


def _says(rule: Rule, name: str) -> str:
    return f"It evaluates {name}." if rule is rules.EXPRESSION else f"It calls {name}."


def _native(opened: OpenArtifact) -> Answer:
    part = opened.artifact
    code = native.read(opened.file, part.size)["code"]
    compiled = Format.PYTORCH_EXPORT in part.within and "/data/aotinductor/" in part.path
    found = _Found(part.path)
    if compiled:
        found.add(rules.COMPILED, code, "", f"It is {code}, which runs when the model is loaded.")
    elif names_model(part.path):
        found.add(rules.DISGUISED, code, "", f"It has the name of a model and is {code}.")
    elif _in_model(part):
        found.add(rules.DISGUISED, code, "", f"It lies in a model and is {code}.")
    else:
        reason = f"it is {code}, and nothing says that it belongs to a model file"
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason=reason)
    return found.answer()


def _in_model(part: Part) -> bool:
    """Whether it lies in a model's own layout, or in an archive with the name of a model."""
    if _MODELS_OWN.intersection(part.within):
        return True
    return bool(part.within) and names_model(part.path.partition("!/")[0])


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset({Format.PYTORCH_ZIP, Format.PYTORCH_EXPORT, Format.NATIVE_CODE}),
    inspect=_inspect,
)
