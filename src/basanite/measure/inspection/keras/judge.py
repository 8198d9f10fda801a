"""Judge: what each object of a configuration would make Keras do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from basanite.domain.finding import Rule
from basanite.domain.names import visible
from basanite.domain.severity import Severity
from basanite.measure.inspection.graphs.operators import Reach, leaves, operator
from basanite.measure.inspection.keras import rules
from basanite.measure.inspection.keras.bytecode import REACHING, code_in
from basanite.measure.inspection.keras.layers import is_own
from basanite.measure.inspection.keras.names import Kind, in_family, kind_of, tensorflow_reaches
from basanite.measure.inspection.keras.objects import Role, Serialised, objects

_DATA = frozenset(
    {"__tensor__", "__numpy__", "__bytes__", "__ellipsis__", "__slice__", "__tuple__", "__set__",
     "__keras_tensor__", "__typespec__", "TypeSpec", "TensorShape", "DType", "CompositeTensor"}
)  # fmt: skip
_OPTIMIZERS = frozenset(
    {"SGD", "Adam", "AdamW", "Adamax", "Adadelta", "Adagrad", "Adafactor", "Nadam", "RMSprop",
     "Ftrl", "Lion", "Lamb", "LossScaleOptimizer"}
)  # fmt: skip
_CODED = ("function", "mask", "output_shape")
_FILES = ("vocabulary", "idf_weights")
_OPERATOR = re.compile(r"""["']?\bop["']?\s*:\s*["'](\w+)["']""")


@dataclass(frozen=True, slots=True)
class Judgement:
    """One thing that an object would do."""

    rule: Rule
    severity: Severity
    what: str
    """What it is, e.g. ``os.system``; part of the fingerprint."""
    where: str
    message: str


def judge(configuration: Any, *, revived: bool = False) -> Iterator[Judgement]:
    """Yield what is wrong with a configuration, worst not first.

    ``revived`` says that layers come back from a graph, so that their classes are not needed.

    Raises:
        UnreadableError: it is larger than is looked at.
    """
    for each in objects(configuration):
        if revived and each.role is not Role.TRAINING:
            yield from (one for one in _object(each) if one.rule is not rules.CUSTOM)
        else:
            yield from _object(each)


def _object(each: Serialised) -> Iterator[Judgement]:
    if each.class_name == "__lambda__":
        yield _code(each, "A function without a name", _strings(each.config))
    elif each.class_name == "function":
        yield from _function(each, str(each.config) if each.config is not None else "")
    elif each.class_name == "__typespec__":
        # A description of a type: TensorFlow's own modules hold these.
        if not (each.module or "").startswith("tensorflow."):
            name = str(each.value.get("spec_name"))
            yield from _named(each, each.module, name, is_class=True)
    elif each.class_name in _DATA:
        return
    else:
        yield from _class(each)


def _class(each: Serialised) -> Iterator[Judgement]:
    config = each.config if isinstance(each.config, dict) else {}
    plain = each.class_name.rpartition(">")[2]
    if plain == "Lambda":
        yield from _lambda(each, config)
    elif plain in ("TFOpLambda", "ClassMethod", "InstanceMethod"):
        function = str(config.get("function") or config.get("cls_symbol") or "")
        if tensorflow_reaches(function):
            yield _judgement(rules.TOOL, each, f"tensorflow.{function}", "calls")
    elif plain == "TensorFlowOpLayer":
        for name in set(_OPERATOR.findall(str(config.get("node_def", ""))[:100_000])):
            known = operator(name)
            if known is not None and known.reach is not Reach.FOREIGN:
                yield _judgement(rules.TOOL, each, f"tensorflow operator {name}", "runs")
    elif plain == "TorchModuleWrapper" and config.get("module"):
        # A text in older releases, an object of bytes since.
        yield _judgement(rules.CODE, each, "a pickled PyTorch module", "holds")
    elif plain == "TFSMLayer":
        yield _reads(each, str(config.get("filepath", "")), Severity.HIGH, "loads the saved model")
    elif plain == "KerasLayer" and isinstance(config.get("handle"), str):
        yield _reads(each, config["handle"], Severity.MEDIUM, "loads the saved model")
    for key in _FILES:
        place = config.get(key)
        if isinstance(place, str) and place:
            severity = Severity.HIGH if leaves(place) else Severity.MEDIUM
            yield _reads(each, place, severity, f"reads its {key} from")
    yield from _named(each, each.module, each.class_name, is_class=True)


