"""Callables in pickles: what is open, what is closed, and what nobody here knows.

The standard library is closed by default. Open is only what serialisers of models and data really
write, by exact name; where an argument could turn an open callable against its user, a contract in
`contracts` says what the arguments must be.
"""

from __future__ import annotations

import re
from functools import lru_cache

from basanite.formats.pickle.symbols import Global
from basanite.measure.inspection.pickles import library, packages
from basanite.measure.inspection.pickles.standing import Standing
from basanite.measure.inspection.pickles.stdlib import MODULES
from basanite.measure.inspection.pickles.words import (
    ARMED,
    GIVEN,
    HANDLES,
    LOADS,
    OPENS,
    RUNS,
    SHELLS,
    ordered,
    rebuilds,
    words,
)

_REACHING = """
    os posix nt posixpath ntpath sys subprocess builtins __builtin__ __builtins__ importlib shutil
    runpy ctypes socket pickle cPickle _pickle marshal eval exec system popen spawn Popen
    __import__ __globals__ __subclasses__ __class__ __base__ __bases__ __mro__ __code__ __dict__
    __getattribute__ __reduce__ __reduce_ex__ __loader__ __spec__ __call__ __self__ __func__
    __closure__ __defaults__ __wrapped__ __init__ __init_subclass__ __setattr__ __delattr__
    __getattr__ __setstate__ __del__ f_globals f_locals f_builtins gi_frame tb_frame cr_frame
    gi_code func_globals func_code threading multiprocessing tempfile inspect
"""
_CLOSED_PARTS = frozenset(_REACHING.split())
"""Parts of a dotted name that reach into something closed, wherever they stand."""
_MODULE_PARTS_ALLOWED = frozenset({"inspect", "threading", "multiprocessing", "pickle", "_pickle"})
"""Of these, what ML packages also call modules of their own (``numpy.random._pickle``)."""
_CLASS = re.compile(r"_*[A-Z][A-Za-z0-9_]*")
_STORAGE = re.compile(r"torch\.(?:cuda\.|hpu\.|xpu\.|sparse\.)?[A-Za-z0-9]+(?:Storage|Tensor)")
_LOWER_CLASSES = re.compile(
    r"(csr|csc|coo|bsr|dia|dok|lil)_(matrix|array)|interp1d|rv_\w+|\w+_gen|\w+_frozen|poly1d|"
    r"gaussian_kde|recarray|record|matrix|ndarray|chararray|nditer"
)


_COMPILED = re.compile(r"statsmodels\.tsa\.[\w.]+\.[sdcz][A-Z]\w+")
"""Compiled classes, one for each type of number."""
_SCRIPTED = re.compile(
    r"__torch__\.(?!torch\.classes\.(?!(?:quantized|xnnpack|mkldnn|rnn|sparse)\.))[\w.]+", re.ASCII
)
"""Classes of TorchScript: no module of Python has this name. Their code lies in the archive, where
the check of embedded code reads it; those that only a library registers are not among them."""
_TESTS = ("test.support.", "test.libregrtest.", "test.test_")


@lru_cache(maxsize=10_000)
def standing(target: Global, vouched: frozenset[str] = frozenset()) -> Standing:
    """Return what is known of an importable. ``vouched`` are names that the site answers for."""
    full = str(target)
    if target.hidden or not target.known:
        return Standing.CLOSED
    parts = full.split(".")
    home = parts[0].strip()
    if (
        full in library.OPEN
        or full in packages.OPEN
        or _STORAGE.fullmatch(full)
        or _COMPILED.fullmatch(full)
        or (_SCRIPTED.fullmatch(full) and not _reaches(target))
    ):
        return Standing.OPEN
    if home in MODULES or home == "" or not full.isprintable() or " " in full:
        return Standing.HELD if library.held(target.module, target.name) else Standing.CLOSED
    if _reaches(target) or home in packages.CLOSED or full.startswith(_TESTS):
        return Standing.CLOSED
    if full.startswith(packages.HELD_BELOW):
        return Standing.KNOWN
    if full.startswith(packages.CLOSED_BELOW):
        return Standing.CLOSED
    if full in vouched:
        return Standing.OPEN
    return Standing.KNOWN if home in packages.MODELS else Standing.UNKNOWN


