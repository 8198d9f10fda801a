"""Contracts: what the arguments of an open callable must be for the call to stay harmless."""

from __future__ import annotations

from collections.abc import Callable

from basanite.formats.pickle.symbols import Global, Symbol, globals_in
from basanite.measure.inspection.pickles.callables import Standing, standing

_LATIN = frozenset({"latin1", "latin-1", "iso8859-1", "iso-8859-1", "utf-8", "utf8", "ascii"})
_BASES = frozenset({"object", "dict", "list", "tuple", "set", "int", "float", "str", "bytes"})
_RANDOM = "numpy.random."

Arguments = tuple[object, ...]


def _plain(target: object) -> bool:
    return isinstance(target, Global) and standing(target) in (Standing.OPEN, Standing.CLASS)


def _encode(arguments: Arguments) -> bool:
    return len(arguments) == 2 and arguments[1] in _LATIN


def _reconstructor(arguments: Arguments) -> bool:
    match arguments:
        case (Global() as cls, Global(module="builtins", name=name), *_):
            return _plain(cls) and name in _BASES
    return False


def _class_first(arguments: Arguments) -> bool:
    return bool(arguments) and _plain(arguments[0])


def _factory(arguments: Arguments) -> bool:
    return not arguments or not isinstance(arguments[0], Global) or _plain(arguments[0])


def _array(arguments: Arguments) -> bool:
    match arguments:
        case (Global() as cls, *_):
            return cls.module.split(".")[0] == "numpy" and _plain(cls)
    return False


def _random(arguments: Arguments) -> bool:
    return all(str(each).startswith(_RANDOM) for each in globals_in(arguments))


def _from_type(arguments: Arguments) -> bool:
    match arguments:
        case (Global() as rebuild, Global() as kind, *_):
            return str(rebuild).startswith("torch._utils._rebuild") and (
                _plain(rebuild) and _plain(kind)
            )
    return False


_CONTRACTS: dict[str, Callable[[Arguments], bool]] = {
    "_codecs.encode": _encode,
    "array._array_reconstructor": lambda arguments: arguments[:1] == (Global("array", "array"),),
    "collections.defaultdict": _factory,
    "copyreg.__newobj__": _class_first,
    "copyreg._reconstructor": _reconstructor,
    "functools.partial": _class_first,
    "numpy.core.multiarray._reconstruct": _array,
    "numpy._core.multiarray._reconstruct": _array,
    "numpy.core._internal._reconstruct": _array,
    "numpy._core._internal._reconstruct": _array,
    "numpy.random._pickle.__randomstate_ctor": _random,
    "numpy.random._pickle.__generator_ctor": _random,
    "numpy.random._pickle.__bit_generator_ctor": _random,
    "torch._tensor._rebuild_from_type_v2": _from_type,
}


def held(
    callee: Global, arguments: Symbol, vouched: frozenset[str] = frozenset()
) -> tuple[Standing, Global | None]:
    """Return what the call of an open callable comes to, and what it hangs on if it is not open.

    Nothing closed may be handed to it. Where its contract is broken by something unknown, such as
    a site's own class, the call is unknown; otherwise it is closed.
    """
    contract = _CONTRACTS.get(str(callee))
    if not isinstance(arguments, tuple):
        return (Standing.OPEN if contract is None else Standing.CLOSED), None
    unknown: Global | None = None
    for each in globals_in(arguments):
        kind = standing(each, vouched)
        if kind is Standing.CLOSED:
            return Standing.CLOSED, each
        if kind is Standing.UNKNOWN:
            unknown = each
    if contract is None or contract(arguments):
        return Standing.OPEN, None
    if unknown is None and any(str(each) in vouched for each in globals_in(arguments)):
        return Standing.OPEN, None
    return (Standing.CLOSED, None) if unknown is None else (Standing.UNKNOWN, unknown)
