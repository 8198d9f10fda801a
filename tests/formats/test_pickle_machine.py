"""The symbolic unpickler does what an unpickler would, without doing it."""

from __future__ import annotations

import datetime
import io
import pickle
import pickletools
import struct
import tracemalloc
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import VALID, hostile, values

from basanite.formats.pickle import machine, state
from basanite.formats.pickle.events import (
    Broken,
    Call,
    Changed,
    End,
    Event,
    Held,
    Import,
    PersistentId,
    SetState,
    SpecialName,
)
from basanite.formats.pickle.machine import events
from basanite.formats.pickle.state import Budget
from basanite.formats.pickle.symbols import Global
from basanite.formats.stream import Span

SYSTEM = b"cos\nsystem\n"
TRUE = b"S'true'\n\x85R"


def follow(data: bytes, budget: Budget | None = None, *, bulk: bool = True) -> list[Event]:
    stream = Span(io.BytesIO(data), 0, len(data))
    return list(events(stream, budget or Budget(), bulk=bulk))


def calls(data: bytes) -> list[str]:
    return [str(each.callee) for each in follow(data) if isinstance(each, Call)]


@settings(max_examples=150, deadline=None)
@given(values)
def test_every_opcode_of_every_protocol_is_followed_as_the_standard_library_counts_them(
    value: Any,
) -> None:
    for protocol in range(6):
        data = pickle.dumps(value, protocol)
        last = follow(data)[-1]

        assert isinstance(last, End)
        assert last.opcodes == sum(1 for _ in pickletools.genops(data))
        assert last.offset == len(data) - 1
        assert last.protocol == (protocol if protocol > 1 else 0)


def test_the_table_holds_every_opcode_the_standard_library_knows() -> None:
    from basanite.formats.pickle.operations import OPERATIONS

    assert set(OPERATIONS) == {each.code.encode("latin-1") for each in pickletools.opcodes}


@pytest.mark.parametrize("protocol", range(6))
def test_real_numpy_arrays_show_their_rebuilding_calls(protocol: int) -> None:
    found = calls(pickle.dumps([np.arange(5.0), datetime.date(2020, 1, 2)], protocol))

    assert "datetime.date" in found
    assert any("numpy" in each for each in found)


