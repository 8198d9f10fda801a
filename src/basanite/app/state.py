"""State: where a system's ledger, blobs and report live, and how they are opened.

Ledger and blobs are beside the system, in ``DIR/.basanite``. Keys, grants and caches are the
user's own, in ``$BASANITE_HOME``, never in DIR: DIR may be a stranger's.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from basanite.adapters.home import VARIABLE, BusyError, RunLock, home, home_path
from basanite.adapters.trouble import told
from basanite.app.events import Listener, Progress
from basanite.domain.errors import UsageError
from basanite.domain.names import encode_name
from basanite.domain.ports import Clock
from basanite.domain.value import digest_of

if TYPE_CHECKING:
    from basanite.ledger.blobs import FileBlobs
    from basanite.ledger.keys import Keyring
    from basanite.ledger.store import SqlLedger

MANIFEST = "basanite.yaml"
FOLDER = ".basanite"
_SQLITE = "sqlite:///"


@dataclass(frozen=True)
class State:
    """The places of one system."""

    root: Path
    clock: Clock
    ledger_url: str = ""
    """Empty: SQLite in the state folder."""
    elsewhere: Path | None = None
    """A state folder outside the system's own, for a system that is read-only."""

    @classmethod
    def of(
        cls, folder: Path, clock: Clock, *, ledger_url: str = "", state: Path | None = None
    ) -> State:
        """Return the state of the system in a folder.

        Raises:
            UsageError: there is no such folder, or state, keys and system lie in each other.
        """
        try:
            real = folder.resolve()
            elsewhere = None if state is None else state.resolve()
        except OSError as error:
            raise told(error, folder, "cannot find the folder") from error
        if not real.is_dir():
            raise UsageError(
                "there is no such folder",
                where=encode_name(os.fspath(folder)),
                remedy="Name the folder that holds basanite.yaml.",
            )
        if elsewhere is not None and elsewhere.is_relative_to(real):
            raise UsageError(
                "--state names a folder inside the system, where it would be assessed itself",
                where=encode_name(os.fspath(elsewhere)),
                remedy="Name one outside of it, or leave --state out.",
            )
        keys = home_path().resolve()
        if real.is_relative_to(keys):
            raise UsageError(
                "the system lies in Basanite's home, where keys are kept",
                where=encode_name(os.fspath(keys)),
                remedy=f"Set {VARIABLE} to a folder of its own.",
            )
        return cls(real, clock, _plausible(ledger_url), elsewhere)

    @property
    def manifest(self) -> Path:
        """The manifest's path."""
        return self.root / MANIFEST

    @property
    def folder(self) -> Path:
        """The state folder."""
        return self.elsewhere or self.root / FOLDER

    @property
    def report(self) -> Path:
        """Where `assess` leaves the page."""
        return self.folder / "report.html"

    @property
    def journal(self) -> Path:
        """Where calls of a campaign are journalled: in the home, since what it says is believed."""
        name = digest_of([encode_name(os.fspath(self.root)), self.url()])
        return home() / "journals" / f"{name}.sqlite"

    @cached_property
    def keyring(self) -> Keyring:
        """The user's keys."""
        from basanite.ledger.keys import Keyring

        return Keyring(home())

    @cached_property
    def blobs(self) -> FileBlobs:
        """The bytes beside the ledger."""
        from basanite.ledger.blobs import FileBlobs

        return FileBlobs(self.folder / "blobs")

    def ready(self) -> None:
        """Make the state folder.

        Raises:
            UsageError: it cannot be made, or it is not a real folder of this user. A cloned
                repository may bring a link in its place, to have us write elsewhere.
        """
        try:
            self.folder.mkdir(mode=0o700, parents=self.elsewhere is not None, exist_ok=True)
        except OSError as error:
            raise UsageError(
                f"cannot make the state folder ({error.strerror})",
                where=encode_name(os.fspath(self.folder)),
                remedy="Make the folder writable, or name another place with --state.",
            ) from error
        for path in (self.folder, *sorted(self.folder.rglob("*"))):
            facts = path.lstat()
            if stat.S_ISLNK(facts.st_mode) or facts.st_uid != os.geteuid():
                raise UsageError(
                    "this is a link, or belongs to another user, so nothing is written there",
                    where=encode_name(os.fspath(path)),
                    remedy="Remove it, or name another place with --state.",
                )
        if stat.S_IMODE(self.folder.stat().st_mode) & 0o077:
            self.folder.chmod(0o700)
        if not os.access(self.folder, os.W_OK):
            raise UsageError(
                "the state folder is not writable",
                where=encode_name(os.fspath(self.folder)),
                remedy="Make it writable, or name another place with --state.",
            )

    def url(self) -> str:
        """Return the ledger's address."""
        return self.ledger_url or f"sqlite:///{self.folder / 'ledger.sqlite'}"

    @contextmanager
    def ledger(self, chain: str, *, create: bool = True) -> Iterator[SqlLedger]:
        """Open the ledger of a system.

        Raises:
            UsageError: there is none and none is to be made.
        """
        from basanite.ledger.store import open_ledger

        if not create and not self.ledger_url and not (self.folder / "ledger.sqlite").exists():
            raise UsageError(
                "nothing was assessed here yet",
                where=encode_name(os.fspath(self.root)),
                remedy="Run `basanite assess` first.",
            )
        ledger = open_ledger(self.url(), chain, self.keyring, self.clock, create=create)
        try:
            yield ledger
        finally:
            ledger.close()

    def lock(self, *, wait: bool = True) -> RunLock:
        """Return the lock that lets one assessment of this system run at a time."""
        return RunLock(self.folder / "run.lock", wait=wait)


def _plausible(url: str) -> str:
    """Return a ledger's address unless it cannot be one.

    Raises:
        UsageError: it is no address, or names a place that keeps nothing.
    """
    try:
        path = urlsplit(url).path
    except ValueError as error:
        # The address may hold a password, so it is not repeated.
        raise UsageError(f"--ledger is no address of a database ({error})") from error
    if path.endswith(":memory:"):
        raise UsageError("--ledger names a database in memory, which keeps nothing")
    if url.startswith(_SQLITE):
        # Another command may be given in another folder.
        return f"{_SQLITE}{Path(url.removeprefix(_SQLITE)).absolute()}"
    return url


@contextmanager
def waiting(state: State, listen: Listener) -> Iterator[None]:
    """Hold a system's lock; say so once when another run has to end first."""
    with ExitStack() as held:
        try:
            held.enter_context(state.lock(wait=False))
        except BusyError as busy:
            listen(Progress("wait", 0, 0, busy.what))
            held.enter_context(state.lock())
        yield
