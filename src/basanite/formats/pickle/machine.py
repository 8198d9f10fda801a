"""The machine: follows every opcode of a stream of pickles and yields what loading would do.

Nothing is imported, called or built. Constants are dropped as they come, so memory stays flat; the
stream may be larger than memory. Several pickles may follow one another; each gets its own stack
and memo, as it would when loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from basanite.domain.errors import UnreadableError
from basanite.formats.pickle.events import Broken, End, Event
from basanite.formats.pickle.frame import Frame
from basanite.formats.pickle.lexemes import dropped
from basanite.formats.pickle.nested import Inner
from basanite.formats.pickle.operations import OPERATIONS
from basanite.formats.pickle.state import (
    BadPickleError,
    Budget,
    BudgetError,
    EndedError,
    State,
)
from basanite.formats.pickle.symbols import OPAQUE, Global, Opaque, Result
from basanite.formats.stream import Stream

_TABLE = [OPERATIONS.get(bytes([code])) for code in range(256)]
_WIDTHS = [
    {0x4E: 0, 0x88: 0, 0x89: 0, 0x47: 8, 0x4B: 1, 0x4D: 2}.get(code, -1) for code in range(256)
]
"""Argument widths of the commonest constants; the loop pushes them without a call."""
_TORCH_PICKLES = 5
_DEFAULT_BUDGET = Budget()
_NEAR = 300
"""Nearer than this to the end of what was read, opcodes are looked at with more care."""
_FAR = 1 << 15
"""Where less than this was read ahead, matching in bulk does not pay."""


def events(
    stream: Stream, budget: Budget = _DEFAULT_BUDGET, *, bulk: bool = True
) -> Iterator[Event]:
    """Yield what loading each pickle of the stream would do, in order.

    Each pickle ends with `End`. `Broken` is last, when the stream cannot be followed further; what
    was yielded before would still have been executed. Bytes behind a pickle that are no pickle
    give `Broken` too: the caller knows it by the `End` before. Without ``bulk`` every opcode is
    looked at one by one, which gives the same events, slowly.
    """
    state = State(stream, budget)
    count = pickles = 0
    try:
        while state.at < len(state.buffer) or state.refill():
            for done in _pickle(state, budget.opcodes - count, bulk=bulk):
                if isinstance(done, End):
                    count += done.opcodes
                    pickles += 1
                    yield from state.held()
                yield done
            if state.magic and pickles == _TORCH_PICKLES:
                return
            state.frame = Frame()
    except EndedError:
        yield from _ended(state)
        yield Broken(state.base + len(state.buffer), "it ends early")
    except BadPickleError as error:
        yield from _ended(state)
        yield Broken(state.opened, str(error))
    except BudgetError as error:
        yield from _ended(state)
        yield Broken(state.opened, str(error), limit=True)
    except UnreadableError as error:
        yield from _ended(state)
        yield Broken(state.base, error.what)


def _ended(state: State) -> Iterator[Event]:
    yield from state.out
    yield from state.held()


def _pickle(state: State, opcodes: int, *, bulk: bool) -> Iterator[Event]:  # noqa: C901, PLR0912, PLR0915 - one loop: a call for each opcode would cost more than the opcode
    """Follow one pickle, and those inside it, up to its end."""
    state.stopped = False
    out, count = state.out, 0
    buffer, at, end = state.buffer, state.at, len(state.buffer)
    frame = state.frame
    stack, marks, memo = frame.stack, frame.marks, frame.memo
    codes, other = memo.codes, memo.other
    constant, opaque, container = Opaque.CONSTANT, OPAQUE, Opaque.CONTAINER
    near, floor, runs = end - _NEAR, 0, 0
    while True:
        if at >= near:
            if at >= end:
                state.at = at
                # An opcode adds one value at most, so looking now and then is enough.
                _within(state, opcodes - count)
                if not state.refill():
                    raise EndedError
                buffer, at, end = state.buffer, 0, len(state.buffer)
                near = end - _NEAR
                if bulk and near > _FAR:
                    at = frame.push_constants(buffer, at)
                    runs = frame.runs
                continue
            code = buffer[at]
        else:
            # Whatever comes next lies in the buffer as a whole, but for long arguments.
            code = buffer[at]
            if code == 0x94:  # MEMOIZE
                if len(stack) > floor and not runs and not memo.sparse:
                    value = stack[-1]
                    kind = value.__class__
                    if kind is Opaque:
                        codes.append(value.code)  # type: ignore[union-attr, arg-type]
                    elif kind is str:
                        codes.append(memo.text(len(codes), value))  # type: ignore[arg-type]
                    elif kind is tuple and memo.full:
                        codes.append(4)
                    else:
                        memo.append(value)
                    count += 1
                    at += 1
                    continue
            elif code == 0x8C:  # SHORT_BINUNICODE
                stop = at + 2 + buffer[at + 1]
                try:
                    text = str(buffer[at + 2 : stop], "utf-8", "surrogatepass")
                except UnicodeDecodeError:
                    text = "__"
                if text[:2] != "__":
                    stack.append(text)
                    count += 1
                    at = stop
                    continue
            elif code == 0x68:  # BINGET
                number = buffer[at + 1]
                if number < len(codes):
                    kept = codes[number]
                    if kept < 10:
                        stack.append(opaque[kept])
                        count += 1
                        at += 2
                        continue
                    if kept >= 254:
                        found = other[number] if kept == 255 else memo.get(number)
                        if found.__class__ is str:
                            stack.append(found)
                            count += 1
                            at += 2
                            continue
            elif 0x85 <= code <= 0x87:  # TUPLE1 to TUPLE3
                first = len(stack) - (code - 0x84)
                if first >= floor and not runs:
                    stack[first:] = (tuple(stack[first:]),)
                    count += 1
                    at += 1
                    continue
            elif code == 0x28:  # MARK
                floor = len(stack)
                marks.append(floor)
                count += 1
                at += 1
                if bulk and near - at > _FAR and floor and not state.special:
                    below = stack[-1]
                    if below is container or below.__class__ is Result:
                        passed = frame.bulk.passed(buffer, at, state.base, memo, frame.protocol)
                        if passed > at:
                            # It all went into the container below.
                            at = passed
                            marks.pop()
                            floor = marks[-1] if marks else 0
                continue
            elif code in (0x65, 0x75):  # APPENDS, SETITEMS
                if (
                    marks
                    and not state.special
                    and not runs
                    and floor > (marks[-2] if len(marks) > 1 else 0)
                ):
                    kind = stack[floor - 1].__class__
                    if kind is Opaque or kind is Result:
                        del stack[floor:]
                        marks.pop()
                        floor = marks[-1] if marks else 0
                        count += 1
                        at += 1
                        continue
            elif code == 0x32 and len(stack) > floor and not runs:  # DUP
                if stack[-1].__class__ is not Global:
                    stack.append(stack[-1])
                    count += 1
                    at += 1
                    continue
            elif code == 0x30 and bulk and len(stack) > floor and not runs:  # POP
                stack.pop()
                count += 1
                at += 1
                if near - at > _FAR:
                    at = dropped().match(buffer, at).end()  # type: ignore[union-attr]
                continue
        count += 1
        width = _WIDTHS[code]
        if 0 <= width < end - at:
            at += 1 + width
            if width in (0, 8):
                stack.append(constant)
            else:
                stack.append(buffer[at - 1] if width == 1 else buffer[at - 2] | buffer[at - 1] << 8)
            continue
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
        if state.nested is not None:
            yield from _nested(state, opcodes - count)
        if state.stopped:
            if not state.outer:
                _within(state, opcodes - count)
                yield End(state.opened, state.frame.protocol, count)
                return
            state.frame, state.stopped = state.outer.pop(), False
        if state.frame is not frame:
            frame = state.frame
            stack, marks, memo = frame.stack, frame.marks, frame.memo
            codes, other = memo.codes, memo.other
        fresh = state.buffer is not buffer
        buffer, at, end = state.buffer, state.at, len(state.buffer)
        near = end - _NEAR
        if fresh and bulk and near - at > _FAR:
            # An opcode that lay across two chunks has read the second.
            at = frame.push_constants(buffer, at)
        floor = marks[-1] if marks else 0
        runs = frame.runs


def _nested(state: State, opcodes: int) -> Iterator[Event]:
    """Follow what lies inside bytes that will be given to a loader of pickles."""
    inner = Inner(state, state.nested or 0, text=state.nested_text)
    state.nested = None
    if state.budget.nesting <= 0:
        raise BudgetError("pickles are nested too deeply")
    packed = inner.peek(4) == b"PK\x03\x04"
    broken, ended = False, False
    if not packed:
        budget = replace(state.budget, opcodes=opcodes, nesting=state.budget.nesting - 1)
        for event in events(inner, budget):
            if isinstance(event, End):
                ended = True
            elif isinstance(event, Broken):
                broken = not ended
            else:
                yield event
    inner.finish()
    state.stack.append(Opaque.PACKED if packed else Opaque.CONSTANT if broken else Opaque.FOLLOWED)


def _within(state: State, opcodes: int) -> None:
    """Hold the budget. Looking once for each chunk is enough."""
    frame = state.frame
    if opcodes < 0:
        raise BudgetError("it has more opcodes than are followed")
    if state.base + state.at > state.budget.length:
        raise BudgetError("it is longer than is followed")
    if len(frame.stack) > state.budget.stack or len(frame.marks) > state.budget.stack:
        raise BudgetError("its stack grows larger than is followed")
    if len(frame.memo) > state.budget.memo:
        raise BudgetError("it memorises more than is followed")
