"""Reader of tokenizer files as the Hugging Face libraries write them."""

from __future__ import annotations

from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.json_document import read_json

NAME = "tokenizer"
VERSION = 2


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return the model type, vocabulary size, special tokens and chat template presence.

    Raises:
        UnreadableError: it is no JSON, or not an object or list.
    """
    document = read_json(file, size)
    if isinstance(document, list):
        return {"kind": "list", "entries": len(document)}
    if not isinstance(document, dict):
        raise UnreadableError("the tokenizer file is no JSON object")
    model = document.get("model")
    if isinstance(model, dict):
        added = document.get("added_tokens")
        return {
            "kind": "tokenizer",
            "model_type": _text(model.get("type")),
            "vocabulary": _size(model.get("vocab")),
            "merges": _size(model.get("merges")),
            "added_tokens": _size(added),
            "normalizer": _type_of(document.get("normalizer")),
            "pre_tokenizer": _type_of(document.get("pre_tokenizer")),
        }
    if document and all(type(value) is int for value in document.values()):
        return {"kind": "vocabulary", "vocabulary": len(document)}
    template = document.get("chat_template")
    return {
        "kind": "configuration",
        "model_type": _text(document.get("tokenizer_class")),
        "chat_template": isinstance(template, str | list) and bool(template),
        "added_tokens": _size(document.get("added_tokens_decoder")),
        "auto_map": "auto_map" in document,
    }


def _text(value: Any) -> str:
    return visible(value, 80) if isinstance(value, str) else ""


def _size(value: Any) -> int:
    return len(value) if isinstance(value, dict | list) else 0


def _type_of(value: Any) -> str:
    return _text(value.get("type")) if isinstance(value, dict) else ""
