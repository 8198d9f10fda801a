"""Loading calls that run code or trust strangers, recognised one call at a time."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from basanite.domain.severity import Confidence
from basanite.measure.inspection.code.names import Names, constant, keyword

_UNPICKLERS = frozenset(
    {
        *(
            f"{module}.{name}"
            for module in ("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "pickle5")
            for name in ("load", "loads", "Unpickler")
        ),
        "joblib.load",
        "sklearn.externals.joblib.load",
        "pandas.read_pickle",
        "shelve.open",
        "jsonpickle.decode",
        "marshal.load",
        "marshal.loads",
        "torch.storage._load_from_bytes",
    }
)
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
    nodes = list(ast.walk(tree))
    names = Names(nodes)
    read_into = _read_into(nodes)
    found: list[Seen] = []
    for node in nodes:
        if isinstance(node, ast.Call):
            name = names.of(node.func) or ""
            for rule, message, confidence in _judge(node, name, names, read_into):
                found.append(
                    Seen(rule, message, confidence, name[-120:], node.lineno, node.col_offset + 1)
                )
    return sorted(found, key=lambda each: (each.line, each.column))


_Judged = list[tuple[str, str, Confidence]]


def _judge(call: ast.Call, name: str, names: Names, read_into: set[str]) -> _Judged:
    found: _Judged = []
    if name in _UNPICKLERS:
        found.append(("unpickling", f"{name} runs whatever code the data holds.", Confidence.HIGH))
    elif name == "torch.load":
        found += _torch(call)
    elif name in ("numpy.load", "numpy.lib.npyio.load"):
        if constant(keyword(call, "allow_pickle")) is True:
            text = "numpy.load with allow_pickle=True runs code that the array holds."
            found.append(("unpickling", text, Confidence.HIGH))
    elif name.startswith(("yaml.", "ruamel.yaml.")):
        found += _yaml(call, name, names)
    elif name in ("eval", "exec", "builtins.eval", "builtins.exec"):
        found += _evaluation(call, name, read_into)
    elif name.endswith("load_model") and constant(keyword(call, "safe_mode")) is False:
        text = f"{name} with safe_mode=False runs code that the model holds."
        found.append(("unsafe-mode", text, Confidence.HIGH))
    elif name.endswith("enable_unsafe_deserialization"):
        found.append(("unsafe-mode", f"{name} lets models bring code.", Confidence.HIGH))
    if constant(keyword(call, "trust_remote_code")) is True:
        text = "trust_remote_code=True runs code from the model's repository."
        found.append(("remote-code", text, Confidence.HIGH))
    found += _revision(call, name)
    return found


def _torch(call: ast.Call) -> _Judged:
    asked = keyword(call, "weights_only")
    if constant(asked) is True:
        return []
    if constant(asked) is False:
        text = "torch.load with weights_only=False runs whatever code the file holds."
        return [("torch-load", text, Confidence.HIGH)]
    text = (
        "torch.load without weights_only=True runs whatever code the file holds, before "
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
