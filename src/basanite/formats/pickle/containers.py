"""Operations on the stack, the memo and containers."""

from __future__ import annotations

from basanite.formats.pickle.arrays import is_array_file
from basanite.formats.pickle.events import Changed
from basanite.formats.pickle.state import BadPickleError, State
from basanite.formats.pickle.symbols import Fields, Global, Method, Opaque, Result, Symbol
from basanite.formats.pickle.values import Operation

MAX_TUPLE = 16
"""Longer tuples are no arguments that anything known takes; their content is dropped."""


def mark(state: State) -> None:
    """``MARK``."""
    state.frame.marks.append(len(state.frame.stack))


def pop(state: State) -> None:
    """``POP``: a value, or a mark where one is on top."""
    stack, marks = state.frame.stack, state.frame.marks
    if marks and marks[-1] >= len(stack):
        marks.pop()
    else:
        state.pop()


def pop_mark(state: State) -> None:
    """``POP_MARK``."""
    state.pop_mark()


def dup(state: State) -> None:
    """``DUP``."""
    value = state.top()
    state.used(value)
    state.frame.stack.append(value)


def container(state: State) -> None:
    """A new container."""
    state.frame.stack.append(Opaque.CONTAINER)


def dictionary(state: State) -> None:
    """``EMPTY_DICT``."""
    stack = state.frame.stack
    below = stack[-1] if stack else None
    wanted = isinstance(below, Result) and is_array_file(below.of)
    stack.append(Fields() if wanted else Opaque.CONTAINER)


def marked_container(state: State) -> None:
    """A container of everything above the mark."""
    state.pop_mark()
    state.frame.stack.append(Opaque.CONTAINER)


def marked_dictionary(state: State) -> None:
    """``DICT``: keys and values by turns above the mark."""
    stack, marks = state.frame.stack, state.frame.marks
    below = stack[marks[-1] - 1] if marks and marks[-1] > 0 else None
    items = state.pop_mark()
    if state.special:
        state.keys(items)
    if isinstance(below, Result) and is_array_file(below.of) and len(items) <= 64:
        pairs = zip(items[::2], items[1::2], strict=False)
        stack.append(Fields({k: v for k, v in pairs if isinstance(k, str)}))
    else:
        stack.append(Opaque.CONTAINER)


def short_tuple(count: int) -> Operation:
    """A tuple of ``count`` values."""

    def build(state: State) -> None:
        state.frame.stack.append(tuple(_popped(state, count)))

    return build


def marked_tuple(state: State) -> None:
    """``TUPLE``."""
    items = state.pop_mark()
    state.frame.stack.append(tuple(items) if len(items) <= MAX_TUPLE else Opaque.LONG_TUPLE)


def _popped(state: State, count: int) -> list[Symbol]:
    return [state.pop() for _ in range(count)][::-1]


def into(how: str, *, marked: bool, pair: bool) -> Operation:
    """Put values into the container below them."""

    def put(state: State) -> None:
        items = state.pop_mark() if marked else _popped(state, 2 if pair else 1)
        target = state.top()
        if pair and state.special:
            state.keys(items)
        if isinstance(target, Fields) and pair:
            if len(target.content) + len(items) <= 64:
                target.content.update(
                    {k: v for k, v in zip(items[::2], items[1::2], strict=False) if type(k) is str}
                )
        elif isinstance(target, Global | Method):
            # Not a container of the pickle's own: something importable would be changed.
            shown = tuple(items) if len(items) <= MAX_TUPLE else Opaque.LONG_TUPLE
            state.out.append(Changed(state.opened, target, shown, how))

    return put


def put(width: int) -> Operation:
    """Store the top under a number of ``width`` bytes."""

    def put(state: State) -> None:
        state.frame.memo.put(state.unsigned(width), state.top())

    return put


def put_line(state: State) -> None:
    """``PUT``."""
    state.frame.memo.put(_number(state.line()), state.top())


def memoize(state: State) -> None:
    """``MEMOIZE``."""
    state.frame.memo.append(state.top())


def get(width: int) -> Operation:
    """Recall by a number of ``width`` bytes."""

    def get(state: State) -> None:
        _recall(state, state.unsigned(width))

    return get


def get_line(state: State) -> None:
    """``GET``."""
    _recall(state, _number(state.line()))


def _recall(state: State, number: int) -> None:
    value = state.frame.memo.get(number)
    if value is None:
        raise BadPickleError(f"it recalls value {number}, which was never stored")
    state.used(value)
    state.frame.stack.append(value)


def _number(line: bytes | None) -> int:
    if line is None or len(line) > 19:
        raise BadPickleError("a memo number is too long")
    try:
        number = int(line)
    except ValueError as error:
        raise BadPickleError("a memo number is no number") from error
    if number < 0:
        raise BadPickleError("a memo number is negative")
    return number
