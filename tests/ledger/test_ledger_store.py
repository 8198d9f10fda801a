"""A ledger on a real database: appending, reading back, keys, errors. Both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from basanite.domain.errors import LedgerError, UsageError
from basanite.domain.evidence import Evidence
from basanite.domain.ledger import (
    GENESIS,
    EntryKind,
    Invalidation,
    KeyChange,
    KeyEvent,
)
from basanite.domain.ports import Ledger
from basanite.ledger.keys import Keyring
from basanite.ledger.store import SqlLedger
from basanite.ledger.verify import verify

NOW = datetime(2026, 1, 6, tzinfo=UTC)
Make = Callable[..., Evidence]
Opener = Callable[..., SqlLedger]


def kinds(ledger: SqlLedger, keyring: Keyring) -> list[tuple[str, int | None]]:
    result = verify(ledger.raw(), keyring.trusted(), now=NOW, lost=keyring.lost())
    return [(problem.kind.value, problem.number) for problem in result.problems]


def test_a_new_ledger_is_empty(url: str, open_one: Opener) -> None:
    ledger: Ledger = open_one(url)
    assert ledger.head().number == 0
    assert ledger.head().hash == GENESIS
    assert list(ledger.entries()) == []


def test_the_first_entry_brings_in_the_key(
    url: str, open_one: Opener, keyring: Keyring, make_evidence: Make
) -> None:
    ledger = open_one(url)
    entry = ledger.append(make_evidence(1))
    first, second = ledger.entries()
    assert isinstance(first.content, KeyEvent)
    assert first.content.change is KeyChange.ADDED
    assert first.content.public == keyring.public_pem()
    assert (entry.number, second.number, second.content) == (2, 2, make_evidence(1))
    assert second.key_id == first.content.key_id
    assert kinds(ledger, keyring) == []


def test_what_was_appended_is_there_for_the_next_process(
    url: str, open_one: Opener, keyring: Keyring, make_evidence: Make
) -> None:
    first = open_one(url)
    for index in range(5):
        first.append(make_evidence(index))
    head = first.head()
    first.close()
    again = open_one(url, keyring=Keyring(keyring.home), create=False)
    assert again.head() == head
    contents = [each.content for each in again.entries()][1:]
    assert contents == [make_evidence(index) for index in range(5)]
    assert [entry.number for entry in again.raw()] == [1, 2, 3, 4, 5, 6]
    assert [each.number for each in again.entries(through=3)] == [1, 2, 3]
    assert again.numbers(make_evidence(3).key) == (5,)


def test_the_same_content_is_stored_once(url: str, open_one: Opener, make_evidence: Make) -> None:
    ledger = open_one(url)
    entry = ledger.append(make_evidence(1))
    assert ledger.append(make_evidence(1)) == entry
    ledger.append(make_evidence(2))
    assert ledger.append(make_evidence(1)).hash == entry.hash
    assert ledger.head().number == 3


def test_one_database_holds_many_systems(url: str, open_one: Opener, make_evidence: Make) -> None:
    one, two = open_one(url, "riverbend"), open_one(url, "hillside")
    one.append(make_evidence(1))
    two.append(make_evidence(1, system="hillside"))
    one.append(make_evidence(2))
    assert one.head().number == 3
    assert two.head().number == 2
    with pytest.raises(LedgerError, match="hillside"):
        one.append(make_evidence(3, system="hillside"))


def test_entries_can_be_appended_while_others_are_read(
    url: str, open_one: Opener, make_evidence: Make
) -> None:
    ledger = open_one(url)
    for index in range(10):
        ledger.append(make_evidence(index))
    read = 0
    for each in ledger.entries():
        read += 1
        if isinstance(each.content, Evidence):
            gone = Invalidation(
                system="riverbend", key=each.content.key, reason="moved", signed=each.recorded
            )
            ledger.append(gone)
    assert read == 11
    assert ledger.head().number == 21


def test_neither_database_lets_entries_be_changed_or_deleted(
    url: str, open_one: Opener, make_evidence: Make
) -> None:
    ledger = open_one(url)
    ledger.append(make_evidence())
    for statement in (
        "UPDATE entries SET recorded = recorded",
        "UPDATE entries SET envelope = '' WHERE number = 1",
        "DELETE FROM entries",
        "DELETE FROM entries WHERE number = 2",
    ):
        with pytest.raises(LedgerError, match="append-only"):
            ledger._database.execute(statement)
    assert len(list(ledger.entries())) == 2


def test_a_missing_key_stops_appending_and_makes_no_new_one(
    url: str, open_one: Opener, tmp_path: Path, make_evidence: Make
) -> None:
    open_one(url).append(make_evidence(1))
    stranger = Keyring(tmp_path / "empty-home")
    ledger = open_one(url, keyring=stranger)
    with pytest.raises(LedgerError, match="no signing key"):
        ledger.append(make_evidence(2))
    assert stranger.current() is None
    assert ledger.head().number == 2


def test_entries_of_unknown_keys_are_left_out(
    url: str, open_one: Opener, keyring: Keyring, tmp_path: Path, make_evidence: Make
) -> None:
    open_one(url).append(make_evidence(1))
    stranger = Keyring(tmp_path / "stranger")
    stranger.create()
    theirs = open_one(url, keyring=stranger)
    theirs.append(make_evidence(2))
    ours = open_one(url)
    ours.append(make_evidence(3))
    assert [each.number for each in ours.entries()] == [1, 2, 5]
    assert kinds(ours, keyring) == [("unknown-key", 3), ("unknown-key", 4)]
    keyring.trust(stranger.public_pem(), "partner")
    assert [each.number for each in open_one(url).entries()] == [1, 2, 3, 4, 5]
    assert kinds(ours, keyring) == []


def test_a_rotated_key_is_accepted_by_whoever_trusts_the_old_one(
    url: str, open_one: Opener, keyring: Keyring, make_evidence: Make
) -> None:
    ledger = open_one(url)
    ledger.append(make_evidence(1))
    only_the_first = dict(keyring.trusted())
    event = ledger.rotate_key("yearly")
    assert (event.number, event.kind) == (3, EntryKind.KEY)
    ledger.append(make_evidence(2))
    ledger.rotate_key()
    ledger.append(make_evidence(3))
    assert len({entry.head_key for entry in ledger.raw()}) == 3
    assert [each.number for each in ledger.entries()] == [1, 2, 3, 4, 5, 6]
    result = verify(ledger.raw(), only_the_first, now=NOW)
    assert result.problems == ()


def test_other_ledgers_take_rotations_up_at_their_next_append(
    url: str, open_one: Opener, keyring: Keyring, make_evidence: Make
) -> None:
    one, two = open_one(url, "riverbend"), open_one(url, "hillside")
    one.append(make_evidence(1))
    two.append(make_evidence(1, system="hillside"))
    first = dict(keyring.trusted())
    one.rotate_key()
    one.rotate_key()
    two.append(make_evidence(2, system="hillside"))
    assert [entry.kind.value for entry in two.raw()] == [
        "key",
        "evidence",
        "key",
        "key",
        "evidence",
    ]
    assert verify(two.raw(), first, now=NOW).problems == ()


def test_a_retired_key_counts_no_longer(
    url: str, open_one: Opener, keyring: Keyring, tmp_path: Path, make_evidence: Make
) -> None:
    """A copy of the old key file, kept by somebody, signs nothing that counts."""
    import shutil

    ledger = open_one(url)
    ledger.append(make_evidence(1))
    shutil.copytree(keyring.home, tmp_path / "copy")
    ledger.rotate_key()
    open_one(url, keyring=Keyring(tmp_path / "copy")).append(make_evidence(2))
    assert ("unknown-key", 4) in kinds(ledger, keyring)
    assert [each.number for each in ledger.entries()] == [1, 2, 3]


def test_a_compromised_key_loses_what_may_be_forged(
    url: str, open_one: Opener, keyring: Keyring, make_evidence: Make
) -> None:
    ledger = open_one(url)
    for index in range(5):
        ledger.append(make_evidence(index))
    lost = keyring.create().key_id
    event = ledger.declare_compromised(lost, since=4, reason="laptop stolen")
    new = keyring.create().key_id
    ledger.append(make_evidence(9))
    assert new != lost
    assert event.number == 8
    assert [each.number for each in ledger.entries()] == [1, 2, 3, 7, 8, 9]
    assert kinds(ledger, keyring) == [("compromised-key", n) for n in (4, 5, 6)]


def test_a_thief_cannot_bring_a_compromised_key_back(
    url: str, open_one: Opener, keyring: Keyring, tmp_path: Path, make_evidence: Make
) -> None:
    """With the stolen key: rotating to a new key, appending, and accusing the owner's key."""
    import shutil

    ledger = open_one(url)
    ledger.append(make_evidence(1))
    lost = keyring.create().key_id
    shutil.copytree(keyring.home, tmp_path / "thief")
    thief = open_one(url, keyring=Keyring(tmp_path / "thief"))
    thief.append(make_evidence(2))
    thief.rotate_key()
    thief.append(make_evidence(3))
    ledger.declare_compromised(lost, since=3, reason="stolen")
    ledger.append(make_evidence(4))
    thief.append(make_evidence(5))
    contents = [each.content for each in ledger.entries()]
    assert [make_evidence(i) in contents for i in (1, 2, 3, 4, 5)] == [
        True, False, False, True, False
    ]  # fmt: skip
    thief.declare_compromised(keyring.create().key_id, since=1, reason="lies")
    after = [each.content for each in ledger.entries()]
    assert [make_evidence(i) in after for i in (1, 2, 3, 4, 5)] == [True, False, False, True, False]


