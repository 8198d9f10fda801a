"""Packaged models: folders of MLflow, archives of TorchServe, repositories of Triton, Ultralytics.

Source: MLflow 3.17 (``mlflow.pyfunc``, ``mlflow.pytorch``), TorchServe 0.12 (``MAR-INF``), Triton
Inference Server 25.10 (``model_config.proto``, the Python backend), YOLOv5 7.0 (``parse_model``).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from basanite.domain.names import visible
from basanite.domain.severity import Severity
from basanite.measure.inspection.repository.importable import closed
from basanite.measure.inspection.repository.told import Told, leaves, mappings, texts

_PATHS = (
    "python_model", "data", "code", "model_path", "model_data", "pickled_model", "model_code_path",
    "artifact_path", "serving_input_path", "path", "model_binary", "checkpoint", "streamable",
)  # fmt: skip
_KNOWN_PICKLERS = frozenset(
    {"mlflow.pytorch.pickle_module", "pickle", "dill", "cloudpickle", "keras", "tensorflow.keras",
     "tf_keras", "tensorflow.python.keras.api._v2.keras", "keras.api._v2.keras"}
)  # fmt: skip


def mlflow(document: Any) -> Iterator[Told]:
    """Yield what the file ``MLmodel`` of an MLflow model tells its loader."""
    flavors = document.get("flavors") if isinstance(document, dict) else None
    if not isinstance(flavors, dict):
        return
    for name, flavor in flavors.items():
        if not isinstance(flavor, dict):
            continue
        yield from _loader(flavor, visible(str(name), 60))
        yield from _code(flavor)
    for mapping in mappings(document):
        for key in _PATHS:
            for each in texts(mapping.get(key)):
                if leaves(each):
                    shown = visible(each, 160)
                    yield Told(
                        "outside-path", f"{key} points to {shown}, outside the model.", shown
                    )


def _loader(flavor: dict[str, Any], name: str) -> Iterator[Told]:
    for key in ("loader_module", "pickle_module_name", "keras_module"):
        value = flavor.get(key)
        if isinstance(value, str) and value:
            yield from imported(value, f"{key} of the flavor {name}")
    for each in texts(flavor.get("skops_trusted_types")):
        if closed(each):
            shown = visible(each, 160)
            yield Told("closed-name", f"The file has skops trust {shown}.", shown)


def imported(module: str, where: str) -> Iterator[Told]:
    """Yield what there is to say of a module that a loader imports because a file names it."""
    name = visible(module, 120)
    if module in _KNOWN_PICKLERS or module.split(".", maxsplit=1)[0] == "mlflow":
        return
    if closed(f"{module}.x"):
        yield Told("closed-name", f"{where} is {name}, which no model needs.", name)
    else:
        yield Told("own-code", f"{where} is {name}: its code loads the model.", name)


def _code(flavor: dict[str, Any]) -> Iterator[Told]:
    for key in ("code", "code_paths", "model_code_path"):
        for each in texts(flavor.get(key)):
            if each and not leaves(each):
                shown = visible(each, 120)
                text = f"{key} is {shown}: Python in it is imported when the model is loaded."
                yield Told("own-code", text, shown)


_ADDRESS = re.compile(
    r"(?:git\+|hg\+|svn\+|bzr\+)?(?:https?|ssh|git|file|ftp)://\S+", re.IGNORECASE
)
_INDEX = re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host|(?:^|\s)-[if]\s")


def environment(document: Any) -> Iterator[Told]:
    """Yield the packages of a ``conda.yaml`` or ``python_env.yaml`` that come from an address."""
    for mapping in mappings(document):
        for key in ("pip", "dependencies"):
            for each in texts(mapping.get(key)):
                address = _ADDRESS.search(each)
                if address is None:
                    continue
                shown = visible(address[0], 160)
                plain = address[0].lower().startswith(("http:", "ftp:", "git:", "git+http:"))
                index = _INDEX.search(each) is not None
                text = f"The environment gets {'packages' if index else 'a package'} from {shown}."
                milder = Severity.LOW if not plain else None
                yield Told("foreign-package", text, shown, milder)


_BUILT_IN = frozenset(
    {"image_classifier", "image_segmenter", "object_detector", "text_classifier", "base_handler"}
)


def torchserve(document: Any) -> Iterator[Told]:
    """Yield what the ``MANIFEST.json`` of a TorchServe archive has the server run."""
    model = document.get("model") if isinstance(document, dict) else None
    if not isinstance(model, dict):
        return
    for key in ("handler", "modelFile", "serializedFile", "requirementsFile", "extraFiles"):
        value = model.get(key)
        if not isinstance(value, str) or not value:
            continue
        shown = visible(value, 160)
        places = value.split(",")
        if key == "handler":
            # ``file.py:function``, or ``library:Class``.
            places = [value.rpartition(":")[0] or value]
        if any(leaves(each) for each in places):
            yield Told("outside-path", f"{key} is {shown}, outside the archive.", shown)
        elif key in ("handler", "modelFile") and value not in _BUILT_IN:
            yield Told("own-code", f"{key} is {shown}: the server runs it.", shown)


_SETTING = re.compile(r'\b(?P<key>[a-z_]+)\s*:\s*"(?P<value>[^"\n]{0,1000})"')
_PARAMETER = re.compile(
    r'key\s*:\s*"(?P<key>\w+)"\s*,?\s*value\s*:?\s*\{\s*string_value\s*:\s*"(?P<value>[^"\n]*)"'
)
_HERE = "$$TRITON_MODEL_DIRECTORY"


def triton(text: str) -> Iterator[Told]:
    """Yield what a ``config.pbtxt`` of Triton has the server run."""
    plain = re.sub(r"#[^\n]*", "", text)
    for found in _SETTING.finditer(plain):
        key, value = found["key"], found["value"]
        shown = visible(value, 160)
        if key == "backend" and value in ("python", "vllm"):
            yield Told("own-code", f"The backend is {shown}: the model is a program.", shown)
        elif key == "backend" and (leaves(value) or "/" in value):
            yield Told("outside-path", f"The backend is {shown}.", shown)
        elif key == "default_model_filename" and leaves(value):
            yield Told("outside-path", f"The model is read from {shown}.", shown)
        elif key == "op_library_filename":
            yield Told("own-code", f"The native library {shown} is loaded.", shown)
    for found in _PARAMETER.finditer(plain):
        value = found["value"]
        if found["key"] == "EXECUTION_ENV_PATH":
            shown = visible(value, 160)
            inside = value.startswith(f"{_HERE}/") and ".." not in value
            if inside or not (leaves(value) or value.startswith("$")):
                text = f"The program runs in the environment {shown}, which the model brings."
                yield Told("own-code", text, shown)
            else:
                text = f"The program runs in the environment {shown}, outside the model."
                yield Told("outside-path", text, shown)


_LAYER = re.compile(r"[A-Za-z_][\w.]*")
_CALL = re.compile(r"(?:torch\.)?nn\.[A-Za-z_]\w*\(.*\)")


def ultralytics(document: Any) -> Iterator[Told]:
    """Yield the texts of a YOLO model's layers that are more than names: old versions eval them."""
    if not isinstance(document, dict) or not ("backbone" in document or "head" in document):
        return
    rows = [row for key in ("backbone", "head") for row in _rows(document.get(key))]
    # Of the first two only the name of the layer is a text; arguments are a list.
    values = [text for row in rows for each in row for text in texts(each)]
    if isinstance(document.get("activation"), str):
        values.append(document["activation"])
    for each in values:
        if not _harmless(each):
            shown = visible(each, 160)
            text = f"The layer definition holds the expression {shown}, which old loaders evaluate."
            yield Told("expression", text, shown)


def _rows(value: Any) -> list[list[Any]]:
    rows = value if isinstance(value, list) else []
    return [each for each in rows if isinstance(each, list)]


def _harmless(text: str) -> bool:
    if _LAYER.fullmatch(text):
        return not (set(text.split(".")) & {"os", "sys", "subprocess", "builtins", "eval", "exec"})
    if "__" in text:
        return False
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        # What is no expression cannot be evaluated as one.
        return True
    called = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    return not called or (len(called) == 1 and _CALL.fullmatch(text) is not None)
