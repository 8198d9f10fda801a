"""The standard library in pickles: what is open, what may be held. All the rest is closed."""

from __future__ import annotations

import re


def names(modules: str, names: str) -> frozenset[str]:
    """Return the dotted names of every module with every name."""
    return frozenset(f"{module}.{name}" for module in modules.split() for name in names.split())


OPEN = frozenset().union(
    names(
        "builtins",
        "set frozenset list dict tuple bytearray bytes complex slice range int float str bool "
        "object type getattr iter reversed enumerate zip "
        "BaseException Exception ArithmeticError AssertionError AttributeError EOFError "
        "FloatingPointError ImportError IndexError KeyError LookupError MemoryError NameError "
        "ModuleNotFoundError NotImplementedError OSError OverflowError RecursionError "
        "RuntimeError StopIteration TimeoutError TypeError UnicodeError ValueError "
        "ZeroDivisionError FileNotFoundError PermissionError Warning UserWarning FutureWarning "
        "DeprecationWarning RuntimeWarning",
    ),
    names("collections", "OrderedDict defaultdict deque Counter ChainMap"),
    names("collections", "UserDict UserList UserString"),
    names("datetime", "datetime date time timedelta timezone"),
    names(
        "pathlib pathlib._local",
        "PosixPath PurePosixPath WindowsPath PureWindowsPath Path PurePath",
    ),
    names("argparse", "Namespace"),
    names("array", "array _array_reconstructor"),
    names("contextlib", "nullcontext"),
    names("copyreg", "__newobj__ __newobj_ex__ _reconstructor"),
    names("_codecs", "encode"),
    names("_io io", "BytesIO StringIO"),
    names("decimal", "Decimal Context"),
    names("enum", "auto EnumType"),
    names("fractions", "Fraction"),
    names("functools", "partial reduce"),
    names("_functools", "reduce"),
    names("http", "HTTPStatus"),
    names("inspect", "_ParameterKind Parameter Signature _empty"),
    names("ipaddress", "IPv4Address IPv4Network IPv4Interface IPv6Address IPv6Network"),
    names("itertools", "count repeat chain cycle islice"),
    names("logging", "getLogger"),
    names("operator", "getitem itemgetter"),
    names("_operator", "itemgetter"),
    names("random", "Random"),
    names("re", "_compile RegexFlag"),
    names("dataclasses", "Field _MISSING_TYPE _HAS_DEFAULT_FACTORY_CLASS _FIELD_BASE"),
    names("string", "Template"),
    names("struct _struct", "Struct"),
    names("threading", "local"),
    names("time", "struct_time"),
    names("types", "SimpleNamespace GenericAlias"),
    names("typing", "_GenericAlias _UnionGenericAlias _LiteralGenericAlias _SpecialForm"),
    names("uuid", "UUID SafeUUID"),
    names("weakref", "WeakSet WeakKeyDictionary"),
    names("zoneinfo", "ZoneInfo ZoneInfo._unpickle"),
)
"""Open to be called."""

_HELD = frozenset().union(
    names(
        "builtins",
        "abs all any ascii bin callable chr divmod filter hash hex id isinstance issubclass len "
        "max min next oct ord pow print repr round sorted sum Ellipsis NotImplemented None True "
        "False NoneType ellipsis function",
    ),
    names("abc", "ABC ABCMeta"),
    names("base64", "b64encode b64decode"),
    names("binascii zlib", "crc32 adler32 hexlify unhexlify compress decompress"),
    names("copy", "copy deepcopy"),
    names("calendar", "monthrange isleap timegm"),
    names("enum", "Enum IntEnum Flag IntFlag StrEnum EnumMeta"),
    names("hashlib _hashlib", "md5 sha1 sha256 sha512 blake2b openssl_md5 openssl_sha256"),
    names("html", "escape unescape"),
    names("json", "dumps loads JSONEncoder JSONDecoder"),
    names("json.encoder json.decoder", "JSONEncoder JSONDecoder"),
    names("numbers", "Number Real Integral Complex Rational"),
    names("re", "Pattern Match escape sub split findall match search compile"),
    names("random", "random randint uniform gauss choice sample shuffle normalvariate"),
    names("string", "capwords"),
    names("textwrap", "dedent fill wrap shorten"),
    names("time", "time perf_counter monotonic process_time time_ns strftime localtime gmtime"),
    names("types", "NoneType MappingProxyType EllipsisType UnionType"),
    names("unicodedata", "normalize category"),
    names("uuid", "uuid4 uuid1"),
    names("dataclasses", "MISSING asdict astuple fields replace is_dataclass"),
    names("functools", "cmp_to_key"),
    names("difflib", "SequenceMatcher get_close_matches"),
    names("struct _struct", "pack unpack"),
    names(
        "operator _operator",
        "add sub mul truediv floordiv mod pow neg pos abs and_ or_ xor not_ invert eq ne lt le gt "
        "ge is_ is_not contains index truth lshift rshift matmul concat countOf indexOf",
    ),
)
_COMPUTING = """
    math cmath statistics itertools datetime decimal fractions collections collections.abc
    _collections_abc typing bisect _bisect heapq _heapq colorsys ipaddress zoneinfo
"""
_HELD_MODULES = frozenset(_COMPUTING.split())
"""Modules whose functions and classes compute and nothing else."""
_NOT_HELD = names("collections", "namedtuple") | names("typing", "ForwardRef get_type_hints")
_TEXT_METHODS = re.compile(
    r"(?:str|bytes|bytearray|int|float|complex|bool|list|dict|set|frozenset|tuple|type|object)\."
    r"(?!format|mro)[a-z][a-z_]*"
)
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


def held(module: str, name: str) -> bool:
    """Return whether something of the standard library may be kept as a value."""
    full = f"{module}.{name}"
    if full in _HELD or full in OPEN:
        return True
    owner, _, last = full.rpartition(".")
    if module == "builtins":
        return bool(_TEXT_METHODS.fullmatch(name))
    if owner in OPEN and not last.startswith("__"):
        # A member of an enumeration, a method of a class.
        return True
    if module in _HELD_MODULES and full not in _NOT_HELD:
        return bool(_PLAIN_NAME.fullmatch(name.replace(".", "")))
    return False
