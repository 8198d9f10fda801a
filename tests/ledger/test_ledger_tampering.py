"""Every way to tamper with a ledger is found, named, and given the entry's number.

The attacker edits the SQLite file itself, after taking out the triggers, and has no key unless the
test says so. Places are drawn from seeds.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from basanite.domain.errors import LedgerError
from basanite.domain.evidence import Evidence
from basanite.domain.ledger import Entry, EntryKind, Head, ProblemKind, Verification
from basanite.ledger.chain import next_entry, row_of, tip_of
from basanite.ledger.countersign import countersign
from basanite.ledger.envelope import seal
from basanite.ledger.keys import Keyring
from basanite.ledger.store import SqlLedger, open_ledger
from basanite.ledger.verify import verify

NOW = datetime(2026, 1, 6, tzinfo=UTC)
COUNT = 12
SEEDS = range(6)
COLUMNS = (
    "number",
    "kind",
    "recorded",
    "previous",
    "envelope",
    "hash",
    "head_key",
    "head_signature",
)

Row = dict[str, Any]
Make = Callable[..., Evidence]


class Scene:
    """A sound ledger of `COUNT` entries, and somebody who may edit its file."""

    def __init__(self, folder: Path, clock: Any, make: Make) -> None:
        self.path = folder / "ledger.sqlite"
        self.keyring = Keyring(folder / "home")
        self.clock = clock
        self.make = make
        with self.open() as ledger:
            self.head = ledger.head()

    def fill(self) -> None:
        with self.open() as ledger:
            for index in range(COUNT - 1):
                ledger.append(self.make(index))
        assert self.verify().problems == ()

    def open(self) -> SqlLedger:
        return open_ledger(f"sqlite:///{self.path}", "riverbend", self.keyring, self.clock)

    def tamper(self, change: Callable[[list[Row]], list[Row]]) -> None:
        """Replace all rows by what ``change`` makes of them."""
        with closing(sqlite3.connect(self.path)) as file, file:
            rows = [
                dict(zip(COLUMNS, row, strict=True))
                for row in file.execute(f"SELECT {','.join(COLUMNS)} FROM entries ORDER BY number")
            ]
            file.execute("DROP TRIGGER entries_keep_update")
            file.execute("DROP TRIGGER entries_keep_delete")
            file.execute("DELETE FROM entries")
            for row in change(rows):
                file.execute(
                    "INSERT INTO entries VALUES ('riverbend', ?, ?, ?, ?, ?, ?, ?, ?, '')",
                    [row[name] for name in COLUMNS],
                )

    def verify(self, **keywords: Any) -> Verification:
        trusted = keywords.pop("trusted", self.keyring.trusted())
        with self.open() as ledger:
            return verify(ledger.raw(), trusted, now=keywords.pop("now", NOW), **keywords)

    def found(self, **keywords: Any) -> list[tuple[ProblemKind, int | None]]:
        verification = self.verify(**keywords)
        for problem in verification.problems:
            assert problem.meaning
            assert str(problem.number) in problem.meaning or problem.number is None
        return [(problem.kind, problem.number) for problem in verification.problems]

    def read(self) -> list[int]:
        """Read as a command does, by an instance that has never seen this ledger."""
        with self.open() as ledger:
            ledger.forget_known_head()
            return [each.number for each in ledger.entries()]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, make_evidence: Make, new_clock: Any) -> Path:
    """A sound ledger with its home folder, made once and copied for every test."""
    folder: Path = tmp_path_factory.mktemp("template")
    Scene(folder, new_clock(), make_evidence).fill()
    return folder


@pytest.fixture
def scene(tmp_path: Path, template: Path, clock: Any, make_evidence: Make) -> Scene:
    shutil.copytree(template, tmp_path / "scene")
    clock.time += timedelta(minutes=5)
    return Scene(tmp_path / "scene", clock, make_evidence)


def rehash(rows: list[Row], start: int) -> list[Row]:
    """Make the hashes right again from an index on, as anybody can without a key."""
    for index in range(start, len(rows)):
        row = rows[index]
        row["number"] = index + 1
        row["previous"] = rows[index - 1]["hash"] if index else "0" * 64
        row["hash"] = Entry.link(
            row["number"], row["kind"], row["recorded"], row["previous"], row["envelope"]
        )
    return rows


def with_other_outcome(envelope: str) -> str:
    document = json.loads(envelope)
    payload = b64decode(document["payload"]).replace(b'"failed"', b'"passed"')
    document["payload"] = b64encode(payload).decode()
    return json.dumps(document, separators=(",", ":"))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_changed_statement_is_found(scene: Scene, seed: int) -> None:
    at = random.Random(seed).randrange(1, COUNT)

    def change(rows: list[Row]) -> list[Row]:
        rows[at]["envelope"] = with_other_outcome(rows[at]["envelope"])
        return rows

    scene.tamper(change)
    assert scene.found() == [(ProblemKind.CHANGED, at + 1)]
    with pytest.raises(LedgerError, match=f"entry {at + 1} "):
        scene.read()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_changed_statement_with_hashes_made_right_is_found(scene: Scene, seed: int) -> None:
    at = random.Random(seed).randrange(1, COUNT)

    def change(rows: list[Row]) -> list[Row]:
        rows[at]["envelope"] = with_other_outcome(rows[at]["envelope"])
        return rehash(rows, at)

    scene.tamper(change)
    assert scene.found()[0] == (ProblemKind.CHANGED, at + 1)
    with pytest.raises(LedgerError, match=f"entry {at + 1} "):
        scene.read()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("recorded", "2020-01-01T00:00:00.000+00:00"),
        ("recorded", "yesterday"),
        ("recorded", ""),
        ("kind", "waiver"),
        ("kind", "\x1b[31m"),
        ("previous", "f" * 64),
        ("previous", ""),
        ("hash", "f" * 64),
        ("hash", "no hash"),
        ("envelope", ""),
        ("envelope", "\udcff".encode("utf-8", "surrogatepass").decode("latin-1")),
        ("head_signature", "AAAA"),
        ("head_signature", "not base64"),
    ],
)
def test_a_change_in_any_column_is_found(scene: Scene, column: str, value: str) -> None:
    at = random.Random(column + value).randrange(1, COUNT)

    def change(rows: list[Row]) -> list[Row]:
        rows[at][column] = value
        return rows

    scene.tamper(change)
    assert scene.found() == [(ProblemKind.CHANGED, at + 1)]


def test_bytes_that_are_no_text_are_found(scene: Scene) -> None:
    with closing(sqlite3.connect(scene.path)) as file, file:
        file.execute("DROP TRIGGER entries_keep_update")
        file.execute("UPDATE entries SET envelope = CAST(x'ff00fe' AS TEXT) WHERE number = 5")
    assert scene.found() == [(ProblemKind.CHANGED, 5)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_removed_entry_is_found(scene: Scene, seed: int) -> None:
    at = random.Random(seed).randrange(COUNT - 1)

    def change(rows: list[Row]) -> list[Row]:
        return rows[:at] + rows[at + 1 :]

    scene.tamper(change)
    assert (ProblemKind.REMOVED, at + 1) in scene.found()
    assert at == 0 or scene.found() == [(ProblemKind.REMOVED, at + 1)]
    with pytest.raises(LedgerError, match=f"entry {at + 1} is missing"):
        scene.read()


@pytest.mark.parametrize("seed", SEEDS)
def test_removed_entries_are_found_when_the_rest_is_renumbered(scene: Scene, seed: int) -> None:
    draw = random.Random(seed)
    at, count = draw.randrange(1, COUNT - 3), draw.randrange(1, 3)

    def change(rows: list[Row]) -> list[Row]:
        rest = rows[:at] + rows[at + count :]
        for index, row in enumerate(rest):
            row["number"] = index + 1
        return rest

    scene.tamper(change)
    assert scene.found() == [(ProblemKind.REMOVED, at + 1)]


@pytest.mark.parametrize("seed", SEEDS)
def test_removed_entries_are_found_when_all_hashes_are_made_right(scene: Scene, seed: int) -> None:
    """What was taken out can no longer be told; that something was, and where, can."""
    at = random.Random(seed).randrange(1, COUNT - 1)
    scene.tamper(lambda rows: rehash(rows[:at] + rows[at + 1 :], at))
    assert scene.found()[0] == (ProblemKind.CHANGED, at + 1)
    with pytest.raises(LedgerError):
        scene.read()


@pytest.mark.parametrize("seed", SEEDS)
def test_reordered_entries_are_found(scene: Scene, seed: int) -> None:
    one, two = sorted(random.Random(seed).sample(range(1, COUNT), 2))

    def change(rows: list[Row]) -> list[Row]:
        rows[one]["number"], rows[two]["number"] = two + 1, one + 1
        return rows

    scene.tamper(change)
    assert scene.found() == [(ProblemKind.REORDERED, one + 1), (ProblemKind.REORDERED, two + 1)]
    with pytest.raises(LedgerError, match=f"entry {one + 1} "):
        scene.read()


def test_an_entry_with_another_number_is_found(scene: Scene) -> None:
    def change(rows: list[Row]) -> list[Row]:
        rows[-1]["number"] = 2**62
        return rows

    scene.tamper(change)
    assert (ProblemKind.REORDERED, 2**62) in scene.found()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("rehashed", [False, True])
def test_an_entry_replayed_at_the_end_is_found(scene: Scene, seed: int, rehashed: bool) -> None:
    at = random.Random(seed).randrange(1, COUNT)

    def change(rows: list[Row]) -> list[Row]:
        more = [*rows, {**rows[at], "number": COUNT + 1}]
        return rehash(more, COUNT) if rehashed else more

    scene.tamper(change)
    assert scene.found() == [(ProblemKind.REPLAYED, COUNT + 1)]
    with pytest.raises(LedgerError, match=f"entry {COUNT + 1} "):
        scene.read()


@pytest.mark.parametrize("seed", SEEDS)
def test_an_entry_replayed_in_the_middle_is_found(scene: Scene, seed: int) -> None:
    draw = random.Random(seed)
    source, target = draw.randrange(1, COUNT), draw.randrange(1, COUNT - 1)

    def change(rows: list[Row]) -> list[Row]:
        more = [*rows[:target], dict(rows[source]), *rows[target:]]
        for index, row in enumerate(more):
            row["number"] = index + 1
        return more

    scene.tamper(change)
    assert [kind for kind, _ in scene.found()] == [ProblemKind.REPLAYED]
    ((_, number),) = scene.found()
    assert number == target + 1 or source in (target - 1, target)


@pytest.mark.parametrize("seed", SEEDS)
def test_truncation_is_found_against_a_known_head(scene: Scene, tmp_path: Path, seed: int) -> None:
    left = random.Random(seed).randrange(1, COUNT)
    witness = Keyring(tmp_path / "witness")
    signed = countersign(scene.head, witness, NOW)
    scene.tamper(lambda rows: rows[:left])
    assert scene.found() == []
    for known in (scene.head, signed):
        trusted = {**scene.keyring.trusted(), **witness.trusted()}
        assert scene.found(heads=[known], trusted=trusted) == [(ProblemKind.TRUNCATED, COUNT)]
    anywhere = Head(number=0, hash=scene.head.hash)
    assert scene.found(heads=[anywhere]) == [(ProblemKind.TRUNCATED, None)]


def test_truncation_is_found_by_the_instance_that_has_seen_more(scene: Scene) -> None:
    with scene.open() as ledger:
        assert len(list(ledger.entries())) == COUNT
    scene.tamper(lambda rows: rows[: COUNT - 3])
    with scene.open() as ledger:
        with pytest.raises(LedgerError, match=f"entry {COUNT - 2} is missing"):
            list(ledger.entries())
        with pytest.raises(LedgerError, match="Nothing was appended"):
            ledger.append(scene.make(99))
        assert ledger.known_head() == scene.head


@pytest.mark.parametrize("seed", SEEDS)
def test_rewriting_with_the_key_is_found_against_a_known_head(
    scene: Scene, tmp_path: Path, seed: int
) -> None:
    """The owner himself, with the key, makes another history of the last entries."""
    left = random.Random(seed).randrange(1, COUNT)
    signed = countersign(scene.head, Keyring(tmp_path / "witness"), NOW)
    scene.tamper(lambda rows: rows[:left])
    with scene.open() as ledger:
        ledger.forget_known_head()
        for index in range(COUNT - left):
            ledger.append(scene.make(100 + index))
    assert scene.found() == []
    assert scene.found(heads=[scene.head]) == [(ProblemKind.REWRITTEN, COUNT)]
    witnesses = {**scene.keyring.trusted(), signed.key_id: signed.public}
    assert scene.found(heads=[signed], trusted=witnesses) == [(ProblemKind.REWRITTEN, COUNT)]


def test_an_entry_replaced_with_the_key_is_found_without_a_head(scene: Scene) -> None:
    signer = scene.keyring.create()
    with scene.open() as ledger:
        entries = list(ledger.raw())
    other = scene.make(500, at=entries[4].recorded)
    forged = next_entry(
        tip_of(entries[3]), EntryKind.EVIDENCE, entries[4].recorded, seal(other, signer), signer
    )

    def change(rows: list[Row]) -> list[Row]:
        rows[4] = dict(zip(COLUMNS, row_of("", forged, "")[1:-1], strict=True))
        return rows

    scene.tamper(change)
    assert scene.found() == [(ProblemKind.REWRITTEN, 5)]
    with pytest.raises(LedgerError, match="entry 6 does not follow"):
        scene.read()


def test_a_stored_countersignature_holds_the_chain(scene: Scene, tmp_path: Path) -> None:
    witness = Keyring(tmp_path / "witness")
    with scene.open() as ledger:
        ledger.append(countersign(scene.head, witness, scene.clock.now()))
        wrong = Head(number=3, hash="a" * 64)
        ledger.append(countersign(wrong, witness, scene.clock.now()))
    trusted = {**scene.keyring.trusted(), **witness.trusted()}
    assert scene.found(trusted=trusted) == [(ProblemKind.REWRITTEN, COUNT + 2)]
    assert scene.found() == [
        (ProblemKind.UNKNOWN_KEY, COUNT + 1),
        (ProblemKind.UNKNOWN_KEY, COUNT + 2),
    ]


def test_a_changed_countersignature_holds_nothing(scene: Scene, tmp_path: Path) -> None:
    witness = Keyring(tmp_path / "witness")
    signed = countersign(scene.head, witness, NOW)
    lie = signed.model_copy(update={"signed": NOW - timedelta(days=30)})
    trusted = {**scene.keyring.trusted(), **witness.trusted()}
    assert scene.found(heads=[lie], trusted=trusted) == [(ProblemKind.CHANGED, COUNT)]
    assert scene.found(heads=[signed]) == [(ProblemKind.UNKNOWN_KEY, COUNT)]
    assert scene.found(heads=[signed], trusted=trusted) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_entries_of_a_stranger_are_found_and_do_not_count(
    scene: Scene, tmp_path: Path, seed: int
) -> None:
    at = random.Random(seed).randrange(1, COUNT)
    stranger = Keyring(tmp_path / "stranger").create()

    def change(rows: list[Row]) -> list[Row]:
        for index in range(at, COUNT):
            row = rows[index]
            evidence = scene.make(index, at=datetime.fromisoformat(row["recorded"]))
            row["envelope"] = seal(evidence, stranger)
            rehash(rows, index)
            head = stranger.sign("application/vnd.basanite.head", row["hash"].encode())
            row["head_key"], row["head_signature"] = stranger.key_id, head
        return rows

    scene.tamper(change)
    assert scene.found() == [(ProblemKind.UNKNOWN_KEY, n) for n in range(at + 1, COUNT + 1)]
    assert scene.read() == list(range(1, at + 1))


def test_a_head_key_exchanged_for_a_strangers_is_found(scene: Scene, tmp_path: Path) -> None:
    stranger = Keyring(tmp_path / "stranger").create()

    def change(rows: list[Row]) -> list[Row]:
        head = stranger.sign("application/vnd.basanite.head", rows[6]["hash"].encode())
        rows[6]["head_key"], rows[6]["head_signature"] = stranger.key_id, head
        return rows

    scene.tamper(change)
    assert scene.found() == [(ProblemKind.UNKNOWN_KEY, 7)]


def test_head_signatures_below_the_mark_are_sealed(scene: Scene) -> None:
    with scene.open() as ledger:
        list(ledger.entries())

    def change(rows: list[Row]) -> list[Row]:
        rows[6]["head_key"] = "f" * 64
        return rows

    scene.tamper(change)
    with scene.open() as ledger, pytest.raises(LedgerError, match="head signature"):
        list(ledger.entries())


def test_evidence_for_another_question_is_found(scene: Scene) -> None:
    """Signed with the key: a passing answer whose evidence key is another question's."""
    good, other = scene.make(50), scene.make(51)
    with scene.open() as ledger:
        ledger.append(good.model_copy(update={"key": other.key}))
        ledger.append(good.model_copy(update={"series": other.series}))
    assert scene.found() == [
        (ProblemKind.WRONG_SUBJECT, COUNT + 1),
        (ProblemKind.WRONG_SUBJECT, COUNT + 2),
    ]


