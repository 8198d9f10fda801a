"""Does the model's repository make a loader run code that comes with it?

A model is rarely one file. Around the weights lie configurations that say which classes load them,
and often the code of those classes. The check reads both, as data:

- configurations of Hugging Face (`auto_map`, custom pipelines and components, adapters, attention
  kernels), MLflow (`MLmodel`), TorchServe and Triton, in which a model names the code that loads
  it;
- any JSON or YAML that has its reader import and call things by name (`_target_`, `class_path`,
  jsonpickle, YAML tags), where it reaches what no configuration needs: commands, evaluation, files;
- Python: everywhere for texts that are hidden or fetched and then run, and for secrets that are
  sent away; in the files that loaders import (`modeling_*.py`, `handler.py`, …) also for programs,
  network and native code at the time of loading.

Code of the repository's own that loads only when its user trusts it leaves the answer undecided:
somebody has to read it. Code that is fetched from another repository, or that does more than build
a model, fails. Weights that are only a pointer of Git LFS are incomplete: they are not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format, Part
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Finding, Location, Reference
from basanite.domain.names import base_name
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats import git_pointer
from basanite.formats.detect import goes_to_pickle_loaders, names_model
from basanite.formats.json_document import load_json
from basanite.formats.python import MAX_SOURCE, parse_source
from basanite.formats.yaml_document import read_yaml
from basanite.measure.inspection.code.hostile import hostile_acts
from basanite.measure.inspection.code.load_time import done_on_loading
from basanite.measure.inspection.code.source import Source
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.repository.hugging_face import CONFIGURATIONS, hugging_face
from basanite.measure.inspection.repository.instructions import instructions, tagged
from basanite.measure.inspection.repository.packaged import (
    environment,
    imported,
    mlflow,
    torchserve,
    triton,
    ultralytics,
)
from basanite.measure.inspection.repository.told import Told
from basanite.measure.inspection.rulebook import Rulebook, by_case
from basanite.measure.inspection.weighed import weighed

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.003"),
    Reference(scheme="ATLAS", id="AML.T0011.000"),
    Reference(scheme="CWE", id="CWE-829"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_REFUSE = "Do not load this repository. Find out who made it, and get the model from a source you "
_REFUSE += "trust."
_rule = Rulebook("repository-code", _REFERENCES, _REFUSE).rule
_RULES = by_case(
    _rule(
        "own-code",
        "The repository brings code that loads the model",
        Severity.MEDIUM,
        "Read the code, keep a copy and load that, or use a model that the library supports "
        "itself.",
    ),
    _rule(
        "foreign-code",
        "Code from another repository is fetched and run",
        Severity.HIGH,
        "Copy the code here, read it, and name it without the other repository.",
    ),
    _rule(
        "trust",
        "The configuration trusts code that nobody asked about",
        Severity.HIGH,
        "Remove the setting; who loads the model has to say whom they trust.",
    ),
    _rule("closed-name", "A loader is told to run what no model needs", Severity.HIGH),
    _rule(
        "unknown-name",
        "A loader is told to build what is not known here",
        Severity.MEDIUM,
        "Look at what is named, and whether it only holds data.",
    ),
    _rule("expression", "A text of the configuration is evaluated", Severity.HIGH),
    _rule("outside-path", "The model reaches outside its own folder", Severity.HIGH),
    _rule(
        "foreign-package",
        "The environment installs a package from an address",
        Severity.MEDIUM,
        "Take the package from an index, by version and hash.",
    ),
    _rule(
        "elsewhere",
        "The configuration points to the maker's machine or to an address",
        Severity.LOW,
        "Say which published model it stands on, by name and revision.",
    ),
    _rule("load-time", "The code does more than build a model when it is loaded", Severity.HIGH),
    _rule("encoded-code", "The code runs what it hides", Severity.HIGH),
    _rule("fetched-code", "The code runs what it fetches", Severity.HIGH),
    _rule("hidden-command", "The code runs a hostile command", Severity.HIGH),
    _rule("secrets-sent", "The code sends secrets away", Severity.HIGH),
)

CHECK = Check(
    id="repository-code",
    version=3,
    stage=Stage.INSPECTION,
    title="Code in model repositories",
    asks="Does the model's repository make a loader run code that comes with it?",
    why="A model that is loaded together with its code runs whatever that code does, on every "
    "machine that loads it, before anybody asked it anything.",
    limits="It reads one file at a time and follows names within it, not through modules or what "
    "objects hold. Code that misbehaves with what a model may do, such as wrong answers for a "
    "trigger, looks like any other.",
    remediation="Keep models whose libraries load them without code of their own.",
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=tuple(_RULES.values()),
    readers=("detect", "container", "python", "yaml", "git-pointer"),
)

_IMPORTED = re.compile(
    r"(?:modeling|configuration|tokenization|processing|image_processing|feature_extraction"
    r"|video_processing|modular|pipeline|custom|loader|hubconf|generation)\w*\.py"
    r"|(?:\w+_)?(?:handler|inference|pipeline|model|modeling)\.py"
    r"|__init__\.py|hubconf\.py|generate\.py|score\.py|service\.py|conftest\.py|sitecustomize\.py"
)
"""Files of Python that loaders of models import without being asked."""
_MAX_PARSED = 4 << 20
_MAX_JSON = 16 << 20
_TELLING = re.compile(
    rb'auto_map|trust_remote_code|_target_|class_path|_component_|"\(\)"|"py/|custom_pipelines'
    rb"|attn_implementation|\\u00[2-7]"
)
_TELLING_YAML = re.compile(
    rb"(?:^|[\s\[{,:-])![\w<!]|%TAG|_target_|class_path|_component_|[\"']\(\)|^\s*\(\):|auto_map"
    rb"|trust_remote_code|^\s*target:|^(?:backbone|head):|attn_implementation|py/|\\[xuU]",
    re.MULTILINE,
)
_MODULE_NAMES = frozenset({"pickle_module_info.txt", "keras_module.txt"})
_ENVIRONMENTS = frozenset({"conda.yaml", "conda.yml", "python_env.yaml", "environment.yml"})


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:  # noqa: ARG001 - it has none
    part = opened.artifact
    base = base_name(part.path)
    if part.format is Format.PYTHON:
        return _python(opened, base)
    opened.file.seek(0)
    pointed = git_pointer.pointed_at(opened.file.read(git_pointer.MAX_POINTER), part.size)
    if pointed is not None:
        return _pointer(part, pointed)
    if base == "MLmodel" or part.format is Format.YAML:
        return _yaml(opened, base)
    if base == "config.pbtxt":
        return _answer(triton(_text(opened, part.size)), part)
    if base in _MODULE_NAMES:
        return _answer(imported(_text(opened, part.size).strip(), base), part)
    if base.endswith(".json") or part.format is Format.JSON:
        return _json(opened, base)
    return Answer(outcome=Outcome.NOT_APPLICABLE, reason="it tells no loader anything")


def _pointer(part: Part, pointed: str) -> Answer:
    if names_model(part.path) or goes_to_pickle_loaders(part.path):
        reason = f"{pointed}: the file itself is not here, so nobody looked into it"
        return Answer(outcome=Outcome.INCOMPLETE, reason=reason)
    return Answer(outcome=Outcome.NOT_APPLICABLE, reason=pointed)


def _json(opened: OpenArtifact, base: str) -> Answer:
    size = opened.artifact.size
    opened.file.seek(0)
    data = opened.file.read(min(size, _MAX_JSON + 1))
    telling = size <= _MAX_PARSED or _TELLING.search(data) is not None
    if not telling:
        return Answer(outcome=Outcome.PASSED)
    try:
        if size > _MAX_JSON:
            raise UnreadableError(f"the JSON has {size} bytes; up to {_MAX_JSON} are read")
        document = load_json(data)
    except UnreadableError:
        if base in CONFIGURATIONS or _TELLING.search(data):
            raise
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason="it is no configuration of a model")
    told = [*instructions(document), *hugging_face(base, document)]
    if base == "MANIFEST.json":
        told += torchserve(document)
    return _answer(told, opened.artifact)


def _yaml(opened: OpenArtifact, base: str) -> Answer:
    size = opened.artifact.size
    opened.file.seek(0)
    data = opened.file.read(min(size, _MAX_PARSED))
    model = base == "MLmodel"
    if not (model or base in _ENVIRONMENTS or _TELLING_YAML.search(data)):
        return Answer(outcome=Outcome.PASSED)
    try:
        read = read_yaml(data)
    except UnreadableError:
        if model or _GRAVE_YAML.search(data):
            raise
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason="it is no configuration of a model")
    told = list(tagged(read.tags))
    for document in read.documents:
        told += [*instructions(document), *hugging_face(base, document), *ultralytics(document)]
        if model:
            told += mlflow(document)
        if base in _ENVIRONMENTS:
            told += environment(document)
    return _answer(told, opened.artifact)


_GRAVE_YAML = re.compile(rb"python/|!(?:new|apply|name):|_target_|class_path|trust_remote_code")
"""Where a YAML file that cannot be read is not passed over."""


def _python(opened: OpenArtifact, base: str) -> Answer:
    opened.file.seek(0)
    tree = parse_source(opened.file.read(MAX_SOURCE + 1))
    source = Source(tree)
    told = [
        Told(each.rule, each.message, each.name, line=each.line) for each in hostile_acts(source)
    ]
    if _IMPORTED.fullmatch(base):
        lines = {each.line for each in told}
        told += [
            Told("load-time", each.message, each.name, each.severity, each.line)
            for each in done_on_loading(tree, source)
            if each.line not in lines
        ]
    return _answer(told, opened.artifact)


def _answer(told: Iterable[Told], part: Part) -> Answer:
    once = {(each.rule, each.name, each.line): each for each in told}
    return weighed(
        Finding(
            rule=_RULES[each.rule],
            message=each.message[:4000],
            confidence=Confidence.HIGH,
            severity=each.severity,
            location=Location(path=part.path, line=each.line),
            detail={"name": each.name},
        )
        for each in once.values()
    )


def _text(opened: OpenArtifact, size: int) -> str:
    if size > _MAX_PARSED:
        raise UnreadableError(f"the file has {size} bytes; up to {_MAX_PARSED} are read")
    opened.file.seek(0)
    return opened.file.read(size).decode("utf-8-sig", "replace")


_READ = (".json", ".yaml", ".yml", ".py", ".pyw", ".pbtxt")


def _is_read(path: str) -> bool:
    base = base_name(path)
    if base in _MODULE_NAMES or base.lower().endswith(_READ) or "." not in base:
        return True
    return names_model(path) or goes_to_pickle_loaders(path)


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset(
        {
            Format.JSON, Format.TOKENIZER, Format.YAML, Format.PYTHON, Format.TEXT, Format.NOTEBOOK,
        }
    ),
    inspect=_inspect,
    where=lambda part: _is_read(part.path),
)  # fmt: skip
