"""Finds models: single files, shards, and the folders that tools keep a model in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from basanite.domain.artifact import MODEL_FORMATS, Artifact, Format
from basanite.domain.system import ComponentKind, ModelTask
from basanite.map.found import (
    DraftComponent,
    Folder,
    Sign,
    folder_of,
    name_of,
    parts_of,
    suffix_of,
)

MODEL_SUFFIXES = frozenset(
    [
        ".pt",
        ".pth",
        ".ckpt",
        ".joblib",
        ".onnx",
        ".safetensors",
        ".gguf",
        ".ggml",
        ".h5",
        ".keras",
        ".tflite",
        ".mlmodel",
        ".engine",
        ".plan",
        ".pdmodel",
        ".caffemodel",
        ".cbm",
        ".ubj",
        ".mar",
        ".nemo",
        ".pb",
    ]
)
"""Endings that mean a model also where the format is not one that is read here."""
_BINARY = frozenset({Format.UNKNOWN, Format.ZIP, Format.TAR, Format.COMPRESSED, Format.EMPTY})
_MARKERS = ("model_index.json", "modules.json", "adapter_config.json", "config.json")
_SCAFFOLD = re.compile(r"(optimizer|scheduler|scaler|rng_state|training_args|trainer_state)")
_SHARD = re.compile(r"(.{0,200})-[0-9]{2,6}-of-([0-9]{2,6})(\.[a-z0-9.]{1,20})\Z")
_DATA_WORDS = re.compile(
    r"(^|[_.-])(index|cache|data|dataset|vocab|embeddings?|docs?|documents|chunks|labels|features|"
    r"mappings?|tokens|bm25|corpus)([_.-]|$)"
)
_LICENCE = re.compile(r"^licen[sc]e:\s*['\"]?([A-Za-z0-9][A-Za-z0-9.+-]{0,60})", re.MULTILINE)
MAX_ALONE = 8
"""More single model files than this in one folder are written as the folder."""


def find_models(folder: Folder) -> list[DraftComponent]:
    """Return the models among the files, each with the paths that belong to it."""
    groups: dict[str, list[Artifact]] = {}
    signs: dict[str, Sign] = {}
    for artifact in folder.artifacts:
        if is_weights(artifact) or name_of(artifact.path) in ("saved_model.pb", "MLmodel"):
            path, sign = _home(folder, artifact)
            groups.setdefault(path, []).append(artifact)
            signs.setdefault(path, sign)
    crowded = _crowded(groups, folder)
    found: list[DraftComponent] = []
    for path, files in sorted(groups.items()):
        home = folder_of(path)
        if home not in crowded or path not in folder.paths:
            found.append(_model(folder, path, files, signs[path]))
    for home, count in sorted(crowded.items()):
        found.append(
            DraftComponent(
                id=name_of(home),
                kind=ComponentKind.MODEL,
                title=name_of(home),
                paths=(home,),
                signs=(Sign(f"{count} model files in one folder", home),),
                todo=("split this into one component for each model that is in use",),
            )
        )
    return found


def is_weights(artifact: Artifact) -> bool:
    """Return whether a file is thought to hold a model."""
    name, suffix = name_of(artifact.path).lower(), suffix_of(artifact.path)
    if artifact.format is Format.PICKLE and suffix not in (".pt", ".pth", ".ckpt", ".bin"):
        return not _DATA_WORDS.search(name.rpartition(".")[0])
    if artifact.format is Format.HDF5 and suffix not in (".h5", ".keras", ".hdf5"):
        return False
    if artifact.format in MODEL_FORMATS:
        return True
    if artifact.format in _BINARY and suffix == ".bin":
        return name.startswith(("pytorch_model", "model", "adapter_model", "diffusion_pytorch"))
    return artifact.format in _BINARY and suffix in MODEL_SUFFIXES


def _home(folder: Folder, artifact: Artifact) -> tuple[str, Sign]:
    """Return the path that a weights file belongs to, and why."""
    path = artifact.path
    ancestors = [*_ancestors(path)]
    for place in reversed(ancestors):  # the topmost folder that says it is a model
        if not place:
            continue
        if folder.has(place, "MLmodel"):
            return place, Sign("an MLflow model folder", f"{place}/MLmodel")
        if folder.has(place, "config.pbtxt"):
            return place, Sign("a Triton model folder", f"{place}/config.pbtxt")
        marker = _marker(folder, place)
        if marker:
            return place, Sign("a Hugging Face model folder", marker)
    if name_of(path) == "saved_model.pb" and folder_of(path):
        return folder_of(path), Sign("a TensorFlow SavedModel", path)
    shard = _SHARD.match(name_of(path))
    if shard:
        glob = f"{shard.group(1)}-*-of-{shard.group(2)}{shard.group(3)}"
        home = folder_of(path)
        return (f"{home}/{glob}" if home else glob), Sign("the shards of a model", path)
    what = artifact.format.value if artifact.format in MODEL_FORMATS else suffix_of(path)
    return path, Sign(f"a model file ({what})", path)


def _ancestors(path: str) -> Iterator[str]:
    """Yield a file's folder, and the two above it."""
    for _ in range(3):
        path = folder_of(path)
        yield path
        if not path:
            return