def test_the_ledger_of_another_system_is_found(scene: Scene) -> None:
    assert scene.found(chain="riverbend") == []
    found = scene.found(chain="hillside")
    assert found == [(ProblemKind.WRONG_SUBJECT, number) for number in range(2, COUNT + 1)]


def test_a_swapped_ledger_is_not_read(scene: Scene) -> None:
    with closing(sqlite3.connect(scene.path)) as file, file:
        file.execute("DROP TRIGGER entries_keep_update")
        file.execute("UPDATE entries SET chain = 'hillside'")
    url = f"sqlite:///{scene.path}"
    with (
        open_ledger(url, "hillside", scene.keyring, scene.clock) as ledger,
        pytest.raises(LedgerError, match="another system"),
    ):
        list(ledger.entries())


def test_files_that_are_others_now_are_found_by_the_newest_evidence(scene: Scene) -> None:
    with scene.open() as ledger:
        ledger.append(scene.make(3, sha256="a" * 64))
    now = {f"models/{index}.pkl": f"{index:064x}" for index in range(COUNT)}
    assert scene.found(subjects=now) == [(ProblemKind.WRONG_SUBJECT, COUNT + 1)]
    now["models/3.pkl"] = "a" * 64
    assert scene.found(subjects=now) == []
    now["models/7.pkl"] = "b" * 64
    assert scene.found(subjects=now) == [(ProblemKind.WRONG_SUBJECT, 9)]


