"""Reader of OpenVINO's intermediate representation: the ``.xml`` that goes with a ``.bin``.

Source: OpenVINO 2025, "IR format specification": a ``net`` of ``layers``, each of a type and an
operator set. Weights lie in the other file, by offset and size.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.xml import DocumentTypeError, elements

NAME = "openvino"
VERSION = 2
_ROOT = re.compile(r"<net\b[^<>]{0,4000}\bversion\s*=|<!DOCTYPE\s+net\b")
_OPSET = re.compile(r"opset[1-9][0-9]?|experimental|")
_MAX_LAYERS = 2_000_000
_SHOWN = 100
_NUMBER = re.compile(r"[0-9]{1,19}")
_BITS = {
    "f64": 64, "f32": 32, "f16": 16, "bf16": 16, "i64": 64, "i32": 32, "i16": 16, "i8": 8,
    "u64": 64, "u32": 32, "u16": 16, "u8": 8, "i4": 4, "u4": 4, "nf4": 4, "u2": 2, "u1": 1,
    "f8e4m3": 8, "f8e5m2": 8, "f8e8m0": 8, "f4e2m1": 4, "boolean": 8,
}  # fmt: skip
_TOKENIZERS = frozenset(
    {
        "BPETokenizer", "ByteFallback", "BytesToChars", "CaseFold", "CharsMapNormalization",
        "CharsToBytes", "CombineSegments", "EqualStr", "FuzeRagged", "NormalizeUnicode",
        "RaggedTensorPack", "RaggedToDense", "RaggedToRagged", "RaggedToSparse",
        "RegexNormalization", "RegexSplit",
        "SentencepieceDetokenizer", "SentencepieceStreamDetokenizer",
        "SentencepieceTokenizer", "SpecialTokensSplit", "StringTensorPack", "StringTensorUnpack",
        "StringToHashBucket", "TrieTokenizer", "Truncate", "UnigramTokenizer", "UTF8Validate",
        "VocabDecoder", "VocabEncoder", "WordpieceTokenizer",
    }
)  # fmt: skip
"""Layers of OpenVINO's own extension for tokenizers, which a program has to load."""


def looks_like_openvino(head: bytes) -> bool:
    """Return whether a text begins as the representation does: XML with a ``net`` of a version."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", "replace")
    elif head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        text = head.decode("latin-1")
    else:
        return False
    return _ROOT.search(text) is not None


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return version, layers by type, operator sets, custom layers, and size lies.

    A document type is a fact (``document_type``), and ends the reading: see `xml.elements`.

    Raises:
        UnreadableError: it is no XML, or no ``net``.
    """
    facts: dict[str, Any] = {"name": "", "ir_version": "", "layers": 0}
    kinds: Counter[str] = Counter()
    opsets: set[str] = set()
    custom: set[str] = set()
    wrong: list[str] = []
    layer = ""
    try:
        for each in elements(file, size):
            if each.depth == 0:
                if each.name != "net":
                    raise UnreadableError(f"the XML holds {visible(each.name, 80)}, not a net")
                facts["name"] = visible(each.attributes.get("name", ""), 120)
                facts["ir_version"] = visible(each.attributes.get("version", ""), 20)
            elif each.name == "layer":
                facts["layers"] += 1
                if facts["layers"] > _MAX_LAYERS:
                    raise UnreadableError(f"the model has more than {_MAX_LAYERS} layers")
                layer = visible(each.attributes.get("type", ""), 80)
                opset = each.attributes.get("version", "")
                if len(kinds) < 10_000:
                    kinds[layer] += 1
                if _OPSET.fullmatch(opset):
                    opsets.add(opset)
                elif len(custom) < 10_000:
                    custom.add(layer)
            elif each.name == "data" and layer == "Const" and _lies(each.attributes):
                wrong.append(layer)
    except DocumentTypeError as error:
        return {**facts, "document_type": error.said}
    extension = custom & _TOKENIZERS
    said = {
        "custom_operators": sorted(custom - extension)[:_SHOWN],
        "extension_operators": sorted(extension)[:_SHOWN],
        "wrong_sizes": len(wrong),
    }
    return {
        **facts,
        "operators": len(kinds),
        "opsets": sorted(opsets - {""}),
        **{key: value for key, value in said.items() if value},
    }


def _lies(data: dict[str, str]) -> bool:
    """Whether a constant's place is no place, or its size is not that of its shape."""
    offset, length = data.get("offset"), data.get("size")
    if offset is None or length is None:
        return False
    if not (_NUMBER.fullmatch(offset) and _NUMBER.fullmatch(length)):
        return True
    if int(offset) + int(length) >= 1 << 63:
        return True
    shape = [each.strip() for each in data.get("shape", "").split(",") if each.strip()]
    bits = _BITS.get(data.get("element_type", ""))
    if not all(_NUMBER.fullmatch(each) for each in shape[:64]):
        return True
    if bits is None:
        return False
    return int(length) != (math.prod(map(int, shape[:64])) * bits + 7) // 8
