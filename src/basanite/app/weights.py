"""Weights: sketches of models, and which known model a candidate is or comes from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import ValidationError

from basanite.adapters.files import Tree
from basanite.adapters.trouble import told
from basanite.app.events import Listener, Progress, silent
from basanite.app.workers import local_engine
from basanite.domain.artifact import Part
from basanite.domain.errors import UnreadableError, UsageError
from basanite.domain.job import Job, JobResult, Limits
from basanite.domain.names import encode_name
from basanite.formats.container.entry import Unlooked
from basanite.formats.container.walk import walk
from basanite.formats.detect import detect
from basanite.formats.weights.listing import LISTED, MAX_TENSORS, tensors
from basanite.formats.weights.sketch import Sketch, sketch
from basanite.map.likeness import Likeness, likeness
from basanite.map.sketch_file import (
    MAX_BYTES,
    SketchedFile,
    SketchedModel,
    is_sketch,
    read_sketches,
    sketched_file,
)

_BYTES_PER_SECOND = 20 << 20
"""Slowest reading and hashing that is waited for."""


@dataclass(frozen=True)
class Match:
    """A known model, and how its weights stand in the candidate."""

    known: str
    likeness: Likeness


def sketch_path(path: Path, *, jobs: int | None = None, listen: Listener = silent) -> SketchedModel:
    """Return the sketch of a model: a file, a folder of files, or a sketch made before.

    Raises:
        UsageError: the path does not exist, or nothing there has weights.
        UnreadableError: it is a damaged sketch.
    """
    if not path.exists():
        raise UsageError("there is no such file or folder", where=encode_name(os.fspath(path)))
    if path.is_file() and (kept := _kept(path)) is not None:
        return kept
    whole = path.is_dir()
    tree = Tree((path if whole else path.parent).resolve())
    names = [each.path for each in tree.walk().files] if whole else [encode_name(path.name)]
    files: list[SketchedFile] = []
    with local_engine(jobs) as engine:
        for done, result in enumerate(engine.run(_jobs(tree, names)), start=1):
            listen(Progress("sketch", done, len(names), result.id))
            files.append(_believed(result))
    held = tuple(sorted((f for f in files if f.tensors or f.problem), key=lambda f: f.path))
    if not held:
        raise UsageError(
            "nothing there has weights that can be read",
            where=encode_name(os.fspath(path)),
            remedy="Read are safetensors, GGUF, ONNX, PyTorch archives and NumPy arrays.",
        )
    return SketchedModel(name=encode_name(os.fspath(path)), files=held)


def match(candidate: SketchedModel, known: Iterable[SketchedModel]) -> list[Match]:
    """Return how each known model stands in a candidate, the likest first."""
    mine = candidate.sketches()
    found = [Match(each.name, likeness(mine, each.sketches())) for each in known]
    return sorted(found, key=lambda each: (-each.likeness.share, -each.likeness.exact))


def _kept(path: Path) -> SketchedModel | None:
    try:
        with path.open("rb") as file:
            if not is_sketch(file.read(64)):
                return None
            file.seek(0)
            return read_sketches(file.read(MAX_BYTES + 1))
    except OSError as error:
        raise told(error, path, "cannot read the sketch") from error


def _jobs(tree: Tree, names: Sequence[str]) -> Iterator[Job]:
    for name in names:
        with tree.open(name) as opened:
            minutes = 2 + opened.identity.size // (_BYTES_PER_SECOND * 60)
        yield Job(
            id=name,
            entry="sketch",
            root=str(tree.root),
            payload={"path": name},
            limits=Limits(
                wall_seconds=60.0 * minutes, cpu_seconds=60 * minutes, output_bytes=256 << 20
            ),
        )


def _believed(result: JobResult) -> SketchedFile:
    if result.failure is not None:
        return SketchedFile(path=result.id, problem=result.reason)
    try:
        file = SketchedFile.model_validate(result.answer)
    except ValidationError:
        return SketchedFile(path=result.id, problem="its reader gave an answer that makes no sense")
    return file.model_copy(update={"path": result.id})


def sketch_file(tree: Tree, path: str) -> dict[str, Any]:
    """Return the sketches of one file's tensors and of those inside it. Runs in a worker."""
    found: list[Sketch] = []
    problems: list[str] = []
    with tree.open(path) as opened:
        size = opened.identity.size
        root = Part(path=path, size=size, format=detect(path, opened.file, size))
        for part, file in _parts(root, opened.file, problems):
            try:
                for tensor in tensors(part.format, file, part.size):
                    if len(found) >= MAX_TENSORS:
                        raise UnreadableError(f"it has more than {MAX_TENSORS} tensors")
                    found.append(sketch(tensor))
            except UnreadableError as error:
                problems.append(f"{part.path}: {error.what}")
        if not opened.unchanged():
            problems.append(f"{path}: it changed while it was read")
    return sketched_file(path, found, "; ".join(problems[:5])).model_dump(mode="json")


def _parts(root: Part, file: BinaryIO, problems: list[str]) -> Iterator[tuple[Part, BinaryIO]]:
    if root.format in LISTED:
        yield root, file
    for each in walk(root, file):
        if isinstance(each, Unlooked):
            problems.append(f"{each.path}: {each.reason}")
        elif each.artifact.format in LISTED:
            yield each.artifact, each.file
