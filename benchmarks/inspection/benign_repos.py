"""Writes benign model repositories: skops, MLflow, Hugging Face configurations and notebooks.

Environment: Python 3.11, an environment of its own with

    pip install skops scikit-learn pandas mlflow-skinny

Then

    python benchmarks/inspection/benign_repos.py FOLDER
    basanite inspect FOLDER

must end with exit code 0: nothing found, nothing left open. What a library cannot save is named
and left out.
"""

# What it imports is not installed where types are checked.
# mypy: ignore-errors

from __future__ import annotations

import contextlib
import json
import operator
import sys
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import mlflow.sklearn
import numpy as np
import skops.io
from mlflow.models import infer_signature
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import all_estimators

SEED = 7
REQUIREMENTS = ["scikit-learn==1.9.1"]


def data() -> tuple[Any, Any]:
    """Return 80 rows of six columns, and labels 0 and 1."""
    return make_classification(80, 6, random_state=SEED)


def skops_files(folder: Path) -> int:
    """Write every estimator of scikit-learn that skops saves, and values of every node it has."""
    rows, labels = data()
    values: dict[str, Any] = {
        "transform_log": FunctionTransformer(np.log1p),
        "transform_partial": FunctionTransformer(partial(np.clip, a_min=0, a_max=1)),
        "transform_item": FunctionTransformer(operator.itemgetter("flow")),
        "containers": {"a": 1, "b": (1, 2), "c": {1, 2}, "d": slice(1, 2), "e": b"x", "f": int},
        "arrays": {
            "a": np.arange(3),
            "b": np.array([1, "x"], dtype=object),
            "c": np.float32(3),
            "d": np.ma.array([1, 2], mask=[0, 1]),
            "e": np.dtype("f4"),
        },
        "random": [np.random.RandomState(SEED), np.random.default_rng(SEED)],
    }
    for name, kind in all_estimators():
        try:
            model = kind()
        except TypeError:
            continue
        with contextlib.suppress(ValueError, TypeError, AttributeError):
            model.fit(np.abs(rows), labels)
        values[name] = model
    written = 0
    for name, value in values.items():
        try:
            skops.io.dump(value, folder / f"{name}.skops")
        except Exception as error:  # noqa: BLE001 - what cannot be saved is named and left out
            print(f"left out: {name} ({type(error).__name__})")
        else:
            written += 1
    return written


def mlflow_models(folder: Path) -> int:
    """Write folders of MLflow models as its own functions write them."""
    rows, labels = data()
    written = 0
    for kind in (LogisticRegression, DecisionTreeClassifier):
        model = kind().fit(rows, labels)
        for form in ("skops", "cloudpickle", "pickle"):
            where = folder / f"{kind.__name__}-{form}"
            try:
                mlflow.sklearn.save_model(
                    model,
                    str(where),
                    serialization_format=form,
                    signature=infer_signature(rows, labels),
                    input_example=rows[:2],
                    pip_requirements=REQUIREMENTS,
                )
            except Exception as error:  # noqa: BLE001 - as above
                print(f"left out: {where.name} ({type(error).__name__})")
            else:
                written += 1
    return written


CONFIGURATIONS: dict[str, Any] = {
    "bert/config.json": {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
        "id2label": {"0": "low", "1": "high"},
        "quantization_config": {"modules_to_not_convert": ["lm_head"], "quant_method": "awq"},
        "torch_dtype": "bfloat16",
    },
    "bert/tokenizer_config.json": {
        "tokenizer_class": "BertTokenizer",
        "added_tokens_decoder": {"0": {"content": "[PAD]", "special": True}},
    },
    "bert/generation_config.json": {"do_sample": True, "temperature": 0.6},
    "diffusion/model_index.json": {
        "_class_name": "StableDiffusionXLPipeline",
        "scheduler": ["diffusers", "EulerDiscreteScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"],
        "unet": ["diffusers", "UNet2DConditionModel"],
        "feature_extractor": [None, None],
    },
    "sentences/modules.json": [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_P", "type": "sentence_transformers.models.Pooling"},
    ],
    "adapter/adapter_config.json": {
        "peft_type": "LORA",
        "base_model_name_or_path": "org/base",
        "auto_mapping": None,
        "megatron_core": "megatron.core",
    },
}
MODELING = """
import math
from typing import Optional
import torch
from torch import nn
from transformers import PreTrainedModel
try:
    from flash_attn import flash_attn_func
except ImportError:
    flash_attn_func = None
class Net(PreTrainedModel):
    def __init__(self, config):
        super().__init__(config)
        self.layer = nn.Linear(config.size, config.size)
    def forward(self, x):
        return self.layer(x)
"""
YOLO = """
nc: 80
depth_multiple: 0.33
backbone:
  - [-1, 1, Conv, [64, 6, 2, 2]]
head:
  - [-1, 1, nn.Upsample, [None, 2, "nearest"]]
  - [[17, 20], 1, Detect, [nc, anchors]]
"""


def repositories(folder: Path) -> int:
    """Write configurations and code as repositories of models hold them."""
    files = {name: json.dumps(value, indent=2) for name, value in CONFIGURATIONS.items()}
    files["bert/modeling_net.py"] = MODELING
    files["yolo/yolov5s.yaml"] = YOLO
    files["hydra/config.yaml"] = "optimizer:\n  _target_: torch.optim.AdamW\n  lr: 0.001\n"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return len(files)


def notebooks(folder: Path) -> int:
    """Write notebooks with the outputs of the usual libraries, in their shape."""
    outputs = {
        "plotly": "<div id='p'></div><script src='https://cdn.plot.ly/plotly-3.1.0.min.js'>"
        "</script><script>Plotly.newPlot('p', [])</script>",
        "frame": "<style>td {}</style><table><tr><td>1</td></tr></table>",
        "video": '<iframe src="https://www.youtube.com/embed/a"></iframe>',
        "svg": "<svg><circle r='3'/></svg>",
    }
    for name, text in outputs.items():
        cell = {
            "cell_type": "code",
            "execution_count": 1,
            "metadata": {},
            "outputs": [
                {"output_type": "display_data", "metadata": {}, "data": {"text/html": [text]}}
            ],
            "source": [
                "!pip install -q pandas\n",
                "import pandas as pd\n",
                "pd.Series([1]).plot()",
            ],
        }
        kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
        document = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"kernelspec": kernel},
            "cells": [cell],
        }
        (folder / f"{name}.ipynb").write_text(json.dumps(document), encoding="utf-8")
    return len(outputs)


def main() -> None:
    """Write everything below the folder that is named."""
    warnings.simplefilter("ignore")
    root = Path(sys.argv[1])
    for write in (skops_files, mlflow_models, repositories, notebooks):
        folder = root / write.__name__
        folder.mkdir(parents=True, exist_ok=True)
        print(f"{write.__name__}: {write(folder)}")


if __name__ == "__main__":
    main()
