"""Keys are made once, kept private, followed by rotation, and never replaced by accident."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.signer._key import SSlibKey

from basanite.domain.errors import ExitCode, LedgerError, UsageError
from basanite.domain.ledger import KeyChange, KeyEvent
from basanite.ledger.envelope import open_envelope, read_content
from basanite.ledger.keys import Keyring

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def test_nothing_is_written_before_a_key_is_needed(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "home")
    assert keyring.current() is None
    assert keyring.trusted() == {}
    assert keyring.lost() == frozenset()
    assert not (tmp_path / "home").exists()


def test_the_first_key_is_private_and_stays_the_same(keyring: Keyring) -> None:
    made = keyring.signing_key(ledger_has_entries=False)
    again = Keyring(keyring.home).signing_key(ledger_has_entries=True)
    assert again.key_id == made.key_id
    private = keyring.home / "keys" / f"{made.key_id}.key"
    assert private.stat().st_mode & 0o777 == 0o600
    assert private.parent.stat().st_mode & 0o777 == 0o700
    assert keyring.trusted() == {made.key_id: made.public}
    assert keyring.public_pem() == made.public


def test_the_key_id_is_the_one_securesystemslib_gives(keyring: Keyring) -> None:
    signer = keyring.create()
    public = load_pem_public_key(signer.public.encode())
    assert SSlibKey.from_crypto(public).keyid == signer.key_id


def test_a_missing_key_of_a_ledger_with_entries_is_an_error_not_a_new_key(
    keyring: Keyring,
) -> None:
    with pytest.raises(LedgerError, match=r"no signing key\. Restore") as caught:
        keyring.signing_key(ledger_has_entries=True)
    assert caught.value.remedy
    assert not keyring.home.exists()


def test_a_lost_key_file_is_an_error_even_for_an_empty_ledger(keyring: Keyring) -> None:
    signer = keyring.create()
    (keyring.home / "keys" / f"{signer.key_id}.key").unlink()
    with pytest.raises(LedgerError, match="cannot be read"):
        Keyring(keyring.home).signing_key(ledger_has_entries=False)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_private_key_that_others_can_read_is_refused(keyring: Keyring, mode: int) -> None:
    signer = keyring.create()
    (keyring.home / "keys" / f"{signer.key_id}.key").chmod(mode)
    with pytest.raises(UsageError, match="chmod 600"):
        Keyring(keyring.home).current()


def test_a_key_folder_that_others_can_write_is_refused(keyring: Keyring) -> None:
    keyring.create()
    (keyring.home / "keys").chmod(0o777)
    with pytest.raises(UsageError, match="chmod 700"):
        Keyring(keyring.home).current()


def test_a_private_key_behind_a_link_is_refused(keyring: Keyring, tmp_path: Path) -> None:
    signer = keyring.create()
    path = keyring.home / "keys" / f"{signer.key_id}.key"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(LedgerError, match="cannot be read"):
        Keyring(keyring.home).current()


@pytest.mark.parametrize("text", ["", "../../etc/passwd", "0" * 63, "g" * 64, "\xff"])
def test_a_damaged_pointer_to_the_key_is_an_error(keyring: Keyring, text: str) -> None:
    keyring.create()
    (keyring.home / "keys" / "current").write_text(text, encoding="utf-8")
    with pytest.raises(LedgerError, match="key id"):
        Keyring(keyring.home).current()


def test_a_key_file_with_another_key_in_it_is_refused(keyring: Keyring, tmp_path: Path) -> None:
    signer, other = keyring.create(), Keyring(tmp_path / "other").create()
    stolen = tmp_path / "other" / "keys" / f"{other.key_id}.key"
    (keyring.home / "keys" / f"{signer.key_id}.key").write_bytes(stolen.read_bytes())
    with pytest.raises(LedgerError, match="not the private key"):
        Keyring(keyring.home).current()


def test_of_many_first_keys_at_once_one_is_kept(keyring: Keyring) -> None:
    ids = set[str]()

    def make() -> None:
        ids.add(Keyring(keyring.home).signing_key(ledger_has_entries=False).key_id)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 1


def test_rotation_is_the_old_keys_word_for_the_new_one(keyring: Keyring) -> None:
    old = keyring.create()
    event = keyring.rotate(START, "yearly")
    new = keyring.current()
    assert new is not None
    assert (event.change, event.replaces, event.key_id) == (
        KeyChange.ROTATED,
        old.key_id,
        new.key_id,
    )
    (text,) = keyring.rotations_since(old.key_id)
    assert open_envelope(text).key_id == old.key_id
    assert read_content(open_envelope(text)) == event
    assert set(keyring.trusted()) == {old.key_id, new.key_id}
    assert not (keyring.home / "keys" / f"{old.key_id}.key").exists()


def test_several_rotations_make_one_path(keyring: Keyring) -> None:
    first = keyring.create().key_id
    second = keyring.rotate(START).key_id
    third = keyring.rotate(START).key_id
    steps = [read_content(open_envelope(text)) for text in keyring.rotations_since(first)]
    assert [step.key_id for step in steps if isinstance(step, KeyEvent)] == [second, third]
    assert keyring.rotations_since(third) == []
    assert keyring.rotations_since("0" * 64) == []


def test_a_rotation_that_was_cut_short_leaves_the_old_key_signing(keyring: Keyring) -> None:
    """A crash before the pointer moves leaves files that nothing points to."""
    old = keyring.create()
    keyring.rotate(START)
    rotated = keyring.home / "keys" / "current"
    (keyring.home / "keys" / f"{old.key_id}.key").write_bytes(b"")
    rotated.write_text(old.key_id, encoding="ascii")
    assert Keyring(keyring.home).rotations_since(old.key_id) == []


def test_rotating_without_a_key_is_an_error(keyring: Keyring) -> None:
    with pytest.raises(LedgerError, match="no key to rotate"):
        keyring.rotate(START)


def test_a_lost_current_key_is_replaced_without_its_word(keyring: Keyring) -> None:
    lost = keyring.create()
    new = keyring.replace_lost(lost.key_id)
    assert new.key_id != lost.key_id
    assert keyring.lost() == {lost.key_id}
    assert keyring.rotations_since(lost.key_id) == []
    assert not (keyring.home / "keys" / f"{lost.key_id}.key").exists()


def test_others_keys_are_trusted_by_name(keyring: Keyring, tmp_path: Path) -> None:
    other = Keyring(tmp_path / "other").create()
    assert keyring.trust(other.public, "regulator") == other.key_id
    assert keyring.trust(other.public.encode(), "regulator") == other.key_id
    assert keyring.trusted() == {other.key_id: other.public}
    with pytest.raises(UsageError, match="another key"):
        keyring.trust(Keyring(tmp_path / "third").create().public, "regulator")


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", "x" * 65, "a\n"])
def test_a_name_that_is_no_slug_is_refused(keyring: Keyring, tmp_path: Path, name: str) -> None:
    other = Keyring(tmp_path / "other").create()
    with pytest.raises(UsageError, match="name of a key"):
        keyring.trust(other.public, name)


def test_only_ed25519_public_keys_are_trusted(keyring: Keyring, tmp_path: Path) -> None:
    own = keyring.create()
    private = (keyring.home / "keys" / f"{own.key_id}.key").read_text(encoding="ascii")
    with pytest.raises(UsageError, match="private key"):
        keyring.trust(private, "oops")
    for text in ("", "hello", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"):
        with pytest.raises(UsageError, match="not an Ed25519"):
            keyring.trust(text, "nonsense")


def test_a_broken_trusted_file_is_named(keyring: Keyring) -> None:
    (keyring.home / "trusted").mkdir(parents=True)
    (keyring.home / "trusted" / "x.pem").write_bytes(os.urandom(100))
    with pytest.raises(UsageError, match=r"x\.pem"):
        keyring.trusted()


def test_a_lost_public_key_is_made_again_from_the_private_one(tmp_path: Path) -> None:
    ring = Keyring(tmp_path)
    own = ring.create()
    (tmp_path / "keys" / f"{own.key_id}.pem").unlink()

    assert Keyring(tmp_path).trusted() == {own.key_id: own.public}


def test_a_missing_key_is_the_users_to_mend(tmp_path: Path) -> None:
    with pytest.raises(LedgerError) as told:
        Keyring(tmp_path).signing_key(ledger_has_entries=True)

    assert told.value.exit_code is ExitCode.USAGE
