"""Detection: what bytes are, by content first, and by name only where content cannot tell."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.domain.names import base_name
from basanite.formats import catboost, gguf, lightgbm, native, numpy, pmml, tar, tflite, xgboost
from basanite.formats.container.archives import other_archive
from basanite.formats.coreml import looks_like_coreml
from basanite.formats.decompressors import SURE, compression
from basanite.formats.executorch import looks_like_executorch
from basanite.formats.git_pointer import pointed_at
from basanite.formats.hdf5 import superblock as hdf5
from basanite.formats.onnx.reader import looks_like_onnx
from basanite.formats.openvino import looks_like_openvino
from basanite.formats.pickle.plausible import acts_like_pickle, looks_like_pickle
from basanite.formats.pickle.reader import open_stream
from basanite.formats.seven_zip import reader as seven_zip
from basanite.formats.stream import Span, Stream
from basanite.formats.tensorflow.kinds import kind as tensorflow_kind
from basanite.formats.text_kind import text_kind
from basanite.formats.zip.directory import ends_with_archive, members
from basanite.formats.zip.reader import layout

NAME = "detect"
VERSION = 6
_HEAD = 1 << 16
_PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".dill", ".pt", ".pth", ".ckpt", ".bst")
_BY_NAME = {
    ".onnx": Format.ONNX,
    ".safetensors": Format.SAFETENSORS,
    ".gguf": Format.GGUF,
    ".npy": Format.NUMPY,
    ".npz": Format.NUMPY,
    ".h5": Format.HDF5,
    ".hdf5": Format.HDF5,
    ".keras": Format.KERAS,
    ".tflite": Format.TFLITE,
    ".mlmodel": Format.COREML,
    ".pte": Format.EXECUTORCH,
}
_OTHER_MODELS = (
    ".nemo", ".mar", ".mlmodel", ".engine", ".plan", ".trt", ".caffemodel", ".pb", ".pdmodel",
    ".pdparams", ".cbm", ".ubj", ".ggml", ".ptl", ".pte", ".ort", ".t7", ".hef", ".rknn", ".dlc",
    ".skops", ".weights",
)  # fmt: skip
"""Endings of models in formats that are not read here."""
_COMPRESSED = (".gz", ".bz2", ".xz", ".lzma", ".zst", ".lz4")
_PACKED = (".tar", ".tgz", ".tbz2", ".txz", ".zip", ".7z", ".rar")
_SAID = re.compile(r"(?:^|[^a-z])(?:models?|weights?|checkpoints?|ckpts?)(?:[^a-z]|$)")
_MODEL_BINARIES = ("pytorch_model", "model", "adapter_model", "diffusion_pytorch")
_TO_PICKLE_LOADERS = (*_PICKLE_NAMES, ".bin", ".model", ".sav", ".p", ".npy", ".npz")
"""Endings of files that are given to something that unpickles, whatever their bytes are."""
BINARY = frozenset(
    {
        Format.PICKLE, Format.PYTORCH_ZIP, Format.ZIP, Format.SAFETENSORS, Format.ONNX, Format.GGUF,
        Format.NUMPY, Format.NPZ, Format.HDF5, Format.KERAS, Format.TFLITE, Format.TAR,
        Format.COMPRESSED, Format.PARQUET, Format.UNKNOWN, Format.PYTORCH_EXPORT, Format.SKOPS,
        Format.SEVEN_ZIP, Format.TENSORFLOW, Format.COREML, Format.EXECUTORCH, Format.XGBOOST,
        Format.CATBOOST, Format.NATIVE_CODE,
    }
)  # fmt: skip
"""Formats whose bytes are no text."""
_BEFORE_ARCHIVES = frozenset(
    {
        Format.PICKLE, Format.SAFETENSORS, Format.ONNX, Format.GGUF, Format.NUMPY, Format.HDF5,
        Format.TFLITE, Format.TENSORFLOW, Format.UNKNOWN, Format.TAR, Format.COMPRESSED,
        Format.SEVEN_ZIP, Format.PARQUET, Format.COREML, Format.EXECUTORCH, Format.NATIVE_CODE,
    }
)  # fmt: skip
_MAGICS = {
    gguf.MAGIC: Format.GGUF,
    numpy.MAGIC: Format.NUMPY,
    b"PAR1": Format.PARQUET,
    seven_zip.MAGIC: Format.SEVEN_ZIP,
}
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def detect(name: str, file: BinaryIO, size: int) -> Format:
    """Return the format of ``size`` bytes. Never raises for what the bytes are.

    ``name`` is an encoded path. A renamed model is still seen: the name decides only between
    kinds of text, and for bytes that are nothing recognisable, where a model's extension says
    what they claim to be (its reader then says what is wrong with them).
    """
    if size == 0:
        return Format.EMPTY
    file.seek(0)
    head = file.read(min(size, _HEAD))
    found = _program(head) or _by_magic(file, size, head) or _by_structure(file, size, head)
    if found is not None:
        return found
    if tensorflow_kind(name, file, size) is not None:
        return Format.TENSORFLOW
    text = _text(head, size)
    if pointed_at(head, size) is not None:
        return Format.TEXT
    # ``.pth`` is also Python's own name for text files of paths.
    if text is not None and (name.lower().endswith(".pth") or not claims_model(name)):
        return text_kind(name, text)
    return _by_name(name)


def _program(head: bytes) -> Format | None:
    if looks_like_executorch(head):
        return Format.EXECUTORCH
    return Format.NATIVE_CODE if native.kind(head) else None


def _by_magic(file: BinaryIO, size: int, head: bytes) -> Format | None:
    if head[:4] in _ZIP:
        return _zip_layout(file, size)
    plain = next((form for magic, form in _MAGICS.items() if head.startswith(magic)), None)
    if plain is not None:
        return plain
    if tflite.looks_like_tflite(head):
        return Format.TFLITE
    if tar.looks_like_tar(head[: tar.BLOCK]):
        return Format.TAR
    if hdf5.MAGIC in head[:_HEAD] and hdf5.find_superblock(file, size) is not None:
        return Format.HDF5
    return _of_trees(head) or _compressed(file, size, head)


def _of_trees(head: bytes) -> Format | None:
    if catboost.looks_like_catboost(head):
        return Format.CATBOOST
    if xgboost.looks_like_xgboost(head):
        return Format.XGBOOST
    if lightgbm.looks_like_lightgbm(head):
        return Format.LIGHTGBM
    return Format.PMML if pmml.looks_like_pmml(head) else None


def _zip_layout(file: BinaryIO, size: int) -> Format:
    try:
        return layout(members(file, 0, size))
    except UnreadableError:
        return Format.ZIP


def _compressed(file: BinaryIO, size: int, head: bytes) -> Format | None:
    """A compressed pickle is a pickle, and a compressed tar a tar: loaders read them so."""
    kind = compression(head)
    if kind is None:
        return Format.COMPRESSED if other_archive(file, size) else None
    stream, _ = open_stream(file, 0, size)
    try:
        inside, sound = _first(stream, tar.BLOCK)
        if tar.looks_like_tar(inside):
            return Format.TAR
        stream, _ = open_stream(file, 0, size)
        if looks_like_pickle(inside, stream, 1 << 62):
            return Format.PICKLE
    except UnreadableError:
        sound = False
    # Two or three bytes are too little to believe: what unpacks is compressed.
    return Format.COMPRESSED if sound or kind in SURE else None


def _first(stream: Stream, count: int) -> tuple[bytes, bool]:
    """Return the first bytes, and whether there are any and no damage is among them."""
    data = stream.read(count)
    try:
        while 0 < len(data) < count and (more := stream.read(count - len(data))):
            data += more
    except UnreadableError:
        return data, False
    return data, bool(data)


def _by_structure(file: BinaryIO, size: int, head: bytes) -> Format | None:
    header = int.from_bytes(head[:8], "little")
    if 2 <= header <= size - 8 and head[8:9] == b"{" and header < 1 << 32:
        return Format.SAFETENSORS
    if looks_like_pickle(head, Span(file, 0, size), size):
        return Format.PICKLE
    if looks_like_onnx(file, size, head):
        return Format.ONNX
    if head.startswith(b"#!") and ends_with_archive(file, size):
        # A Python program in a zip archive, with the line that starts it.
        return _zip_layout(file, size)
    if looks_like_coreml(file, size, head):
        return Format.COREML
    if looks_like_openvino(head):
        return Format.OPENVINO
    return None


def _text(head: bytes, size: int) -> str | None:
    """Return the beginning as text, or None when it is none."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "replace")
    if b"\x00" in head:
        return None
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head, final=len(head) == size)
    except UnicodeDecodeError:
        # Old text in one byte per character: mostly printable, few controls.
        controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head)
        high = sum(byte >= 128 for byte in head)
        few = controls == 0 and high * 5 < len(head)
        return head.decode("latin-1") if few else None


