"""Models of Keras's own layers pass; code, imports and files from elsewhere do not."""

from __future__ import annotations

import base64
import io
import json
import marshal
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.graph_files import (
    attribute,
    dataset,
    external_link,
    hdf5,
    keras_archive,
    keras_hdf5,
    keras_notes,
    soft_link,
)
from tests.measure.inspection.conftest import BY_ID, opened, put
from tests.strategies import json_values, mutated, zip_file

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Severity

Ask = Callable[..., Answer]
CHECK = "keras-code"


def compiled(source: str) -> str:
    """Compiled Python as Keras writes it. Nothing ever runs it."""
    code = compile(source, "x", "eval").co_consts[0]
    return base64.b64encode(marshal.dumps(code)).decode()


PLAIN = compiled("lambda x: x * 2")
REACHING = compiled("lambda x: __import__('os').system('true')")


def thing(
    class_name: str, config: Any = None, module: str | None = "keras.layers", registered: Any = None
) -> dict[str, Any]:
    """An object as Keras 3 writes it."""
    return {
        "module": module,
        "class_name": class_name,
        "config": {"name": "it", "trainable": True} if config is None else config,
        "registered_name": registered,
    }


def old(class_name: str, **config: Any) -> dict[str, Any]:
    """An object as Keras 2 writes it."""
    return {"class_name": class_name, "config": {"name": "it", "trainable": True, **config}}


def model(*layers: Any, **more: Any) -> dict[str, Any]:
    """A sequential model of Keras 3."""
    return thing("Sequential", {"name": "m", "layers": list(layers)}, "keras") | more


def function(name: str, module: str | None, registered: Any = "function") -> dict[str, Any]:
    """A function as Keras 3 writes it."""
    return thing("function", name, module, registered)


def calls(fn: Any, **more: Any) -> dict[str, Any]:
    """A layer that calls something."""
    return thing("Lambda", {"name": "l", "function": fn, "arguments": {}, **more})


DENSE = thing(
    "Dense",
    {
        "name": "d",
        "dtype": thing("DTypePolicy", {"name": "float32"}, "keras"),
        "kernel_initializer": thing("GlorotUniform", {"seed": None}, "keras.initializers"),
        "activation": "relu",
    },
)
OLD_DENSE = old("Dense", kernel_initializer={"class_name": "GlorotUniform", "config": {}})

BENIGN: dict[str, Any] = {
    "dense": model(DENSE),
    "functional": thing("Functional", {"layers": [DENSE]}, "keras.src.models.functional"),
    "compiled": model(
        DENSE,
        compile_config={
            "optimizer": thing("Adam", {"learning_rate": 0.1}, "keras.optimizers"),
            "loss": function("my_loss", "builtins"),
            "metrics": [thing("MyMetric", {}, "project.metrics", "Custom>MyMetric")],
        },
    ),
    "vocabulary": model(thing("StringLookup", {"vocabulary": ["/a", "http://b"]})),
    "numbers": model(thing("Constant", {"value": thing("__numpy__", {"value": [1]}, "builtins")})),
    "activation": model(calls(function("relu", "keras.activations"))),
    "operation": model(calls(function("abs", "keras.ops"))),
    "preprocess": model(calls(function("preprocess_input", "keras.src.applications.resnet"))),
    "hub": thing("Bert", {"layers": []}, "keras_hub.src.models.bert", "keras_hub>Bert"),
    "specification": model(
        {"class_name": "__typespec__", "spec_name": "RaggedTensorSpec", "config": [],
         "module": "tensorflow.python.ops.ragged.ragged_tensor", "registered_name": None},
    ),
    "old": {"class_name": "Sequential", "config": [OLD_DENSE], "keras_version": "2.2.4"},
    "old-functional": {"class_name": "Model", "config": {"layers": [
        OLD_DENSE, old("Bidirectional", layer=old("LSTM")), old("GlobalAveragePooling2D"),
        old("TFOpLambda", function="math.multiply"), old("SeparableConv2D"),
        {"class_name": "Relu", "config": {"name": "relu"}}]}},
}  # fmt: skip

