"""Archives that are traps are found; nothing of them is unpacked to disk."""

from __future__ import annotations

import gzip
import io
import stat
import struct
import tarfile
import time
import warnings
import zipfile
import zlib
from collections.abc import Callable

import lz4.frame
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.formats.test_seven_zip import archive
from tests.formats.test_zip_survey import (
    HIDING,
    ORDINARY,
    flagged,
    in_both,
    overlapping,
    put,
)
from tests.measure.inspection.conftest import BY_ID, opened
from tests.measure.inspection.conftest import put as put_check
from tests.measure.inspection.test_model_format import tar_of
from tests.strategies import mutated, npy_file, torch_zip, zip_file

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome
from basanite.domain.severity import Severity

Ask = Callable[..., Answer]
EVIL = b"cos\nsystem\n(S'true'\ntR."
CHECK = "archive-structure"


def rules(answer: Answer) -> set[str]:
    return {each.rule.id.partition("/")[2] for each in answer.findings}


@pytest.mark.parametrize(
    "name", ["../x", "/etc/passwd", "a/../../x", "C:\\x", "a\\..\\..\\x", "c:x"]
)
def test_members_that_lead_outside_fail(ask: Ask, name: str) -> None:
    for data in (tar_of({name: b"x"}), tar_of({name: b"x"}, "w:gz"), zip_file({name: b"x"})):
        answer = ask(CHECK, data, "thing")
        assert answer.outcome is Outcome.FAILED
        assert [f.rule.id for f in answer.findings] == ["archive-structure/outside-member"]


LINKS = [
    ("a", "../x", True),
    ("a/b", "../c", False),
    ("a/b", "../../c", True),
    ("a", "/etc", True),
    ("a/b/c", "../../d", False),
]


@pytest.mark.parametrize(("name", "target", "outside"), LINKS)
def test_links_may_not_lead_outside(ask: Ask, name: str, target: str, outside: bool) -> None:
    link = zipfile.ZipInfo(name)
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(link, target)

    for data in (tar_of({}, links={name: target}), out.getvalue()):
        answer = ask(CHECK, data, "thing.tar")
        assert (answer.outcome is Outcome.FAILED) == outside
        assert rules(answer) == ({"link-outside"} if outside else set())


def test_a_link_in_a_7z_archive_that_leads_outside_fails(ask: Ask) -> None:
    answer = ask(CHECK, archive("link"), "thing.7z")

    assert answer.outcome is Outcome.FAILED
    assert rules(answer) == {"link-outside"}


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_and_pipes_fail(ask: Ask, kind: bytes) -> None:
    member = tarfile.TarInfo("thing")
    member.type = kind
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as file:
        file.addfile(member)
    answer = ask(CHECK, out.getvalue(), "thing.tar")

    assert answer.outcome is Outcome.FAILED
    assert rules(answer) == {"special-member"}


@pytest.mark.parametrize(
    ("way", "rule"),
    [
        ("another name", "hidden-member"),
        ("not listed", "hidden-member"),
        ("inside a member", "hidden-member"),
        ("not counted", "hidden-member"),
        ("in the comment", "two-archives"),
        ("in front", "two-archives"),
        ("by offset", "two-archives"),
    ],
)
def test_what_only_some_readers_see_fails(ask: Ask, way: str, rule: str) -> None:
    answer = ask(CHECK, HIDING[way](), "thing.zip")

    assert answer.outcome is Outcome.FAILED
    assert rule in rules(answer)
    assert ask("pickle-code-execution", HIDING[way](), "thing.zip").outcome is Outcome.FAILED


def test_sizes_that_are_not_true_fail(ask: Ask) -> None:
    answer = ask(CHECK, in_both(zip_file({"m.pkl": EVIL * 20}), 22, 24, "<I", 5), "thing.zip")

    assert answer.outcome is Outcome.FAILED
    assert rules(answer) == {"hidden-member"}


def test_a_folder_that_holds_bytes_fails(ask: Ask) -> None:
    assert rules(ask(CHECK, zip_file({"folder/": EVIL}), "thing.zip")) == {"hidden-member"}


