"""Reader of Keras models: the configuration that Keras builds a model from, wherever it stands.

Source: keras/src/saving/saving_lib.py of Keras 3, and hdf5_format.py of Keras 2.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.json_document import load_json
from basanite.formats.stream import fill
from basanite.formats.zip import reader as zip_reader
from basanite.formats.zip.directory import Member, members
from basanite.formats.zip.member import open_member

NAME = "keras"
VERSION = 2
CONFIG = "config.json"
_METADATA = "metadata.json"
MAX_CONFIG = 8 << 20
"""Bytes of a configuration. Vocabularies of half a million words stay below it."""
_OWN = re.compile(
    r"config\.json|metadata\.json|assets(?:/.*)?|README\.md|[\w.-]*\.?weights\.(?:h5|npz|json)"
)
_SHOWN = 100


def load_config(data: bytes) -> Any:
    """Return a configuration as Keras reads it: JSON in UTF-8, UTF-16 or UTF-32.

    Raises:
        UnreadableError: it is no JSON, or nested too deeply.
    """
    encoding = json.detect_encoding(data)
    if encoding.startswith("utf-8"):
        return load_json(data)
    try:
        return load_json(data.decode(encoding).encode("utf-8"))
    except ValueError as error:
        raise UnreadableError("the configuration is no text") from error


def configs(file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield every member of an archive that has the name of Keras's configuration.

    A name may stand twice in the directory, and programs differ in which they take.

    Raises:
        UnreadableError: the archive is damaged, has none, or one that is too large.
    """
    found = [each for each in members(file, 0, size) if each.name == CONFIG]
    if not found:
        raise UnreadableError("the Keras archive has no config.json")
    for each in found[:8]:
        yield _member(file, each, size)


def strangers(file: BinaryIO, size: int) -> list[str]:
    """Return the names of members that Keras does not write.

    Raises:
        UnreadableError: the archive is damaged.
    """
    return [each.name for each in members(file, 0, size) if not _OWN.fullmatch(each.name)]


def _member(file: BinaryIO, member: Member, size: int) -> bytes:
    data = fill(open_member(file, member, size), MAX_CONFIG + 1)
    if len(data) > MAX_CONFIG:
        raise UnreadableError(f"{member.name} has more than {MAX_CONFIG >> 20} MiB")
    return data


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return the archive's facts, Keras's version and backend, and the classes of the layers.

    Raises:
        UnreadableError: the archive or its configuration is damaged.
    """
    facts = zip_reader.read(file, size)
    for each in members(file, 0, size):
        if each.name == _METADATA:
            said = load_config(_member(file, each, size))
            if isinstance(said, dict):
                for name in ("keras_version", "backend", "date_saved"):
                    if isinstance(said.get(name), str):
                        facts[name] = visible(said[name], 80)
    layers: Counter[str] = Counter()
    for data in configs(file, size):
        layers.update(layer_classes(load_config(data)))
    facts["layers"] = layers.total()
    facts["layer_classes"] = dict(sorted(layers.most_common(_SHOWN)))
    return facts


def layer_classes(config: Any) -> Iterator[str]:
    """Yield the class of every layer in a configuration, nested models included."""
    todo = [config]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            inner = value.get("config")
            layers = inner.get("layers") if isinstance(inner, dict) else inner
            if isinstance(layers, list):
                for layer in layers:
                    if isinstance(layer, dict) and isinstance(layer.get("class_name"), str):
                        yield visible(layer["class_name"], 80)
                        todo.append(layer)
