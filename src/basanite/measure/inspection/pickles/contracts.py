"""Contracts: what the arguments of an open callable must be for the call to stay harmless."""

from __future__ import annotations

from collections.abc import Callable

from basanite.formats.pickle.nested import LOADER
from basanite.formats.pickle.symbols import (
    Global,
    Method,
    Opaque,
    Result,
    Symbol,
    Worked,
    globals_in,
)
from basanite.measure.inspection.pickles import packages
from basanite.measure.inspection.pickles.callables import called, made, standing
from basanite.measure.inspection.pickles.standing import Standing

_LATIN = frozenset({"latin1", "latin-1", "iso8859-1", "iso-8859-1", "utf-8", "utf8", "ascii"})
_BASES = frozenset({"object", "dict", "list", "tuple", "set", "frozenset", "int", "float", "str",
                    "bytes", "complex", "bytearray", "BaseException", "Exception"})  # fmt: skip
_RANDOM = "numpy.random."
_NUMPY = frozenset({"numpy", "pandas", "sklearn", "scipy", "torch", "astropy", "xarray", "joblib"})
_SAFE = (
    "__len__ __next__ __getitem__ __contains__ __iter__ __eq__ __ne__ __lt__ __gt__ __le__ __ge__ "
    "__add__ __sub__ __mul__ __neg__ __abs__ __new__ __float__ __int__ __str__ __doc__ __name__ "
    "__hash__ __bool__ __pow__ __mod__ __truediv__ __floordiv__ __and__ __or__ __xor__"
)
_SAFE_SPECIAL = frozenset(_SAFE.split())
"""Attributes with two underscores that lead nowhere."""

_COUNTING = frozenset(
    {"builtins.range", "itertools.count", "itertools.repeat", "itertools.cycle", "itertools.chain"}
)
_MAX_ZEROS = 1 << 26

Arguments = tuple[object, ...]
Contract = Callable[[Arguments, frozenset[str]], Standing]
_YES, _NO, _OPEN_QUESTION = Standing.OPEN, Standing.CLOSED, Standing.UNKNOWN


def _if(held: bool) -> Standing:
    return _YES if held else _NO


def _encode(arguments: Arguments, _: frozenset[str]) -> Standing:
    match arguments:
        case ((str() | Opaque()), str() as codec):
            return _if(codec.lower() in _LATIN)
    return _NO


def _base(base: object) -> bool:
    if not isinstance(base, Global):
        return False
    if base.module in ("builtins", "__builtin__"):
        return base.name in _BASES
    return standing(base) in (Standing.OPEN, Standing.KNOWN)


def _reconstructor(arguments: Arguments, vouched: frozenset[str]) -> Standing:
    match arguments:
        case (Global() as cls, Global() as base, *_) if _base(base):
            return made(cls, vouched)
    return _NO


def _class_first(arguments: Arguments, vouched: frozenset[str]) -> Standing:
    first = arguments[0] if arguments else None
    return made(first, vouched) if isinstance(first, Global) else _NO


def _partial(arguments: Arguments, vouched: frozenset[str]) -> Standing:
    """What it wraps is judged as held; here only whether it can be told at all."""
    first = arguments[0] if arguments else None
    if isinstance(first, Global):
        return _NO if standing(first, vouched) is Standing.CLOSED else _YES
    return _YES if isinstance(first, Method | Result) else _OPEN_QUESTION


def _factory(arguments: Arguments, vouched: frozenset[str]) -> Standing:
    first = arguments[0] if arguments else None
    return _partial((first,), vouched) if isinstance(first, Global) else _YES


def _array(arguments: Arguments, vouched: frozenset[str]) -> Standing:
    match arguments:
        case (Global() as cls, *_):
            how = made(cls, vouched)
            foreign = cls.module.split(".")[0] not in _NUMPY
            return _NO if how is _YES and foreign and str(cls) not in vouched else how
    return _NO


def _random(arguments: Arguments, _: frozenset[str]) -> Standing:
    return _if(all(str(each).startswith(_RANDOM) for each in globals_in(arguments)))


def _from_type(arguments: Arguments, vouched: frozenset[str]) -> Standing:
    match arguments:
        case (Global() as rebuild, Global() as kind, *_) if str(rebuild) in packages.OPEN:
            return made(kind, vouched)
    return _NO


