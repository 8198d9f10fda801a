"""Reading a bundle as hostile: line by line, with bounds on everything."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Self

from pydantic import ValidationError

from basanite.domain.errors import LedgerError, UsageError
from basanite.domain.ledger import Entry, Head
from basanite.ledger.envelope import MAX_ENVELOPE

SCHEMA = "basanite.bundle/1"

MAX_LINE = MAX_ENVELOPE * 2
MAX_TOTAL = 8 << 30
"""Bytes after decompression."""

MAX_BLOB_BYTES = 512 << 20
REMEDY = "Ask for the file again; nothing of it was kept."


class BundleFile:
    """One pass over a bundle: first the head, then all entries, then all blobs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._total = 0
        self._entries = 0
        self._ahead: dict[str, Any] | None = None
        try:
            self._raw: BinaryIO = path.open("rb")
        except OSError as error:
            raise UsageError(f"cannot be read: {error.strerror}", where=str(path)) from error
        self._file = gzip.GzipFile(fileobj=self._raw, mode="rb")
        try:
            first = self._line()
            if first.get("schema") != SCHEMA:
                raise self._broken("is no bundle of a known form")
            self.chain = str(first["chain"])
            self.head = Head.model_validate(first["head"])
        except (KeyError, ValidationError) as error:
            self._raw.close()
            raise self._broken("is no bundle of a known form") from error
        except BaseException:
            self._raw.close()
            raise

    def entries(self) -> Iterator[Entry]:
        """Yield the entries."""
        while True:
            line = self._line()
            if "entry" not in line:
                self._ahead = line
                return
            self._entries += 1
            try:
                yield Entry.model_validate(line["entry"])
            except ValidationError as error:
                raise self._broken(f"holds no valid entry as its {self._entries}.") from error

    def blobs(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield digests and bytes; None for bytes that are not what the digest says."""
        found, pieces, size = 0, list[bytes](), 0
        while True:
            line = self._ahead or self._line()
            self._ahead = None
            if "end" in line:
                if line["end"] != {"entries": self._entries, "blobs": found}:
                    raise self._broken("does not hold as much as it says")
                return
            try:
                sha256, data = str(line["blob"]), base64.b64decode(line["data"], validate=True)
                more = bool(line["more"])
            except (KeyError, TypeError, ValueError, binascii.Error) as error:
                raise self._broken("holds a line that is neither entry nor blob") from error
            pieces.append(data)
            size += len(data)
            if size > MAX_BLOB_BYTES:
                raise self._broken("holds a blob that is too large")
            if not more:
                whole = b"".join(pieces)
                good = hashlib.sha256(whole).hexdigest() == sha256
                yield sha256, whole if good else None
                found, pieces, size = found + 1, [], 0

    def _line(self) -> dict[str, Any]:
        try:
            line = self._file.readline(MAX_LINE + 1)
            self._total += len(line)
            if not line.endswith(b"\n") or self._total > MAX_TOTAL:
                raise self._broken("ends too early, or is larger than a bundle may be")
            document = json.loads(line)
        except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
            raise self._broken("is cut or damaged, or is no bundle") from error
        if not isinstance(document, dict):
            raise self._broken("is no bundle")
        return document

    def _broken(self, what: str) -> LedgerError:
        return LedgerError(what, where=str(self._path), remedy=REMEDY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._raw.close()