def test_a_key_known_to_be_lost_counts_nowhere_that_does_not_say_since_when(
    url: str, open_one: Opener, keyring: Keyring, make_evidence: Make
) -> None:
    one, two = open_one(url, "riverbend"), open_one(url, "hillside")
    one.append(make_evidence(1))
    two.append(make_evidence(1, system="hillside"))
    lost = keyring.create().key_id
    one.declare_compromised(lost, since=3, reason="stolen")
    assert [each.number for each in one.entries()] == [1, 2, 3, 4]
    assert list(two.entries()) == []
    two.declare_compromised(lost, since=3, reason="stolen")
    assert [each.number for each in two.entries()] == [1, 2, 3, 4]


@pytest.mark.parametrize(("key", "since"), [("0" * 64, 1), (None, 0), (None, 4), (None, -1)])
def test_a_compromise_of_nothing_is_refused(
    url: str,
    open_one: Opener,
    keyring: Keyring,
    make_evidence: Make,
    key: str | None,
    since: int,
) -> None:
    ledger = open_one(url)
    ledger.append(make_evidence(1))
    with pytest.raises(UsageError):
        ledger.declare_compromised(key or keyring.create().key_id, since=since, reason="")
    assert ledger.head().number == 2
    assert keyring.lost() == frozenset()


