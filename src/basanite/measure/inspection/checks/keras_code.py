"""Does loading this Keras model run code, or read files outside of it?

A Keras model is a tree of objects, each with the module and the name of its class. Keras imports
what stands there, and what it accepts has changed with every release. The check reads that tree
where Keras reads it: `config.json` in `.keras` archives and folders, the attributes of HDF5 files,
JSON and YAML files of architectures, and the notes that Keras 2 keeps in saved models. It follows
no release in particular: what any of them would have obeyed counts.

- Compiled Python (`Lambda` layers with a function without a name, pickled PyTorch modules) fails.
- A module and name outside of Keras fails when it is Python's own (`os`, `builtins`, …) or a
  library's function that does more than mathematics.
- A function of Keras or TensorFlow that loads, fetches, writes or changes settings fails: models
  are made of layers, losses and mathematics.
- A layer that takes data from a file that the configuration names fails when the file lies outside
  of the model's folder.
- HDF5 files of Keras fail when they take numbers from other files (external links, external files,
  virtual datasets), or announce far more data than they hold. In plain data files only places that
  lead out of the folder count.
- A class or function of someone's own has to be there before the model is loaded. For a layer that
  leaves the question undecided; for losses and the like it is only told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.artifact import Format, Part
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Finding, Location
from basanite.domain.names import encode_name, visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats import keras
from basanite.formats.hdf5 import reader as hdf5
from basanite.formats.stream import CHUNK
from basanite.formats.tensorflow.graphs import keras_notes
from basanite.formats.tensorflow.kinds import kind
from basanite.measure.inspection.graphs.operators import leaves
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.keras import rules
from basanite.measure.inspection.keras.judge import Judgement, judge
from basanite.measure.inspection.keras.yaml_config import written

_MAX_YAML = 4 << 20
_BOMB = 4 << 30
_BOMB_RATIO = 1000
_LEADS = {
    "external-link": "leads into another file",
    "external-file": "takes its numbers from another file",
    "virtual-dataset": "is put together from other files",
}

CHECK = Check(
    id="keras-code",
    version=2,
    stage=Stage.INSPECTION,
    title="Code in Keras models",
    asks="Does loading this Keras model run code, or read files outside of it?",
    why="Whoever wrote the file then runs commands with the rights of the program that loads it, "
    "or has its secrets copied into the model.",
    limits="It does not know what classes of your own do when they are built. HDF5 files are read "
    "for their structure; their numbers are not looked at.",
    remediation="Keep models as .keras files of Keras's own layers, load them with safe_mode on "
    "and a current release, or export them to ONNX.",
    references=rules.REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=rules.ALL,
    readers=("detect", "container", "keras", "hdf5", "tensorflow", "zip"),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    del parameters
    part = opened.artifact
    if part.format is Format.HDF5:
        return _answer(part, _hdf5(opened))
    if part.format is Format.KERAS:
        return _answer(part, _archive(opened))
    if part.format is Format.TENSORFLOW:
        return _notes(opened)
    return _document(opened)


def _archive(opened: OpenArtifact) -> Iterator[Judgement]:
    file, size = opened.file, opened.artifact.size
    for data in keras.configs(file, size):
        yield from judge(keras.load_config(data))
    for name in keras.strangers(file, size)[:20]:
        yield Judgement(rules.MEMBER, Severity.LOW, name, "", f"It holds {name}.")


def _notes(opened: OpenArtifact) -> Answer:
    file, size = opened.file, opened.artifact.size
    form = kind(opened.artifact.path, file, size)
    notes = [] if form is None else list(keras_notes(file, size, form))
    if not notes:
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason="Keras has left no notes in it")
    found = [
        each
        for note in notes
        if note.strip()
        for each in judge(keras.load_config(note.encode("utf-8")), revived=True)
    ]
    return _answer(opened.artifact, found)


def _document(opened: OpenArtifact) -> Answer:
    """JSON or YAML that may be an architecture; anything else is no matter of Keras."""
    part = opened.artifact
    if part.within and part.within[-1] is Format.KERAS and part.path.endswith("!/config.json"):
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason="the archive's own answer covers it")
    if part.size > keras.MAX_CONFIG:
        if _speaks_of_objects(opened):
            raise UnreadableError(f"the architecture has more than {keras.MAX_CONFIG >> 20} MiB")
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason="it is no architecture of Keras")
    opened.file.seek(0)
    data = opened.file.read(part.size)
    found = _yaml(data) if part.format is Format.YAML else _json(data)
    if found is None:
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason="it is no architecture of Keras")
    return _answer(part, found)


def _speaks_of_objects(opened: OpenArtifact) -> bool:
    """Whether the keys of Keras's objects stand anywhere in a text too large to be parsed."""
    missing = {b"class_name", b"config"}
    opened.file.seek(0)
    tail = b""
    while missing and (data := opened.file.read(CHUNK)):
        window = tail + data
        missing -= {each for each in missing if each in window}
        tail = data[-16:]
    return not missing