HOSTILE: dict[str, Any] = {
    "lambda": model(calls(thing("__lambda__", {"code": PLAIN}, None))),
    "lambda-reaching": model(calls(thing("__lambda__", {"code": REACHING}, None))),
    "lambda-bare": model(DENSE, thing("__lambda__", {"value": PLAIN}, "builtins")),
    "lambda-of-loss": model(DENSE, compile_config={"loss": thing("__lambda__", {"value": PLAIN})}),
    "lambda-shape": model(calls("relu", output_shape=[PLAIN, None, None])),
    "old-lambda": {"class_name": "Sequential", "config": {"layers": [
        old("Lambda", function=[PLAIN, None, None], function_type="lambda", module="m")]}},
    "old-lambda-list": {"class_name": "Sequential", "config": [
        old("Lambda", function=[PLAIN, None, None])]},
    "old-lambda-tuple": {"class_name": "Model", "config": {"layers": [
        old("Lambda", function={"class_name": "__tuple__", "items": [PLAIN, None, None]},
            function_type="lambda")]}},
    "old-lambda-wrapped": {"class_name": "Sequential", "config": [
        old("TimeDistributed", layer=old("Lambda", function=[PLAIN], function_type="lambda"))]},
    "function-os": model(calls(function("system", "os"))),
    "function-eval": model(calls(function("eval", "builtins"))),
    "function-exec-old": {"class_name": "Sequential", "config": [
        old("Lambda", function="system", function_type="function", module="os")]},
    "torch-as-bytes": model(thing("TorchModuleWrapper", {
        "module": thing("__bytes__", {"value": "eA=="}, None)})),
    "whole-way-in-the-name": model(calls("os.system")),
    "class-subprocess": thing("Popen", {"args": "true"}, "subprocess"),
    "class-lowercase": thing("run", {"args": "true"}, "subprocess"),
    "anywhere": {"x": [thing("function", "system", "posix")], "class_name": "A", "config": {}},
    "initializer": model(thing("Dense", {"kernel_initializer": function("run", "runpy")})),
    "metric": model(DENSE, compile_config={"metrics": [function("import_module", "importlib")]}),
    "registered": model(calls(function("fine", "os", "system"))),
    "library": model(calls(function("load", "joblib"))),
    "library-torch": model(calls(function("load", "torch.hub"))),
    "library-io": model(calls(function("read_file", "tensorflow.python.ops.gen_io_ops"))),
    "specification": model({"class_name": "__typespec__", "spec_name": "Popen", "config": [],
                            "module": "subprocess", "registered_name": None}),
    "get_file": model(calls(function("get_file", "keras.utils"))),
    "get_file-inner": model(calls(function("get_file", "keras.src.utils.file_utils"))),
    "get_file-class": model(calls(thing("get_file", {}, "keras.utils"))),
    "unsafe": model(thing("function", "enable_unsafe_deserialization", "keras.config")),
    "load_model": model(calls(function("load_model", "keras.models"))),
    "func_load": model(calls(function("func_load", "keras.src.utils.python_utils"))),
    "tf_keras": model(calls(function("get_file", "tf_keras.utils"))),
    "tensorflow-keras": model(calls(function("get_file", "tensorflow.python.keras.utils"))),
    "write_file": {"class_name": "Model", "config": {"layers": [
        old("TFOpLambda", function="io.write_file")]}},
    "raw": {"class_name": "Model", "config": {"layers": [
        old("TFOpLambda", function="raw_ops.ReadFile")]}},
    "python-function": {"class_name": "Model", "config": {"layers": [
        old("TFOpLambda", function="compat.v1.py_func")]}},
    "operation": {"class_name": "Model", "config": {"layers": [
        old("TensorFlowOpLayer", node_def='{"name": "a", "op": "WriteFile"}')]}},
    "saved-model": model(thing("TFSMLayer", {"filepath": "elsewhere"})),
    "torch": model(thing("TorchModuleWrapper", {"module": "gAQu"})),
    "torch-inner": model(
        thing("TorchModuleWrapper", {"module": "gAQu"}, "keras.src.utils.torch_utils")
    ),
    "vocabulary": model(thing("StringLookup", {"vocabulary": "/etc/passwd"})),
    "vocabulary-url": model(thing("TextVectorization", {"vocabulary": "https://host/x"})),
    "vocabulary-up": {"class_name": "Sequential", "config": [
        old("IntegerLookup", vocabulary="../../x")]},
}  # fmt: skip

