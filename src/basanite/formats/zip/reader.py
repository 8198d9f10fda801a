"""Reader of zip archives: members, and whether PyTorch, Keras, skops or NumPy laid them out."""

from __future__ import annotations

from typing import Any, BinaryIO

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.stream import fill
from basanite.formats.zip.directory import Member, members
from basanite.formats.zip.member import open_member

NAME = "zip"
VERSION = 4
_SHOWN = 200
_EXPORTS = frozenset({"serialized_exported_program.json", "archive_format"})
_PACKAGE = ".data/extern_modules"
"""Members that only `torch.export.save` and AOTInductor write, and `torch.package`."""
_SKOPS = ("schema.json", ".npy", ".npz", ".bin")
"""What skops writes: the tree of objects, and their arrays and bytes."""


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return members, sizes, and the layout's own version where it has one.

    Raises:
        UnreadableError: the archive's directory is missing or damaged.
    """
    entries = members(file, 0, size)
    facts: dict[str, Any] = {
        "members": len(entries),
        "names": [each.name for each in entries[:_SHOWN]],
        "unpacked_bytes": sum(each.size for each in entries),
        "layout": layout(entries).value,
    }
    repeated = len(entries) - len({each.name for each in entries})
    if repeated:
        facts["repeated_names"] = repeated
    if any(each.encrypted for each in entries):
        facts["encrypted_members"] = sum(each.encrypted for each in entries)
    if layout(entries) is Format.PYTORCH_ZIP:
        facts["torchscript"] = any(each.name.endswith("/constants.pkl") for each in entries)
        facts["tensors"] = sum("/data/" in each.name for each in entries)
        version = next((each for each in entries if each.name.endswith("/version")), None)
        if version is not None and version.size <= 64:
            try:
                text = fill(open_member(file, version, size), 64)
            except UnreadableError as error:
                facts["version_unreadable"] = error.what
            else:
                facts["version"] = visible(text.decode("utf-8", "replace").strip(), 32)
    return facts


def layout(entries: tuple[Member, ...]) -> Format:
    """Return what kind of archive the members' names show."""
    names = {each.name for each in entries}
    if any(name.rpartition("/")[2] in _EXPORTS or name.endswith(_PACKAGE) for name in names):
        return Format.PYTORCH_EXPORT
    if any(name == "data.pkl" or name.endswith("/data.pkl") for name in names):
        return Format.PYTORCH_ZIP
    if {"metadata.json", "config.json"} <= names and any("weights" in name for name in names):
        return Format.KERAS
    if "schema.json" in names and all(name.endswith(_SKOPS) for name in names):
        return Format.SKOPS
    if names and all(name.endswith(".npy") for name in names):
        return Format.NPZ
    return Format.ZIP