def _lambda(each: Serialised, config: dict[str, Any]) -> Iterator[Judgement]:
    for key in _CODED:
        value = config.get(key)
        if isinstance(value, dict) and value.get("class_name") not in ("__tuple__", None):
            continue  # An object of its own.
        said = config.get(f"{key}_type") == "lambda"
        strings = _strings(value)
        if (said and strings) or any(code_in(text) is not None for text in strings):
            yield _code(each, "A Lambda layer", strings)
        elif isinstance(value, str) and key != "mask":
            module = config.get("module" if key == "function" else f"{key}_module")
            yield from _named(
                each, module if isinstance(module, str) else None, value, is_class=False
            )


def _strings(value: Any) -> list[str]:
    """The texts in a small value, wherever they stand."""
    found: list[str] = []
    todo = [value]
    while todo and len(found) < 100:
        each = todo.pop()
        if isinstance(each, str):
            found.append(each)
        elif isinstance(each, dict):
            todo += each.values()
        elif isinstance(each, list):
            todo += each[:100]
    return found


def _function(each: Serialised, name: str) -> Iterator[Judgement]:
    registered = each.registered or ""
    if ">" in registered or ">" in name:
        yield from _custom(each, registered if ">" in registered else name)
        return
    yield from _named(each, each.module, name, is_class=False)
    # Some releases look the registered name up in the module instead.
    if registered not in ("", "function", name):
        yield from _named(each, each.module, registered, is_class=False)


def _named(
    each: Serialised, module: str | None, name: str, *, is_class: bool
) -> Iterator[Judgement]:
    if not module and "." in name and ">" not in name:
        # The whole way stands in the name.
        module, _, name = name.rpartition(".")
    kind = kind_of(module, name, is_class=is_class)
    shown = f"{module}.{name}" if module else name
    if kind is Kind.PYTHON:
        yield _judgement(rules.IMPORT, each, shown, "makes Keras import")
    elif kind is Kind.LIBRARY:
        yield _judgement(rules.IMPORT, each, shown, "makes Keras import", Severity.HIGH)
    elif kind is Kind.TOOL:
        yield _judgement(rules.TOOL, each, shown, "reaches")
    elif (
        kind is Kind.FOREIGN
        or ">" in name
        or (is_class and ">" in (each.registered or "") and not in_family(module))
        or (is_class and not module and _is_layer(each) and not is_own(name))
    ):
        yield from _custom(each, shown)


def _is_layer(each: Serialised) -> bool:
    """Whether an object without a module is a layer: operations of Keras 3 stand there as well."""
    marks = each.config if isinstance(each.config, dict) else {}
    return each.role is Role.LAYER and bool({"trainable", "dtype"} & marks.keys())


def _custom(each: Serialised, name: str) -> Iterator[Judgement]:
    if each.role is Role.TRAINING and name.rpartition("Custom>")[2] in _OPTIMIZERS:
        return  # Keras 2 registered its own so.
    needed = each.role in (Role.LAYER, Role.CALLED)
    severity = Severity.MEDIUM if needed else Severity.LOW
    yield _judgement(rules.CUSTOM, each, name, "needs", severity)


def _code(each: Serialised, what: str, strings: list[str]) -> Judgement:
    names = [name for text in strings for name in code_in(text) or ()]
    reaching = sorted(REACHING.intersection(names))
    # Even code that names nothing is run by the interpreter as it is, without its checks.
    severity = Severity.CRITICAL if reaching else Severity.HIGH
    shown = visible(", ".join(names[:12]), 200)
    said = f"{what} holds compiled Python code" + (f" that names {shown}" if shown else "")
    where = visible(each.trail, 200)
    said += f" ({where})." if where else "."
    return Judgement(rules.CODE, severity, ", ".join(reaching), where, said)


def _judgement(
    rule: Rule, each: Serialised, what: str, does: str, severity: Severity | None = None
) -> Judgement:
    what, where = visible(what, 200), visible(each.trail, 200)
    subject = f"{visible(each.class_name, 80)} ({where})" if where else visible(each.class_name, 80)
    return Judgement(rule, severity or rule.severity, what, where, f"{subject} {does} {what}.")


def _reads(each: Serialised, place: str, severity: Severity, does: str) -> Judgement:
    return _judgement(rules.ELSEWHERE, each, place, does, severity)