OPEN: dict[str, Any] = {
    "custom-layer": model(thing("Mine", None, "project.layers", "Custom>Mine")),
    "custom-main": model(thing("Mine", None, "__main__", "Mine")),
    "custom-model": thing("Mine", {"name": "m"}, None, "Custom>Mine"),
    "custom-function": model(calls(function("mine", "builtins"))),
    "old-custom": {"class_name": "Sequential", "config": [old("Mine")]},
    "old-addons": {"class_name": "Sequential", "config": [old("Addons>WeightNorm")]},
    "old-hub": {"class_name": "Sequential", "config": [old("KerasLayer", handle="https://h/m")]},
    "mathematics": model(calls(function("relu", "tensorflow.python.ops.gen_nn_ops"))),
}


@pytest.mark.parametrize("name", BENIGN)
def test_a_model_of_keras_s_own_layers_passes(ask: Ask, name: str) -> None:
    config = BENIGN[name]

    assert ask(CHECK, keras_archive(config), "m.keras").outcome is Outcome.PASSED
    assert ask(CHECK, keras_hdf5(config), "m.h5").outcome is Outcome.PASSED
    assert ask(CHECK, json.dumps(config), "m.json").outcome is Outcome.PASSED


@pytest.mark.parametrize("name", HOSTILE)
def test_code_imports_tools_and_other_files_fail_wherever_the_model_stands(
    ask: Ask, name: str
) -> None:
    config = HOSTILE[name]
    text = json.dumps(config)
    for data, path in [
        (keras_archive(config), "m.keras"),
        (keras_archive(text.encode("utf-16-le")), "m.keras"),
        (zip_file({"config.json": text.encode()}), "m.keras"),
        (keras_hdf5(config), "m.h5"),
        (keras_hdf5({"class_name": "Sequential", "config": []}, training_config=text), "m.h5"),
        (text.encode(), "architecture.json"),
        (
            keras_notes(config),
            "keras_metadata.pb",
        ),
    ]:
        answer = ask(CHECK, data, path)
        assert answer.outcome is Outcome.FAILED, path
        assert answer.findings[0].level.rank >= Severity.HIGH.rank


@pytest.mark.parametrize("name", OPEN)
def test_code_of_someone_s_own_leaves_the_question_open(ask: Ask, name: str) -> None:
    for data, path in [
        (keras_archive(OPEN[name]), "m.keras"),
        (keras_hdf5(OPEN[name]), "m.h5"),
    ]:
        answer = ask(CHECK, data, path)
        assert answer.outcome is Outcome.UNDECIDED
        assert answer.reason


def test_a_saved_model_brings_its_layers_as_graphs(ask: Ask) -> None:
    assert ask(CHECK, keras_notes(OPEN["custom-layer"]), "keras_metadata.pb").outcome is (
        Outcome.PASSED
    )


def test_a_finding_names_what_the_code_names(ask: Ask) -> None:
    answer = ask(CHECK, keras_archive(HOSTILE["lambda-reaching"]), "m.keras")

    assert answer.findings[0].level is Severity.CRITICAL
    assert "__import__, system" in answer.findings[0].message
    assert "(m/l/function)" in answer.findings[0].message


def test_a_second_configuration_of_the_same_name_is_read(ask: Ask) -> None:
    good, bad = (
        keras_archive(each[name]) for each, name in ((BENIGN, "dense"), (HOSTILE, "unsafe"))
    )
    for first, second in ((good, bad), (bad, good)):
        out = io.BytesIO(first)
        with (
            zipfile.ZipFile(io.BytesIO(second)) as other,
            zipfile.ZipFile(out, "a") as file,
            pytest.warns(UserWarning, match="Duplicate"),
        ):
            file.writestr("config.json", other.read("config.json"))
        assert ask(CHECK, out.getvalue(), "m.keras").outcome is Outcome.FAILED


def test_files_that_keras_does_not_write_are_told(ask: Ask) -> None:
    answer = ask(CHECK, keras_archive(BENIGN["dense"], **{"run.sh": b"true"}), "m.keras")

    assert answer.outcome is Outcome.PASSED
    assert [each.rule.id for each in answer.findings] == ["keras-code/extra-member"]


