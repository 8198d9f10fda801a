"""Handed over: texts among the arguments of a call that say what it would run or reach.

Whoever hides a call behind a function that nobody knows must still tell that function what to do:
by the name of something closed, by code, by a command, or by an address. Data has none of these.
"""

from __future__ import annotations

import re
from itertools import pairwise

from basanite.formats.pickle.symbols import MAX_DEPTH, MAX_SEEN, Global, Worked, describe
from basanite.measure.inspection.code.shell import hostile_command
from basanite.measure.inspection.pickles.callables import severe, standing
from basanite.measure.inspection.pickles.standing import Standing
from basanite.measure.inspection.pickles.stdlib import MODULES
from basanite.measure.inspection.pickles.words import RUNS, words

_DOTTED = re.compile(r"(?P<module>[A-Za-z_]\w*(?:\.\w+)*)[.:](?P<name>[A-Za-z_]\w*)", re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*", re.ASCII)
_CODE = re.compile(
    r"__import__\s*\(|__(?:builtins|globals|subclasses)__|\b(?:os|posix|nt)\.(?:system|popen|exec\w+|"
    r"spawn\w+)\b|\bsubprocess\.\w+\s*\(|\b(?:eval|exec|compile)\s*\(|"
    r"(?:^|[\n;])\s*(?:import|from)\s+(?:os|posix|subprocess|socket|pty|ctypes|shutil|sys)\b"
)
_ADDRESS = re.compile(r"(?:https?|ftps?|file|s3|gs|hdfs|smb)://|\\\\\w", re.IGNORECASE)


def texts_in(symbol: object) -> list[str]:
    """Return the texts inside a symbol, down to a few levels and a few hundred values."""
    found: list[str] = []
    level, seen = [symbol], 0
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for each in level:
            if isinstance(each, str):
                found.append(each)
            elif isinstance(each, Worked):
                found.append(each.text)
            elif isinstance(each, tuple) and seen < MAX_SEEN:
                seen += len(each)
                below += each
        level = below
    return found


def reached(arguments: object) -> Global | None:
    """Return what runs commands or code and is named by a text, or by two texts in a row."""
    texts = texts_in(arguments)
    for text in texts:
        if (named := _DOTTED.fullmatch(text)) and (
            target := _running(named["module"], named["name"])
        ):
            return target
    for module, name in pairwise(texts):
        if _NAME.fullmatch(module) and _NAME.fullmatch(name) and (target := _running(module, name)):
            return target
    return None


def _running(module: str, name: str) -> Global | None:
    target = Global(module, name)
    if module.partition(".")[0] not in MODULES or not words(name) & RUNS:
        return None
    return target if standing(target) is Standing.CLOSED and severe(target) else None


def code(arguments: object) -> str | None:
    """Return the first text that is Python code which reaches out, or a hostile command."""
    texts = texts_in(arguments)
    return next((each for each in texts if _CODE.search(each) or hostile_command(each)), None)


def told(arguments: object) -> str | None:
    """Return what a call is told to run or reach, as a few words, or None."""
    if (target := reached(arguments)) is not None:
        return f"it names {target}"
    if (text := code(arguments)) is not None:
        return f"it is given code or a command, {describe(text)}"
    if (text := address(arguments)) is not None:
        return f"it is given an address, {describe(text)}"
    return None


def address(arguments: object) -> str | None:
    """Return the first text that is an address in a network."""
    return next((each for each in texts_in(arguments) if _ADDRESS.match(each)), None)
