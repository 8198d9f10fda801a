"""Files that only their owner can have written. What they say is the user's word."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from basanite.adapters.trouble import told
from basanite.domain.errors import UsageError
from basanite.domain.names import encode_name


def read_private(path: Path, limit: int) -> bytes | None:
    """Return a file that only its owner can have written; None when there is none.

    Raises:
        UsageError: it belongs to somebody else, others may write it, or it is too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise told(error, path, "cannot read") from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise UsageError(
            "it is not a regular file", where=encode_name(os.fspath(path)), remedy="Remove it."
        )
    with os.fdopen(descriptor, "rb") as file:
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o022:
            raise UsageError(
                "others than you could have written it",
                where=encode_name(os.fspath(path)),
                remedy="Look at it, then make it your own with chmod 600, or remove it.",
            )
        data = file.read(limit + 1)
    if len(data) > limit:
        raise UsageError("it is too large", where=encode_name(os.fspath(path)))
    return data


def read_object(path: Path, limit: int) -> dict[str, object]:
    """Return the JSON object in a private file; empty when there is none.

    Raises:
        UsageError: it is no JSON object, or not private.
    """
    data = read_private(path, limit)
    if data is None:
        return {}
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise UsageError(
            "it is no JSON object",
            where=encode_name(os.fspath(path)),
            remedy="Mend it, or remove it and set it up anew.",
        )
    return value
