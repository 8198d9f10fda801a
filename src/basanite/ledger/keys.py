"""The keyring: this instance's own keys and the public keys of others that it trusts.

Layout below the home folder, which is never the folder of a system::

    keys/current               id of the key that signs now
    keys/ID.key                private key, PKCS 8 in PEM, readable by its owner only
    keys/ID.pem                public key; stays after rotation, so that old entries can be checked
    keys/rotations/NEW-ID.json the old key's signed word that NEW-ID follows it
    keys/lost/ID               this key is known to be in other hands
    trusted/NAME.pem           public keys of others; delete the file to end the trust
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import TypeAdapter, ValidationError

from basanite.domain.errors import LedgerError, LedgerSetupError, UsageError
from basanite.domain.ledger import KeyChange, KeyEvent
from basanite.domain.value import Slug
from basanite.ledger.durable import make_private_folder, write_durably, write_failed
from basanite.ledger.envelope import MAX_ENVELOPE, open_envelope, read_content, seal
from basanite.ledger.key_files import check_id, read_bounded, read_failed, read_private
from basanite.ledger.signature import Signer, key_id_of, load_public, public_pem, signer_of

MAX_TRUSTED = 10_000


class Keyring:
    """Keys below a home folder. Nothing is written before a key is needed."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._keys = home / "keys"
        self._trusted = home / "trusted"
        self._signer: Signer | None = None
        self._pointer: tuple[tuple[int, int, int], str] | None = None

    def signing_key(self, ledger_has_entries: bool) -> Signer:
        """Return the key that signs now; make one on first use, for an empty ledger only.

        Raises:
            LedgerError: the key is missing, although something was already signed with it.
            UsageError: others can read the key file.
        """
        signer = self.current()
        if signer is not None:
            return signer
        if ledger_has_entries:
            raise LedgerSetupError(
                "the ledger has entries, but there is no signing key",
                where=str(self._keys),
                remedy="Restore the folder from a backup, or point BASANITE_HOME at the right one. "
                "To go on with another key on purpose, create one first; the old one's entries "
                "then need its public key among the trusted ones.",
            )
        return self.create()

    def current(self) -> Signer | None:
        """Return the key that signs now, or None when there has never been one.

        Raises:
            LedgerError: there was one, and its file is gone or damaged.
            UsageError: others can read the key file.
        """
        key_id = self._current_id()
        if key_id is None:
            return None
        if self._signer is None or self._signer.key_id != key_id:
            self._signer = self._load(key_id)
        return self._signer

    def create(self) -> Signer:
        """Make a key and sign with it from now on. When another process was first, return its key.

        Raises:
            LedgerError: the home folder cannot be written.
        """
        with self._locked():
            existing = self.current()
            if existing is not None:
                return existing
            return self._become(self._generate())

    def rotate(self, now: datetime, reason: str = "") -> KeyEvent:
        """Replace the current key by a new one that the old key introduces.

        Ledgers take the event up at their next append. The old private key is deleted.

        Raises:
            LedgerError: there is no key to rotate, or the home folder cannot be written.
        """
        with self._locked():
            old = self.current()
            if old is None:
                raise LedgerError(
                    "there is no key to rotate",
                    where=str(self._keys),
                    remedy="A key is made when the first entry of a ledger is signed.",
                )
            new = self._generate()
            event = KeyEvent(
                change=KeyChange.ROTATED,
                key_id=new.key_id,
                public=new.public,
                replaces=old.key_id,
                reason=reason,
                signed=now,
            )
            folder = self._keys / "rotations"
            make_private_folder(folder)
            write_durably(folder / f"{new.key_id}.json", seal(event, old).encode("ascii"))
            self._become(new)
            # From here on the old key can no longer sign, here or in a copy of this folder.
            (self._keys / f"{old.key_id}.key").unlink(missing_ok=True)
            return event

    def rotations_since(self, key_id: str) -> list[str]:
        """Return the envelopes that lead from a key to the current one, oldest first.

        Empty when no unbroken row of rotations leads there.
        """
        steps = {event.replaces: (event.key_id, text) for event, text in self._rotations()}
        target, path = self._current_id(), list[str]()
        while key_id in steps and key_id != target and len(path) <= len(steps):
            key_id, text = steps[key_id]
            path.append(text)
        return path if key_id == target else []

    def replace_lost(self, key_id: str) -> Signer:
        """Note that a key is in other hands, and return the key that signs now.

        When the lost key was the current one, a new key is made. The lost key does not introduce
        it: others have to be given its public key by another way.

        Raises:
            LedgerError: the home folder cannot be written.
        """
        check_id(key_id)
        with self._locked():
            folder = self._keys / "lost"
            make_private_folder(folder)
            write_durably(folder / key_id, b"")
            current = self.current()
            if current is None or current.key_id == key_id:
                current = self._become(self._generate())
                (self._keys / f"{key_id}.key").unlink(missing_ok=True)
            return current

    def lost(self) -> frozenset[str]:
        """Return the ids of keys that are known to be in other hands.

        Raises:
            LedgerError: the list cannot be read.
        """
        try:
            return frozenset(path.name for path in (self._keys / "lost").iterdir())
        except FileNotFoundError:
            return frozenset()
        except OSError as error:  # not knowing which keys are lost is not the same as none
            raise read_failed(self._keys / "lost", error) from error

    def trust(self, pem: str | bytes, name: str) -> str:
        """Trust somebody else's public key under a name, and return its id.

        Raises:
            UsageError: the name is no slug, it is taken, or the text is no Ed25519 public key.
        """
        try:
            TypeAdapter(Slug).validate_python(name)
        except ValidationError:
            raise UsageError(
                f"{name!r} cannot be the name of a key",
                remedy="Use up to 64 lower-case letters, digits and hyphens.",
            ) from None
        key = load_public(pem, where=name)
        key_id, path = key_id_of(key), self._trusted / f"{name}.pem"
        make_private_folder(self._trusted)
        if path.exists() and key_id_of(load_public(read_bounded(path), where=str(path))) != key_id:
            raise UsageError(
                f"another key is already trusted as {name}",
                where=str(path),
                remedy="Choose another name, or delete that file first if the key is retired.",
            )
        write_durably(path, public_pem(key).encode("ascii"))
        return key_id

    def trusted(self) -> Mapping[str, str]:
        """Return the trusted public keys, one's own included: PEM by id.

        Raises:
            UsageError: a file among them is no public key.
        """
        files = sorted(self._keys.glob("*.pem")) + sorted(self._trusted.glob("*.pem"))
        found: dict[str, str] = {}
        for path in files[:MAX_TRUSTED]:
            key = load_public(read_bounded(path), where=str(path))
            found[key_id_of(key)] = public_pem(key)
        current = self._current_id()
        if current and current not in found and (self._keys / f"{current}.key").is_file():
            # The public half was lost; the private one gives it again.
            found[current] = self._load(current).public
        return found

    def public_pem(self, key_id: str | None = None) -> str:
        """Return one's own public key as PEM, to give to others; the current one by default.

        Raises:
            UsageError: there is no such key.
        """
        wanted = key_id or self._current_id()
        path = self._keys / f"{wanted}.pem"
        if wanted is None or not path.is_file():
            raise UsageError(
                "there is no such key of one's own" if wanted else "there is no key yet",
                where=str(self._keys),
                remedy="A key is made when the first entry of a ledger is signed.",
            )
        return read_bounded(path).decode("ascii")

    def _current_id(self) -> str | None:
        path = self._keys / "current"
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise read_failed(path, error) from error
        # The file is only ever replaced, so its inode and times say whether it is the same: asked
        # at every append, since another process may have rotated the key.
        state = (found.st_ino, found.st_mtime_ns, found.st_ctime_ns)
        if self._pointer is None or self._pointer[0] != state:
            text = read_bounded(path).decode("ascii", errors="replace").strip()
            self._pointer = (state, check_id(text, where=str(path)))
        return self._pointer[1]

    def _rotations(self) -> Iterator[tuple[KeyEvent, str]]:
        for path in sorted((self._keys / "rotations").glob("*.json")):
            text = read_bounded(path, MAX_ENVELOPE).decode("utf-8", errors="replace")
            event = read_content(open_envelope(text))
            if isinstance(event, KeyEvent):
                yield event, text

    def _generate(self) -> Signer:
        """Make a key and store it. It does not sign before `_become`."""
        private = Ed25519PrivateKey.generate()
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        signer = signer_of(private)
        write_durably(self._keys / f"{signer.key_id}.key", pem, mode=0o600)
        write_durably(self._keys / f"{signer.key_id}.pem", signer.public.encode("ascii"))
        return signer

    def _become(self, signer: Signer) -> Signer:
        write_durably(self._keys / "current", f"{signer.key_id}\n".encode("ascii"))
        self._signer = signer
        return signer

    def _load(self, key_id: str) -> Signer:
        path = self._keys / f"{key_id}.key"
        pem = read_private(path)
        try:
            private = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError):
            private = None
        if not isinstance(private, Ed25519PrivateKey) or key_id_of(private.public_key()) != key_id:
            raise LedgerSetupError(
                "is not the private key that its name says",
                where=str(path),
                remedy="Restore it from a backup.",
            )
        return signer_of(private)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Hold the keyring alone: two processes never make two first keys."""
        make_private_folder(self._keys)
        try:
            descriptor = os.open(self._keys / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise write_failed(self._keys, error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
