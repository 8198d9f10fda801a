"""Which environment variable holds the secret for which host. The secrets themselves stay there."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from basanite.adapters.home import RunLock
from basanite.adapters.private import read_object
from basanite.adapters.writing import write_atomic
from basanite.domain.errors import UsageError
from basanite.domain.names import visible

MAX_BYTES = 1 << 20

_TARGET = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+):[0-9]{1,5}", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class Secrets:
    """Bindings of ``host:port`` to the name of an environment variable, in `secrets.json`."""

    def __init__(self, home: Path, *, environment: Mapping[str, str] | None = None) -> None:
        self._path = home / "secrets.json"
        self._lock = home / "secrets.lock"
        self._environment = os.environ if environment is None else environment

    def bindings(self) -> dict[str, str]:
        """Return the names of variables by ``host:port``.

        Raises:
            UsageError: the file is damaged, or others could have written it.
        """
        read = read_object(self._path, MAX_BYTES)
        return {str(target): str(variable) for target, variable in read.items()}

    def bind(self, target: str, variable: str) -> None:
        """Let requests to a host carry what a variable holds.

        Raises:
            BasaniteError: a name is malformed, or the file cannot be read or written.
        """
        target = target.lower()
        if not _TARGET.fullmatch(target):
            raise UsageError("a target is a host and a port", where=visible(target))
        if not _VARIABLE.fullmatch(variable):
            # What is written here by mistake may be the secret itself: it is not repeated.
            raise UsageError(
                "that is no name of an environment variable",
                remedy="Give the variable's name, not the secret.",
            )
        with RunLock(self._lock, wait=True):
            self._write(self.bindings() | {target: variable})

    def unbind(self, target: str) -> None:
        """Remove a binding; one that is not there is ignored.

        Raises:
            BasaniteError: the file cannot be read or written.
        """
        with RunLock(self._lock, wait=True):
            left = self.bindings()
            left.pop(target.lower(), None)
            self._write(left)

    def secret_for(self, target: str) -> str | None:
        """Return the secret for a host, or None when none is bound or the variable is not set.

        Raises:
            UsageError: the bindings cannot be read.
        """
        variable = self.bindings().get(target.lower())
        return (self._environment.get(variable) or None) if variable else None

    def _write(self, bindings: dict[str, str]) -> None:
        text = json.dumps(bindings, indent=2, sort_keys=True)
        write_atomic(self._path, text.encode() + b"\n", 0o600)
