"""Arrays of joblib: raw data that lies between the opcodes of a pickle.

joblib writes a small wrapper object, and right behind the opcode that gives it its state the
array's bytes, or, for an array of objects, a pickle of its own (joblib/numpy_pickle.py).
"""

from __future__ import annotations

import re

from basanite.formats.pickle.frame import Frame
from basanite.formats.pickle.state import BadPickleError, BudgetError, State
from basanite.formats.pickle.symbols import ArrayType, Fields, Global, Symbol

_WRAPPERS = frozenset(
    Global(module + "joblib.numpy_pickle", "NumpyArrayWrapper")
    for module in ("", "sklearn.externals.")
)
MAX_PADDING = 0x20
"""Below the first opcode, so that a plain loader ends here."""
_CODE = re.compile(r"[<>=|]?([biufcSUVOmM?])(\d{0,9})$")


def is_array_file(symbol: Global | None) -> bool:
    """Whether this is the wrapper that announces a raw array."""
    return symbol in _WRAPPERS


def array_type(arguments: tuple[object, ...]) -> ArrayType | None:
    """Return the dtype that a call of ``numpy.dtype`` makes, or None when it is not plain."""
    code = arguments[0] if arguments else None
    found = _CODE.match(code) if isinstance(code, str) else None
    if found is None:
        return None
    kind, digits = found.groups()
    # Without digits the width is in the state that follows (``V``), or one byte (``?``).
    width = None if kind == "V" and not digits else int(digits or 1)
    if width is not None and kind == "U":
        width *= 4
    return ArrayType(code=str(code), width=width, objects=kind == "O")


def set_array_state(known: ArrayType, state: Symbol) -> None:
    """Give a dtype its state: item size and flags, see ``numpy.dtype.__setstate__``."""
    if not isinstance(state, tuple) or len(state) < 8:
        return
    size, flags = state[5], state[7]
    if isinstance(size, int) and 0 < size < 1 << 30:
        known.width = size
    # The lowest flag of a dtype says that its items hold objects.
    known.objects |= not isinstance(flags, int) or bool(flags & 1)


def pass_array(state: State, fields: Fields) -> None:
    """Pass over the array that follows a wrapper, or start on the pickle that it holds."""
    content = fields.content
    kind, shape = content.get("dtype"), content.get("shape")
    if not isinstance(kind, ArrayType) or not isinstance(shape, tuple):
        raise BadPickleError("an array is announced and its type or shape cannot be worked out")
    if kind.objects:
        if len(state.outer) >= state.budget.nesting:
            raise BudgetError("pickles are nested too deeply")
        state.outer.append(state.frame)
        state.frame = Frame()
        return
    count = 1
    for each in shape:
        if not isinstance(each, int) or each < 0:
            raise BadPickleError("an array is announced with a shape that is none")
        count *= each
    if kind.width is None:
        raise BadPickleError(f"an array is announced with the unknown type {kind.code!r}")
    if isinstance(content.get("numpy_array_alignment_bytes"), int):
        padding = state.unsigned(1)
        if padding > MAX_PADDING:
            # joblib never writes so much; to pickle.load this byte is the next opcode.
            state.at -= 1
            return
        state.skip(padding)
    state.skip(count * kind.width)
