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

from basanite.adapters.home import BusyError, RunLock, home
from basanite.app.events import Listener, Progress
from basanite.domain.errors import UsageError
from basanite.domain.ports import Clock

if TYPE_CHECKING:
    from basanite.ledger.blobs import FileBlobs
    from basanite.ledger.keys import Keyring
    from basanite.ledger.store import SqlLedger

MANIFEST = "basanite.yaml"
FOLDER = ".basanite"


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
            UsageError: there is no such folder.
        """
        if not folder.is_dir():
            raise UsageError(
                "there is no such folder",
                where=str(folder),
                remedy="Name the folder that holds basanite.yaml.",
            )
        return cls(folder.resolve(), clock, ledger_url, state)

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
        """Where calls of a running campaign are journalled."""
        return self.folder / "journal.sqlite"

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
                where=str(self.folder),
                remedy="Make the folder writable, or name another place with --state.",
            ) from error
        for path in (self.folder, *sorted(self.folder.iterdir())):
            facts = path.lstat()
            if stat.S_ISLNK(facts.st_mode) or facts.st_uid != os.geteuid():
                raise UsageError(
                    "this is a link, or belongs to another user, so nothing is written there",
                    where=str(path),
                    remedy="Remove it, or name another place with --state.",
                )
        if not os.access(self.folder, os.W_OK):
            raise UsageError(
                "the state folder is not writable",
                where=str(self.folder),
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
                where=str(self.root),
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
