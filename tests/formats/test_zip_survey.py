"""Every way to read a zip archive is found, and archives of common tools have only one."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.formats.test_container_walk import EVIL, seen
from tests.strategies import VALID, mutated, zip_file

from basanite.domain.errors import UnreadableError
from basanite.formats.container.entry import Unlooked
from basanite.formats.container.walk import Opened
from basanite.formats.zip.survey import Survey, survey

END, DIRECTORY, LOCAL = b"PK\x05\x06", b"PK\x01\x02", b"PK\x03\x04"
GOOD = {"good.txt": b"nothing to see here"}


def surveyed(data: bytes) -> Survey:
    return survey(io.BytesIO(data), len(data))


def put(data: bytes, at: int, form: str, *values: int) -> bytes:
    """Write numbers over a place of a file."""
    new = struct.pack(form, *values)
    return data[:at] + new + data[at + len(new) :]


def in_both(data: bytes, local_at: int, listed_at: int, form: str, value: int) -> bytes:
    """Write a number into the first local header and the first entry of the directory."""
    data = put(data, data.index(LOCAL) + local_at, form, value)
    return put(data, data.index(DIRECTORY) + listed_at, form, value)


def flagged(*, packed: bool) -> bytes:
    """One member that is said to be encrypted."""
    return in_both(zip_file({"m.pkl": EVIL * 9}, packed=packed), 6, 8, "<H", 1)


def renamed() -> bytes:
    """The directory has another name than the member's own header."""
    data = zip_file({"evil.pkl": EVIL}, packed=False)
    at = data.index(DIRECTORY) + 46
    return data[:at] + b"good.txt" + data[at + 8 :]


def unlisted() -> bytes:
    """A member between the last one and the directory."""
    good, evil = zip_file(GOOD, packed=False), zip_file({"evil.pkl": EVIL}, packed=False)
    cut, hidden = good.index(DIRECTORY), evil[: evil.index(DIRECTORY)]
    data = good[:cut] + hidden + good[cut:]
    return put(data, data.index(END) + 16, "<I", cut + len(hidden))


def inside_a_member() -> bytes:
    """By its own header a member is shorter than the directory says, and another one follows."""
    evil = zip_file({"evil.pkl": EVIL}, packed=False)
    data = zip_file({"good.txt": b"short" + evil[: evil.index(DIRECTORY)]}, packed=False)
    return put(data, 18, "<II", 5, 5)


def in_comment() -> bytes:
    out = io.BytesIO(zip_file(GOOD))
    with zipfile.ZipFile(out, "a") as file:
        file.comment = zip_file({"evil.pkl": EVIL})
    return out.getvalue()


def miscounted() -> bytes:
    data = zip_file({**GOOD, "evil.pkl": EVIL})
    return put(data, data.index(END) + 8, "<HH", 1, 1)


def by_offset() -> bytes:
    """One end record, and two directories: where it points to, and right in front of it."""
    evil, good = zip_file({"evil.pkl": EVIL}), zip_file({"good.pkl": b"N."})
    point = evil.index(DIRECTORY)
    front = evil[: evil.index(END)]
    cut = good.index(DIRECTORY)
    data = front + good[:cut]
    listed = good[cut : good.index(END)]
    # Read from in front of its end record the directory counts from that distance.
    listed = put(listed, 42, "<I", len(front) - (len(data) - point))
    return data + listed + put(good[good.index(END) :], 16, "<I", point)


