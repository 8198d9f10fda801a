"""Names: which of them lead out of a template, and which belong to Jinja."""

from __future__ import annotations

import re

FUNCTIONS = frozenset(
    {
        "lipsum", "cycler", "joiner", "namespace", "range", "dict", "raise_exception",
        "strftime_now", "self", "caller",
    }
)  # fmt: skip
"""Functions that loaders put into every template. They are called; nobody needs what is in them."""
FOREIGN = frozenset(
    {
        "open", "eval", "exec", "compile", "getattr", "setattr", "globals", "locals", "vars",
        "breakpoint", "memoryview", "type", "os", "sys", "subprocess", "builtins", "importlib",
        "shutil", "socket", "pickle", "ctypes", "commands", "popen", "system", "url_for",
        "get_flashed_messages", "request", "application", "current_app",
    }
)  # fmt: skip
"""Names of Python and of web servers that a chat template has no business with."""
SERVER = frozenset({"config", "session", "settings"})
"""Names under which web servers keep their secrets; a chat template may define its own."""
_FRAMES = frozenset(
    {
        "mro", "gi_frame", "gi_code", "gi_yieldfrom", "cr_frame", "cr_code", "cr_await", "ag_frame",
        "ag_code", "f_globals", "f_locals", "f_builtins", "f_back", "f_code", "tb_frame", "tb_next",
        "co_code", "co_consts", "func_globals", "func_code", "func_closure", "im_func", "im_self",
        "im_class",
    }
)  # fmt: skip
_DATA_MODEL = re.compile(
    r"__(?:class|bases?|mro|subclasses|globals|builtins|import|init|new|call|dict|getattribute|"
    r"getattr|setattr|delattr|func|self|code|closure|module|loader|spec|reduce|reduce_ex|wrapped|"
    r"defaults|kwdefaults|enter|exit|get|set|subclasshook|init_subclass|weakref|slots)__"
)
_MANGLED = re.compile(r"^_[A-Za-z]\w*?__\w")
_FIELD = re.compile(r"\{[^{}\s]*[.\[]_[^{}]*\}")
_LONGEST_NAME = 80


def is_internal(name: str) -> bool:
    """Whether an attribute of this name belongs to Python's inside, not to data."""
    return name.startswith("__") or name in _FRAMES or bool(_MANGLED.match(name))


def names_internal(text: str) -> bool:
    """Whether a short text is the name of an internal attribute, or a path or format with one."""
    if len(text) > _LONGEST_NAME or any(each.isspace() for each in text):
        return bool(_FIELD.search(text))
    return bool(_DATA_MODEL.search(text)) or bool(_FIELD.search(text))


def mentions_internal(text: str) -> str:
    """Return the first internal name in a text of any length, or nothing."""
    found = _DATA_MODEL.search(text)
    return found.group() if found else ""


def spells_internal(pieces: list[str]) -> bool:
    """Whether texts are parts that internal names are put together from."""
    return any("__" in each or each.strip() == "_" or each in _FRAMES for each in pieces)
