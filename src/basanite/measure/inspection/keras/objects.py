"""Objects: everything in a configuration that Keras turns into a class, a function or code.

Source: keras/src/saving/serialization_lib.py (Keras 3), keras/src/legacy/saving/serialization.py
and tf_keras/src/saving (Keras 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from basanite.domain.errors import UnreadableError

_MAX_VALUES = 4_000_000


class Role(StrEnum):
    """What part of a model an object is."""

    LAYER = "layer"
    """A layer, or the model itself: nothing runs without it."""
    CALLED = "called"
    """A function that a layer calls."""
    PART = "part"
    """An initializer, a regularizer, a data type and the like."""
    TRAINING = "training"
    """An optimizer, a loss or a metric."""


_LAYERS = frozenset(
    {"layers", "layer", "cell", "cells", "backward_layer", "forward_layer", "model", "sublayer"}
)
_CALLS = frozenset({"function", "mask", "output_shape", "call_fn", "init_fn", "fn"})
_TRAINS = frozenset(
    {"compile_config", "training_config", "optimizer_config", "optimizer", "loss", "losses",
     "metrics", "weighted_metrics", "loss_weights"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Serialised:
    """One object. Everything about it is what the file claims."""

    class_name: str
    module: str | None
    registered: str | None
    config: Any
    role: Role
    trail: str
    """Where it stands: names of layers and keys."""
    value: dict[str, Any]


def objects(configuration: Any) -> Iterator[Serialised]:
    """Yield the objects in a configuration, outermost first; each value is visited once.

    Raises:
        UnreadableError: it holds more than four million values.
    """
    todo: list[tuple[Any, Role, str]] = [(configuration, Role.LAYER, "")]
    seen: set[int] = set()
    count = 0
    while todo:
        value, role, trail = todo.pop()
        if not isinstance(value, dict | list) or id(value) in seen:
            continue
        # A document with references may hold one value in many places.
        seen.add(id(value))
        count += len(value)
        if count > _MAX_VALUES:
            raise UnreadableError("the configuration holds more values than are looked at")
        if isinstance(value, list):
            todo += [(each, role, trail) for each in value if isinstance(each, dict | list)]
            continue
        own = _object(value, role, trail)
        if own is not None:
            yield own
            trail = own.trail
        for key, inner in value.items():
            if isinstance(inner, dict | list):
                todo.append((inner, _role(key, role, own is not None), _join(trail, key, own)))


def _role(key: str, role: Role, of_object: bool) -> Role:
    if role is Role.TRAINING or key in _TRAINS:
        return Role.TRAINING
    if key in _LAYERS:
        return Role.LAYER
    if key in _CALLS and role is not Role.PART:
        return Role.CALLED
    # The list in a sequential model of old is itself the configuration.
    return role if key == "config" or not of_object else Role.PART


def _join(trail: str, key: str, own: Serialised | None) -> str:
    if key in ("config", "layers", "items") or (own is not None and not own.trail):
        return trail
    return f"{trail}/{key}"[:300] if trail else key[:300]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _object(value: dict[str, Any], role: Role, trail: str) -> Serialised | None:
    class_name = value.get("class_name")
    if not isinstance(class_name, str) or not ({"config", "items", "spec_name"} & value.keys()):
        return None
    config = value.get("config")
    name = config.get("name") if isinstance(config, dict) else None
    if isinstance(name, str) and role is Role.LAYER:
        trail = f"{trail}/{name}"[:300] if trail else name[:300]
    return Serialised(
        class_name=class_name,
        module=_text(value.get("module")),
        registered=_text(value.get("registered_name")),
        config=config,
        role=role,
        trail=trail,
        value=value,
    )
