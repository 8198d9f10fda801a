"""Operations that import, call, build and end."""

from __future__ import annotations

from basanite.formats.pickle.arrays import array_type, is_array_file, pass_array, set_array_state
from basanite.formats.pickle.computed import worked_out
from basanite.formats.pickle.containers import MAX_TUPLE
from basanite.formats.pickle.events import Call, Changed, PersistentId, SetState
from basanite.formats.pickle.nested import ENCODER
from basanite.formats.pickle.state import BadPickleError, State
from basanite.formats.pickle.symbols import (
    COMPUTED,
    NOT_KEPT,
    ArrayType,
    Fields,
    Global,
    Method,
    Opaque,
    Result,
    Symbol,
    Worked,
)
from basanite.formats.pickle.values import Operation


def protocol(state: State) -> None:
    """``PROTO``."""
    state.frame.protocol = state.unsigned(1)
    if state.frame.protocol > 5:
        raise BadPickleError(f"protocol {state.frame.protocol} does not exist")


def frame(state: State) -> None:
    """``FRAME``: a length that changes nothing here."""
    state.take(8)


def _name_lines(state: State) -> Global:
    lines = (state.line(), state.line())
    try:
        module, name = ("" if each is None else str(each, "utf-8") for each in lines)
    except UnicodeDecodeError as error:
        raise BadPickleError("an imported name is no UTF-8") from error
    return state.named(module, name)


def import_lines(state: State) -> None:
    """``GLOBAL``."""
    state.frame.stack.append(_name_lines(state))


def stack_global(state: State) -> None:
    """``STACK_GLOBAL``: the names are whatever stands on the stack."""
    name, module = state.pop(), state.pop()
    if isinstance(module, str) and isinstance(name, str):
        state.frame.stack.append(state.named(module, name))
        return
    texts = [each.text if isinstance(each, Worked) else each for each in (module, name)]
    if isinstance(texts[0], str) and isinstance(texts[1], str):
        state.frame.stack.append(state.found(texts[0], texts[1], hidden=True))
        return
    kept = not any(each is Opaque.LOST or each is Opaque.TEXT for each in (module, name))
    state.frame.stack.append(state.found("", COMPUTED if kept else NOT_KEPT, hidden=True))


def extension(width: int) -> Operation:
    """``EXT1`` and the like."""

    def extension(state: State) -> None:
        code = state.unsigned(width)
        # What a code stands for is known to the loading program only.
        state.frame.stack.append(state.found("", f"extension code {code}", hidden=True))

    return extension


def _called(state: State, callee: Symbol, arguments: Symbol, how: str) -> None:
    state.called(callee)
    state.out.append(Call(state.opened, callee, arguments, how))
    state.frame.stack.append(_result(state, callee, arguments))


def _result(state: State, callee: Symbol, arguments: Symbol) -> Symbol:
    if isinstance(callee, Result):
        return callee
    shown = arguments if isinstance(arguments, tuple) else ()
    if isinstance(callee, Method):
        return worked_out(callee, shown) or Result(callee.of)
    if not isinstance(callee, Global):
        return Result(None)
    special: Symbol | None = None
    if callee.name == "getattr" and callee.module in ("builtins", "__builtin__"):
        special = _attribute(state, shown)
    elif callee == Global("functools", "partial") and shown and isinstance(shown[0], Global):
        # Calling it would call what it wraps.
        special = Result(shown[0])
    elif callee == ENCODER and shown and isinstance(shown[0], Opaque):
        # What was followed as a text has been followed as bytes.
        special = shown[0] if shown[0] in (Opaque.FOLLOWED, Opaque.PACKED) else None
    elif callee == Global("numpy", "dtype") and shown:
        special = array_type(shown)
    return special or worked_out(callee, shown) or Result(callee)


def _attribute(state: State, arguments: tuple[object, ...]) -> Symbol | None:
    """Return what ``getattr`` gives."""
    match arguments:
        case (Global() as owner, str() | Worked() as name, *_):
            text = name if isinstance(name, str) else name.text
            hidden = isinstance(name, Worked)
            return state.found(owner.module, f"{owner.name}.{text}", hidden=hidden)
        case (Result() as made, str() as name, *_):
            return Method(made.of, name)
        case (bytes(), str() as name, *_):
            return Method(Global("builtins", "bytes"), name)
        case (str() | Worked(), str() as name, *_):
            return Method(Global("builtins", "str"), name)
    return None


def call(state: State) -> None:
    """``REDUCE``."""
    arguments = state.pop()
    _called(state, state.pop(), arguments, "REDUCE")


def new_object(state: State) -> None:
    """``NEWOBJ``."""
    arguments = state.pop()
    _called(state, state.pop(), arguments, "NEWOBJ")


def new_object_with_names(state: State) -> None:
    """``NEWOBJ_EX``."""
    names, arguments, callee = state.pop(), state.pop(), state.pop()
    _called(state, callee, (arguments, names), "NEWOBJ_EX")


def instance(state: State) -> None:
    """``INST``."""
    callee = _name_lines(state)
    items = state.pop_mark()
    shown = tuple(items) if len(items) <= MAX_TUPLE else Opaque.LONG_TUPLE
    _called(state, callee, shown, "INST")


def marked_object(state: State) -> None:
    """``OBJ``."""
    items = state.pop_mark()
    if not items:
        raise BadPickleError("it makes an object of nothing")
    shown = tuple(items[1:]) if len(items) <= MAX_TUPLE else Opaque.LONG_TUPLE
    _called(state, items[0], shown, "OBJ")


def build(state: State) -> None:
    """``BUILD``."""
    content = state.pop()
    target = state.top()
    if isinstance(target, Global | Method):
        state.out.append(Changed(state.opened, target, content, "BUILD"))
        return
    state.out.append(SetState(state.opened, target, content))
    if isinstance(target, ArrayType):
        set_array_state(target, content)
    elif isinstance(target, Result) and is_array_file(target.of) and isinstance(content, Fields):
        pass_array(state, content)


def persistent_line(state: State) -> None:
    """``PERSID``."""
    state.line()
    state.out.append(PersistentId(state.opened, Opaque.TEXT))
    state.frame.stack.append(Opaque.PERSISTENT)


def persistent(state: State) -> None:
    """``BINPERSID``."""
    identifier = state.pop()
    state.out.append(PersistentId(state.opened, identifier))
    match identifier:
        case (str() as kind, Global() as module, *_) if kind == "module":
            # The older torch format wraps classes so, with their source beside them.
            state.used(module)
            state.frame.stack.append(module)
        case _:
            state.frame.stack.append(Opaque.PERSISTENT)


def stop(state: State) -> None:
    """``STOP``."""
    state.pop()
    state.stopped = True


def unchanged(state: State) -> None:
    """``READONLY_BUFFER``."""
    state.top()
