"""Callables in pickles: what is open, what is closed, and what nobody here knows.

The standard library is closed by default. Open is only what serialisers of models and data really
write, by exact name; where an argument could turn an open callable against its user, a contract in
`contracts` says what the arguments must be.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache

from basanite.formats.pickle.symbols import Global
from basanite.measure.inspection.pickles.stdlib import MODULES


class Standing(Enum):
    """What is known of an importable."""

    OPEN = "open"
    CLASS = "class"
    """Open when it is only made (``__new__``), not when it is called with arguments."""
    CLOSED = "closed"
    UNKNOWN = "unknown"


def _in(modules: str, names: str) -> frozenset[str]:
    return frozenset(f"{module}.{name}" for module in modules.split() for name in names.split())


_REBUILDERS = """
    _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_parameter
    _rebuild_parameter_with_state _rebuild_qtensor _rebuild_sparse_tensor
    _rebuild_meta_tensor_no_storage _rebuild_nested_tensor
    _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor
"""
_STORAGES = """
    FloatStorage DoubleStorage HalfStorage BFloat16Storage LongStorage IntStorage ShortStorage
    CharStorage ByteStorage BoolStorage ComplexFloatStorage ComplexDoubleStorage QInt8Storage
    QUInt8Storage QInt32Storage QUInt4x2Storage Size Tensor device
"""

OPEN = frozenset().union(
    _in(
        "builtins",
        "set frozenset list dict tuple bytearray bytes complex slice range int float str bool "
        "object",
    ),
    _in("collections", "OrderedDict defaultdict deque Counter"),
    _in("datetime", "datetime date time timedelta timezone"),
    _in(
        "pathlib pathlib._local",
        "PosixPath PurePosixPath WindowsPath PureWindowsPath Path PurePath",
    ),
    _in("argparse", "Namespace"),
    _in("array", "array _array_reconstructor"),
    _in("copyreg", "__newobj__ _reconstructor"),
    _in("_codecs", "encode"),
    _in("decimal", "Decimal"),
    _in("fractions", "Fraction"),
    _in("functools", "partial"),
    _in("types", "SimpleNamespace"),
    _in("uuid", "UUID"),
    _in(
        "numpy.core numpy._core",
        "multiarray._reconstruct multiarray.scalar numeric._frombuffer _internal._reconstruct",
    ),
    _in("numpy", "dtype ndarray ma.core._mareconstruct"),
    _in("numpy.random.bit_generator", "__pyx_unpickle_SeedSequence"),
    _in("numpy.random._pickle", "__randomstate_ctor __generator_ctor __bit_generator_ctor"),
    _in("torch", _STORAGES),
    _in("torch._utils", _REBUILDERS),
    _in("torch", "_tensor._rebuild_from_type_v2 nn.parameter.Parameter serialization._get_layout"),
    _in("torch.storage", "TypedStorage UntypedStorage"),
    _in(
        "torch.jit._pickle",
        "build_intlist build_doublelist build_boollist build_tensorlist build_tensor_from_id "
        "restore_type_tag",
    ),
    _in("pandas._libs", "arrays.__pyx_unpickle_NDArrayBacked internals._unpickle_block"),
    _in("pandas._libs.tslibs", "timestamps._unpickle_timestamp nattype._nat_unpickle"),
    _in("pandas.core", "indexes.base._new_Index internals.managers.BlockManager"),
    _in("pandas", "CategoricalDtype StringDtype"),
    _in("sklearn.metrics._dist_metrics", "newObj"),
    _in("sklearn.neighbors._ball_tree sklearn.neighbors._kd_tree", "newObj"),
    _in("sklearn.tree._tree", "Tree"),
)
"""Open to be called."""

_CLASS_HOMES = (
    "sklearn.",
    "scipy.sparse.",
    "scipy.interpolate.",
    "xgboost.",
    "lightgbm.",
    "torch.nn.modules.",
    "torch.optim.",
    "pandas.",
    "numpy.",
    "joblib.numpy_pickle.",
)
_CLASS_NAME = re.compile(r"_?[A-Z][A-Za-z0-9_]*|(csr|csc|coo|bsr|dia|dok|lil)_(matrix|array)")

_CALLED_HOMES = ("sklearn._loss._loss.", "sklearn.linear_model._sgd_fast.")
"""Modules of compiled classes that hold numbers only and are rebuilt by calling them."""

_SCRIPTED = re.compile(
    r"__torch__\.(?!torch\.classes\.(?!(?:quantized|xnnpack|mkldnn|rnn|sparse)\.))[\w.]+", re.ASCII
)
"""Classes of TorchScript: no module of Python has this name. Their code lies in the archive, where
the check of embedded code reads it; those that only a library registers are not among them."""

_CLOSED_ELSEWHERE = (
    "numpy.testing.", "numpy.f2py.", "numpy.distutils.", "numpy.load", "numpy.save",
    "numpy.fromfile", "numpy.memmap", "numpy.lib.", "numpy.ctypeslib.", "pandas.eval",
    "pandas.read_", "pandas.io.", "pandas.core.computation.", "pandas.compat.", "torch.load",
    "torch.hub.", "torch.jit.", "torch.package.", "torch.serialization.load", "torch.utils.",
    "torch._dynamo.", "torch._inductor.", "torch.distributed.", "torch.multiprocessing.",
    "torch.fx.", "torch.ops.", "torch.classes.", "torch._C.", "torch.cuda.", "torch.backends.",
    "torch.testing.", "torch.onnx.", "torch.profiler.", "joblib.load", "joblib.parallel.",
    "joblib.numpy_pickle.load", "joblib.externals.", "sklearn.utils._testing.", "scipy.io.",
    "cloudpickle.", "dill.", "pip.", "setuptools.", "pkg_resources.", "pytest.", "_pytest.",
    "IPython.", "ipykernel.", "requests.", "httpx.", "aiohttp.", "urllib3.", "paramiko.", "fabric.",
    "boto3.", "keras.", "tensorflow.", "six.", "jinja2.", "yaml.", "ruamel.", "sympy.", "numexpr.",
    "cffi.", "psutil.", "win32api.", "pexpect.", "sh.", "plumbum.",
)  # fmt: skip
"""Third parties whose functions load, run or fetch. ``keras.`` and ``tensorflow.`` stand here
because their objects do not come as pickles."""

_REACHING = """
    os posix nt sys subprocess builtins __builtin__ __builtins__ importlib shutil runpy ctypes
    socket pickle marshal eval exec system popen spawn Popen __import__ __globals__ __subclasses__
    __class__ __base__ __bases__ __mro__ __code__ __dict__ __getattribute__ __reduce__
    __reduce_ex__ __loader__ __spec__ __call__ f_globals gi_frame tb_frame
