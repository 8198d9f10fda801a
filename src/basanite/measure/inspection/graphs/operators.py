"""Operators of TensorFlow that reach beyond numbers, and where the path they use stands.

An operator computes, unless its definition takes the name of a file, an address or a program.
These are all that do, by TensorFlow's registry of operators (release 2.21); endings of versions
(``V2``) and the prefix ``Experimental`` are taken off before the name is looked up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from basanite.measure.inspection.pickles.words import words


class Reach(StrEnum):
    """What an operator can do."""

    RUNS = "runs code of the program around it"
    WRITES = "writes files"
    READS = "reads files"
    CONNECTS = "talks to other machines"
    SAVES = "writes or reads a checkpoint"
    TABLE = "fills a table from a file"
    FOREIGN = "comes from a library outside the model"


@dataclass(frozen=True, slots=True)
class Operator:
    """What an operator does, and which of its inputs or attributes names where."""

    reach: Reach
    inputs: tuple[int, ...] = ()
    attribute: str = ""
    """An attribute that names the place; the operator reaches nothing while it is empty."""


_KNOWN: dict[str, Operator] = {
    **dict.fromkeys(("PyFunc", "PyFuncStateless", "EagerPyFunc"), Operator(Reach.RUNS)),
    "WriteFile": Operator(Reach.WRITES, (0,)),
    "SaveDataset": Operator(Reach.WRITES, (1,)),
    "DatasetToTFRecord": Operator(Reach.WRITES, (1,)),
    "CreateSummaryFileWriter": Operator(Reach.WRITES, (1,)),
    "CreateSummaryDbWriter": Operator(Reach.WRITES, (1,)),
    "SnapshotDataset": Operator(Reach.WRITES, (1,)),
    "DistributedSave": Operator(Reach.WRITES, (1,)),
    "DumpTensor": Operator(Reach.WRITES, attribute="log_dir_path"),
    "CalibrationStatisticsSaver": Operator(Reach.WRITES, attribute="output_file_path"),
    **dict.fromkeys(
        ("DebugIdentity", "DebugNanCount", "DebugNumericSummary"),
        Operator(Reach.WRITES, attribute="debug_urls"),
    ),
    **dict.fromkeys(
        ("ReadFile", "MatchingFiles", "MatchingFilesDataset", "TextLineDataset", "TFRecordDataset",
         "FixedLengthRecordDataset", "CSVDataset", "LMDBDataset", "LoadDataset",
         "ListSnapshotChunksDataset", "SnapshotChunkDataset", "SnapshotDatasetReader",
         "LoadAndRemapMatrix", "CheckpointHasTensor"),
        Operator(Reach.READS, (0,)),
    ),
    **dict.fromkeys(
        ("WholeFileReader", "TextLineReader", "TFRecordReader", "FixedLengthRecordReader",
         "LMDBReader"),
        Operator(Reach.READS),
    ),
    "GenerateVocabRemapping": Operator(Reach.READS, (0, 1)),
    "SqlDataset": Operator(Reach.READS, (1,)),
    "RecordInput": Operator(Reach.READS, attribute="file_pattern"),
    "Skipgram": Operator(Reach.READS, attribute="filename"),
    "FixedUnigramCandidateSampler": Operator(Reach.READS, attribute="vocab_file"),
    "ImmutableConst": Operator(Reach.READS, attribute="memory_region_name"),
    **dict.fromkeys(("RpcServer", "RpcClient"), Operator(Reach.CONNECTS, (0,))),
    **dict.fromkeys(("RpcCall", "Rpc", "TryRpc"), Operator(Reach.CONNECTS)),
    "DataServiceDataset": Operator(Reach.CONNECTS, (2,)),
    "RegisterDataset": Operator(Reach.CONNECTS, (1,)),
    **dict.fromkeys(
        ("Save", "SaveSlices", "Restore", "RestoreSlice"), Operator(Reach.SAVES, (0,))
    ),
    "MergeV2Checkpoints": Operator(Reach.SAVES, (0, 1)),
    "InitializeTableFromTextFile": Operator(Reach.TABLE, (1,)),
    **dict.fromkeys(
        ("XlaCustomCall", "RemoteFusedGraphExecute", "TRTEngineOp"), Operator(Reach.FOREIGN)
    ),
}  # fmt: skip
_PRINTS = Operator(Reach.WRITES, attribute="output_stream")
_CACHES = Operator(Reach.WRITES, (1,))
_RUNNING = frozenset(
    {"shell", "popen", "subprocess", "cmd", "command", "python", "http", "socket", "download"}
)
"""Words that no name of TensorFlow's own operators has: (release 2.21): it is one of a
library that runs things."""
_VERSION = re.compile(r"V\d+$")
PRINTING = "PrintV2"
CACHING = frozenset({"CacheDataset", "CacheDatasetV2"})


def operator(name: str) -> Operator | None:
    """Return what an operator reaches; None where it only computes."""
    if name == PRINTING:
        return _PRINTS
    if name in CACHING:
        return _CACHES
    if ">" in name:
        return Operator(Reach.FOREIGN)
    plain = name.removeprefix("Experimental")
    known = _KNOWN.get(plain) or _KNOWN.get(_VERSION.sub("", plain))
    return known or (Operator(Reach.RUNS) if words(name) & _RUNNING else None)


_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_MAPPED = "memmapped_package://"
"""Leads into the file of the model itself."""


def own(place: str) -> bool:
    """Return whether a path is none in the file system."""
    return not place or place.startswith(_MAPPED)


def leaves(place: str) -> bool:
    """Return whether a path leads out of the model's own folder: absolute, upward or by URL."""
    parts = place.replace("\\", "/").split("/")
    return (
        _SCHEME.match(place) is not None
        or (not parts[0] and len(parts) > 1 and bool(parts[1]))
        or place.startswith("~")
        or ".." in parts
        or re.match(r"[A-Za-z]:[\\/]", place) is not None
    )


def begins_outside(part: str) -> bool:
    """Return whether a part of a path that is put together is the beginning of one that leaves."""
    return part in ("/", "\\") or leaves(part)
