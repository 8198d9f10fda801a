"""What lies inside containers is found however deep, and no bomb costs more than its budget."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import mutated, zip_file

from basanite.domain.artifact import Format, Part
from basanite.formats.container import budget as budgets
from basanite.formats.container import unpacked
from basanite.formats.container.entry import Unlooked
from basanite.formats.container.walk import Opened, walk
from basanite.formats.detect import also, detect

EVIL = b"cos\nsystem\n(S'true'\ntR."


def seen(data: bytes, name: str = "a") -> list[Opened | Unlooked]:
    file = io.BytesIO(data)
    form = detect(name, file, len(data))
    facts = {"also": [each.value for each in also(form, file, len(data))]}
    return list(walk(Part(path=name, size=len(data), format=form, facts=facts), file))


def nested(depth: int, inner: bytes = EVIL) -> bytes:
    for level in range(depth):
        inner = zip_file({f"{level}.zip" if level else "m.pkl": inner})
    return inner


def test_a_part_is_named_by_the_way_to_it_and_knows_its_containers() -> None:
    data = zip_file({"x/in.tar.gz": gzip.compress(tar_of({"m.pkl": EVIL}))})
    tar, pickle = seen(data, "outer.zip")

    assert isinstance(tar, Opened)
    assert isinstance(pickle, Opened)
    assert (tar.artifact.path, tar.artifact.format) == ("outer.zip!/x/in.tar.gz", Format.TAR)
    assert pickle.artifact.path == "outer.zip!/x/in.tar.gz!/m.pkl"
    assert pickle.artifact.within == (Format.ZIP, Format.TAR)
    pickle.file.seek(0)
    assert pickle.file.read() == EVIL


def tar_of(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        for name, data in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            file.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def test_containers_deeper_than_stated_are_told() -> None:
    for depth in (1, budgets.MAX_DEPTH):
        assert all(isinstance(each, Opened) for each in seen(nested(depth)))
    told = seen(nested(budgets.MAX_DEPTH + 1))
    assert isinstance(told[-1], Unlooked)
    assert "deep" in told[-1].reason


@pytest.mark.parametrize(
    "bomb",
    [
        lambda: zip_file({"a": bytes(40 << 20)}),
        lambda: gzip.compress(bytes(40 << 20)),
        lambda: gzip.compress(tar_of({"a": bytes(40 << 20)})),
    ],
)
def test_a_bomb_ends_the_walk_and_is_told(
    bomb: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "_FREE", 1 << 20)
    last = seen(bomb())[-1]

    assert isinstance(last, Unlooked)
    assert "200 times its size" in last.reason


def test_large_parts_are_read_the_same_from_memory_and_unpacked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = bytes(range(256)) * 5000
    monkeypatch.setattr(unpacked, "KEPT", 1000)
    (part,) = seen(zip_file({"a.bin": content}))
    assert isinstance(part, Opened)
    file = part.file

    assert part.artifact.size == len(content)
    for at in (0, 1_000_000, 5, len(content) - 3, 300_000):
        file.seek(at)
        assert file.read(7) == content[at : at + 7]
    file.seek(-4, io.SEEK_END)
    assert file.read() == content[-4:]


def test_too_many_files_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from basanite.formats.container import walk as walking

    monkeypatch.setattr(walking, "Budget", lambda packed: budgets.Budget(packed, parts=3))
    told = seen(zip_file({str(n): b"x" for n in range(5)}))

    assert [type(each) for each in told] == [Opened] * 3 + [Unlooked]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_hostile_containers_never_break_the_walk(data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from(
            [nested(2), gzip.compress(nested(1)), tar_of({"a.zip": nested(1), "b": EVIL})]
        )
    )
    for each in seen(data.draw(mutated(whole))):
        assert isinstance(each, Opened | Unlooked)
