"""A bundle is one file that a third party verifies with nothing but the public key."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from basanite.domain.errors import LedgerError, UsageError
from basanite.domain.evidence import Evidence
from basanite.domain.ledger import AssessmentRecord, ProblemKind
from basanite.ledger.blobs import FileBlobs
from basanite.ledger.bundle import export_bundle, import_bundle, verify_bundle
from basanite.ledger.countersign import countersign
from basanite.ledger.keys import Keyring
from basanite.ledger.store import SqlLedger
from basanite.ledger.verify import verify

NOW = datetime(2026, 1, 6, tzinfo=UTC)
AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
Make = Callable[..., Evidence]
Opener = Callable[..., SqlLedger]


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


@pytest.fixture
def ledger(tmp_path: Path, open_one: Opener, blobs: FileBlobs, make_evidence: Make) -> SqlLedger:
    ledger = open_one(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    for index in range(6):
        ledger.append(make_evidence(index))
    ledger.append(
        AssessmentRecord(
            system="riverbend",
            assessment=blobs.put(b"the assessment"),
            inventory=blobs.put(random.Random(1).randbytes(3_300_000)),
            plan=blobs.put(b"the plan"),
            manifest="d" * 64,
            packs={"nist-ai-rmf-1.0": blobs.put(b"pack")},
            through=7,
            time=AT,
        )
    )
    ledger.rotate_key()
    ledger.append(make_evidence(7))
    return ledger


@pytest.fixture
def bundle(ledger: SqlLedger, blobs: FileBlobs, tmp_path: Path) -> Path:
    path = tmp_path / "riverbend.basanite"
    assert export_bundle(ledger, blobs, path) == ledger.head()
    return path


def edit(bundle: Path, change: Callable[[list[bytes]], list[bytes]]) -> None:
    lines = gzip.decompress(bundle.read_bytes()).splitlines(keepends=True)
    bundle.write_bytes(gzip.compress(b"".join(change(lines)), 1))


def first_key(ledger: SqlLedger) -> dict[str, str]:
    from basanite.domain.ledger import KeyEvent

    content = next(ledger.entries()).content
    assert isinstance(content, KeyEvent)
    return {content.key_id: content.public}


def test_a_third_party_verifies_it_with_only_the_public_key(
    bundle: Path, ledger: SqlLedger, keyring: Keyring
) -> None:
    result = verify_bundle(bundle, first_key(ledger), now=NOW)
    assert result.problems == ()
    assert (result.entries, result.head) == (10, ledger.head())
    found = verify_bundle(bundle, {}, now=NOW).problems
    assert {problem.kind for problem in found} == {ProblemKind.UNKNOWN_KEY}


def test_the_same_ledger_makes_the_same_bytes(
    bundle: Path, ledger: SqlLedger, blobs: FileBlobs, tmp_path: Path
) -> None:
    export_bundle(ledger, blobs, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == bundle.read_bytes()


def test_it_is_imported_elsewhere_whole_and_continued(
    bundle: Path,
    ledger: SqlLedger,
    blobs: FileBlobs,
    url: str,
    open_one: Opener,
    tmp_path: Path,
    make_evidence: Make,
) -> None:
    elsewhere = Keyring(tmp_path / "elsewhere")
    copy = open_one(url, keyring=elsewhere)
    stored = FileBlobs(tmp_path / "copied")
    with pytest.raises(LedgerError, match="not sound"):
        import_bundle(bundle, copy, stored, {}, now=NOW)
    assert copy.head().number == 0
    trusted = first_key(ledger)
    elsewhere.trust(next(iter(trusted.values())), "riverbend")
    assert import_bundle(bundle, copy, stored, trusted, now=NOW) == 10
    assert import_bundle(bundle, copy, stored, trusted, now=NOW) == 0
    assert list(copy.raw()) == list(ledger.raw())
    assert [e.content for e in copy.entries()] == [e.content for e in ledger.entries()]
    record = next(e.content for e in copy.entries() if isinstance(e.content, AssessmentRecord))
    assert stored.get(record.inventory) == blobs.get(record.inventory)

    ledger.append(make_evidence(8))
    export_bundle(ledger, blobs, bundle)
    assert import_bundle(bundle, copy, stored, trusted, now=NOW) == 1
    elsewhere.create()
    copy.append(make_evidence(9))
    ledger.append(make_evidence(10))
    export_bundle(ledger, blobs, bundle)
    with pytest.raises(LedgerError, match="went apart"):
        import_bundle(bundle, copy, stored, trusted, now=NOW)


def test_it_is_not_imported_into_another_system(
    bundle: Path, ledger: SqlLedger, open_one: Opener, tmp_path: Path
) -> None:
    other = open_one(f"sqlite:///{tmp_path / 'o.sqlite'}", "hillside")
    with pytest.raises(UsageError, match="hillside"):
        import_bundle(bundle, other, None, first_key(ledger), now=NOW)


def test_missing_blobs_are_named_by_verify(
    ledger: SqlLedger, blobs: FileBlobs, keyring: Keyring
) -> None:
    record = next(e.content for e in ledger.entries() if isinstance(e.content, AssessmentRecord))
    trusted = keyring.trusted()
    assert verify(ledger.raw(), trusted, now=NOW, blobs=blobs).problems == ()
    blobs.delete(record.inventory)
    (problem,) = verify(ledger.raw(), trusted, now=NOW, blobs=blobs).problems
    assert (problem.kind, problem.number) == (ProblemKind.MISSING_BLOB, 8)
    assert "inventory" in problem.meaning


def test_an_empty_ledger_is_not_exported(open_one: Opener, tmp_path: Path) -> None:
    empty = open_one(f"sqlite:///{tmp_path / 'e.sqlite'}")
    with pytest.raises(UsageError, match="empty"):
        export_bundle(empty, None, tmp_path / "bundle")
    with pytest.raises(UsageError, match="empty"):
        countersign(empty.head(), Keyring(tmp_path / "w"), NOW)
    assert not (tmp_path / "bundle").exists()


def test_a_bundle_that_cannot_be_written_leaves_nothing(ledger: SqlLedger, tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="cannot be written"):
        export_bundle(ledger, None, tmp_path / "none" / "bundle")


def test_changed_bundles_are_found(bundle: Path, ledger: SqlLedger) -> None:
    trusted = first_key(ledger)
    original = bundle.read_bytes()

    def drop_entry(lines: list[bytes]) -> list[bytes]:
        return lines[:4] + lines[5:-1] + [lines[-1].replace(b'"entries":10', b'"entries":9')]

    def swap(lines: list[bytes]) -> list[bytes]:
        lines[4], lines[5] = lines[5], lines[4]
        return lines

    def cut(lines: list[bytes]) -> list[bytes]:
        entries = [line for line in lines if line.startswith(b'{"entry"')]
        return [lines[0], *entries[:5], b'{"end":{"entries":5,"blobs":0}}\n']

    def blob(lines: list[bytes]) -> list[bytes]:
        at = next(i for i, line in enumerate(lines) if line.startswith(b'{"blob"'))
        document = json.loads(lines[at])
        lines[at] = json.dumps({**document, "data": "AAAA"}).encode() + b"\n"
        return lines

    for change, kind, number in (
        (drop_entry, ProblemKind.REMOVED, 4),
        (swap, ProblemKind.REORDERED, 5),
        (cut, ProblemKind.TRUNCATED, 10),
        (blob, ProblemKind.CHANGED, None),
    ):
        bundle.write_bytes(original)
        edit(bundle, change)
        problems = verify_bundle(bundle, trusted, now=NOW).problems
        assert (kind, number) in [(p.kind, p.number) for p in problems]


def test_cut_and_damaged_files_are_errors(bundle: Path) -> None:
    original, draw = bundle.read_bytes(), random.Random(7)
    samples = [b"", b"\x1f\x8b", b"hello", gzip.compress(b"{}\n"), gzip.compress(b"[1]\n")]
    samples += [original[: draw.randrange(len(original))] for _ in range(10)]
    samples.append(gzip.compress(b"x" * (40 << 20), 1))
    samples.append(gzip.compress(b"[" * 1_000_000 + b"\n"))
    for sample in samples:
        bundle.write_bytes(sample)
        with pytest.raises(LedgerError, match=r"Ask for the file again"):
            verify_bundle(bundle, {}, now=NOW)


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        verify_bundle(tmp_path / "none", {}, now=NOW)


def test_blobs_are_stored_once_and_checked_on_the_way_back(tmp_path: Path) -> None:
    store = FileBlobs(tmp_path)
    sha256 = store.put(b"hello")
    assert store.put(b"hello") == sha256
    (path,) = (each for each in tmp_path.rglob("*") if each.is_file())
    assert path.relative_to(tmp_path).parts == ("sha256", sha256[:2], sha256)
    assert store.get(sha256) == b"hello"
    path.write_bytes(b"jello")
    with pytest.raises(LedgerError, match="was changed"):
        store.get(sha256)
    assert store.put(b"hello") == sha256
    assert store.get(sha256) == b"hello"
    store.delete(sha256)
    store.delete(sha256)
    with pytest.raises(LedgerError, match="cannot be read"):
        store.get(sha256)


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_a_blob_is_only_found_by_a_digest(tmp_path: Path, name: str) -> None:
    with pytest.raises(LedgerError, match="no SHA-256"):
        FileBlobs(tmp_path).get(name)