def _reaches(target: Global) -> bool:
    """Whether a dotted name walks into something closed."""
    below = target.module.split(".")[1:]
    if "__main__" in below:
        # Importing it runs the program that the package is.
        return True
    if _CLOSED_PARTS.intersection(below) - _MODULE_PARTS_ALLOWED:
        return True
    walked = target.name.split(".")
    return bool(_CLOSED_PARTS.intersection(walked)) or any(
        each in MODULES and each.islower() for each in walked[:-1]
    )


def is_class(name: str) -> bool:
    """Return whether a name, by its last part, is a class's."""
    last = name.rpartition(".")[2]
    return bool(_CLASS.fullmatch(last) or _LOWER_CLASSES.fullmatch(last))


def called(target: Global, vouched: frozenset[str] = frozenset()) -> Standing:
    """Return what a call comes to: open, closed or unknown."""
    how = standing(target, vouched)
    if how is Standing.HELD:
        return Standing.CLOSED
    said = words(target.name)
    if how is Standing.KNOWN:
        if is_class(target.name):
            return Standing.CLOSED if said & HANDLES else Standing.OPEN
        if said & RUNS:
            return Standing.CLOSED
        if rebuilds(target.name.rpartition(".")[2]):
            # A model inside bytes is a file of its own, which nobody has looked at.
            return Standing.UNKNOWN if "model" in said else Standing.OPEN
        return Standing.CLOSED if said & LOADS else Standing.UNKNOWN
    return Standing.CLOSED if how is Standing.UNKNOWN and _runs_or_opens(target) else how


def _runs_or_opens(target: Global) -> bool:
    """Whether the name of something that nobody knows says that it runs or opens something."""
    last = target.name.rpartition(".")[2]
    said = words(target.name)
    if is_class(target.name):
        return bool(words(last) & SHELLS)
    first = next(iter(ordered(last)), "")
    return bool(said & RUNS) or (first in OPENS and not said & GIVEN)


def armed(target: Global) -> bool:
    """Return whether the name of an unknown function says that it is there to run something."""
    return not is_class(target.name) and bool(words(target.name.rpartition(".")[2]) & ARMED)


def made(target: Global, vouched: frozenset[str] = frozenset()) -> Standing:
    """Return what making an instance comes to, where only ``__new__`` runs."""
    how = standing(target, vouched)
    if how is Standing.HELD:
        # A type that only computes; a function has no ``__new__`` of its own.
        return Standing.OPEN
    return Standing.OPEN if how is Standing.KNOWN else how


_EFFECTS = (
    (("os", "posix", "nt", "subprocess", "pty", "commands", "popen2", "_posixsubprocess"),
     "run a command or change files"),
    (("runpy", "code", "codeop", "marshal", "types", "timeit", "pdb", "bdb", "cProfile", "profile",
      "doctest", "trace", "pydoc", "unittest", "test", "idlelib", "lib2to3"),
     "execute Python code"),
    (("importlib", "imp", "pkgutil", "zipimport", "site", "ensurepip", "venv", "distutils", "pip",
      "setuptools", "pkg_resources"), "import or install code"),
    (("socket", "ssl", "http", "urllib", "urllib2", "httplib", "ftplib", "smtplib", "telnetlib",
      "xmlrpc", "asyncio", "webbrowser", "requests", "httpx", "aiohttp", "imaplib", "poplib"),
     "use the network"),
    (("ctypes", "_ctypes", "cffi", "mmap"), "run native code"),
    (("pickle", "_pickle", "cPickle", "shelve", "torch", "joblib", "dill", "cloudpickle", "numpy",
      "pandas"), "load or run something further"),
    (("io", "_io", "shutil", "tempfile", "fileinput", "glob", "zipfile", "tarfile", "sqlite3",
      "logging"), "touch files"),
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
    for modules, words_ in _EFFECTS:
        if parts & set(modules):
            return words_
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
        "load or run something further",
    }