def _type(arguments: Arguments, _: frozenset[str]) -> Standing:
    """``type(None)`` and the like; with three arguments it makes a class."""
    return _if(len(arguments) == 1)


def _nothing_importable(arguments: Arguments, _: frozenset[str]) -> Standing:
    return _if(not any(isinstance(each, Global | Method | Result) for each in arguments))


def _iterator(arguments: Arguments, _: frozenset[str]) -> Standing:
    """With two arguments ``iter`` calls the first again and again."""
    return _if(len(arguments) == 1 and not isinstance(arguments[0], Global | Method))


def _text_only(arguments: Arguments, _: frozenset[str]) -> Standing:
    return _if(all(isinstance(each, str | int | Opaque | bool) for each in arguments))


def _typing(arguments: Arguments, _: frozenset[str]) -> Standing:
    match arguments:
        case (Global(module="typing" | "builtins" | "collections.abc"), *_):
            return _YES
        case (Result(of=Global(module="typing" | "operator")), *_):
            return _YES
    return _NO


def _union(arguments: Arguments, _: frozenset[str]) -> Standing:
    """``int | None`` is pickled as a reduction of its parts by ``or``."""
    match arguments:
        case (Global(module="operator" | "_operator", name="or_"), tuple()):
            return _YES
    return _NO


def _load_from_bytes(arguments: Arguments, _: frozenset[str]) -> Standing:
    """A pickle inside bytes is followed where it stands as PyTorch writes it."""
    match arguments:
        case (Opaque() as inner,) if inner is Opaque.FOLLOWED:
            return _YES
        case (Opaque() as inner,) if inner is Opaque.PACKED:
            return _NO
        case (bytes(),) | (Opaque(value=Opaque.CONSTANT.value),):
            # No pickler takes the bytes from elsewhere: whoever does hides them.
            return _NO
    return _OPEN_QUESTION


def _getattr(arguments: Arguments, vouched: frozenset[str]) -> Standing:
    """Picklers fetch methods and members so; what is fetched is judged itself."""
    match arguments:
        case (Global() as owner, str() as name):
            reached = Global(owner.module, f"{owner.name}.{name}")
            if name == "__new__":
                return made(owner, vouched)
            if name.startswith("__") and name not in _SAFE_SPECIAL:
                return _NO
            how = standing(reached, vouched)
            return _NO if how is Standing.CLOSED else _YES
        case (Result() as owner, str() as name) if owner.of is not None:
            if name.startswith("__") and name not in _SAFE_SPECIAL:
                return _NO
            return _NO if standing(owner.of, vouched) is Standing.CLOSED else _YES
        case ((Opaque() | str() | bytes() | Worked()), str() as name):
            return _if(not name.startswith("__") or name in _SAFE_SPECIAL)
    return _NO


def _ufunc(arguments: Arguments, vouched: frozenset[str]) -> Standing:
    """It imports the module and takes the name out of it, whatever they are."""
    match arguments:
        case (str() as module, str() as name) if module.split(".")[0] in ("numpy", "scipy"):
            how = standing(Global(module, name), vouched)
            return _if(how in (Standing.OPEN, Standing.KNOWN) and "." not in name)
    return _NO


def _endless(arguments: Arguments, _: frozenset[str]) -> Standing:
    """What is counted out from a few bytes fills the memory: nobody saves data so."""
    counted = any(isinstance(each, Result) and str(each.of) in _COUNTING for each in arguments)
    return _NO if counted else _YES


def _sized(arguments: Arguments, vouched: frozenset[str]) -> Standing:
    """A number alone asks for so many zeros."""
    match arguments:
        case (int() as size,) if size > _MAX_ZEROS:
            return _NO
    if any(isinstance(each, Global | Method) for each in arguments):
        return _NO
    return _endless(arguments, vouched)


def _device(arguments: Arguments, _: frozenset[str]) -> Standing:
    return _text_only(arguments, _)


