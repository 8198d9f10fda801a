"""Which program this is, to the byte."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import basanite
from basanite.domain.evidence import Tool


@cache
def tool() -> Tool:
    """Return this program's version and the digest over its own files."""
    package = Path(basanite.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            data = path.read_bytes()
            digest.update(f"{path.relative_to(package).as_posix()}\0{len(data)}\0".encode())
            digest.update(data)
    return Tool(version=basanite.__version__, sha256=digest.hexdigest())
