"""JSON from strangers: bounded in size and depth."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError

MAX_BYTES = 64 << 20


def load_json(data: bytes) -> Any:
    """Return the value.

    Raises:
        UnreadableError: it is no JSON, no UTF-8, or nested too deeply.
    """
    try:
        return json.loads(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise UnreadableError("the JSON is nested too deeply") from error
    except ValueError as error:
        # Covers UnicodeDecodeError, JSONDecodeError and integers with too many digits.
        raise UnreadableError(f"the JSON cannot be read ({error})"[:300]) from error


def read_json(file: BinaryIO, size: int, limit: int = MAX_BYTES) -> Any:
    """Return the value in a file of ``size`` bytes.

    Raises:
        UnreadableError: it is no JSON, or larger than ``limit`` bytes.
    """
    if size > limit:
        raise UnreadableError(f"the JSON has {size} bytes; up to {limit} are read")
    file.seek(0)
    return load_json(file.read(size))