@pytest.mark.parametrize(
    ("data", "callee", "how"),
    [
        (SYSTEM + TRUE + b".", "os.system", "REDUCE"),
        (b"(S'true'\nios\nsystem\n.", "os.system", "INST"),
        (b"(" + SYSTEM + b"S'true'\no.", "os.system", "OBJ"),
        (b"\x80\x02" + SYSTEM + b"S'true'\n\x85\x81.", "os.system", "NEWOBJ"),
        (b"\x80\x04" + SYSTEM + b")}\x92.", "os.system", "NEWOBJ_EX"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93" + TRUE + b".", "os.system", "REDUCE"),
        (b"\x80\x04\x8c\x02os\x94\x8c\x06system\x940h\x00h\x01\x93" + TRUE + b".",
         "os.system", "REDUCE"),
        (b"S'o\\x73'\n\x8c\x06sys\x74em\x93" + TRUE + b".", "os.system", "REDUCE"),
        (b"V\\u006fs\nS'system'\n\x93" + TRUE + b".", "os.system", "REDUCE"),
        (b"U\x02osT\x06\x00\x00\x00system\x93" + TRUE + b".", "os.system", "REDUCE"),
        (SYSTEM + b"p7\n0g7\n" + TRUE + b".", "os.system", "REDUCE"),
        (SYSTEM + b"r\xff\xff\xff\xff0j\xff\xff\xff\xff" + TRUE + b".", "os.system", "REDUCE"),
        (SYSTEM + b"2" + TRUE + b".", "os.system", "REDUCE"),
        (b"c__builtin__\neval\n" + TRUE + b".", "builtins.eval", "REDUCE"),
        (b"ccommands\ngetoutput\n" + TRUE + b".", "subprocess.getoutput", "REDUCE"),
        (b"cbuiltins\ngetattr\n" + b"cos\nsystem\nS'real'\n\x86R" + TRUE + b".",
         "os.system.real", "REDUCE"),
    ],
)  # fmt: skip
def test_every_way_of_calling_is_seen(data: bytes, callee: str, how: str) -> None:
    found = [each for each in follow(data) if isinstance(each, Call)]

    assert (callee, how) in [(str(each.callee), each.how) for each in found]


@pytest.mark.parametrize(
    ("data", "target", "how"),
    [
        (b"csys\npath\n(S'x'\ne.", "sys.path", "APPENDS"),
        (b"csys\npath\nS'x'\na.", "sys.path", "APPEND"),
        (b"cos\nenviron\nS'a'\nS'b'\ns.", "os.environ", "SETITEM"),
        (b"cos\nenviron\n(S'a'\nS'b'\nu.", "os.environ", "SETITEMS"),
        (b"\x80\x04csys\nflags\n(S'a'\n\x90.", "sys.flags", "ADDITEMS"),
        (b"cwater\nModel\n}b.", "water.Model", "BUILD"),
    ],
)
def test_every_way_of_changing_something_importable_is_seen(
    data: bytes, target: str, how: str
) -> None:
    found = [each for each in follow(data) if isinstance(each, Changed)]

    assert [(str(each.target), each.how) for each in found] == [(target, how)]


@pytest.mark.parametrize("tail", [b"", b"\xff", b"0000000", b"h\x99", b"\x8c\xffabc"])
def test_what_was_called_before_the_stream_breaks_still_counts(tail: bytes) -> None:
    found = follow(SYSTEM + TRUE + tail)

    assert [str(each.callee) for each in found if isinstance(each, Call)] == ["os.system"]
    assert isinstance(found[-1], Broken)


def test_an_instance_at_the_very_end_without_a_line_end_is_called() -> None:
    assert calls(b"(ios\nsystem!") == ["os.system"]


def test_names_are_translated_only_where_the_unpickler_would() -> None:
    assert Import(0, Global("builtins", "eval")) in follow(b"c__builtin__\neval\n.")
    assert Import(2, Global("__builtin__", "eval")) in follow(b"\x80\x03c__builtin__\neval\n.")


def test_several_pickles_in_one_stream_are_all_followed_with_memos_of_their_own() -> None:
    data = pickle.dumps(1) + pickle.dumps(OrderedDict()) + SYSTEM + TRUE + b"." + b"h\x00."
    found = follow(data)

    assert sum(isinstance(each, End) for each in found) == 3
    assert "os.system" in [str(each.callee) for each in found if isinstance(each, Call)]
    assert isinstance(found[-1], Broken)


def test_persistent_ids_and_states_are_events() -> None:
    found = follow(b"S'7'\nQccollections\nOrderedDict\n)R}b.")

    assert [type(each) for each in found if isinstance(each, PersistentId | SetState)] == [
        PersistentId,
        SetState,
    ]


def test_older_torch_files_end_after_five_pickles() -> None:
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    data = magic + pickle.dumps(1001, 2) * 4 + SYSTEM + TRUE

    assert len(follow(data)) == 5
    assert calls(data) == []


def joblib_file(dtype: tuple[bytes, ...], shape: bytes, body: bytes, tail: bytes) -> bytes:
    """A wrapper as joblib writes it, by hand: class, state, raw bytes, and the rest."""
    kind = b"cnumpy\ndtype\n(" + b"".join(dtype) + b"tR"
    state = b"}(S'dtype'\n" + kind + b"S'shape'\n" + shape
    state += b"S'numpy_array_alignment_bytes'\nK\x10u"
    return b"\x80\x04cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81" + state + b"b" + body + tail


def test_raw_arrays_of_joblib_are_passed_over_and_the_rest_is_followed() -> None:
    body = b"\x03\x00\x00\x00" + b"." * 24
    data = joblib_file((b"S'f8'\n",), b"K\x03\x85", body, b"0" + SYSTEM + TRUE + b".")

    assert calls(data)[-1] == "os.system"
    assert isinstance(follow(data)[-1], End)


def test_pickles_inside_joblib_arrays_of_objects_are_followed() -> None:
    data = joblib_file((b"S'O8'\n",), b"K\x01\x85", SYSTEM + TRUE + b".", b".")

    assert calls(data)[-1] == "os.system"
    assert isinstance(follow(data)[-1], End)


@pytest.mark.parametrize(
    ("data", "budget"),
    [
        (b"]0J\0\0\0\0p1\n0" * 400_000 + b".", Budget(opcodes=100_000)),
        (b"N" * 600_000 + b".", Budget(stack=100_000)),
        (b"(" * 600_000 + b".", Budget(stack=100_000)),
        (b"N" + b"\x94" * 600_000 + b".", Budget(memo=100_000)),
        (b"".join(b"ca%d\nb\n0" % i for i in range(200)) + b"N.", Budget(names=100)),
    ],
)
def test_a_stream_past_the_budget_is_said_to_be_past_it(data: bytes, budget: Budget) -> None:
    last = follow(data, budget)[-1]

    assert isinstance(last, Broken)
    assert last.limit


CONSTANTS = st.sampled_from(
    [b"N", b"K\x07", b"M\x01\x02", b"J\0\0\0\0", b"G" + bytes(8), b")", b"]", b"}", b"\x88",
     b"\x8c\x02os", b"X\x06\0\0\0system", b"\x8c\x0b__reduce__x", b"\x8a\x02ab", b"C\x01x"]
)  # fmt: skip
PIECES = CONSTANTS | st.sampled_from(
    [b"(", b"(", b"e", b"u", b"t", b"l", b"d", b"\x90", b"\x91", b"0", b"1", b"2", b"\x85",
     b"\x86", b"\x87", b"\x94", b"\x94", b"h\0", b"h\x01", b"h\x02", b"q\x05", b"r\x09\0\0\0",
     b"j\x01\0\0\0", b"a", b"s", b"R", b"b", b"\x81", b"\x93", b"cos\nsystem\n", b"."]
)  # fmt: skip


@st.composite
def soup(draw: st.DrawFn) -> bytes:
    """Opcodes in any order, many of them again and again, so that runs are long."""
    parts = []
    for _ in range(draw(st.integers(1, 12))):
        piece = b"".join(draw(st.lists(PIECES, min_size=1, max_size=8)))
        parts.append(piece * draw(st.sampled_from([1, 1, 1, 20, 400, 3000])))
    return b"\x80\x04" + b"".join(parts)


def test_what_is_passed_over_in_bulk_gives_the_events_of_the_slow_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The slow path looks at each opcode. It alone may go less far: bulk never checks a group."""
    monkeypatch.setattr(machine, "_FAR", 500)
    monkeypatch.setattr(state, "CHUNK", 1 << 13)

    @settings(max_examples=300, deadline=None)
    @given(soup())
    def check(data: bytes) -> None:
        stream = Span(io.BytesIO(data), 0, len(data))
        fast, slow = list(events(stream)), follow(data, bulk=False)
        until = len(slow) - 1 if isinstance(slow[-1], Broken) else len(slow)
        told = [e for e in slow[:until] if not isinstance(e, Held | End)]
        assert [e for e in fast if not isinstance(e, Held | End | Broken)][: len(told)] == told

    check()


@pytest.mark.parametrize("protocol", [2, 4, 5])
@pytest.mark.parametrize(
    "value",
    [
        [each % 1000 for each in range(60_000)],
        [each / 7 for each in range(60_000)],
        {f"k{each}": each for each in range(60_000)},
        [(each % 200, each % 300) for each in range(60_000)],
        [{"a": each % 200, "b": [each], "c": {"d": (each,)}} for each in range(20_000)],
        [[each, f"text {each}"] for each in range(40_000)],
        ["shared"] * 60_000,
    ],
    ids=["ints", "floats", "dictionary", "tuples", "records", "texts", "shared"],
)
def test_large_data_is_passed_over_in_bulk_and_numbered_as_it_would_be(
    value: Any, protocol: int
) -> None:
    """A name that is memorised before, within and behind the data is recalled as it was stored."""
    head = pickle.dumps(["first", value, "last", datetime.date(2020, 1, 2), "last"], protocol)
    found, slow = follow(head), follow(head, bulk=False)

    assert isinstance(found[-1], End)
    assert found[:-1] == slow[:-1]
    assert found[-1].offset == len(head) - 1
    assert isinstance(slow[-1], End)
    assert slow[-1].opcodes == sum(1 for _ in pickletools.genops(head)) > found[-1].opcodes * 2


def test_texts_that_were_passed_over_in_bulk_are_recalled_by_number() -> None:
    body = b"".join(b"\x8c\x05w%04d\x94" % each for each in range(9000))
    late = b"\x8c\x02os\x94\x8c\x06system\x94"
    recall = b"".join(b"j" + struct.pack("<I", number) for number in (9001, 9002))
    data = b"\x80\x04]\x94(" + body + late + body + b"e" + recall + b"\x93)R."

    assert calls(data) == ["os.system"]
    assert follow(data)[-1].offset == len(data) - 1


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"}S'__setstate__'\ncwater\nx\ns.", ["__setstate__"]),
        (b"}(S'__reduce__'\ncwater\nx\nu.", ["__reduce__"]),
        (b"(S'__call__'\ncwater\nx\nd.", ["__call__"]),
        (b"}S'__reduce__'\nS'words'\ns.", []),
        (b"]S'__reduce__'\na.", []),
    ],
)
def test_special_names_are_keys_of_something_that_can_be_called(
    data: bytes, names: list[str]
) -> None:
    assert [each.name for each in follow(data) if isinstance(each, SpecialName)] == names


def test_what_is_called_is_not_held_and_what_is_kept_is() -> None:
    data = b"](cwater\nf\nq\x01)Rcwater\ng\nh\x01e."

    assert [str(e.target) for e in follow(data) if isinstance(e, Held)] == ["water.f", "water.g"]
    assert not [e for e in follow(b"cwater\nf\n)R.") if isinstance(e, Held)]


class _Endless:
    """Zeros without end: what a sparse file is."""

    def __init__(self, head: bytes, size: int) -> None:
        self._head = io.BytesIO(head)
        self._left = size

    def read(self, count: int) -> bytes:
        data = self._head.read(count)
        if not data:
            data = bytes(min(count, self._left))
            self._left -= len(data)
        return data

    def skip(self, count: int) -> int:
        self._left -= count
        return count


def test_memory_stays_flat_whatever_the_constants_weigh() -> None:
    data = pickle.dumps([b"x" * 100_000 for _ in range(200)], 4) + pickle.dumps([1.5] * 500_000, 4)
    stream = Span(io.BytesIO(data), 0, len(data))
    tracemalloc.start()
    try:
        for _ in events(stream):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(data) > 20_000_000
    assert peak < 4_000_000


def test_a_huge_argument_is_passed_over_not_read() -> None:
    head = b"\x80\x04\x8e" + struct.pack("<Q", 10 << 30)
    found = list(events(_Endless(head, 11 << 30)))

    assert isinstance(found[-1], Broken)
    assert found[-1].reason == "byte 0x00 is no opcode"


@pytest.mark.parametrize("kind", ["pickle", "pickle-0"])
def test_no_bytes_make_the_machine_raise(kind: str) -> None:
    @settings(max_examples=300, deadline=None)
    @given(hostile(kind))
    def check(data: bytes) -> None:
        found = follow(data)
        assert not data or isinstance(found[-1], End | Broken)

    check()


Mutation = Callable[[bytes], bytes]


def test_every_cut_of_a_pickle_ends_early() -> None:
    data = VALID["pickle"]
    for end in range(1, len(data)):
        assert isinstance(follow(data[:end])[-1], Broken), end
