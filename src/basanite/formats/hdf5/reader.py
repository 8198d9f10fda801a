"""Reader of HDF5 files: objects, Keras's attributes, and what lies in other files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import encode_name, visible
from basanite.formats.hdf5.attributes import attributes, texts
from basanite.formats.hdf5.datasets import Dataset, dataset
from basanite.formats.hdf5.header import Message, messages
from basanite.formats.hdf5.heaps import GlobalHeap
from basanite.formats.hdf5.links import Link, links
from basanite.formats.hdf5.source import Source
from basanite.formats.hdf5.superblock import read_superblock

NAME = "hdf5"
VERSION = 2
CONFIGURATIONS = frozenset({"model_config", "training_config"})
"""Attributes in which Keras keeps what it builds a model from."""
_TEXTS = CONFIGURATIONS | {"keras_version", "backend", "layer_names", "weight_names"}
_LEGACY = frozenset({"keras_version", "model_config", "layer_names"})
_MAX_OBJECTS = 200_000
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A place in an HDF5 file that leads out of it, or is told to."""

    kind: str
    """``external-link``, ``external-file``, ``virtual-dataset`` or ``soft-link``."""
    path: str
    """The object in this file."""
    target: str
    """The other file; for a soft link the path in this one."""


@dataclass
class Structure:
    """What an HDF5 file holds."""

    superblock: int
    groups: int = 0
    datasets: int = 0
    parameters: int = 0
    dtypes: Counter[str] = field(default_factory=Counter)
    attributes: set[str] = field(default_factory=set)
    texts: dict[str, list[str]] = field(default_factory=dict)
    """Texts of the attributes that matter here, by name, wherever they stand."""
    elsewhere: list[Elsewhere] = field(default_factory=list)
    largest: tuple[int, str] = (0, "")
    """Bytes and path of the largest dataset, as announced."""
    weights: bool = False
    """Whether there is a group as Keras 3 lays weights out."""

    @property
    def keras(self) -> bool:
        """Whether Keras wrote the file."""
        return bool(_LEGACY & self.attributes) or self.weights


def structure(file: BinaryIO, size: int) -> Structure:
    """Return what an HDF5 file of ``size`` bytes holds; every object is visited once.

    Raises:
        UnreadableError: it is damaged, or holds more than 200,000 objects.
    """
    block = read_superblock(file, size)
    source, found = block.source, Structure(block.version)
    heap = GlobalHeap(source)
    seen = {block.root}
    todo = [("", block.root)]
    while todo:
        path, address = todo.pop()
        header = messages(source, address)
        _attributes(source, heap, header, found)
        data = dataset(source, heap, header)
        if data is not None:
            _dataset(path, data, found)
            continue
        found.groups += 1
        for link in links(source, header):
            inner = f"{path}/{link.name}"[:2000]
            if link.address is None:
                _leads(inner, link, found)
            elif link.address not in seen:
                seen.add(link.address)
                todo.append((inner, link.address))
        if len(seen) > _MAX_OBJECTS:
            raise UnreadableError(f"the HDF5 file holds more than {_MAX_OBJECTS} objects")
    return found


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return groups, datasets, parameters, Keras's versions and names, and other files.

    Raises:
        UnreadableError: it is no HDF5 file, or a damaged one.
    """
    found = structure(file, size)
    facts: dict[str, Any] = {
        "superblock": found.superblock,
        "groups": found.groups,
        "datasets": found.datasets,
        "parameters": found.parameters,
        "dtypes": dict(sorted(found.dtypes.items())),
        "keras": found.keras,
        "model_config": "model_config" in found.attributes,
    }
    for name in ("keras_version", "backend"):
        if name in found.texts:
            facts[name] = visible("".join(found.texts[name][:1]), 80)
    for name, said in (("layer_names", "layers"), ("weight_names", "weights")):
        if name in found.texts:
            facts[said] = len(found.texts[name])
    outside = [each for each in found.elsewhere if each.kind != "soft-link"]
    if outside:
        facts["external_data"] = sorted({encode_name(each.target) for each in outside})[:_SHOWN]
    return facts


def _attributes(source: Source, heap: GlobalHeap, header: list[Message], found: Structure) -> None:
    for each in attributes(source, header):
        if len(found.attributes) < 10_000:
            found.attributes.add(each.name)
        if each.name in _TEXTS:
            said = texts(source, heap, each)
            if said is not None:
                found.texts.setdefault(each.name, []).extend(said)


def _dataset(path: str, data: Dataset, found: Structure) -> None:
    found.datasets += 1
    found.dtypes[data.dtype] += 1
    found.parameters += data.elements
    found.largest = max(found.largest, (data.bytes, path))
    # Keras 3 keeps the variables of every object in a group ``vars``, by number.
    found.weights |= path.rpartition("/")[0].endswith("/vars")
    found.elsewhere += [Elsewhere("external-file", path, each) for each in data.external]
    if data.virtual is not None:
        named = [each for each in data.virtual if each != "."] or ["."]
        found.elsewhere += [Elsewhere("virtual-dataset", path, each) for each in named]


def _leads(path: str, link: Link, found: Structure) -> None:
    if link.file:
        found.elsewhere.append(Elsewhere("external-link", path, link.file))
    else:
        found.elsewhere.append(Elsewhere("soft-link", path, link.target))
    if len(found.elsewhere) > _MAX_OBJECTS:
        raise UnreadableError("the HDF5 file holds more links than are looked at")


def configurations(found: Structure) -> Iterator[tuple[str, str]]:
    """Yield the name and the JSON of everything that Keras would build objects from."""
    for name in sorted(CONFIGURATIONS):
        for text in found.texts.get(name, ()):
            yield name, text
