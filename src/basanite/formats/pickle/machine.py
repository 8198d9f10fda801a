"""The machine: follows every opcode of a stream of pickles and yields what loading would do.

Nothing is imported, called or built. Constants are dropped as they come, so memory stays flat; the
stream may be larger than memory. Several pickles may follow one another; each gets its own stack
and memo, as it would when loaded.
"""

from __future__ import annotations

from collections.abc import Iterator

from basanite.domain.errors import UnreadableError
from basanite.formats.pickle.events import Broken, End, Event
from basanite.formats.pickle.operations import OPERATIONS
from basanite.formats.pickle.state import (
    BadPickleError,
    Budget,
    BudgetError,
    EndedError,
    Frame,
    State,
)
from basanite.formats.pickle.symbols import Opaque
from basanite.formats.stream import Stream

_TABLE = [OPERATIONS.get(bytes([code])) for code in range(256)]
_WIDTHS = [
    {0x4E: 0, 0x88: 0, 0x89: 0, 0x47: 8, 0x4B: 1, 0x4D: 2}.get(code, -1) for code in range(256)
]
"""Argument widths of the commonest constants; the loop pushes them without a call."""
_TORCH_PICKLES = 5
_BETWEEN_CHECKS = 1 << 18
_DEFAULT_BUDGET = Budget()


def events(stream: Stream, budget: Budget = _DEFAULT_BUDGET) -> Iterator[Event]:
    """Yield what loading each pickle of the stream would do, in order.

    Each pickle ends with `End`. `Broken` is last, when the stream cannot be followed further; what
    was yielded before would still have been executed. Bytes behind a pickle that are no pickle
    give `Broken` too: the caller knows it by the `End` before.
    """
    state = State(stream, budget)
    count = pickles = 0
    try:
        while state.at < len(state.buffer) or state.refill():
            for done in _pickle(state, budget.opcodes - count):
                if isinstance(done, End):
                    count += done.opcodes
                    pickles += 1
                yield done
            if state.magic and pickles == _TORCH_PICKLES:
                return
            state.frame = Frame()
    except EndedError:
        yield from state.out
        yield Broken(state.base + len(state.buffer), "it ends early")
    except BadPickleError as error:
        yield from state.out
        yield Broken(state.opened, str(error))
    except BudgetError as error:
        yield from state.out
        yield Broken(state.opened, str(error), limit=True)
    except UnreadableError as error:
        yield from state.out
        yield Broken(state.base, error.what)


def _pickle(state: State, opcodes: int) -> Iterator[Event]:
    """Follow one pickle, and those inside it, up to its end."""
    state.stopped = False
    out, count, due = state.out, 0, _BETWEEN_CHECKS
    buffer, at, end, stack = state.buffer, state.at, len(state.buffer), state.frame.stack
    while True:
        if at >= end:
            state.at = at
            if not state.refill():
                raise EndedError
            buffer, at, end = state.buffer, 0, len(state.buffer)
        code = buffer[at]
        count += 1
        width = _WIDTHS[code]
        if 0 <= width < end - at and count < due:
            at += 1 + width
            if width in (0, 8):
                stack.append(Opaque.CONSTANT)
            else:
                stack.append(buffer[at - 1] if width == 1 else buffer[at - 2] | buffer[at - 1] << 8)
            continue
        if count >= due:
            due = count + _BETWEEN_CHECKS
            _within(state, opcodes - count)
        operation = _TABLE[code]
        state.opened = state.base + at
        if operation is None:
            state.at = at
            raise BadPickleError(f"byte {code:#04x} is no opcode")
        state.at = at + 1
        operation(state)
        if out:
            yield from out
            out.clear()
        if state.stopped:
            if not state.outer:
                yield End(state.opened, state.frame.protocol, count)
                return
            state.frame, state.stopped = state.outer.pop(), False
        buffer, at, end, stack = state.buffer, state.at, len(state.buffer), state.frame.stack


def _within(state: State, opcodes: int) -> None:
    """Hold the budget. An opcode adds one value at most, so looking now and then is enough."""
    frame = state.frame
    if opcodes < 0:
        raise BudgetError("it has more opcodes than are followed")
    if len(frame.stack) > state.budget.stack or len(frame.marks) > state.budget.stack:
        raise BudgetError("its stack grows larger than is followed")
    if len(frame.memo) > state.budget.memo:
        raise BudgetError("it memorises more than is followed")