def claims_model(name: str) -> bool:
    """Return whether a file's name says that it is a model or an array."""
    lower = name.lower()
    return lower.endswith(_PICKLE_NAMES) or lower.endswith(tuple(_BY_NAME))


def names_model(name: str) -> bool:
    """Return whether a file's name says that it is, or holds, a model of any kind.

    Wider than `claims_model`: formats that are not read here, compressed models, and archives
    that say so.
    """
    lower = base_name(name).lower()
    plain = next((lower[: -len(end)] for end in _COMPRESSED if lower.endswith(end)), lower)
    if claims_model(plain) or plain.endswith(_OTHER_MODELS):
        return True
    if plain.endswith(".bin"):
        return plain.startswith(_MODEL_BINARIES)
    packed = plain != lower or plain.endswith(_PACKED)
    return packed and _SAID.search(plain) is not None


def goes_to_pickle_loaders(name: str) -> bool:
    """Return whether programs give a file of this name to something that unpickles it."""
    return name.lower().endswith(_TO_PICKLE_LOADERS)


def starts_with_archive(file: BinaryIO, size: int) -> bool:
    """Return whether the first bytes are those of a zip archive."""
    file.seek(0)
    return file.read(min(size, 4)) in _ZIP


def also(form: Format, file: BinaryIO, size: int) -> tuple[Format, ...]:
    """Return what the bytes of an artifact are besides ``form``: a file may be two things at once.

    One program then sees a harmless table of numbers where another runs a pickle. Never raises for
    what the bytes are, and says nothing without proof: the pickle imports or calls something by a
    proper name, or a whole zip archive stands at the end. It is not looked for where reading the
    end means to unpack everything, in large compressed members of archives.
    """
    found: list[Format] = []
    if starts_with_archive(file, size):
        # Pickle loaders stop at its first byte (a persistent id), and its end is its own.
        return ()
    if form in BINARY and form is not Format.PICKLE:
        stream, _ = open_stream(file, 0, size)
        if acts_like_pickle(stream):
            found.append(Format.PICKLE)
    if form in _BEFORE_ARCHIVES and not _dear(file) and ends_with_archive(file, size):
        found.append(Format.ZIP)
    return tuple(found)


def _dear(file: BinaryIO) -> bool:
    return bool(getattr(file, "end_is_dear", False))


def _by_name(name: str) -> Format:
    lower = name.lower()
    if lower.endswith(_PICKLE_NAMES):
        return Format.PICKLE
    return next((kind for end, kind in _BY_NAME.items() if lower.endswith(end)), Format.UNKNOWN)
