"""Reader of what a model's own papers declare: licence, ancestors, data, how it was made.

These are claims of whoever wrote the file, never facts. Read are the keys ``general.*`` of GGUF
(docs/gguf.md of the ggml project), the ``__metadata__`` of safetensors (with the keys
``modelspec.*`` of the Stability AI model specification), the head of a model card (``README.md``
between ``---``; Hugging Face Hub, model cards), ``config.json`` and ``adapter_config.json``
(transformers and PEFT), and ``MLmodel`` (MLflow).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.json_document import load_json

NAME = "declared"
VERSION = 2
MAX_READ = 1 << 18
"""Of a paper, so many bytes are read: a card's head and a configuration are far smaller."""
_TEXT = 300
_MOST = 32


def of_gguf(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims among the metadata of a GGUF file, which maps keys to values."""
    count = values.get("general.base_model.count")
    ancestors = [
        _ancestor(
            values.get(f"general.base_model.{number}.name"),
            organization=values.get(f"general.base_model.{number}.organization"),
            version=values.get(f"general.base_model.{number}.version"),
            url=values.get(f"general.base_model.{number}.repo_url"),
        )
        for number in range(min(count, _MOST) if isinstance(count, int) else 0)
    ]
    return _kept(
        licence=values.get("general.license.name") or values.get("general.license"),
        licence_link=values.get("general.license.link"),
        name=values.get("general.basename") or values.get("general.name"),
        version=values.get("general.version"),
        organization=values.get("general.organization"),
        author=values.get("general.author"),
        description=values.get("general.description"),
        url=values.get("general.repo_url") or values.get("general.url"),
        source=values.get("general.source.repo_url") or values.get("general.source.url"),
        finetune=values.get("general.finetune"),
        quantized_by=values.get("general.quantized_by"),
        ancestors=[each for each in ancestors if each],
    )


def of_safetensors(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims in the ``__metadata__`` of a safetensors file."""
    base = metadata.get("base_model") or metadata.get("ss_sd_model_name")
    return _kept(
        licence=metadata.get("modelspec.license") or metadata.get("license"),
        name=metadata.get("modelspec.title"),
        author=metadata.get("modelspec.author"),
        description=metadata.get("modelspec.description"),
        architecture=metadata.get("modelspec.architecture"),
        date=metadata.get("modelspec.date"),
        ancestors=[each for each in [_ancestor(base)] if each],
    )


def fact(claims: dict[str, Any]) -> dict[str, Any]:
    """Return claims under the name they have among an artifact's facts; nothing for none."""
    return {"declared": claims} if claims else {}


def read(name: str, file: BinaryIO, size: int) -> dict[str, Any]:
    """Return the claims of a model's paper, which is known by its file name; else nothing.

    Bytes that are no such paper declare nothing; they never raise.
    """
    reader = _PAPERS.get(name.rsplit("/", 1)[-1].lower())
    if reader is None or not size:
        return {}
    file.seek(0)
    return reader(file.read(min(size, MAX_READ)))


def _card(data: bytes) -> dict[str, Any]:
    lines = data.decode("utf-8-sig", "replace").splitlines()
    if not lines or lines[0].strip() != "---":
        return {}
    head = _flat(lines[1:])
    licence = _one(head.get("license"))
    if licence.lower() == "other":
        licence = _one(head.get("license_name")) or licence
    return _kept(
        licence=licence,
        licence_link=_one(head.get("license_link")),
        task=_one(head.get("pipeline_tag")),
        library=_one(head.get("library_name")),
        relation=_one(head.get("base_model_relation")),
        datasets=head.get("datasets", []),
        ancestors=[each for each in map(_ancestor, head.get("base_model", [])) if each],
    )


def _mlmodel(data: bytes) -> dict[str, Any]:
    head = _flat(data.decode("utf-8-sig", "replace").splitlines())
    if not head.get("mlflow_version") and not head.get("flavors"):
        return {}
    run = _kept(
        id=_one(head.get("run_id")),
        ended=_one(head.get("utc_time_created")),
        tool="MLflow",
        tool_version=_one(head.get("mlflow_version")),
        model=_one(head.get("model_uuid")),
    )
    return {"run": run} if "id" in run else {}


def _config(data: bytes) -> dict[str, Any]:
    body = _object(data)
    if not isinstance(body.get("model_type"), str):
        return {}
    quantization = body.get("quantization_config")
    architectures = body.get("architectures")
    return _kept(
        family=body.get("model_type"),
        architecture=architectures[0] if isinstance(architectures, list) and architectures else "",
        loaded_from=body.get("_name_or_path"),
        library="transformers",
        library_version=body.get("transformers_version"),
        quantization=quantization.get("quant_method") if isinstance(quantization, dict) else "",
    )


def _adapter(data: bytes) -> dict[str, Any]:
    body = _object(data)
    ancestor = _ancestor(
        body.get("base_model_name_or_path"), version=body.get("revision"), url=None
    )
    return _kept(
        relation="adapter" if ancestor else "",
        adapter=body.get("peft_type"),
        library="peft" if ancestor else "",
        task=body.get("task_type"),
        ancestors=[ancestor] if ancestor else [],
    )


_PAPERS: dict[str, Callable[[bytes], dict[str, Any]]] = {
    "readme.md": _card,
    "config.json": _config,
    "adapter_config.json": _adapter,
    "mlmodel": _mlmodel,
}


def _object(data: bytes) -> dict[str, Any]:
    try:
        body = load_json(data)
    except UnreadableError:
        return {}
    return body if isinstance(body, dict) else {}


def _flat(lines: list[str]) -> dict[str, list[str]]:
    """Return the top-level keys of simple YAML with their texts; what is nested is passed over.

    A whole YAML parser would bring aliases and tags of strangers for the sake of a few words.
    """
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        bare = line.strip()
        if bare in ("---", "..."):
            break
        if not bare or bare.startswith("#"):
            continue
        if bare.startswith("- ") and len(line) - len(line.lstrip()) <= 4:
            current.append(_scalar(bare[2:]))
        elif line[0] not in " \t" and ":" in bare:
            key, _, value = bare.partition(":")
            current = found.setdefault(key.strip(), [])
            value = value.strip()
            if value.startswith("[") and value.endswith("]"):
                current += [_scalar(each) for each in value[1:-1].split(",")]
            elif value:
                current.append(_scalar(value))
    return {key: [each for each in values if each][:_MOST] for key, values in found.items()}


def _scalar(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    return text.split(" #", 1)[0].strip()


def _one(values: list[str] | None) -> str:
    return values[0] if values else ""


def _ancestor(
    name: Any, *, organization: Any = None, version: Any = None, url: Any = None
) -> dict[str, Any]:
    """Return a model that another one comes from; nothing where no name is given."""
    if not isinstance(name, str) or not name.strip():
        return {}
    return _kept(name=name, organization=organization, version=version, url=url)


def _kept(**claims: Any) -> dict[str, Any]:
    """Return the claims that say something, as inert text of bounded length."""
    kept: dict[str, Any] = {}
    for key, value in claims.items():
        if isinstance(value, str) and value.strip():
            kept[key] = visible(value.strip(), _TEXT)
        elif isinstance(value, list) and value:
            kept[key] = [
                visible(each, _TEXT) if isinstance(each, str) else each for each in value[:_MOST]
            ]
    return kept