def with_second_name(name: str, other: str, crc: int | None = None) -> bytes:
    """A member with a Unicode name of its own beside the plain one."""
    belongs = zlib.crc32(name.encode()) if crc is None else crc
    body = struct.pack("<BI", 1, belongs) + other.encode()
    member = zipfile.ZipInfo(name)
    member.extra = struct.pack("<HH", 0x7075, len(body)) + body
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr(member, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (with_second_name("good.txt", "evil.pkl"), {"hidden-member"}),
        (with_second_name("good.txt", "../evil.pkl"), {"hidden-member", "outside-member"}),
        (with_second_name("gr_n.txt", "grün.txt"), set()),
        (with_second_name("gr#U00fcn.txt", "grün.txt"), set()),
        (with_second_name("good.txt", "evil.pkl", crc=5), set()),
    ],
)
def test_a_second_name_must_be_the_same_in_other_letters(
    ask: Ask, data: bytes, expected: set[str]
) -> None:
    assert rules(ask(CHECK, data, "thing.zip")) == expected


def doubled(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "w") as file:
        for name, data in (*members, members[0]):
            file.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("members", "severity"),
    [
        ([("m.pkl", EVIL)], Severity.HIGH),
        ([("a.txt", b"one"), ("./a.txt", b"two")], Severity.HIGH),
        ([("a.txt", b"one"), ("b/../a.txt", b"two")], Severity.LOW),
        ([("a.txt", b"one")], Severity.LOW),
    ],
)
def test_members_with_one_name_fail_where_it_matters(
    ask: Ask, members: list[tuple[str, bytes]], severity: Severity
) -> None:
    answer = ask(CHECK, doubled(*members), "thing.zip")

    (found,) = (each for each in answer.findings if each.rule.id.endswith("duplicate-member"))
    assert found.level is severity


def test_tar_members_that_were_updated_are_undecided_and_pickles_fail(ask: Ask) -> None:
    def twice(name: str, data: bytes) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w") as file:
            for content in (b"before", data):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                file.addfile(member, io.BytesIO(content))
        return out.getvalue()

    assert ask(CHECK, twice("a.txt", b"after"), "thing.tar").outcome is Outcome.UNDECIDED
    assert ask(CHECK, twice("m.bin", EVIL), "thing.tar").outcome is Outcome.FAILED


def test_members_behind_the_end_of_a_tar_archive_fail_and_are_opened(ask: Ask) -> None:
    data = tar_of({"good": b"x"}) + tar_of({"m.pkl": EVIL})

    assert rules(ask(CHECK, data, "thing.tar")) == {"two-archives"}
    assert ask("pickle-code-execution", data, "thing.tar").outcome is Outcome.FAILED


def test_a_zip_archive_behind_another_one_fails(ask: Ask) -> None:
    for front in (tar_of({"good": b"x"}), archive("lzma"), gzip.compress(b"x")):
        assert "two-archives" in rules(ask(CHECK, front + zip_file({"m.pkl": EVIL}), "thing"))


def test_encryption_that_is_not_there_fails_and_real_one_is_incomplete(ask: Ask) -> None:
    for packed in (True, False):
        answer = ask(CHECK, flagged(packed=packed), "thing.zip")
        assert answer.outcome is Outcome.FAILED
        assert rules(answer) == {"false-encryption-flag"}
    real = in_both(flagged(packed=False), 22, 24, "<I", len(EVIL) * 9 - 12)
    for data in (real, archive("aes")):
        answer = ask(CHECK, data, "thing")
        assert answer.outcome is Outcome.INCOMPLETE
        assert rules(answer) == {"encrypted"}


def wrong_sum(data: bytes) -> bytes:
    return in_both(data, 14, 16, "<I", 0xBAD)


def test_a_pickle_with_a_wrong_check_sum_fails_and_other_members_are_undecided(ask: Ask) -> None:
    answer = ask(CHECK, wrong_sum(torch_zip(b"\x80\x02N.")), "m.pt")
    assert answer.outcome is Outcome.FAILED
    assert rules(answer) == {"wrong-checksum"}

    answer = ask(CHECK, wrong_sum(zip_file({"a.txt": b"hello"})), "a.zip")
    assert answer.outcome is Outcome.UNDECIDED
    assert rules(answer) == {"wrong-checksum"}


def test_a_torch_archive_without_check_sums_is_as_torch_writes_it_on_demand(ask: Ask) -> None:
    data = torch_zip(b"\x80\x02N.")
    for kind, place in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        at = -1
        while (at := data.find(kind, at + 1)) >= 0:
            data = put(data, at + place, "<I", 0)

    assert ask(CHECK, data, "m.pt").outcome is Outcome.PASSED


