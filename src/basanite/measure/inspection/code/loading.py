"""Loading calls that run code or trust strangers, recognised one call at a time."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from basanite.domain.severity import Confidence
from basanite.measure.inspection.code.names import Names, constant, keyword
from basanite.measure.inspection.code.source import Source
from basanite.measure.inspection.code.using import unsafe_use

_UNPICKLERS = frozenset(
    {
        *(
            f"{module}.{name}"
            for module in ("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "pickle5")
            for name in ("load", "loads", "Unpickler", "_load", "_loads", "_Unpickler")
        ),
        "compress_pickle.load", "compress_pickle.loads", "dill.load_module", "dill.load_session",
        "gensim.utils.unpickle", "hickle.load", "joblib.load", "jsonpickle.decode",
        "jsonpickle.loads", "jsonpickle.unpickler.decode", "marshal.load", "marshal.loads",
        "networkx.read_gpickle", "pandas.compat.pickle_compat.load", "pandas.io.pickle.read_pickle",
        "pandas.read_pickle", "pyarrow.deserialize", "ray.cloudpickle.load",
        "ray.cloudpickle.loads", "shelve.DbfilenameShelf", "shelve.open",
        "sklearn.externals.joblib.load", "statsmodels.api.load",
        "statsmodels.iolib.smpickle.load_pickle", "torch.package.PackageImporter",
        "torch.storage._load_from_bytes",
    }
)  # fmt: skip
_YAML_SAFE = frozenset({"SafeLoader", "CSafeLoader", "BaseLoader", "CBaseLoader"})
_DOWNLOADS = frozenset({"huggingface_hub.hf_hub_download", "huggingface_hub.snapshot_download"})
_READS = frozenset({"read", "read_text", "read_bytes", "readlines", "urlopen", "text", "content"})
_BRANCHES = frozenset({"main", "master"})


@dataclass(frozen=True)
class Seen:
    """A call that a rule is about."""

    rule: str
    message: str
    confidence: Confidence
    name: str
    line: int
    column: int


def unsafe_calls(tree: ast.AST) -> list[Seen]:
    """Return the calls in a module that load unsafely, in the order of the source."""
    source = Source(tree)
    read_into = _read_into(source.nodes)
    found: list[Seen] = []
    for call in source.calls:
        name = source.called(call)
        for rule, message, confidence in _judge(call, name, source, read_into):
            found.append(
                Seen(rule, message, confidence, name[-120:], call.lineno, call.col_offset + 1)
            )
    for node in source.nodes:
        found += _settings(node, source.names)
    return sorted(found, key=lambda each: (each.line, each.column))


_Judged = list[tuple[str, str, Confidence]]


def _judge(call: ast.Call, name: str, source: Source, read_into: set[str]) -> _Judged:
    names = source.names
    found: _Judged = []
    if name in _UNPICKLERS or name.endswith(".recv_pyobj"):
        found.append(("unpickling", f"{name} runs whatever code the data holds.", Confidence.HIGH))
    elif name in _TORCH:
        found += _torch(call, name, names)
    elif name in ("numpy.load", "numpy.lib.npyio.load"):
        if names.constant(keyword(call, "allow_pickle")) is True:
            text = "numpy.load with allow_pickle=True runs code that the array holds."
            found.append(("unpickling", text, Confidence.HIGH))
    elif name.startswith(("yaml.", "ruamel.yaml.")):
        found += _yaml(call, name, names)
    elif name.endswith(_KERAS) and names.constant(keyword(call, "safe_mode")) is False:
        text = f"{name} with safe_mode=False runs code that the model holds."
        found.append(("unsafe-mode", text, Confidence.HIGH))
    elif name.endswith("enable_unsafe_deserialization"):
        found.append(("unsafe-mode", f"{name} lets models bring code.", Confidence.HIGH))
    else:
        found += unsafe_use(call, name, source)
    if name in ("eval", "exec") and not any(rule == "model-output" for rule, *_ in found):
        found += _evaluation(call, name, read_into)
    if names.constant(keyword(call, "trust_remote_code")) is True:
        text = "trust_remote_code=True runs code from the model's repository."
        found.append(("remote-code", text, Confidence.HIGH))
    found += _passed_on(call, name, names)
    found += _revision(call, name)
    return found


_TORCH = frozenset({"torch.load", "torch.serialization.load", "torch.hub.load_state_dict_from_url"})
_KERAS = ("load_model", "deserialize_keras_object", "model_from_json", "layers.deserialize")


def _passed_on(call: ast.Call, name: str, names: Names) -> _Judged:
    """A loader that is handed to something else, which calls it."""
    found: _Judged = []
    for each in [*call.args, *(other.value for other in call.keywords)]:
        full = names.of(each) if isinstance(each, ast.Name | ast.Attribute) else None
        if full in _UNPICKLERS and full != "pickle.Unpickler":
            text = f"{full} is handed on, and runs whatever code the data holds."
            found.append(("unpickling", text, Confidence.MEDIUM))
        elif name == "functools.partial" and full in _TORCH and keyword(call, "weights_only"):
            found += _torch(call, full or "", names)
    return found


def _settings(node: ast.AST, names: Names) -> list[Seen]:
    """Settings that make later calls unsafe: options in a dictionary, environment variables."""
    pairs: list[tuple[ast.expr | None, ast.expr]] = []
    if isinstance(node, ast.Dict):
        pairs = list(zip(node.keys, node.values, strict=True))
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        pairs = [(node.targets[0].slice, node.value)]
    found: list[Seen] = []
    for key, value in pairs:
        said, given = constant(key), names.constant(value)
        at = (getattr(value, "lineno", 1), getattr(value, "col_offset", 0) + 1)
        if said == "trust_remote_code" and given is True:
            text = "trust_remote_code is set: code from the model's repository is run."
            found.append(Seen("remote-code", text, Confidence.MEDIUM, said, *at))
        elif said == "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD" and str(given).lower() in _YES:
            text = f"{said} has every torch.load run whatever code the file holds."
            found.append(Seen("torch-load", text, Confidence.HIGH, said, *at))
    return found


_YES = frozenset({"1", "true", "y", "yes"})


def _torch(call: ast.Call, name: str, names: Names) -> _Judged:
    asked = keyword(call, "weights_only")
    given = names.constant(asked)
    if given is True:
        return []
    if given is False:
        text = f"{name} with weights_only=False runs whatever code the file holds."
        return [("torch-load", text, Confidence.HIGH)]
    text = (
        f"{name} without weights_only=True runs whatever code the file holds, before "
        "PyTorch 2.6 by default."
    )
    unsure = asked is not None or any(each.arg is None for each in call.keywords)
    return [("torch-load", text, Confidence.LOW if unsure else Confidence.MEDIUM)]


def _yaml(call: ast.Call, name: str, names: Names) -> _Judged:
    method = name.rsplit(".", 1)[-1]
    if method in ("unsafe_load", "unsafe_load_all"):
        return [("yaml-load", f"{name} builds any object the text names.", Confidence.HIGH)]
    if method == "YAML" and constant(keyword(call, "typ")) == "unsafe":
        return [("yaml-load", f"{name} is set to build any object.", Confidence.HIGH)]
    if method in ("full_load", "full_load_all"):
        text = f"{name} builds more than plain values, and built anything before PyYAML 5.4."
        return [("yaml-load", text, Confidence.MEDIUM)]
    if method not in ("load", "load_all"):
        return []
    loader = keyword(call, "Loader") or (call.args[1] if len(call.args) > 1 else None)
    loader_name = (names.of(loader) or "") if loader is not None else ""
    if loader_name.rsplit(".", 1)[-1] in _YAML_SAFE:
        return []
    text = f"{name} without a safe loader builds any object the text names."
    return [("yaml-load", text, Confidence.HIGH if loader_name else Confidence.MEDIUM)]


def _evaluation(call: ast.Call, name: str, read_into: set[str]) -> _Judged:
    if not call.args:
        return []
    for node in ast.walk(call.args[0]):
        if _reads(node) or (isinstance(node, ast.Name) and node.id in read_into):
            text = f"{name} executes text that was read from elsewhere."
            return [("evaluated-text", text, Confidence.MEDIUM)]
    return []


def _reads(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _READS
    )


def _read_into(nodes: list[ast.AST]) -> set[str]:
    """Return the names that are given something read from a file or a connection."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Assign) and any(map(_reads, ast.walk(node.value))):
            found |= {each.id for each in node.targets if isinstance(each, ast.Name)}
    return found


def _revision(call: ast.Call, name: str) -> _Judged:
    if not (name.endswith(".from_pretrained") or name in _DOWNLOADS or _unnamed(call)):
        return []
    asked = keyword(call, "revision")
    if asked is not None and constant(asked) not in _BRANCHES:
        return []
    if any(each.arg is None for each in call.keywords) or _local(call):
        return []
    text = "The download names no revision: what comes may change from one day to the next."
    return [("revision", text, Confidence.MEDIUM)]


def _unnamed(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "from_pretrained"


def _local(call: ast.Call) -> bool:
    first = constant(call.args[0]) if call.args else None
    local = isinstance(first, str) and first.startswith((".", "/", "~"))
    return local or constant(keyword(call, "local_files_only")) is True
