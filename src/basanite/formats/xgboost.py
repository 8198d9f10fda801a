"""Reader of XGBoost models: JSON and UBJSON. Numbers, names and settings; no code.

Source: the model schema and the tutorial on saved models in XGBoost's documentation (3.2).
"""

from __future__ import annotations

import re
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.contradiction import ContradictionError
from basanite.formats.json_stream import Balance
from basanite.formats.ubjson import Walker

NAME = "xgboost"
VERSION = 2
_OLD = (b"binf", b"bs64\t")
_UBJ = re.compile(rb"\{(?:[iUIlL]\x00*[\x07])(?:learner|version)[{\[]")
_JSON = re.compile(
    rb'^\s*\{\s*"(?:learner"\s*:\s*\{|version"\s*:\s*\[[\d,\s]*\]\s*,\s*"learner"\s*:\s*\{)'
)
_OBJECTIVE = re.compile(rb'"objective"\s*:\s*\{\s*"name"\s*:\s*"([\w:.-]{1,60})"')
_BOOSTER = re.compile(rb'"name"\s*:\s*"(gbtree|gblinear|dart)"')
_FEATURES = re.compile(rb'"num_feature"\s*:\s*"(\d{1,12})"')
_VERSION = re.compile(rb'"version"\s*:\s*\[\s*(\d{1,6})\s*,\s*(\d{1,6})\s*,\s*(\d{1,6})\s*\]')
_TREES = re.compile(rb'"num_trees"\s*:\s*"(\d{1,12})"')


def looks_like_xgboost(head: bytes) -> bool:
    """Whether a file begins as XGBoost writes its models."""
    if _JSON.match(head) or _UBJ.match(head):
        return b"gradient_booster" in head or b"learner_" in head or b"objective" in head
    return head.startswith(_OLD)


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return objective, booster, features, trees and version.

    Raises:
        UnreadableError: the file ends early, or is in the old binary layout, which nobody reads.
        ContradictionError: it is no JSON or UBJSON.
    """
    file.seek(0)
    head = file.read(min(size, 64))
    if head.startswith(_OLD):
        raise UnreadableError("it is in XGBoost's old binary layout, which is not looked into")
    return _ubj(file, size) if _UBJ.match(head) else _json(file, size)


def _json(file: BinaryIO, size: int) -> dict[str, Any]:
    found: dict[str, bytes] = {}
    version = ""
    balance = Balance()
    for window, _ in balance.windows(file, size):
        for name, pattern in (
            ("objective", _OBJECTIVE), ("booster", _BOOSTER), ("features", _FEATURES),
            ("trees", _TREES),
        ):  # fmt: skip
            if name not in found and (match := pattern.search(window)):
                found[name] = match.group(1)
        if match := _VERSION.search(window):
            version = b".".join(match.groups()).decode()
    balance.close()
    return _facts({name: text.decode() for name, text in found.items()}, version, "json")


_PATHS = {
    ("learner", "objective", "name"): "objective",
    ("learner", "gradient_booster", "name"): "booster",
    ("learner", "learner_model_param", "num_feature"): "features",
    ("learner", "gradient_booster", "model", "gbtree_model_param", "num_trees"): "trees",
    ("learner", "gradient_booster", "gbtree", "model", "gbtree_model_param", "num_trees"): "trees",
}


def _ubj(file: BinaryIO, size: int) -> dict[str, Any]:
    found: dict[str, str] = {}
    version: list[str] = []
    walker = Walker(file, size)
    for path, value in walker.scalars():
        if path in _PATHS and isinstance(value, str):
            found[_PATHS[path]] = value
        elif path[:1] == ("version",) and isinstance(value, int) and len(version) < 3:
            version.append(str(value))
    if walker.left:
        raise ContradictionError(f"{walker.left} bytes follow behind the model")
    return _facts(found, ".".join(version), "ubjson")


def _facts(found: dict[str, str], version: str, layout: str) -> dict[str, Any]:
    number = {
        name: int(found[name])
        for name in ("features", "trees")
        if found.get(name, "").isdecimal() and len(found[name]) < 13
    }
    return {
        "layout": layout,
        "version": version,
        "objective": visible(found.get("objective", ""), 80),
        "booster": visible(found.get("booster", ""), 40),
        **number,
    }
