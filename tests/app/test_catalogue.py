"""The catalogue believes a worker of nothing but the file that it was given."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from basanite.adapters.cache import ArtifactCache
from basanite.adapters.files import Tree
from basanite.app.catalogue import Catalogue, catalogue, describe
from basanite.domain.artifact import Format
from basanite.domain.job import Job, JobResult

Twist = Callable[[dict[str, Any]], Any]


class Here:
    """Reads files in this process; ``twist`` is what a worker that was taken over makes of it."""

    def __init__(self, twist: Twist = lambda answer: answer) -> None:
        self.twist = twist

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        for job in jobs:
            answer = describe(Tree(Path(job.root)), job.payload["path"])
            yield JobResult(id=job.id, answer=self.twist(answer))

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "system"
    place.mkdir()
    return place


def put(root: Path, path: str, data: bytes = b"x") -> Path:
    full = root / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_bytes(data)
    os.utime(full, (1, 1))
    return full


def look(root: Path, twist: Twist = lambda answer: answer, **options: Any) -> Catalogue:
    with ArtifactCache(root.parent / "cache.sqlite") as cache:
        return catalogue(Tree(root), Here(twist), cache, **options)


def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the cache keep files that were written just now, as it does seconds later."""
    monkeypatch.setattr("basanite.adapters.cache.RACY_NS", -(10**12))


def changed(part: str, **fields: Any) -> Twist:
    def twist(answer: dict[str, Any]) -> Any:
        inner = answer["entry"]["artifact"] if part == "artifact" else answer[part]
        inner.update(fields)
        return answer

    return twist


@pytest.mark.parametrize(
    "twist",
    [
        lambda _: "nonsense",
        lambda _: None,
        lambda _: {},
        lambda _: {"entry": {}, "identity": {}},
        lambda answer: {**answer, "entry": 1},
        lambda answer: {**answer, "identity": [1]},
        changed("artifact", path="other.pkl"),
        changed("artifact", size=99),
        changed("artifact", component="model"),
        changed("artifact", format="harmless"),
        changed("identity", inode=1),
        changed(
            "entry", dependencies=[{"name": "numpy", "version": "1", "source": "requirements.txt"}]
        ),
    ],
)
def test_a_worker_that_talks_nonsense_or_of_another_file_is_not_believed(
    root: Path, twist: Twist, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(monkeypatch)
    put(root, "model.pkl", pickle.dumps([1]))

    seen = look(root, twist)
    assert seen.artifacts == ()
    assert [each.path for each in seen.unseen] == ["model.pkl"]
    assert seen.unseen[0].reason

    honest = look(root)
    assert (honest.hashed, honest.unseen) == (1, ())


def test_answers_that_nobody_asked_for_and_answers_that_never_come_are_noticed(
    root: Path,
) -> None:
    put(root, "model.pkl", pickle.dumps([1]))

    class Other(Here):
        def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
            for result in super().run(jobs):
                yield result.model_copy(update={"id": "elsewhere.pkl"})

    with ArtifactCache(root.parent / "cache.sqlite") as cache:
        seen = catalogue(Tree(root), Other(), cache)

    assert seen.artifacts == ()
    assert [each.path for each in seen.unseen] == ["model.pkl"]


def test_what_a_worker_said_in_one_system_is_not_believed_in_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(monkeypatch)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    original = put(tmp_path / "one", "model.pkl", pickle.dumps([1]))
    os.link(original, tmp_path / "two" / "model.pkl")
    look(tmp_path / "one", changed("artifact", format="text"))

    seen = look(tmp_path / "two")
    assert (seen.hashed, seen.artifacts[0].format) == (1, Format.PICKLE)


def test_nothing_is_read_twice_under_the_same_names(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(monkeypatch)
    first = put(root, "a/one.txt")
    look(root)
    (root / "b").mkdir()
    os.link(first, root / "b" / "two.txt")
    look(root)
    look(root)

    seen = look(root)
    assert seen.hashed == 0
    assert [each.path for each in seen.artifacts] == ["a/one.txt", "b/two.txt"]


def test_a_renamed_folder_gives_its_files_their_new_format(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(monkeypatch)
    put(root, "notes/base.txt", b"numpy\n")
    assert look(root).artifacts[0].format is Format.TEXT
    (root / "notes").rename(root / "requirements")

    seen = look(root)
    assert seen.artifacts[0].format is Format.REQUIREMENTS
    assert [each.name for each in seen.dependencies] == ["numpy"]


@pytest.mark.parametrize("pattern", ["vendor", "vendor/**", "vendor/deep/*.pkl"])
def test_an_exclusion_that_covers_a_model_is_unseen_and_listed(root: Path, pattern: str) -> None:
    put(root, "vendor/deep/100%.pkl", pickle.dumps([1]))
    put(root, "docs/readme.md")
    seen = look(root, excludes=[pattern, "docs"])

    assert seen.excluded == ("docs/readme.md", "vendor/deep/100%25.pkl")
    assert [(each.path, each.reason) for each in seen.unseen] == [
        (
            pattern,
            "it is left out, and holds a file with the name of a model, such as "
            "vendor/deep/100%25.pkl",
        )
    ]


def test_a_model_in_a_folder_that_passes_for_an_environment_is_unseen(root: Path) -> None:
    put(root, "venv/pyvenv.cfg", b"")
    put(root, "venv/evil.pkl", b"cos\nsystem\n(S'true'\ntR.")
    seen = look(root)

    assert seen.excluded == ("venv",)
    assert [each.path for each in seen.unseen] == ["venv"]
