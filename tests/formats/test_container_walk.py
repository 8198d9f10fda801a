"""What lies inside containers is found however deep, and no bomb costs more than its budget."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import time
from collections.abc import Callable

import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import mutated, npy_file, zip_file

from basanite.domain.artifact import Format, Part
from basanite.formats.container import budget as budgets
from basanite.formats.container.entry import Unlooked
from basanite.formats.container.unpacked import LazyFile
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
        lambda: gzip.compress(bytes(80 << 20)),
        lambda: bz2.compress(bytes(80 << 20)),
        lambda: zstd.compress(bytes(80 << 20)),
        lambda: gzip.compress(tar_of({"a": bytes(80 << 20)})),
    ],
)
def test_a_bomb_ends_the_walk_and_is_told(
    bomb: Callable[[], bytes],
) -> None:
    started = time.perf_counter()
    *_, told = seen(bomb())

    assert isinstance(told, Unlooked)
    assert "200 times its size" in told.reason
    assert told.bomb
    assert time.perf_counter() - started < 5


def test_zeros_that_a_header_announces_are_too_large_and_no_bomb() -> None:
    (told,) = seen(gzip.compress(npy_file(shape="(20000000,)", body=bytes(80 << 20))), "a.npy.gz")

    assert isinstance(told, Unlooked)
    assert not told.bomb


def test_arrays_of_zeros_in_an_archive_are_opened_without_unpacking_them() -> None:
    arrays = {f"{n}.npy": npy_file(shape="(20000000,)", body=bytes(80 << 20)) for n in range(3)}
    started = time.perf_counter()
    data = zip_file(arrays)
    packed = time.perf_counter() - started
    parts = seen(data, "a.npz")

    assert [isinstance(each, Opened) and each.artifact.size for each in parts] == [
        len(each) for each in arrays.values()
    ]
    assert time.perf_counter() - started - packed < packed


def test_archives_in_archives_that_grow_without_end_are_a_bomb() -> None:
    data = zip_file({"0": bytes(4 << 20)})
    for _ in range(4):
        data = zip_file({f"{n}.zip": data for n in range(16)})
    told = seen(data)[-1]

    assert isinstance(told, Unlooked)
    assert told.bomb


@pytest.mark.parametrize(
    "pack",
    [
        gzip.compress,
        lambda data: zip_file({"a.bin": data}),
        lambda data: gzip.compress(tar_of({"a.bin": data})),
    ],
)
def test_large_parts_are_read_the_same_from_memory_and_unpacked_again(
    pack: Callable[[bytes], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytes(range(256)) * 5000
    monkeypatch.setattr(budgets, "KEPT", 1000)
    (part,) = seen(pack(content), "a.bin.gz")
    assert isinstance(part, Opened)
    file = part.file

    assert part.artifact.size == len(content)
    assert isinstance(file, LazyFile)
    for at in (0, 1_000_000, 5, len(content) - 3, 300_000):
        file.seek(at)
        assert file.read(7) == content[at : at + 7]
    file.seek(-4, io.SEEK_END)
    assert file.read() == content[-4:]


def test_a_compressed_tar_archive_is_unpacked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data = gzip.compress(tar_of({f"{n}.txt": b"word %d " % n * 500 for n in range(200)}))
    spent: list[int] = []
    monkeypatch.setattr(budgets.Budget, "spend", lambda budget, count: spent.append(count))
    parts = seen(data, "a.tar.gz")

    assert len(parts) == 200
    assert sum(spent) <= len(gzip.decompress(data))


def test_a_compressed_tar_archive_that_is_cut_off_is_told() -> None:
    whole = tar_of({"a": b"x" * 5000, "b": bytes(range(256)) * 20})
    for cut in (3000, 6000, 8000):
        told = seen(gzip.compress(whole[:cut]), "a.tar.gz")[-1]
        assert isinstance(told, Unlooked), cut


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