def _json(data: bytes) -> list[Judgement] | None:
    if b"class_name" not in data.replace(b"\x00", b"") and b"\\u" not in data:
        return None
    try:
        value = keras.load_config(data)
    except UnreadableError:
        return None
    return list(judge(value)) if _is_architecture(value) else None


def _is_architecture(value: object) -> bool:
    """Whether the outermost object is one that Keras builds, or holds one by a name of Keras's."""
    if isinstance(value, str):
        return False
    if not isinstance(value, dict):
        return False
    if isinstance(value.get("class_name"), str) and isinstance(value.get("config"), dict | list):
        return True
    inner = [value.get(name) for name in ("model_config", "model", "layer", "config")]
    return any(isinstance(each, dict) and _is_architecture(each) for each in inner)


def _yaml(data: bytes) -> list[Judgement] | None:
    if b"class_name" not in data or b"config" not in data:
        return None
    if len(data) > _MAX_YAML:
        raise UnreadableError(f"the YAML has more than {_MAX_YAML >> 20} MiB")
    found = written(data.decode("utf-8", "replace"))
    if not _is_architecture(found.value):
        return None
    obeyed = [
        Judgement(
            rules.IMPORT,
            rules.IMPORT.severity,
            visible(tag, 200),
            "",
            f"The tag {visible(tag, 200)} makes the loader import or call what it names.",
        )
        for tag in dict.fromkeys(found.tags)
    ]
    return [*obeyed, *judge(found.value)]


def _hdf5(opened: OpenArtifact) -> Iterator[Judgement]:
    part = opened.artifact
    found = hdf5.structure(opened.file, part.size)
    weights = found.keras or Format.KERAS in part.within or part.path.endswith(".weights.h5")
    for each in found.elsewhere:
        outside = leaves(each.target)
        if each.kind == "soft-link" or not (weights or outside):
            continue
        where, target = encode_name(each.path), encode_name(each.target)
        said = f"{where} {_LEADS[each.kind]}: {target}."
        yield Judgement(rules.ELSEWHERE, rules.ELSEWHERE.severity, target, where, said[:2000])
    size, path = found.largest
    if size > max(_BOMB, _BOMB_RATIO * part.size):
        where = encode_name(path)
        said = f"{where} announces {size} bytes, and the file has {part.size}."
        yield Judgement(rules.SIZE, rules.SIZE.severity, where, where, said)
    for _, text in hdf5.configurations(found):
        yield from judge(keras.load_config(text.encode("utf-8")))


def _answer(part: Part, judgements: Iterable[Judgement]) -> Answer:
    findings: dict[tuple[str, str, str], Finding] = {}
    worst = -1
    broken: UnreadableError | None = None
    for each in _until_broken(judgements):
        if isinstance(each, UnreadableError):
            broken = each
            continue
        worst = max(worst, each.severity.rank)
        key = (each.rule.id, each.what, each.where)
        if key not in findings and len(findings) < MAX_FINDINGS:
            findings[key] = Finding(
                rule=each.rule,
                message=each.message[:4000],
                confidence=Confidence.HIGH,
                severity=None if each.severity is each.rule.severity else each.severity,
                location=Location(path=part.path),
                detail={"what": each.what, "where": each.where},
            )
    all_of_them = tuple(findings.values())
    if worst >= Severity.HIGH.rank:
        return Answer(outcome=Outcome.FAILED, findings=all_of_them)
    if broken is not None:
        raise broken
    if worst >= Severity.MEDIUM.rank:
        reason = "; ".join(dict.fromkeys(each.rule.title for each in all_of_them))
        return Answer(outcome=Outcome.UNDECIDED, reason=reason, findings=all_of_them)
    return Answer(outcome=Outcome.PASSED, findings=all_of_them)


def _until_broken(judgements: Iterable[Judgement]) -> Iterator[Judgement | UnreadableError]:
    """Yield judgements, and last the error that ended them: what came before it stands."""
    try:
        yield from judgements
    except UnreadableError as error:
        yield error


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset({Format.KERAS, Format.HDF5, Format.JSON, Format.YAML, Format.TENSORFLOW}),
    inspect=_inspect,
)