def test_key_events_are_not_appended_by_hand(url: str, open_one: Opener) -> None:
    with pytest.raises(UsageError, match="rotate_key"):
        open_one(url).append(KeyEvent(change=KeyChange.ADDED, key_id="k", signed=NOW))


def test_a_clock_that_goes_back_makes_no_entry_before_another(
    url: str, open_one: Opener, keyring: Keyring, clock: Any, make_evidence: Make
) -> None:
    ledger = open_one(url)
    ledger.append(make_evidence(1))
    clock.time -= timedelta(minutes=1)
    ledger.append(make_evidence(2))
    assert kinds(ledger, keyring) == []


def test_what_was_made_in_the_future_is_refused(
    url: str, open_one: Opener, make_evidence: Make
) -> None:
    ledger = open_one(url)
    with pytest.raises(LedgerError, match="Set the clock"):
        ledger.append(make_evidence(1, at=datetime(2031, 1, 1, tzinfo=UTC)))
    assert ledger.head().number == 0


def test_opening_without_creating_makes_nothing(url: str, open_one: Opener, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no ledger"):
        open_one(url, create=False)
    assert not (tmp_path / "state").exists()


@pytest.mark.parametrize("address", ["", "ledger.db", "mysql://x/y", "sqlite://x", "file:///x"])
def test_an_address_of_another_kind_is_a_usage_error(open_one: Opener, address: str) -> None:
    with pytest.raises(UsageError, match="sqlite:///PATH"):
        open_one(address)


def test_a_password_is_in_no_error(open_one: Opener) -> None:
    with pytest.raises(LedgerError) as caught:
        open_one("postgresql+psycopg://me:hunter2@127.0.0.1:1/none?password=hunter3")
    assert "hunter" not in caught.value.line()
    assert "127.0.0.1:1" in caught.value.line()