@pytest.mark.parametrize("config", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_configuration_that_cannot_be_read_is_incomplete(ask: Ask, config: bytes) -> None:
    assert ask(CHECK, keras_archive(config), "m.keras").outcome is Outcome.INCOMPLETE


def test_an_architecture_too_large_to_be_read_is_incomplete(ask: Ask) -> None:
    large = json.dumps({"x": "y" * (9 << 20), **BENIGN["dense"]})

    assert ask(CHECK, large, "m.json").outcome is Outcome.INCOMPLETE
    assert ask(CHECK, keras_archive(large.encode()), "m.keras").outcome is Outcome.INCOMPLETE
    assert ask(CHECK, json.dumps(["y" * (9 << 20)]), "m.json").outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("a: 1\n", Outcome.NOT_APPLICABLE),
        ("class_name: A\nconfig: some words\n", Outcome.NOT_APPLICABLE),
        ("class_name: Sequential\nconfig:\n  layers:\n  - class_name: Dense\n    config: {n: 1}\n"
         "    shape: !!python/tuple [1, 2]\n", Outcome.PASSED),
        ("class_name: Sequential\nconfig:\n  layers: &a\n  - class_name: Dense\n    config: {}\n"
         "  again: *a\n", Outcome.PASSED),
        ("class_name: Sequential\nconfig: {layers: !!python/object/apply:os.system ['true']}\n",
         Outcome.FAILED),
        ("class_name: Sequential\nconfig: {layers: !<tag:yaml.org,2002:python/name:os.system> x}\n",
         Outcome.FAILED),
        ("class_name: Sequential\nconfig: {layers: [{class_name: function, module: os, "
         "config: system}]}\n", Outcome.FAILED),
    ],
)  # fmt: skip
def test_architectures_in_yaml_are_read(ask: Ask, text: str, outcome: Outcome) -> None:
    assert ask(CHECK, text, "model.yaml").outcome is outcome


@pytest.mark.parametrize(
    "text", ["{}", "[1, 2]", '{"class_name": "car", "label": 3}', '{"os": "linux"}', "no JSON"]
)
def test_other_json_is_no_matter(ask: Ask, text: str) -> None:
    assert ask(CHECK, text, "config.json").outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("target", ["/etc/x.h5", "other.h5", "../x.h5"])
def test_weights_in_other_files_fail(ask: Ask, target: str) -> None:
    link = external_link("model_weights", target)

    assert ask(CHECK, hdf5(attribute("keras_version", "3"), link), "m.h5").outcome is Outcome.FAILED
    assert ask(CHECK, hdf5(link), "m.weights.h5").outcome is Outcome.FAILED
    data = zip_file({"config.json": json.dumps(BENIGN["dense"]).encode(), "metadata.json": b"{}",
                     "model.weights.h5": hdf5(link)})  # fmt: skip
    assert ask(CHECK, data, "m.keras").outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("target", "outcome"),
    [("other.h5", Outcome.PASSED), ("/etc/x.h5", Outcome.FAILED), ("../x.h5", Outcome.FAILED)],
)
def test_plain_data_may_lie_beside_its_file(ask: Ask, target: str, outcome: Outcome) -> None:
    assert ask(CHECK, hdf5(external_link("x", target)), "data.h5").outcome is outcome


def test_a_link_in_the_same_file_is_fine(ask: Ask) -> None:
    assert ask(CHECK, hdf5(soft_link("x", "/etc/passwd")), "data.h5").outcome is Outcome.PASSED


def test_data_that_is_not_there_is_a_trap(ask: Ask) -> None:
    answer = ask(CHECK, hdf5(objects={"w": dataset(1 << 40)}), "m.h5")

    assert [each.rule.id for each in answer.findings] == ["keras-code/size"]
    assert ask(CHECK, hdf5(objects={"w": dataset(1 << 20)}), "m.h5").outcome is Outcome.PASSED


@given(config=json_values)
def test_whatever_stands_in_a_configuration_never_breaks_the_check(config: Any) -> None:
    for data in (keras_archive(model(thing("Lambda", config))), keras_archive(config)):
        answer = put(opened(data, "m.keras"), BY_ID[CHECK], {})
        assert answer.outcome is not Outcome.ERROR, answer.reason


@settings(max_examples=150, deadline=2000)
@given(
    data=mutated(keras_archive(HOSTILE["lambda"])) | mutated(keras_hdf5(HOSTILE["lambda"]))
    | mutated(keras_notes(DENSE))
    | st.text(max_size=80).map(lambda text: f"class_name: config {text}".encode())
)  # fmt: skip
def test_hostile_bytes_never_break_the_check(data: bytes) -> None:
    for name in ("m.keras", "m.h5", "m.json", "m.yaml", "keras_metadata.pb"):
        answer = put(opened(data, name), BY_ID[CHECK], {})
        assert answer.outcome is not Outcome.ERROR, answer.reason
