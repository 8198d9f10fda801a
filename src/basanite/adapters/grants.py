"""What the user has allowed parts of a manifest to do on this machine."""

from __future__ import annotations

import os
import platform
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from basanite.adapters.home import RunLock
from basanite.adapters.private import read_private
from basanite.adapters.writing import write_atomic
from basanite.domain.check import Need
from basanite.domain.errors import UsageError
from basanite.domain.names import encode_name
from basanite.domain.system import Environment
from basanite.domain.value import Sha256, Slug, Time, Value

MAX_BYTES = 16 << 20


class Grant(Value):
    """One permission, bound to exactly what the user saw when giving it."""

    kind: Need
    part: Slug
    """The component's id."""
    digest: Sha256
    """Of the part of the manifest. A changed manifest needs a new grant."""
    host: str = Field(min_length=1)
    """This machine's name. A copied grants file allows nothing elsewhere."""
    environment: Environment
    target: str = ""
    """``host:port`` for network; else empty."""
    window: tuple[Time, Time] | None = None
    """From and until. Without one the grant holds until it is revoked."""
    granted: Time

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.kind is Need.NETWORK and not self.target:
            raise ValueError("a grant for the network names its host and port")
        if self.window is not None and self.window[0] >= self.window[1]:
            raise ValueError("the window ends before it begins")
        if (
            self.kind is Need.DISRUPT
            and self.environment is Environment.PRODUCTION
            and self.window is None
        ):
            raise ValueError("disruption of production needs a time window")
        return self


class _File(Value):
    schema_id: Literal["basanite.grants/1"] = Field(default="basanite.grants/1", alias="schema")
    grants: tuple[Grant, ...] = ()


class Grants:
    """The grants of one user on one machine, in `grants.json` in the home."""

    def __init__(self, home: Path, *, host: str | None = None) -> None:
        self._path = home / "grants.json"
        self._lock = home / "grants.lock"
        self.host = host or platform.node() or "localhost"

    def all(self) -> tuple[Grant, ...]:
        """Return every grant, those for other machines included.

        Raises:
            UsageError: the file is damaged, or others could have written it. Nothing is allowed.
        """
        data = read_private(self._path, MAX_BYTES)
        if data is None:
            return ()
        try:
            return _File.model_validate_json(data).grants
        except ValidationError as error:
            raise UsageError(
                "the grants cannot be read, so nothing is allowed",
                where=encode_name(os.fspath(self._path)),
                remedy="Remove the file and grant anew what you mean to allow.",
            ) from error

    def add(self, grant: Grant) -> None:
        """Keep a grant. It replaces one for the same thing.

        Raises:
            BasaniteError: the file cannot be read or written.
        """
        with RunLock(self._lock, wait=True):
            others = [each for each in self.all() if _subject(each) != _subject(grant)]
            self._write((*others, grant))

    def revoke(self, grant: Grant) -> None:
        """Remove a grant; one that is not there is ignored.

        Raises:
            BasaniteError: the file cannot be read or written.
        """
        with RunLock(self._lock, wait=True):
            self._write(tuple(each for each in self.all() if each != grant))

    def allows(
        self, kind: Need, digest: str, environment: Environment, target: str, now: datetime
    ) -> bool:
        """Return whether the user has allowed exactly this, here and now.

        Reading needs no grant. Disruption of production needs one with a window that holds ``now``.

        Raises:
            UsageError: the grants cannot be read.
        """
        if kind is Need.READ:
            return True
        return any(
            grant.kind is kind
            and grant.digest == digest
            and grant.host == self.host
            and grant.environment is environment
            and grant.target == target
            and _open(grant, now)
            for grant in self.all()
        )

    def _write(self, grants: tuple[Grant, ...]) -> None:
        text = _File(grants=grants).model_dump_json(indent=2, by_alias=True)
        write_atomic(self._path, text.encode() + b"\n", 0o600)


def _subject(grant: Grant) -> tuple[object, ...]:
    return (grant.kind, grant.part, grant.digest, grant.host, grant.environment, grant.target)


def _open(grant: Grant, now: datetime) -> bool:
    if grant.window is not None:
        return grant.window[0] <= now < grant.window[1]
    return not (grant.kind is Need.DISRUPT and grant.environment is Environment.PRODUCTION)
