"""Loading calls that run code are found under every alias; safe ones are left alone."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from tests.strategies import NOTEBOOK, hostile

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]
CHECK = "unsafe-loading"

UNSAFE = [
    ("import torch\ntorch.load('m.pt')", "torch-load"),
    ("import torch as t\nt.load(f, map_location='cpu')", "torch-load"),
    ("from torch import load\nload(f)", "torch-load"),
    ("import torch\ntorch.load(f, weights_only=False)", "torch-load"),
    ("import torch\ntorch.load(f, weights_only=flag)", "torch-load"),
    ("import torch\ntorch.load(f, **options)", "torch-load"),
    ("import pickle\npickle.load(f)", "unpickling"),
    ("import pickle\npickle.loads(b)", "unpickling"),
    ("import pickle as p\nwith open('x') as f:\n    x = p.load(f)", "unpickling"),
    ("from pickle import load as read_it\nread_it(f)", "unpickling"),
    ("import pickle\nload = pickle.load\nload(f)", "unpickling"),
    ("import pickle\npickle.Unpickler(f).load()", "unpickling"),
    ("p = __import__('pickle')\np.loads(b)", "unpickling"),
    ("import importlib\nimportlib.import_module('pickle').loads(b)", "unpickling"),
    ("import cPickle\ncPickle.load(f)", "unpickling"),
    ("import dill\ndill.load(f)", "unpickling"),
    ("import cloudpickle\ncloudpickle.loads(f)", "unpickling"),
    ("from joblib import load\nload('m')", "unpickling"),
    ("import joblib\njoblib.load('m')", "unpickling"),
    ("import pandas as pd\npd.read_pickle('m')", "unpickling"),
    ("import shelve\nshelve.open('m')", "unpickling"),
    ("import marshal\nmarshal.loads(b)", "unpickling"),
    ("import numpy as np\nnp.load(f, allow_pickle=True)", "unpickling"),
    ("import yaml\nyaml.load(f)", "yaml-load"),
    ("import yaml\nyaml.load(f, Loader=yaml.Loader)", "yaml-load"),
    ("import yaml\nyaml.load(f, yaml.FullLoader)", "yaml-load"),
    ("import yaml\nyaml.unsafe_load(f)", "yaml-load"),
    ("from ruamel.yaml import YAML\nYAML(typ='unsafe')", "yaml-load"),
    ("AutoModel.from_pretrained('./m', trust_remote_code=True)", "remote-code"),
    ("pipeline('x', trust_remote_code=True)", "remote-code"),
    ("import keras\nkeras.models.load_model('m', safe_mode=False)", "unsafe-mode"),
    ("from keras.models import load_model\nload_model('m', safe_mode=False)", "unsafe-mode"),
    ("import keras\nkeras.config.enable_unsafe_deserialization()", "unsafe-mode"),
    ("eval(open('x').read())", "evaluated-text"),
    ("text = path.read_text()\nexec(text)", "evaluated-text"),
    ("exec(compile(open('x').read(), 'x', 'exec'))", "evaluated-text"),
    ("import torch\ngetattr(torch, 'lo' + 'ad')(f)", "torch-load"),
    ("import torch\nload = getattr(torch, 'load')\nload(f)", "torch-load"),
    (
        "import torch, functools\np = functools.partial(torch.load, f)\np()",
        "torch-load",
    ),
    ("import torch, functools\nfunctools.partial(torch.load, weights_only=False)", "torch-load"),
    ("import torch\nONLY = False\ntorch.load(f, weights_only=ONLY)", "torch-load"),
    ("import torch\ntorch.hub.load_state_dict_from_url(u)", "torch-load"),
    ("import os\nos.environ['TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'] = '1'", "torch-load"),
    ("import pickle\nx = list(map(pickle.load, files))", "unpickling"),
    ("import sys\nsys.modules['pickle'].loads(b)", "unpickling"),
    ("socket.recv_pyobj()", "unpickling"),
    ("import jsonpickle\njsonpickle.loads(t)", "unpickling"),
    ("import numpy as np\nYES = True\nnp.load(f, allow_pickle=YES)", "unpickling"),
    ("import yaml\nyaml.full_load(f)", "yaml-load"),
    ("TRUST = True\nload_dataset('x', trust_remote_code=TRUST)", "remote-code"),
    ("options = {'trust_remote_code': True}", "remote-code"),
    ("import torch\ntorch.hub.load('a/b', 'c', trust_repo=True)", "remote-code"),
    ("import mlflow\nmlflow.pyfunc.load_model('s3://bucket/model')", "remote-code"),
    ("FAISS.load_local('x', e, allow_dangerous_deserialization=True)", "dangerous-permission"),
    ("create_agent(llm, df, allow_dangerous_code=True)", "dangerous-permission"),
    ("from langchain_experimental.tools import PythonREPLTool\nPythonREPLTool()", "model-output"),
    ("r = client.chat.completions.create(m=1)\nexec(r.choices[0].message.content)", "model-output"),
    ("code = llm.invoke(question)\ntext = code.content.strip()\neval(text)", "model-output"),
    ("import os\nos.system(ask_llm(question))", "model-output"),
    ("import subprocess\na = agent.run(q)\nsubprocess.run(a, shell=True)", "model-output"),
    ("import subprocess\na = agent.run(q)\nsubprocess.run(['python', '-c', a])", "model-output"),
    ("import skops.io as sio\nsio.load(f, trusted=sio.get_untrusted_types(file=f))", "skops-trust"),
    (
        "from skops.io import load, get_untrusted_types\nt = get_untrusted_types(file=f)\n"
        "load(f, trusted=t)",
        "skops-trust",
    ),
    ("import skops.io\nskops.io.load(f, trusted=True)", "skops-trust"),
    ("o = SessionOptions()\no.register_custom_ops_library('x.so')", "native-library"),
    ("import jinja2\njinja2.Template(tokenizer.chat_template)", "template"),
    ("AutoModel.from_pretrained('org/model')", "revision"),
    ("AutoModel.from_pretrained(name, revision='main')", "revision"),
    ("from huggingface_hub import hf_hub_download\nhf_hub_download('a', 'b')", "revision"),
]
SAFE = [
    "import torch\ntorch.load('m.pt', weights_only=True)",
    "import pickle\npickle.dump(x, f)",
    "import json\njson.load(f)",
    "import numpy as np\nnp.load(f)",
    "import numpy as np\nnp.load(f, allow_pickle=False)",
    "import yaml\nyaml.safe_load(f)",
    "import yaml\nyaml.load(f, Loader=yaml.SafeLoader)",
    "import yaml\nyaml.load(f, yaml.CSafeLoader)",
    "from yaml import SafeLoader as S, load\nload(f, Loader=S)",
    "import keras\nkeras.models.load_model('m')",
    "model.eval()",
    "eval('1 + 1')",
    "AutoModel.from_pretrained('./local')",
    "AutoModel.from_pretrained('org/m', revision='3f2a9c1b5d7e8f60718293a4b5c6d7e8f9012345')",
    "AutoModel.from_pretrained('org/m', local_files_only=True)",
    "x.load(f)",
    "def load(f):\n    return f\nload(1)",
    "# pickle.load(f)\ns = 'pickle.load(f)'",
    "from .pickle import load\nload(f)",
    "import torch, functools\np = functools.partial(torch.load, weights_only=True)\np(f)",
    "import torch\nONLY = True\ntorch.load(f, weights_only=ONLY)",
    "import torch\ntorch.hub.load('./here', 'c', source='local')",
    "import skops.io\nskops.io.load(f, trusted=['company.Pump'])",
    "import mlflow\nmlflow.pyfunc.load_model('models/x')",
    "r = client.chat.completions.create(m=1)\nx = json.loads(r.text)\nmodel.eval()",
    "import subprocess\na = agent.run(q)\nsubprocess.run(['echo', a])",
    "FAISS.load_local('x', e, allow_dangerous_deserialization=False)",
    "options = {'trust_remote_code': False}",
    "from onnxruntime_extensions import get_library_path\n"
    "o.register_custom_ops_library(get_library_path())",
]


@pytest.mark.parametrize(("source", "rule"), UNSAFE)
def test_unsafe_calls_are_found(ask: Ask, source: str, rule: str) -> None:
    answer = ask(CHECK, source + "\n", "app.py")

    assert answer.outcome is Outcome.FAILED
    assert f"unsafe-loading/{rule}" in {each.rule.id for each in answer.findings}
    assert answer.findings[-1].location.line in (1, 2, 3)


@pytest.mark.parametrize("source", SAFE)
def test_safe_calls_are_left_alone(ask: Ask, source: str) -> None:
    answer = ask(CHECK, source + "\n", "app.py")

    assert answer.outcome is Outcome.PASSED, answer.findings


def test_a_call_is_named_with_line_and_column(ask: Ask) -> None:
    answer = ask(CHECK, "import pickle\n\n\ndef f(g):\n    return pickle.load(g)\n", "app.py")

    assert (answer.findings[0].location.line, answer.findings[0].location.column) == (5, 12)


def test_notebook_cells_are_read_past_their_magic(ask: Ask) -> None:
    answer = ask(CHECK, NOTEBOOK, "a.ipynb")

    assert answer.outcome is Outcome.FAILED
    assert answer.findings[0].message.startswith("Cell 2: torch.load")


def notebook(*sources: str, **kernel: str) -> str:
    cells = [{"cell_type": "code", "source": source} for source in sources]
    return json.dumps({"nbformat": 4, "metadata": {"kernelspec": kernel}, "cells": cells})


LOAD = "import pickle\nx = pickle.load(f)\n"


@pytest.mark.parametrize(
    "cell",
    [
        f"%%time\n{LOAD}",
        f"\n  \n%%time\n{LOAD}",
        f"%%timeit -n 10 -r 3\n{LOAD}",
        "%%timeit import pickle; x = pickle.load(f)\nx",
        f"%%capture out\n{LOAD}",
        f"%%prun -s cumulative\n{LOAD}",
        f"%%python3\n{LOAD}",
        f"%%time\n%matplotlib inline\n{LOAD}",
        "import pickle\n%time x = pickle.load(f)",
        "import pickle\n  \nif 1:\n    %time x = pickle.load(f)",
        "import pickle\nx = %time pickle.load(f)",
        "import pickle\n%timeit -n 10 -r 3 pickle.load(f)",
        "import pickle\n%timeit -n1 (pickle.load(f))",
        "import pickle\n%lprun -f load pickle.load(f)",
        "import pickle\n%prun -s cumulative -l 10 pickle.load(f)",
        "import pickle\n%whatever x = pickle.load(f)",
    ],
)
def test_code_behind_a_magic_is_read(ask: Ask, cell: str) -> None:
    answer = ask(CHECK, notebook(cell, name="python3", language="python"), "a.ipynb")

    assert answer.outcome is Outcome.FAILED, answer.reason
    expected = next(n for n, line in enumerate(cell.split("\n"), 1) if "pickle.load(" in line)
    assert answer.findings[0].location.line == expected


@pytest.mark.parametrize(
    "cell",
    [
        "%matplotlib inline\n%load_ext autoreload\n%autoreload 2\nx = 1",
        "!pip install x\nfiles = !ls\nx?\n%cd ..",
        "%%html\n<b>x</b>",
        "%%time\nx = 1",
        "x = 7 \\\n  % 3",
        "%env A=b",
        "%run -i other.py",
    ],
)
def test_other_magics_are_left_alone(ask: Ask, cell: str) -> None:
    answer = ask(CHECK, notebook(cell, name="python3", language="python"), "a.ipynb")

    assert answer.outcome is Outcome.PASSED, answer.reason


@pytest.mark.parametrize("cell", ["%%bash\npython x.py", "%%own\nx = 1", "%%\nx", "%%R\nx <- 1"])
def test_a_cell_in_another_language_is_incomplete(ask: Ask, cell: str) -> None:
    answer = ask(CHECK, notebook("x = 1", cell, name="python3", language="python"), "a.ipynb")

    assert answer.outcome is Outcome.INCOMPLETE
    assert "cell 2" in answer.reason


@pytest.mark.parametrize("name", ["python3", "", "my-env", "conda-env-r-py", "ir"])
def test_a_label_does_not_hide_python(ask: Ask, name: str) -> None:
    answer = ask(CHECK, notebook(LOAD, name=name, language="R"), "a.ipynb")

    assert answer.outcome is Outcome.FAILED


def test_a_label_alone_does_not_end_the_question(ask: Ask) -> None:
    source = "load <- function(f) { f }"

    answer = ask(CHECK, notebook(source, name="python3", language="R"), "a.ipynb")
    assert answer.outcome is Outcome.INCOMPLETE
    answer = ask(CHECK, notebook(source, name="ir", language="R"), "a.ipynb")
    assert answer.outcome is Outcome.NOT_APPLICABLE


def test_notebooks_in_other_languages_are_not_its_business(ask: Ask) -> None:
    kernel = {"kernelspec": {"language": "R", "name": "ir"}}
    data = json.dumps({"nbformat": 4, "metadata": kernel, "cells": []})

    assert ask(CHECK, data, "a.ipynb").outcome is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("source", ["print 'old'", "def (", "(" * 3000, "x = 1\x00"])
def test_source_that_cannot_be_read_is_incomplete(ask: Ask, source: str) -> None:
    answer = ask(CHECK, source, "app.py")

    assert answer.outcome in (Outcome.INCOMPLETE, Outcome.NOT_APPLICABLE)
    assert answer.reason


def test_a_cell_that_cannot_be_read_is_said(ask: Ask) -> None:
    cells = [{"cell_type": "code", "source": "print pickle.load(file)"}]
    answer = ask(CHECK, json.dumps({"nbformat": 4, "cells": cells}), "a.ipynb")

    assert answer.outcome is Outcome.INCOMPLETE
    assert "cell 1" in answer.reason


@pytest.mark.parametrize("cell", ["print frame.head()", "x =\xa01", "def ("])
def test_a_cell_that_is_no_python_and_names_no_loader_loads_nothing(ask: Ask, cell: str) -> None:
    assert ask(CHECK, notebook("x = 1", cell), "a.ipynb").outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "cell",
    ["print f.read(), eval(x)", "print getattr(a, b)", "print os.popen(x)", "print \uff45val(x)",
     "print requests.get(x)", "print model.__class__"],
)  # fmt: skip
def test_a_cell_that_is_no_python_and_may_load_is_incomplete(ask: Ask, cell: str) -> None:
    assert ask(CHECK, notebook("x = 1", cell), "a.ipynb").outcome is Outcome.INCOMPLETE


@pytest.mark.parametrize(("kind", "path"), [("python", "a.py"), ("notebook", "a.ipynb")])
def test_bad_source_always_gets_an_answer(ask: Ask, kind: str, path: str) -> None:
    @settings(max_examples=100, deadline=None)
    @given(hostile(kind))
    def check(data: bytes) -> None:
        assert ask(CHECK, data, path).outcome is not Outcome.ERROR

    check()