def forge(scene: Scene, recorded: datetime, evidence: Evidence) -> None:
    """Append with the key, at a time of the forger's choice."""
    signer = scene.keyring.create()
    with scene.open() as ledger:
        tip = tip_of(list(ledger.raw())[-1])
    entry = next_entry(tip, EntryKind.EVIDENCE, recorded, seal(evidence, signer), signer)
    new = dict(zip(COLUMNS, row_of("", entry, "")[1:-1], strict=True))
    scene.tamper(lambda rows: [*rows, new])


def test_an_entry_recorded_before_its_predecessor_is_found(scene: Scene) -> None:
    forge(
        scene, datetime(2025, 6, 1, tzinfo=UTC), scene.make(70, at=datetime(2025, 6, 1, tzinfo=UTC))
    )
    assert scene.found() == [(ProblemKind.BACKDATED, COUNT + 1)]


def test_evidence_that_was_finished_after_it_was_recorded_is_found(scene: Scene) -> None:
    forge(scene, scene.clock.now(), scene.make(70, at=NOW + timedelta(days=400)))
    assert scene.found() == [(ProblemKind.BACKDATED, COUNT + 1)]


def test_an_entry_from_the_future_is_found(scene: Scene) -> None:
    forge(scene, NOW + timedelta(days=1), scene.make(70))
    assert scene.found() == [(ProblemKind.BACKDATED, COUNT + 1)]


