"""What the operating system's refusals mean, and what to do about them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from basanite.domain.errors import BasaniteError, UsageError
from basanite.domain.names import encode_name

_USER_CAN_MEND: dict[int, tuple[str, str]] = {
    errno.ENOENT: ("it does not exist", "Check the name."),
    errno.ENOTDIR: ("a part of its path is not a folder", "Check the name."),
    errno.EEXIST: ("something else has its name", "Remove that, or choose another name."),
    errno.EISDIR: ("it is a folder", "Name a file."),
    errno.EACCES: ("permission is denied", "Ask its owner for access, or choose another place."),
    errno.EPERM: ("the system does not permit it", "Choose another place."),
    errno.EROFS: ("its file system is read-only", "Choose a place that can be written."),
    errno.ELOOP: ("its path is a symbolic link or a loop of them", "Name the real file."),
    errno.ENAMETOOLONG: ("its name is too long", "Choose a shorter one."),
}

_MACHINE: dict[int, tuple[str, str]] = {
    errno.ENOSPC: ("the disk is full", "Free some space and run the command again."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space and run the command again."),
    errno.EFBIG: ("it would be larger than is allowed", "Raise the limit on file size."),
    errno.EIO: ("the disk reports an error", "Check the disk before you rely on it."),
    errno.EMFILE: ("too many files are open", "Raise the limit on open files (ulimit -n)."),
    errno.ENFILE: ("the machine has too many files open", "Close other programs."),
}


def told(error: OSError, path: str | bytes | Path, doing: str) -> BasaniteError:
    """Return the error to raise for a refusal of the operating system.

    ``doing`` says what was tried, e.g. ``cannot write``. What a user can mend is a `UsageError`.
    """
    number = error.errno or 0
    where = encode_name(os.fspath(path))
    if number in _USER_CAN_MEND:
        why, remedy = _USER_CAN_MEND[number]
        return UsageError(f"{doing}: {why}", where=where, remedy=remedy)
    why, remedy = _MACHINE.get(number, (os.strerror(number) if number else str(error), ""))
    return BasaniteError(f"{doing}: {why}", where=where, remedy=remedy)
