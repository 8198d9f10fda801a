"""Every file belongs to the component that means it most, and gaps are named."""

from __future__ import annotations

from basanite.domain.artifact import Artifact, Format
from basanite.domain.inventory import Dependency, Unseen
from basanite.domain.system import (
    Component,
    ComponentKind,
    Environment,
    Owner,
    Sector,
    System,
    Tier,
    UseCase,
)
from basanite.map.inventory import NOT_THERE, assemble


def system(**paths: tuple[str, ...]) -> System:
    return System(
        id="x",
        title="X",
        purpose="p",
        sector=Sector.ENERGY,
        tier=Tier.LOW,
        environment=Environment.TEST,
        owner=Owner(name="o"),
        use_case=UseCase(decides="d", affects="a", high_impact=False, override="o"),
        components=tuple(
            Component(id=name, kind=ComponentKind.CODE, paths=each) for name, each in paths.items()
        ),
        packs=(),
    )


def artifact(path: str) -> Artifact:
    return Artifact(path=path, size=1, sha256="0" * 64, format=Format.TEXT)


def owners(declared: System, *paths: str) -> dict[str, str | None]:
    made = assemble(declared, [artifact(path) for path in paths])
    return {each.path: each.component for each in made.artifacts}


def test_a_file_goes_before_a_folder_and_a_folder_before_a_glob_and_the_root_last() -> None:
    declared = system(
        root=(".",),
        glob=("data/*.csv", "*.txt"),
        folder=("data", "data/deep"),
        file=("data/a.csv",),
    )
    assert owners(declared, "data/a.csv", "data/b.csv", "data/deep/c", "x.txt", "y.py") == {
        "data/a.csv": "file",
        "data/b.csv": "folder",
        "data/deep/c": "folder",
        "x.txt": "glob",
        "y.py": "root",
    }


def test_the_longest_path_wins_among_equals() -> None:
    declared = system(a=("data",), b=("data/deep",), c=("**/*.x",), d=("deep/**/*.x",))
    assert owners(declared, "data/deep/1", "data/2", "deep/q.x", "w.x") == {
        "data/deep/1": "b",
        "data/2": "a",
        "deep/q.x": "d",
        "w.x": "c",
    }


def test_a_file_no_path_means_belongs_to_nobody() -> None:
    assert owners(system(a=("data",)), "other") == {"other": None}


def test_a_declared_path_that_is_not_there_is_unseen() -> None:
    made = assemble(system(a=("models/x.onnx", "data"), b=("*.csv",)), [artifact("data/1")])
    assert made.unseen == (
        Unseen(path="*.csv", reason=NOT_THERE),
        Unseen(path="models/x.onnx", reason=NOT_THERE),
    )


def test_a_path_whose_gap_is_known_already_is_named_once() -> None:
    gaps = [Unseen(path="secret", reason="permission denied")]
    made = assemble(system(a=("secret",), b=("secret/deep/x",)), [artifact("y")], unseen=gaps)
    assert made.unseen == tuple(gaps)


def test_a_path_overshadowed_by_a_more_specific_one_is_there_all_the_same() -> None:
    made = assemble(system(a=("data",), b=("data/x",)), [artifact("data/x")])
    assert made.unseen == ()


def test_the_order_of_the_file_system_does_not_matter() -> None:
    declared = system(a=("data",))
    files = [artifact(f"data/{n}") for n in range(9)]
    found = [Dependency(name=n, source="r") for n in "cab"]
    assert assemble(declared, files, found) == assemble(declared, files[::-1], found[::-1])