def overlapping(count: int, size: int = 1 << 20) -> bytes:
    """Many entries for the same bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(bytes(size)) + packer.flush()
    sums = (zlib.crc32(bytes(size)), len(body), size)
    local = struct.pack("<4sHHHIIIIHH", LOCAL, 20, 0, 8, 0, *sums, 4, 0) + b"0000" + body
    listed = b"".join(
        struct.pack("<4sHHHHIIIIHHHHHII", DIRECTORY, 20, 20, 0, 8, 0, *sums, 4, 0, 0, 0, 0, 0, 0)
        + b"%04d" % n
        for n in range(count)
    )
    return (
        local
        + listed
        + struct.pack("<4sHHHHIIH", END, 0, 0, count, count, len(listed), len(local), 0)
    )


HIDING: dict[str, Callable[[], bytes]] = {
    "another name": renamed,
    "not listed": unlisted,
    "inside a member": inside_a_member,
    "in the comment": in_comment,
    "in front": lambda: zip_file({"evil.pkl": EVIL}) + zip_file(GOOD),
    "not counted": miscounted,
    "by offset": by_offset,
}


@pytest.mark.parametrize("way", HIDING)
def test_what_only_some_readers_see_is_opened_like_the_rest(way: str) -> None:
    found = []
    for each in seen(HIDING[way](), "a.zip"):
        assert isinstance(each, Opened)
        each.file.seek(0)
        found.append(each.file.read())

    assert EVIL in found


def test_each_disagreement_is_named() -> None:
    (different,) = surveyed(renamed()).differences
    assert different.what == ("name",)
    assert different.other.name == "evil.pkl"
    assert [each.name for each in surveyed(unlisted()).hidden] == ["evil.pkl"]
    assert [each.name for each in surveyed(inside_a_member()).hidden] == ["evil.pkl"]
    assert len(surveyed(in_comment()).others) == 1
    assert len(surveyed(by_offset()).others) == 1
    assert surveyed(miscounted()).miscounted == 1
    assert len(surveyed(overlapping(3)).overlapping) == 2
    (different,) = surveyed(put(zip_file(GOOD), 8, "<H", 0)).differences
    assert different.what == ("method",)


@pytest.mark.parametrize("packed", [True, False])
def test_plain_bytes_are_read_whatever_the_mark_of_encryption_says(packed: bool) -> None:
    (part,) = seen(flagged(packed=packed))

    assert isinstance(part, Opened)
    part.file.seek(0)
    assert part.file.read() == EVIL * 9


def test_what_is_encrypted_is_told() -> None:
    data = flagged(packed=False)
    data = in_both(data, 22, 24, "<I", len(EVIL) * 9 - 12)
    (told,) = seen(data)

    assert isinstance(told, Unlooked)
    assert "encrypted" in told.reason


def test_members_that_share_bytes_end_the_walk_at_once() -> None:
    told = seen(overlapping(5000, 8 << 20))

    assert isinstance(told[-1], Unlooked)
    assert told[-1].bomb
    assert len(told) < 30


def test_a_member_without_a_directory_is_opened_and_the_rest_told() -> None:
    data = zip_file({"m.pkl": EVIL, "b.bin": bytes(range(256)) * 9}, packed=False)[:-50]
    part, *_, told = seen(data, "a.zip")

    assert isinstance(part, Opened)
    assert part.artifact.path == "a.zip!/m.pkl"
    assert isinstance(told, Unlooked)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_are_unpacked_by_every_method_of_zipfile(method: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        file.writestr("m.pkl", EVIL)
    (part,) = seen(out.getvalue())

    assert isinstance(part, Opened)
    part.file.seek(0)
    assert part.file.read() == EVIL


@pytest.mark.parametrize(("method", "word"), [(9, "Deflate64"), (98, "PPMd"), (77, "77")])
def test_other_methods_are_told_by_name(method: int, word: str) -> None:
    (told,) = seen(in_both(zip_file({"m.pkl": EVIL}), 8, 10, "<H", method))

    assert isinstance(told, Unlooked)
    assert word in told.reason


class _Pipe(io.RawIOBase):
    """A file that can only be written on."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.data += data
        return len(data)


def streamed() -> bytes:
    """Written to a pipe: sizes stand behind the bytes, in 64 bits."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("a.txt", "text " * 99)
        with file.open("b.bin", "w", force_zip64=True) as member:
            member.write(b"123")
        file.writestr(zipfile.ZipInfo("stored"), b"as it is")
    return bytes(pipe.data)


def appended() -> bytes:
    out = io.BytesIO(zip_file(GOOD))
    with zipfile.ZipFile(out, "a") as file:
        file.writestr("later.txt", "x")
        file.comment = b"made in two steps"
    return out.getvalue()


def aligned() -> bytes:
    """Gaps between members and in front of the directory, as aligners and signers leave."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("a.so", b"code")
        out.write(bytes(41))
        file.writestr("b.so", b"code")
        out.write(b"APK Sig Block 42" + bytes(16))
        file.start_dir = out.tell()
    return out.getvalue()


ORDINARY: dict[str, Callable[[], bytes]] = {
    "streamed": streamed,
    "appended": appended,
    "aligned": aligned,
    "program": lambda: b"#!/usr/bin/env python3\n" + zip_file({"__main__.py": b"print(1)"}),
    "self-extracting": lambda: b"MZ" + LOCAL + bytes(900) + zip_file(GOOD),
    "archives inside": lambda: zip_file(
        {"a.zip": zip_file(GOOD), "b.zip": zip_file(GOOD)}, packed=False
    ),
    "npz": lambda: VALID["npz"],
    "torch": lambda: VALID["torch"],
    "empty": lambda: zip_file({}),
}


@pytest.mark.parametrize("kind", ORDINARY)
def test_archives_of_common_tools_have_one_reading(kind: str) -> None:
    found = surveyed(ORDINARY[kind]())

    assert replace(found, members=()) == Survey((), (), (), (), (), None)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_hostile_archives_have_readings_or_are_unreadable(data: st.DataObject) -> None:
    make = data.draw(st.sampled_from([*HIDING.values(), *ORDINARY.values()]))
    broken = data.draw(mutated(make()))
    with suppress(UnreadableError):
        surveyed(broken)
    for each in seen(broken):
        assert isinstance(each, Opened | Unlooked)
