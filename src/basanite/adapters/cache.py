"""What was found in files before, kept as long as the files are what they were.

Losing it costs time and nothing else, so no trouble with it is ever an error.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from basanite.domain.artifact import Identity

LARGEST = 1 << 30
"""Bytes after which the cache starts anew."""
RACY_NS = 2_000_000_000
"""The coarsest step of file times in use (FAT: 2 s). A file that was younger than this when it was
looked at may have changed again without its times showing it."""

_SCHEMA = 1
_MANY = 500
_TABLE = """CREATE TABLE IF NOT EXISTS found
    (file TEXT, readers TEXT, value TEXT NOT NULL, PRIMARY KEY (file, readers)) WITHOUT ROWID"""


class ArtifactCache:
    """JSON by the identity of a file and a fingerprint of the readers that made it."""

    def __init__(self, path: Path, *, patience: float = 1.0) -> None:
        """Open or make the cache file. ``patience`` is how many seconds to wait for another run."""
        self._path = path
        self._patience = patience
        self.warning = ""
        """Why the cache is not used, or was started anew; empty when all is well."""
        self._connection = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. After that everything is a miss."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def get_many(self, identities: Iterable[Identity], *, readers: str) -> dict[Identity, Any]:
        """Return what is known of the files, by identity; unknown ones are left out."""
        wanted = {_key(identity): identity for identity in identities}
        keys = list(wanted)
        found: dict[Identity, Any] = {}
        if self._connection is None:
            return found
        try:
            for start in range(0, len(keys), _MANY):
                some = keys[start : start + _MANY]
                marks = ",".join("?" * len(some))
                rows = self._connection.execute(
                    f"SELECT file, value FROM found WHERE readers = ? AND file IN ({marks})",  # noqa: S608
                    (readers, *some),
                )
                texts = dict(rows.fetchall())
                # One parse for many values costs a third of one for each.
                values = json.loads(f"[{','.join(texts.values())}]")
                known = (wanted[key] for key in texts)
                found.update(zip(known, values, strict=True))
        except (sqlite3.Error, ValueError, RecursionError) as error:
            self._drop(error)
            return {}
        return found

    def put_many(self, found: Mapping[Identity, Any], *, readers: str, observed_ns: int) -> int:
        """Keep what was found; return how many were kept.

        ``observed_ns`` is `time.time_ns` before the first of these files was looked at. What was
        changed less than two seconds before that is not kept: the next run looks again.
        """
        if self._connection is None:
            return 0
        settled = observed_ns - RACY_NS
        rows = [
            (_key(identity), readers, json.dumps(value))
            for identity, value in found.items()
            if max(identity.mtime_ns, identity.ctime_ns) < settled
        ]
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO found VALUES (?, ?, ?)", rows)
        except (sqlite3.Error, UnicodeEncodeError) as error:
            self._drop(error)
            return 0
        return len(rows)

    def _open(self) -> sqlite3.Connection | None:
        for attempt in (1, 2):
            try:
                return self._connect()
            except (sqlite3.Error, OSError) as error:
                self.warning = f"the cache of file digests is not used: {error}"
                if attempt == 2 or not _is_broken(error) or not self._remove():
                    return None
                self.warning = "the cache of file digests was damaged and is started anew"
        return None

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._path.exists() and self._path.stat().st_size > LARGEST:
            self._remove()
        connection = sqlite3.connect(self._path, timeout=self._patience)
        try:
            # Losing the last entries in a power cut is no loss; the file stays whole either way.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = OFF")
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version not in (0, _SCHEMA):
                raise sqlite3.DatabaseError("it is of another version")
            connection.execute(_TABLE)
            connection.execute(f"PRAGMA user_version = {_SCHEMA}")
            connection.commit()
            self._path.chmod(0o600)
        except BaseException:
            connection.close()
            raise
        return connection

    def _drop(self, error: Exception) -> None:
        """Stop using the cache in this run; remove it when it is damaged."""
        self.close()
        self.warning = f"the cache of file digests is not used: {error}"
        if _is_broken(error):
            self._remove()

    def _remove(self) -> bool:
        try:
            for suffix in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        except OSError:
            return False
        return True


def _is_broken(error: Exception) -> bool:
    """Tell a damaged file from one that is only locked, full or read-only."""
    return not isinstance(error, sqlite3.OperationalError | OSError)


def _key(identity: Identity) -> str:
    # Text, since numbers of inodes may use 64 bits and times of files more; SQLite has 63.
    return (
        f"{identity.device}:{identity.inode}:{identity.size}"
        f":{identity.mtime_ns}:{identity.ctime_ns}"
    )