def _marker(folder: Folder, place: str) -> str | None:
    """Return the file that makes a folder a Hugging Face model; an app's config.json does not."""
    marker = folder.has(place, *_MARKERS)
    if marker is None or name_of(marker) != "config.json":
        return marker
    config = _json(folder, marker)
    return marker if "model_type" in config or "architectures" in config else None


def _json(folder: Folder, path: str) -> dict[str, Any]:
    text = folder.text(path)
    try:
        content = json.loads(text.text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _crowded(groups: dict[str, list[Artifact]], folder: Folder) -> dict[str, int]:
    """Return the folders that hold more single model files than one would list."""
    counts: dict[str, int] = {}
    for path in groups:
        if path in folder.paths and (home := folder_of(path)):
            counts[home] = counts.get(home, 0) + 1
    return {home: count for home, count in counts.items() if count > MAX_ALONE}


def _model(folder: Folder, path: str, files: list[Artifact], sign: Sign) -> DraftComponent:
    is_file = path in folder.paths
    title = name_of(path)
    if is_file:
        title = title.rpartition(".")[0] or title
    if (
        title.isdigit()
        or title.startswith(("checkpoint-", "model-*", "model."))
        or title
        in (
            "model",
            "weights",
            "best",
            "last",
            "final",
            "pytorch_model",
            "saved_model",
        )
    ):
        title = "-".join([*parts_of(path)[-2:-1], title])
    task, guess = _task(folder, "" if is_file else path, files)
    return DraftComponent(
        id=title.replace("*", "shards"),
        kind=ComponentKind.MODEL,
        title=title.replace("*", "shards"),
        paths=(path, *_beside(folder, path)) if is_file else (path,),
        licence=_licence(folder, folder_of(path) if is_file else path),
        task=task,
        signs=(sign, *([guess] if guess else [])),
        guessed=frozenset({"task"} if task else ()) | frozenset({"licence"}),
        todo=()
        if task
        else ("say its task: classification, detection, regression, forecasting or generation",),
    )


def _beside(folder: Folder, path: str) -> tuple[str, ...]:
    """Return the files that hold the tensors of an ONNX file that keeps them outside."""
    outside = (path + ".data", path + "_data", path.removesuffix(".onnx") + ".data")
    return tuple(each for each in outside if each in folder.paths)


def _task(folder: Folder, home: str, files: list[Artifact]) -> tuple[ModelTask | None, Sign | None]:
    if any(each.format is Format.GGUF for each in files):
        return ModelTask.GENERATION, None
    place = folder.has(home, "config.json") if home else None
    if place is None:
        return None, None
    names = _json(folder, place).get("architectures")
    name = names[0] if isinstance(names, list) and names and isinstance(names[0], str) else ""
    for ending, task in (
        ("ForCausalLM", ModelTask.GENERATION),
        ("LMHeadModel", ModelTask.GENERATION),
        ("ForConditionalGeneration", ModelTask.GENERATION),
        ("Classification", ModelTask.CLASSIFICATION),
        ("ForObjectDetection", ModelTask.DETECTION),
        ("ForPrediction", ModelTask.FORECASTING),
    ):
        if name.endswith(ending):
            return task, Sign("its configuration names its architecture", place)
    return None, None


def _licence(folder: Folder, home: str) -> str:
    """Return the licence in the head of a model card, where there is one."""
    card = folder.has(home, "README.md") if home else None
    text = folder.text(card) if card else None
    if text is None or not text.text.startswith("---"):
        return ""
    head = text.text[3 : text.text.find("\n---", 3)] if "\n---" in text.text[:20_000] else ""
    found = _LICENCE.search(head)
    return found.group(1) if found else ""


def scaffold(path: str) -> bool:
    """Return whether a file is left over from training rather than a model."""
    return bool(_SCAFFOLD.match(name_of(path)))