@pytest.mark.parametrize("name", ["a\0b", "a\u202egpj.pkl", "a\x1b[2J", "a\u2028b", "a\rb"])
def test_names_that_are_made_to_be_read_wrongly_fail(ask: Ask, name: str) -> None:
    data = zip_file({"Q" * len(name.encode()): b"x"})
    answer = ask(CHECK, data.replace(b"Q" * len(name.encode()), name.encode()), "thing.zip")

    assert answer.outcome is Outcome.FAILED
    assert rules(answer) == {"odd-name"}
    assert all(each.location.path.isprintable() for each in answer.findings)


def nested_bomb() -> bytes:
    data = zip_file({"0": bytes(4 << 20)})
    for _ in range(4):
        data = zip_file({f"{n}.zip": data for n in range(16)})
    return data


BOMBS: dict[str, Callable[[], bytes]] = {
    "one member": lambda: zip_file({"a.bin": bytes(300 << 20)}),
    "shared bytes": lambda: overlapping(300, 8 << 20),
    "archives in archives": nested_bomb,
    "gzip": lambda: gzip.compress(bytes(80 << 20)),
    "gzip in gzip": lambda: gzip.compress(gzip.compress(bytes(200 << 20))),
    "zstd": lambda: zstd.compress(bytes(80 << 20)),
    "LZ4": lambda: lz4.frame.compress(bytes(80 << 20)),
    "tar": lambda: tar_of({"a": bytes(80 << 20)}, "w:gz"),
}


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_fails_before_it_costs_anything(ask: Ask, kind: str) -> None:
    data = BOMBS[kind]()
    started = time.perf_counter()
    answer = ask(CHECK, data, "thing")

    assert answer.outcome is Outcome.FAILED
    assert "bomb" in rules(answer)
    assert time.perf_counter() - started < 5


def test_a_bomb_in_an_archive_is_told_once(ask: Ask) -> None:
    answer = ask(
        CHECK, zip_file({f"{n}.gz": gzip.compress(bytes(80 << 20)) for n in "abc"}), "a.zip"
    )

    assert len(answer.findings) == 1
    assert answer.findings[0].location.path.startswith("a.zip!/a.gz!/")


def zeros(packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packed) as file:
        for name in ("w", "b"):
            body = npy_file("'<f8'", f"({20 << 20},)", bytes(160 << 20))
            file.writestr(f"{name}.npy", body)
    return out.getvalue()


@pytest.mark.parametrize("kind", ORDINARY)
def test_archives_of_common_tools_have_no_finding(ask: Ask, kind: str) -> None:
    answer = ask(CHECK, ORDINARY[kind](), "thing.zip")

    assert answer.findings == ()
    assert answer.outcome in (Outcome.PASSED, Outcome.NOT_APPLICABLE)


@pytest.mark.parametrize(
    "make",
    [
        zeros,
        lambda: zip_file({"d/Icon\r": b"", "__MACOSX/d/._Icon\r": b"\0", "d/ü.txt": b"x"}),
        lambda: zip_file({"a.npy": npy_file(), "A.npy": npy_file()}),
        lambda: tar_of({"a/b": b"x"}, "w:xz", links={"a/l": "b"}),
        lambda: archive("lzma2"),
        lambda: zip_file({"a.7z": archive("bcj"), "b.tgz": tar_of({"a": b"x"}, "w:gz")}),
    ],
)
def test_ordinary_archives_pass(ask: Ask, make: Callable[[], bytes]) -> None:
    answer = ask(CHECK, make(), "thing")

    assert answer.outcome is Outcome.PASSED
    assert answer.findings == ()


@pytest.mark.parametrize("magic", [b"Rar!\x1a\x07\x01\0", b"MSCF\0\0\0\0", b"LZIP\x01"])
def test_archives_that_are_not_read_are_incomplete(ask: Ask, magic: bytes) -> None:
    answer = ask(CHECK, magic + bytes(range(200)), "model.bin")

    assert answer.outcome is Outcome.INCOMPLETE
    assert "nobody looked" in answer.reason


OTHERS: list[Callable[[], bytes]] = [
    lambda: archive("lzma"),
    lambda: archive("link"),
    lambda: tar_of({"a/b": b"x", "m.pkl": EVIL}, links={"a/l": "b"}),
    lambda: flagged(packed=True),
]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_hostile_archives_give_an_answer_that_is_no_error(data: st.DataObject) -> None:
    make = data.draw(st.sampled_from([*HIDING.values(), *ORDINARY.values(), *OTHERS]))
    broken = data.draw(mutated(make()))
    answer = put_check(opened(broken, "thing"), BY_ID[CHECK], {})

    assert answer.outcome is not Outcome.ERROR
