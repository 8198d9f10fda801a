"""Reader of LightGBM models, in text and in JSON: settings and the numbers of each tree; no code.

Source: gbdt_model_text.cpp of the LightGBM project (4.7).
"""

from __future__ import annotations

import re
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.json_stream import Balance

NAME = "lightgbm"
VERSION = 2
_BEGIN = re.compile(rb"tree\r?\n(?:version|num_class)=")
_JSON = re.compile(rb'\s*\{\s*"name"\s*:\s*"tree"\s*,\s*"version"\s*:\s*"(v\d{1,4})"')
_JSON_TREE = re.compile(rb'"tree_index"\s*:')
_FIELD = re.compile(r"^(version|objective|num_class|max_feature_idx)=(.{0,80})$", re.MULTILINE)
_TREE = re.compile(rb"(?:^|\n)Tree=\d")
_END = b"end of trees"
_CHUNK = 1 << 20


def looks_like_lightgbm(head: bytes) -> bool:
    """Whether a file begins as LightGBM writes its models."""
    return (_BEGIN.match(head) or _JSON.match(head)) is not None


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return version, objective, classes, features and trees.

    Raises:
        UnreadableError: the trees do not come to their end.
        ContradictionError: it is no JSON.
    """
    file.seek(0)
    if dump := _JSON.match(file.read(min(size, 1 << 12))):
        balance = Balance()
        trees = 0
        for window, new in balance.windows(file, size):
            trees += sum(match.end() > new for match in _JSON_TREE.finditer(window))
        balance.close()
        return {"version": dump[1].decode(), "trees": trees}
    file.seek(0)
    head = file.read(min(size, 1 << 16)).decode("utf-8", "replace").replace("\r", "")
    fields = dict(_FIELD.findall(head.partition("\nTree=")[0]))
    trees, ended = _trees(file, size)
    if not ended:
        raise UnreadableError(f"the file ends early, after {trees} trees")
    last = fields.get("max_feature_idx", "")
    return {
        "version": visible(fields.get("version", ""), 20),
        "objective": visible(fields.get("objective", ""), 80),
        "classes": visible(fields.get("num_class", ""), 20),
        "features": int(last) + 1 if last.isdecimal() and len(last) < 10 else 0,
        "trees": trees,
    }


def _trees(file: BinaryIO, size: int) -> tuple[int, bool]:
    """Return how many trees there are, and whether their end is said."""
    file.seek(0)
    left, carried, trees = size, b"", 0
    while left > 0 and (data := file.read(min(_CHUNK, left))):
        left -= len(data)
        window = carried + data
        end = window.find(b"\n" + _END)
        seen = window if end < 0 else window[:end]
        # A match that reaches into what was carried over was not counted before.
        trees += sum(match.end() > len(carried) for match in _TREE.finditer(seen))
        if end >= 0:
            rest = window[end:] + file.read(min(_CHUNK, left))
            return trees, b"\nparameters:" not in rest or b"end of parameters" in rest
        carried = window[-32:]
    return trees, False
