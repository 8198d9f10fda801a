"""Texts that are no Python, by the words in them.

A cell that this Python refuses does not run under it, but may under another: notebooks of Python 2
print without parentheses. Its calls cannot be read; whether it has a word of a loader can.
"""

from __future__ import annotations

import re

_LOADS = re.compile(
    r"load|pickle|dill|marshal|shelve|joblib|decode|deseriali|unsafe|dangerous|trust|from_pretrained"
    r"|recv_pyobj|importer|\beval|\bexec|builtins|(?<![.\w])compile|getattr|globals|vars\(|__"
    r"|import_module|importlib|ctypes|library|template|repl|shell|system|popen|subprocess"
    r"|interpreter|executor|chain|urllib|urlopen|requests|socket|environ|base64|b64|cell_?magic"
    r"|run_(?:cell|line)|[^\x00-\xa0]",
    re.IGNORECASE,
)
"""What every call has in its name that the check of unsafe loading is about, and what leads to one
by another way. Letters beyond ASCII are among them, since Python takes some of them for others."""


def may_load(text: str) -> bool:
    """Return whether a text that cannot be parsed has a word of what loads or runs something."""
    return _LOADS.search(text) is not None
