"""`$BASANITE_HOME`: keys, trusted keys, grants and caches. Never inside an assessed folder."""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from basanite.adapters.trouble import told
from basanite.domain.errors import BasaniteError, ExitCode, UsageError
from basanite.domain.names import encode_name

VARIABLE = "BASANITE_HOME"


class BusyError(BasaniteError):
    """Another run holds the lock. Nothing was looked at."""

    exit_code = ExitCode.INCONCLUSIVE


def home_path() -> Path:
    """Return where the home is, without making it: `$BASANITE_HOME` or the user's data folder.

    Raises:
        UsageError: `$BASANITE_HOME` is not an absolute path.
    """
    named = os.environ.get(VARIABLE, "")
    if not named:
        # Imported here: only a run without the variable needs it.
        from platformdirs import user_data_path  # noqa: PLC0415

        return user_data_path("basanite", appauthor=False)
    path = Path(named)
    if not path.is_absolute():
        raise UsageError(
            f"{VARIABLE} must be an absolute path", where=encode_name(named), remedy="Set it anew."
        )
    return path


def home() -> Path:
    """Return the home, made when missing and closed to everybody but its owner (0700).

    Raises:
        BasaniteError: it cannot be made, or it is not a folder of this user.
    """
    path = home_path()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.stat()
        if status.st_uid != os.geteuid():
            raise UsageError(
                "the home belongs to another user",
                where=encode_name(os.fspath(path)),
                remedy=f"Set {VARIABLE} to a folder of your own.",
            )
        if stat.S_IMODE(status.st_mode) & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise told(error, path, "cannot make the home") from error
    return path


class RunLock:
    """Holds a folder for one run at a time.

    The lock is the kernel's (flock), so it ends with the process that holds it, however that ends.
    The file holds the process number only to be read by people.
    """

    def __init__(self, path: Path, *, wait: bool = False) -> None:
        self._path = path
        self._wait = wait
        self._descriptor: int | None = None
        self._mine = threading.Lock()

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            BusyError: another run holds it and ``wait`` is false.
            BasaniteError: the lock file cannot be opened.
        """
        if not self._mine.acquire(blocking=self._wait):
            raise self._busy(os.getpid())
        try:
            self._descriptor = self._open()
        except BaseException:
            self._mine.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the lock go. The file stays: removing it would let two runs hold two locks."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        self._mine.release()

    def _open(self) -> int:
        # The folder may be a stranger's: a link or a pipe by this name must not lead astray.
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(self._path, flags, 0o600)
        except OSError as error:
            raise told(error, self._path, "cannot lock") from error
        try:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UsageError(
                    "cannot lock: it is not a regular file",
                    where=encode_name(os.fspath(self._path)),
                    remedy="Remove it.",
                )
            self._take(descriptor)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        except OSError as error:
            os.close(descriptor)
            raise told(error, self._path, "cannot lock") from error
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _take(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if self._wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            said = os.pread(descriptor, 32, 0).strip()
            holder = int(said) if said.isdigit() and len(said) < 12 else None
            raise self._busy(holder) from error

    def _busy(self, holder: int | None) -> BusyError:
        who = f"process {holder}" if holder is not None else "another process"
        return BusyError(
            f"another run is at work here ({who})",
            where=encode_name(os.fspath(self._path.parent)),
            remedy="Wait for it to end, or stop it.",
        )
