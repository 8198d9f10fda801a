"""Places that a file names for its own data: do they stay in the folder that it lies in?"""

from __future__ import annotations

import re

_DRIVE_OR_URL = re.compile(r"[^/\\]*:")
_CONTROL = re.compile(r"%[01][0-9A-F]|%7F")


def leads_outside(place: str) -> bool:
    r"""Return whether an encoded path, joined to a folder, may name something outside it.

    Absolute paths, drives and addresses (``C:``, ``http:``), ``..``, a leading ``~``, wildcards and
    control characters, which cut a name short in C (``a\0b``). ONNX Runtime marks its own memory
    with ``*/_ORT_MEM_ADDR_/*``: a file that says so has an address read.
    """
    parts = place.replace("\\", "/").split("/")
    return (
        place.startswith(("/", "\\", "~"))
        or ".." in parts
        or "*" in place
        or _DRIVE_OR_URL.match(place) is not None
        or _CONTROL.search(place) is not None
    )
