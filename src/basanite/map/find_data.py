"""Finds datasets: tables by their names and folders, document folders, vector stores."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace

from basanite.domain.artifact import Artifact, Format
from basanite.domain.system import Columns, ComponentKind, DatasetRole
from basanite.map.found import (
    DraftComponent,
    Folder,
    Sign,
    below,
    folder_of,
    name_of,
    parts_of,
    suffix_of,
)

_TABLES = frozenset({Format.CSV, Format.PARQUET, Format.JSONL, Format.NUMPY})
_CODE = frozenset(
    {
        Format.PYTHON,
        Format.NOTEBOOK,
        Format.REQUIREMENTS,
        Format.LOCKFILE,
        Format.PROMPT,
        Format.ENV,
    }
)
_TABLE_SUFFIXES = frozenset(
    [
        ".csv",
        ".tsv",
        ".parquet",
        ".jsonl",
        ".ndjson",
        ".arrow",
        ".feather",
        ".tfrecord",
        ".avro",
        ".npy",
        ".npz",
        ".xlsx",
        ".lance",
    ]
)
_DOCUMENTS = frozenset([".pdf", ".docx", ".pptx", ".txt", ".md", ".html", ".epub", ".xlsx"])
_CODE_SUFFIXES = frozenset(
    [
        ".py",
        ".ipynb",
        ".js",
        ".ts",
        ".tsx",
        ".jsx",
        ".sh",
        ".css",
        ".toml",
        ".lock",
        ".cfg",
        ".ini",
        ".go",
        ".rs",
        ".java",
        ".c",
        ".cpp",
        ".h",
        ".svg",
    ]
)
_FOLDERS = frozenset(
    [
        "data",
        "dataset",
        "datasets",
        "corpus",
        "documents",
        "knowledge",
        "knowledge-base",
        "knowledge_base",
        "kb",
        "source_documents",
        "sample_data",
        "sample-data",
        "testdata",
        "training_data",
        "raw",
        "processed",
        "docs_data",
    ]
)
_ROLES: dict[str, DatasetRole] = {
    **dict.fromkeys(("train", "training", "fit", "finetune", "sft"), DatasetRole.TRAINING),
    **dict.fromkeys(
        ("test", "tests", "testing", "eval", "evaluation", "holdout", "golden"), DatasetRole.TEST
    ),
    **dict.fromkeys(("valid", "val", "validation", "dev"), DatasetRole.OTHER),
    **dict.fromkeys(("reference", "baseline", "normal"), DatasetRole.REFERENCE),
    **dict.fromkeys(
        ("window", "live", "recent", "current", "production", "incoming"), DatasetRole.WINDOW
    ),
    **dict.fromkeys(
        (
            "corpus",
            "documents",
            "knowledge",
            "kb",
            "knowledge_base",
            "knowledge-base",
            "source_documents",
        ),
        DatasetRole.RETRIEVAL,
    ),
}
_OUTPUTS = frozenset(
    ["results", "result", "outputs", "output", "reports", "logs", "runs", "metrics", "plots"]
)
_STORES = ("chroma.sqlite3", "index.faiss", "faiss.index", "faiss_index", "data_level0.bin")
_LABELS = ("label", "target", "class", "y", "outcome", "anomaly", "attack", "att_flag", "answer")
_TIMES = ("timestamp", "datetime", "time", "date", "ts", "ds")
_WORDS = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z])(?=[0-9])")
MAX_LISTED = 12
MAX_GROUPS = 40


@dataclass(frozen=True)
class _Place:
    home: str
    role: DatasetRole | None
    sign: Sign


def find_data(folder: Folder, taken: frozenset[str]) -> list[DraftComponent]:
    """Return the datasets among the files that no model has taken."""
    stores = _stores(folder)
    homes = tuple(each.paths[0] for each in stores)
    groups: Groups = {}
    signs: dict[tuple[str, DatasetRole | None], Sign] = {}
    for artifact in folder.artifacts:
        path = artifact.path
        if path in taken or any(path == home or below(path, home) for home in homes):
            continue
        place = _place(artifact)
        if place is not None:
            groups.setdefault((place.home, place.role), []).append(artifact)
            signs.setdefault((place.home, place.role), place.sign)
    if len(groups) > MAX_GROUPS:
        groups, signs = _gathered(groups)
    found = [
        _dataset(folder, home, role, files, signs[home, role])
        for (home, role), files in sorted(
            groups.items(), key=lambda item: (item[0][0], str(item[0][1]))
        )
    ]
    return [*found, *stores]


Groups = dict[tuple[str, DatasetRole | None], list[Artifact]]


def _gathered(groups: Groups) -> tuple[Groups, dict[tuple[str, DatasetRole | None], Sign]]:
    """Gather data that is scattered over many folders by the uppermost folder and the role."""
    gathered: Groups = {}
    for (home, role), files in groups.items():
        gathered.setdefault((home.partition("/")[0], role), []).extend(files)
    signs = {
        (home, role): Sign("data files in many folders", home or ".") for home, role in gathered
    }
    return gathered, signs


def _place(artifact: Artifact) -> _Place | None:
    """Return the folder and the role that a data file belongs to; None when it is none."""
    path, suffix = artifact.path, suffix_of(artifact.path)
    folders = parts_of(path)[:-1]
    marks = [at for at, part in enumerate(folders) if part.lower() in _FOLDERS]
    is_table = artifact.format in _TABLES or suffix in _TABLE_SUFFIXES
    if not is_table and (not marks or not _belongs(artifact)):
        return None
    first = folders[0].lower() if folders else ""
    if first in _OUTPUTS or (not is_table and first in ("src", "tests", "test")):
        return None  # what a run wrote; a package called data; a test's fixtures
    role = next(filter(None, (_ROLES.get(word) for word in _words(path))), None)
    if role is not None:
        return _Place(folder_of(path), role, Sign("its name says what it is for", path))
    for at in range(len(folders) - 1, -1, -1):
        role = _ROLES.get(folders[at].lower())
        if role is not None:
            home = "/".join(folders[: at + 1])
            return _Place(home, role, Sign("its folder says what it is for", home))
    home = "/".join(folders[: marks[0] + 1]) if marks else folder_of(path)
    return _Place(home, None, Sign("a data file" if is_table else "files in a data folder", path))


def _belongs(artifact: Artifact) -> bool:
    return (
        artifact.format not in _CODE
        and suffix_of(artifact.path) not in _CODE_SUFFIXES
        and not name_of(artifact.path).lower().startswith(("readme", "license", "licence", "."))
    )


def _words(path: str) -> list[str]:
    stem = _stem(path)
    return [word for word in _WORDS.split(stem.lower()) if word]


def _stem(path: str) -> str:
    name, suffix = name_of(path), suffix_of(path)
    return name[: -len(suffix)] if suffix else name


def _dataset(
    folder: Folder, home: str, role: DatasetRole | None, files: list[Artifact], sign: Sign
) -> DraftComponent:
    paths = _paths(folder, home, files)
    single = paths[0] if len(files) == 1 else ""
    name = _stem(single) if single else name_of(home) or "data"
    generic = name.lower() in _FOLDERS | set(_ROLES) or not single
    title = f"{name} {role.value}" if role and generic and role.value not in name.lower() else name
    guessed = {"role"} if role else set()
    todo: list[str] = []
    if role is None:
        suffixes = {suffix_of(each.path) for each in files}
        role = DatasetRole.RETRIEVAL if suffixes <= _DOCUMENTS else DatasetRole.OTHER
        guessed.add("role")
        todo.append("say its role: training, test, reference, window, retrieval or other")
    elif role is DatasetRole.OTHER:
        todo.append("this looks like validation data; say its role if it is used otherwise")
    columns = _columns(folder, files)
    return DraftComponent(
        id=title,
        kind=ComponentKind.DATASET,
        title=title,
        paths=paths,
        role=role,
        columns=columns,
        signs=(
            sign if len(files) == 1 else replace(sign, text=f"{sign.text} ({len(files)} files)"),
        ),
        guessed=frozenset(guessed | ({"columns"} if columns != Columns() else set())),
        todo=tuple(todo),
    )


def _paths(folder: Folder, home: str, files: list[Artifact]) -> tuple[str, ...]:
    """Return the shortest honest way to name the files."""
    if len(files) <= MAX_LISTED and (len(files) <= 3 or not home):
        return tuple(each.path for each in files)
    others = folder.below_count(home) - len(files)
    if home and others <= len(files) // 10:
        return (home,)
    suffixes = sorted({suffix_of(each.path) for each in files})
    return tuple(f"{home}/**/*{suffix}" if home else f"*{suffix}" for suffix in suffixes)


def _columns(folder: Folder, files: list[Artifact]) -> Columns:
    """Guess label and time from the head line of the first table."""
    first = next((each for each in files if each.format is Format.CSV), None)
    text = folder.text(first.path) if first else None
    if text is None:
        return Columns()
    head = text.text[:65536].lstrip("\ufeff").partition("\n")[0].rstrip("\r")
    try:
        names = next(csv.reader([head]), [])
    except csv.Error:
        return Columns()
    if len(names) < 2 or any(not name.strip().isprintable() for name in names):
        return Columns()
    return Columns(label=_pick(names, _LABELS), time=_pick(names, _TIMES))


def _pick(names: list[str], wanted: tuple[str, ...]) -> str | None:
    plain = {name.strip().lower(): name for name in reversed(names) if 0 < len(name) <= 100}
    return next((plain[word] for word in wanted if word in plain), None)


def _stores(folder: Folder) -> list[DraftComponent]:
    homes: dict[str, str] = {}
    for artifact in folder.artifacts:
        home = folder_of(artifact.path) if name_of(artifact.path) in _STORES else ""
        if home and not any(below(home, other) for other in homes):
            homes[home] = artifact.path
    return [
        DraftComponent(
            id=f"{name_of(home)}-store",
            kind=ComponentKind.DATASET,
            title=f"{name_of(home)} vector store",
            paths=(home,),
            role=DatasetRole.RETRIEVAL,
            signs=(Sign("the files of a vector store", path),),
            guessed=frozenset({"role"}),
        )
        for home, path in sorted(homes.items())
    ]
