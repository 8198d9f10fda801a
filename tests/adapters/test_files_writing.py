"""A file is written whole or not at all, and a refusal says what to do."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from basanite.adapters.writing import write_atomic
from basanite.domain.errors import BasaniteError, ExitCode, UsageError


def test_a_file_is_replaced_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    write_atomic(path, b"new", 0o600)
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_kept_and_its_target_replaced(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    write_atomic(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_a_device_and_a_pipe_are_written_to_and_stay(tmp_path: Path) -> None:
    write_atomic(Path("/dev/null"), b"data")
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_atomic(pipe, b"x" * 200_000)
    reader.join()
    assert read == [b"x" * 200_000]


def test_a_full_device_is_said(tmp_path: Path) -> None:
    with pytest.raises(BasaniteError, match="the disk is full") as caught:
        write_atomic(Path("/dev/full"), b"data")
    assert caught.value.remedy == "Free some space and run the command again."
    assert caught.value.exit_code is ExitCode.INTERNAL


def test_a_failed_write_keeps_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(BasaniteError, match="larger than is allowed"):
            write_atomic(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("path", "why"),
    [("absent/file", "does not exist"), ("file/x", "not a folder"), ("", "it is a folder")],
)
def test_a_place_that_cannot_be_is_a_usage_error(tmp_path: Path, path: str, why: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=why):
        write_atomic(tmp_path / path, b"data")


def test_the_longest_name_that_a_disk_takes_can_be_written(tmp_path: Path) -> None:
    write_atomic(tmp_path / ("n" * 255), b"data")
    with pytest.raises(UsageError, match="too long"):
        write_atomic(tmp_path / ("n" * 256), b"data")


def test_a_reader_sees_the_old_or_the_new_at_any_kill(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"a" * 100_000)
    code = (
        "import sys; from pathlib import Path; from basanite.adapters.writing import write_atomic\n"
        "print('up', flush=True)\n"
        "while True:\n"
        "    for c in (b'a', b'b'): write_atomic(Path(sys.argv[1]), c * 100_000)"
    )
    for delay in (0.001, 0.01, 0.03):
        command = [sys.executable, "-c", code, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            threading.Event().wait(delay)
            process.kill()
        assert path.read_bytes() in (b"a" * 100_000, b"b" * 100_000)