"""
_CLOSED_PARTS = frozenset(_REACHING.split())
"""Parts of a dotted name that reach into something closed, wherever they stand."""


@lru_cache(maxsize=10_000)
def standing(target: Global, vouched: frozenset[str] = frozenset()) -> Standing:
    """Return what is known of an importable. ``vouched`` are names that the site answers for."""
    full = str(target)
    if full in OPEN:
        return Standing.OPEN
    parts = full.split(".")
    if parts[0] in MODULES or _CLOSED_PARTS & set(parts[1:]):
        return Standing.CLOSED
    if _SCRIPTED.fullmatch(full):
        return Standing.OPEN
    plain = "." not in target.name and bool(_CLASS_NAME.fullmatch(target.name))
    closed = any(full == each or full.startswith(each) for each in _CLOSED_ELSEWHERE)
    if not target.known:
        return Standing.UNKNOWN
    if closed:
        return Standing.CLOSED
    if full in vouched or (plain and full.startswith(_CALLED_HOMES)):
        return Standing.OPEN
    return Standing.CLASS if plain and full.startswith(_CLASS_HOMES) else Standing.UNKNOWN


def harmless_reference(target: Global) -> bool:
    """Whether naming it, without a call, is what models do: dtypes, functions of ML packages."""
    return standing(target) is not Standing.CLOSED and target.module.split(".")[0] in {
        "numpy",
        "torch",
        "sklearn",
        "scipy",
        "pandas",
        "xgboost",
        "lightgbm",
        "joblib",
        "builtins",
        "collections",
        "datetime",
    }


_EFFECTS = (
    (("os", "posix", "nt", "subprocess", "pty", "commands", "popen2"),
     "run a command or change files"),
    (("runpy", "code", "codeop", "marshal", "types", "timeit", "pdb", "bdb", "cProfile", "profile",
      "doctest", "trace"), "execute Python code"),
    (("importlib", "imp", "pkgutil", "zipimport", "site", "ensurepip", "venv", "distutils", "pip"),
     "import or install code"),
    (("socket", "ssl", "http", "urllib", "urllib2", "httplib", "ftplib", "smtplib", "telnetlib",
      "xmlrpc", "asyncio", "webbrowser", "requests", "httpx", "aiohttp"), "use the network"),
    (("ctypes", "_ctypes", "cffi", "mmap"), "run native code"),
    (("pickle", "_pickle", "cPickle", "shelve", "torch", "joblib", "dill", "cloudpickle"),
     "load further code"),
    (("io", "shutil", "tempfile", "fileinput", "glob", "zipfile", "tarfile", "sqlite3", "logging"),
     "touch files"),
)  # fmt: skip
_BUILTINS = {
    "eval": "execute Python code",
    "exec": "execute Python code",
    "compile": "execute Python code",
    "__import__": "import code",
    "open": "touch files",
    "getattr": "reach into another object",
    "setattr": "change another object",
    "delattr": "change another object",
    "input": "wait for input",
    "breakpoint": "execute Python code",
}


def effect(target: Global) -> str:
    """Return in plain words what calling it would do, e.g. ``run a command or change files``."""
    if not target.known:
        return "call something whose name is hidden"
    if target.module == "builtins":
        return _BUILTINS.get(target.name, "use Python's own machinery")
    parts = {*target.module.split("."), *target.name.split(".")[:-1]}
    for modules, words in _EFFECTS:
        if parts & set(modules):
            return words
    return "use something that no model needs to be loaded"


def severe(target: Global) -> bool:
    """Whether calling it gives an attacker the machine, not only a foothold."""
    return effect(target) in {
        "call something whose name is hidden",
        "run a command or change files",
        "execute Python code",
        "import or install code",
        "import code",
        "run native code",
        "use the network",
        "load further code",
    }