def test_evidence_that_ended_before_it_began_is_found(scene: Scene) -> None:
    backwards = scene.make(70).model_copy(update={"started": NOW - timedelta(hours=1)})
    forge(scene, scene.clock.now(), backwards)
    assert scene.found() == [(ProblemKind.BACKDATED, COUNT + 1)]


def test_expired_evidence_is_named_by_tier_and_does_not_break_the_ledger(scene: Scene) -> None:
    from basanite.domain.system import Tier

    later = NOW + timedelta(days=40)
    with scene.open() as ledger:
        scene.clock.time = later - timedelta(days=1)
        ledger.append(scene.make(3, at=scene.clock.time))
    high = scene.verify(tier=Tier.HIGH, now=later)
    assert [(p.kind, p.number) for p in high.problems] == [
        (ProblemKind.EXPIRED, number) for number in range(2, COUNT + 1) if number != 5
    ]
    assert high.sound
    assert scene.verify(tier=Tier.MODERATE, now=later).problems == ()


def test_a_wrong_public_key_under_a_trusted_id_lets_nothing_pass(
    scene: Scene, tmp_path: Path
) -> None:
    other = Keyring(tmp_path / "other").create()
    (own,) = scene.keyring.trusted()
    assert scene.found(trusted={own: other.public}) == []  # the id is the digest of the key
    scene.tamper(lambda rows: rows[1:])  # where the chain does not bring the key itself
    found = scene.found(trusted={own: other.public})
    assert {number for _, number in found} == set(range(1, COUNT + 1))


@pytest.mark.parametrize("seed", range(60))
def test_no_random_edit_of_a_row_passes(scene: Scene, seed: int) -> None:
    """One byte of one column: found, unless the edit leaves what is signed as it is."""
    draw = random.Random(seed)
    at, column = draw.randrange(COUNT), draw.choice(COLUMNS[1:])

    def change(rows: list[Row]) -> list[Row]:
        text = rows[at][column]
        place = draw.randrange(len(text))
        letter = draw.choice([c for c in 'aZ09="{\x00é' if c != text[place]])
        rows[at][column] = text[:place] + letter + text[place + 1 :]
        return rows

    scene.tamper(change)
    numbers = {number for _, number in scene.found()}
    assert at + 1 in numbers