_CONTRACTS: dict[str, Contract] = {
    "_codecs.encode": _encode,
    "array._array_reconstructor": lambda arguments, _: _if(
        arguments[:1] == (Global("array", "array"),) if type(arguments[:1]) is tuple else False
    ),
    "builtins.getattr": _getattr,
    "builtins.iter": _iterator,
    "builtins.reversed": _nothing_importable,
    "builtins.type": _type,
    "builtins.str": _nothing_importable,
    "builtins.bytes": _sized,
    "builtins.bytearray": _sized,
    **dict.fromkeys(
        (
            "builtins.list",
            "builtins.tuple",
            "builtins.set",
            "builtins.frozenset",
            "builtins.dict",
            "collections.deque",
            "collections.Counter",
            "collections.OrderedDict",
            "array.array",
        ),
        _endless,
    ),
    "numpy.core._ufunc_reconstruct": _ufunc,
    "numpy._core._ufunc_reconstruct": _ufunc,
    "collections.defaultdict": _factory,
    "copyreg.__newobj__": _class_first,
    "copyreg.__newobj_ex__": _class_first,
    "copyreg._reconstructor": _reconstructor,
    "functools.partial": _partial,
    "functools.reduce": _union,
    "_functools.reduce": _union,
    "logging.getLogger": _text_only,
    "operator.getitem": _typing,
    "operator.itemgetter": _text_only,
    "_operator.itemgetter": _text_only,
    "re._compile": _text_only,
    "numpy.core.multiarray._reconstruct": _array,
    "numpy._core.multiarray._reconstruct": _array,
    "numpy.core._internal._reconstruct": _array,
    "numpy._core._internal._reconstruct": _array,
    "numpy.random._pickle.__randomstate_ctor": _random,
    "numpy.random._pickle.__generator_ctor": _random,
    "numpy.random._pickle.__bit_generator_ctor": _random,
    "torch._tensor._rebuild_from_type_v2": _from_type,
    "torch.device": _device,
    str(LOADER): _load_from_bytes,
}
_NEEDS_TO_KNOW = frozenset(
    {
        "_codecs.encode", "builtins.getattr", str(LOADER), "re._compile",
        "numpy.core._ufunc_reconstruct", "numpy._core._ufunc_reconstruct",
    }
)  # fmt: skip
"""Whose arguments decide even where nothing importable is among them."""
_ONLY_HOLD = frozenset({"collections", "builtins", "argparse", "types", "functools", "itertools"})
"""Modules whose open callables keep what they are given and do not call it."""


def held(
    callee: Global, arguments: Symbol, vouched: frozenset[str] = frozenset()
) -> tuple[Standing, Global | None]:
    """Return what the call of an open callable comes to, and what it hangs on if it is not open.

    Nothing closed may be handed to it. Where its contract is broken by something unknown, such as
    a site's own class, the call is unknown; otherwise it is closed.
    """
    name = str(callee)
    contract = _CONTRACTS.get(name)
    if not isinstance(arguments, tuple):
        # Arguments that are not kept hold no importable of their own: nothing is called with one.
        known = contract is None or name not in _NEEDS_TO_KNOW
        return (Standing.OPEN if known else Standing.UNKNOWN), None
    inside = globals_in(arguments)
    closed = next((g for g in inside if standing(g, vouched) is Standing.CLOSED), None)
    if closed is not None:
        return Standing.CLOSED, closed
    if contract is not None:
        how = contract(arguments, vouched)
        return how, next(iter(inside), None)
    unknown = next((g for g in inside if standing(g, vouched) is Standing.UNKNOWN), None)
    if unknown is not None and callee.module not in _ONLY_HOLD:
        return Standing.UNKNOWN, unknown
    return Standing.OPEN, None


def result_called(target: Result | Method, vouched: frozenset[str]) -> Standing:
    """Return what calling something that a call gave, or a method of it, comes to.

    Data is not asked to do anything while it is loaded.
    """
    source = target.of
    if source is None:
        return Standing.UNKNOWN
    if isinstance(target, Method):
        how = standing(source, vouched)
    else:
        # Protocols 2 and 3 make objects with named arguments so: ``partial(cls.__new__, cls)()``.
        owner, _, last = source.name.rpartition(".")
        if last == "__new__" and owner:
            return made(Global(source.module, owner), vouched)
        how = called(source, vouched)
    return Standing.UNKNOWN if how is Standing.UNKNOWN else Standing.CLOSED
