"""The cache returns only what still holds, and no trouble with it is an error."""

from __future__ import annotations

import sqlite3
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from basanite.adapters.cache import ArtifactCache
from basanite.adapters.walk import identity_of
from basanite.domain.artifact import Identity

OLD = Identity(device=1, inode=2, size=3, mtime_ns=4, ctime_ns=5)
NOW = 10**18


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "artifacts.db"


def put(path: Path, identity: Identity = OLD, value: Any = "v", readers: str = "r1") -> int:
    with ArtifactCache(path) as cache:
        return cache.put_many({identity: value}, readers=readers, observed_ns=NOW)


def get(path: Path, identity: Identity = OLD, readers: str = "r1") -> Any:
    with ArtifactCache(path) as cache:
        return cache.get_many([identity], readers=readers).get(identity)


def test_what_was_kept_is_found_again_and_private(path: Path) -> None:
    assert put(path, value={"sha256": "00", "facts": [1, None, "é"]}) == 1
    assert get(path) == {"sha256": "00", "facts": [1, None, "é"]}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("field", ["device", "inode", "size", "mtime_ns", "ctime_ns"])
def test_a_change_in_any_part_of_the_identity_is_a_miss(path: Path, field: str) -> None:
    put(path)
    assert get(path, OLD.model_copy(update={field: 99})) is None


def test_other_readers_are_a_miss(path: Path) -> None:
    put(path)
    assert get(path, readers="r2") is None


@pytest.mark.parametrize("field", ["mtime_ns", "ctime_ns"])
def test_a_file_that_was_just_changed_is_not_kept(path: Path, field: str) -> None:
    young = OLD.model_copy(update={field: NOW - 1_999_999_999})
    assert put(path, young) == 0
    assert get(path, young) is None
    settled = OLD.model_copy(update={field: NOW - 2_000_000_001})
    assert put(path, settled) == 1


def test_numbers_of_any_size_are_kept_apart(path: Path) -> None:
    large = Identity(device=2**64 - 1, inode=2**64 - 1, size=0, mtime_ns=-(2**70), ctime_ns=0)
    assert put(path, large) == 1
    assert get(path, large) == "v"


@pytest.mark.parametrize("content", [b"", b"no database" * 100, bytes(4096)])
def test_a_damaged_cache_is_started_anew(path: Path, content: bytes) -> None:
    put(path)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.write_bytes(content)
    assert get(path) is None
    assert put(path) == 1
    assert get(path) == "v"


def test_damage_in_the_middle_is_a_miss_and_heals(path: Path) -> None:
    with ArtifactCache(path) as cache:
        many = {OLD.model_copy(update={"inode": n}): "v" * 50 for n in range(2000)}
        cache.put_many(many, readers="r1", observed_ns=NOW)
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)
    with ArtifactCache(path) as cache:
        assert cache.get_many(many, readers="r1") == {}
        assert cache.warning
    assert put(path) == 1


def test_a_cache_of_another_version_is_started_anew(path: Path) -> None:
    put(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with ArtifactCache(path) as cache:
        assert "started anew" in cache.warning
    assert put(path) == 1


def test_a_locked_cache_is_left_alone_with_a_warning(path: Path) -> None:
    put(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        with ArtifactCache(path, patience=0.05) as cache:
            assert cache.put_many({OLD: "new"}, readers="r1", observed_ns=NOW) == 0
            assert "locked" in cache.warning
    finally:
        connection.close()
    assert get(path) == "v"


def test_a_place_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with ArtifactCache(tmp_path / "file" / "cache.db") as cache:
        assert cache.warning
        assert cache.get_many([OLD], readers="r1") == {}
        assert cache.put_many({OLD: 1}, readers="r1", observed_ns=NOW) == 0


def test_a_thousand_look_ups_take_less_than_thirty_milliseconds(path: Path, tmp_path: Path) -> None:
    base = identity_of(tmp_path.stat())
    many = {base.model_copy(update={"inode": n, "ctime_ns": 0, "mtime_ns": 0}): {"sha256": "0" * 64}
            for n in range(1000)}  # fmt: skip
    with ArtifactCache(path) as cache:
        assert cache.put_many(many, readers="r1", observed_ns=NOW) == 1000
    best = 1.0
    for _ in range(5):
        with ArtifactCache(path) as cache:
            started = time.perf_counter()
            assert len(cache.get_many(many, readers="r1")) == 1000
            best = min(best, time.perf_counter() - started)
    assert best < 0.03
