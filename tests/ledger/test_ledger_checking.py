"""Many signatures are checked in other processes, with the same results."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from basanite.domain.errors import LedgerError
from basanite.domain.evidence import Evidence
from basanite.domain.ledger import Entry, ProblemKind
from basanite.ledger import checking, examine
from basanite.ledger.checking import SignatureChecks, check_batch
from basanite.ledger.keys import Keyring
from basanite.ledger.signature import PublicKeys, pae
from basanite.ledger.store import SqlLedger
from basanite.ledger.verify import verify

NOW = datetime(2026, 1, 6, tzinfo=UTC)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start processes for a few signatures already."""
    for module in (checking, examine):
        monkeypatch.setattr(module, "WORTH_IT", 20)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def signed(keyring: Keyring, count: int) -> list[checking.Signed]:
    signer = keyring.create()
    batch = [
        (signer.key_id, pae("t", b"%d" % index), signer.sign("t", b"%d" % index))
        for index in range(count)
    ]
    batch[1] = (signer.key_id, b"another message", batch[1][2])
    batch[2] = ("unknown", batch[2][1], batch[2][2])
    batch[3] = (signer.key_id, batch[3][1], "not base64!")
    return batch


def test_processes_give_what_one_gives(eager: None, keyring: Keyring) -> None:
    batch = signed(keyring, 30)
    keys = PublicKeys(keyring.trusted()).raw
    expected = [True, False, None, False] + [True] * 26
    assert check_batch(keys, batch) == expected
    with SignatureChecks(30) as checks:
        assert checks._pool is not None
        waiting = [checks.submit(keys, batch) for _ in range(20)]
        assert [results() for results in waiting] == [expected] * 20


def test_a_killed_process_changes_no_result(eager: None, keyring: Keyring) -> None:
    batch = signed(keyring, 30)
    keys = PublicKeys(keyring.trusted()).raw
    with SignatureChecks(30) as checks:
        first = checks.submit(keys, batch)()
        assert checks._pool is not None
        waiting = [checks.submit(keys, batch) for _ in range(20)]
        for process in list(checks._pool._processes):
            os.kill(process, signal.SIGKILL)
        waiting += [checks.submit(keys, batch) for _ in range(5)]
        assert [results() for results in waiting] == [first] * 25


def test_a_long_chain_is_verified_and_read_by_processes(
    eager: None,
    tmp_path: Path,
    open_one: Callable[..., SqlLedger],
    keyring: Keyring,
    make_evidence: Callable[..., Evidence],
) -> None:
    ledger = open_one(f"sqlite:///{tmp_path / 'l.sqlite'}")
    for index in range(450):
        ledger.append(make_evidence(index))
    assert verify(ledger.raw(), keyring.trusted(), now=NOW).problems == ()
    ledger.forget_known_head()
    assert sum(1 for _ in ledger.entries()) == 451
    next(iter(ledger.entries()))  # a reader that stops early leaves nothing running

    def tampered() -> list[Entry]:
        entries = list(ledger.raw())
        entries[300] = entries[300].model_copy(
            update={"head_signature": entries[301].head_signature}
        )
        return entries

    (problem,) = verify(tampered(), keyring.trusted(), now=NOW).problems
    assert (problem.kind, problem.number) == (ProblemKind.CHANGED, 301)

    database = ledger._database
    database.execute("DROP TRIGGER entries_keep_update")
    database.execute("UPDATE entries SET envelope = '' WHERE number = 201")
    ledger.forget_known_head()
    with pytest.raises(LedgerError, match="entry 201 "):
        list(ledger.entries())
