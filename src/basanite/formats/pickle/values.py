"""Operations that push values: constants, text, bytes and numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

from basanite.formats.pickle.nested import ENCODER, LOADER
from basanite.formats.pickle.state import MAX_TEXT, BadPickleError, State
from basanite.formats.pickle.symbols import Opaque, Symbol

TORCH_MAGIC = 0x1950A86A20F9469CFC6C.to_bytes(10, "little")
"""First value of the older torch format: five pickles, then raw storages."""
_KEPT_BYTES = 64
_ESCAPE = re.compile(rb"\\(?:x([0-9a-fA-F]{2})|([0-7]{1,3})|(.))", re.DOTALL)
_SIMPLE = {
    b"n": b"\n",
    b"t": b"\t",
    b"r": b"\r",
    b"b": b"\b",
    b"a": b"\a",
    b"f": b"\f",
    b"v": b"\v",
}


Operation = Callable[[State], None]
"""What an opcode does to the state. Its argument, if it has one, comes next in the bytes."""


def push_value(value: Symbol) -> Operation:
    """Push the same value always."""

    def push(state: State) -> None:
        state.frame.stack.append(value)

    return push


def constant_line(state: State) -> None:
    """``INT``, ``FLOAT``, ``LONG``: a number as a line of text."""
    line = state.line()
    small = line is not None and line.isdigit() and len(line) < 19
    state.frame.stack.append(int(line) if line and small else Opaque.CONSTANT)


def text(width: int) -> Operation:
    """Text of UTF-8 behind its length in ``width`` bytes."""

    def text(state: State) -> None:
        count = state.unsigned(width)
        stack = state.frame.stack
        if len(stack) > 1 and stack[-1] == ENCODER and stack[-2] == LOADER:
            state.nested, state.nested_text = count, True
            return
        if count > MAX_TEXT * 4:
            state.skip(count)
            state.frame.stack.append(Opaque.TEXT)
            return
        try:
            state.push_text(str(state.take(count), "utf-8", "surrogatepass"))
        except UnicodeDecodeError as error:
            raise BadPickleError("a text is no UTF-8") from error

    return text


def text_line(state: State) -> None:
    """``UNICODE``: a line with escapes."""
    line = state.line()
    if line is None:
        state.frame.stack.append(Opaque.TEXT)
        return
    try:
        state.push_text(str(line, "raw-unicode-escape"))
    except UnicodeDecodeError as error:
        raise BadPickleError("a text has a damaged escape") from error


def quoted_line(state: State) -> None:
    """``STRING``: a quoted line of the first protocol."""
    line = state.line()
    if line is None:
        state.frame.stack.append(Opaque.TEXT)
        return
    line = line.strip(b" \t\r\n")
    if len(line) < 2 or line[:1] != line[-1:] or line[:1] not in (b"'", b'"'):
        raise BadPickleError("a quoted text has no quotes")
    state.push_text(_ESCAPE.sub(_unescaped, line[1:-1]).decode("latin-1"))


def _unescaped(match: re.Match[bytes]) -> bytes:
    hexadecimal, octal, plain = match.groups()
    if hexadecimal:
        return bytes([int(hexadecimal, 16)])
    if octal:
        return bytes([int(octal, 8) & 0xFF])
    if plain == b"\n":
        return b""
    return _SIMPLE.get(plain, plain if plain in b"\\'\"" else b"\\" + plain)


def old_text(width: int) -> Operation:
    """Text of Python 2 behind its length."""

    def text(state: State) -> None:
        count = int.from_bytes(state.take(width), "little", signed=width == 4)
        if count < 0:
            raise BadPickleError("a length is negative")
        if count > MAX_TEXT:
            state.skip(count)
            state.frame.stack.append(Opaque.TEXT)
        else:
            # The unpickler's default would refuse what is not ASCII; a loader may ask for latin-1.
            state.push_text(state.take(count).decode("latin-1"))

    return text


def data(width: int) -> Operation:
    """Bytes behind their length."""

    def data(state: State) -> None:
        count = state.unsigned(width)
        stack = state.frame.stack
        if stack and stack[-1] == LOADER:
            state.nested, state.nested_text = count, False
        elif count <= _KEPT_BYTES:
            state.frame.stack.append(state.take(count))
        else:
            state.skip(count)
            state.frame.stack.append(Opaque.CONSTANT)

    return data


def byte_array(state: State) -> None:
    """``BYTEARRAY8``."""
    state.skip(state.unsigned(8))
    state.frame.stack.append(Opaque.CONSTANT)


def real(state: State) -> None:
    """``BINFLOAT``."""
    state.take(8)
    state.frame.stack.append(Opaque.CONSTANT)


def unsigned(width: int) -> Operation:
    """``BININT1`` and ``BININT2``."""

    def unsigned(state: State) -> None:
        state.frame.stack.append(state.unsigned(width))

    return unsigned


def signed(state: State) -> None:
    """``BININT``."""
    state.frame.stack.append(int.from_bytes(state.take(4), "little", signed=True))


def long(width: int) -> Operation:
    """An integer of any size behind its length."""

    def long(state: State) -> None:
        count = int.from_bytes(state.take(width), "little", signed=width == 4)
        if count < 0:
            raise BadPickleError("a length is negative")
        if count <= 8:
            state.frame.stack.append(int.from_bytes(state.take(count), "little", signed=True))
        elif count == len(TORCH_MAGIC):
            state.magic |= state.take(count) == TORCH_MAGIC and state.base + state.at <= 14
            state.frame.stack.append(Opaque.CONSTANT)
        else:
            state.skip(count)
            state.frame.stack.append(Opaque.CONSTANT)

    return long
