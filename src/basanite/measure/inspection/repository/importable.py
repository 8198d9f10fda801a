"""Importables by name in configurations: which of them no configuration of a model needs.

A configuration may well name classes and functions of any package; what it names is made and called
by the program that reads it. Closed is what runs commands, evaluates text, loads code or reaches
the outside, not what trains, computes or keeps data.
"""

from __future__ import annotations

import re

from basanite.formats.pickle.symbols import Global
from basanite.measure.inspection.pickles.callables import standing
from basanite.measure.inspection.pickles.standing import Standing

DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")
_OPEN_MODULES = frozenset(
    """
    math cmath statistics random decimal fractions collections datetime uuid logging typing enum
    itertools functools string re copy time dataclasses json textwrap operator warnings numbers
    contextlib argparse
    """.split()  # noqa: SIM905 - a table of words
)
_OPEN_PARTS = frozenset({"os.path", "logging.handlers", "logging.config", "collections.abc"})
_CLOSED = frozenset(
    {
        "operator.attrgetter", "operator.methodcaller", "operator.call", "functools.reduce",
        "logging.config.listen", "logging.config.fileConfig", "re._compile",
    }
)  # fmt: skip
_OPEN_BUILTINS = frozenset(
    """
    bool str int float complex bytes bytearray list tuple dict set frozenset slice range object type
    abs all any len max min pow round sorted sum zip enumerate map filter print isinstance
    """.split()  # noqa: SIM905 - a table of words
)
_TRAINING = ("torch.", "keras.", "tensorflow.", "tf_keras.", "pandas.", "numpy.", "scipy.")
"""Packages of which a configuration may name any class, though no pickle may."""
_CLASS = re.compile(r"_?[A-Z]\w*")
_LOG_RECORDS = re.compile(r"[A-Z]\w*(?:Formatter|Filter)")
"""Classes that a logging configuration names: they turn records into text, whoever wrote them."""
_REACHING = frozenset({"os", "sys", "subprocess", "builtins", "importlib", "ctypes", "socket"})


def closed(name: str) -> bool:
    """Return whether no configuration of a model has to name this importable."""
    module, _, last = name.rpartition(".")
    if not module:
        return False
    if module in ("builtins", "__builtin__"):
        return last not in _OPEN_BUILTINS
    if name in _CLOSED:
        return True
    parts = module.split(".")
    if module in _OPEN_PARTS or (module in _OPEN_MODULES and not last.startswith("__")):
        return False
    if standing(Global(module, last)) is not Standing.CLOSED:
        return False
    if _REACHING & set(parts):
        return True
    trains = name.startswith(_TRAINING) and _CLASS.fullmatch(last) is not None
    return not trains and _LOG_RECORDS.fullmatch(last) is None


def known(name: str) -> bool:
    """Return whether an importable is one that serialised models hold."""
    module, _, last = name.rpartition(".")
    return standing(Global(module, last)) in (Standing.OPEN, Standing.KNOWN)
