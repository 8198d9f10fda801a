"""Magics: what a notebook's cell is as Python, without the lines that are meant for IPython.

A magic such as ``%time`` runs the Python behind it, so dropping its line would hide code. Lines
keep their numbers. Source: IPython's documentation of its built-in magics.
"""

from __future__ import annotations

import re

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.python import parse_source

_RUN_PYTHON = frozenset(
    {
        "time", "timeit", "capture", "prun", "python", "python3", "debug", "memit", "mprun",
        "lprun", "px", "snakeviz", "pyinstrument", "scalene", "heat", "profile", "scrub",
    }
)  # fmt: skip
_SHOWN_ONLY = frozenset({"html", "markdown", "latex", "svg"})
_CELL = re.compile(r"\s*%%(\S*)[ \t]*([^\n]*)(.*)", re.DOTALL)
_MAGIC = re.compile(r"^[ \t]*+(?:[%!?]|[^\n#'\"%!?=]*+=[ \t]*+[%!])|\?[ \t]*+$", re.MULTILINE)
_MODULO = re.compile(r"^[ \t]*+%[ \t(]", re.MULTILINE)
"""A line that goes on with the operator, as no magic looks."""
_LINE = re.compile(
    r"^(?P<indent>[ \t]*+)(?P<target>[^\n#'\"%!?=]*+=[ \t]*+)?%{1,2}\w+(?P<rest>.*)$",
    re.MULTILINE,
)
_OTHER = re.compile(
    r"^([ \t]*+)([^\n#'\"%!?=]*+=[ \t]*+)?(?:[%!?].*|[^\n#'\"]*\?{1,2}[ \t]*)$", re.MULTILINE
)
_OPTION = re.compile(r"-{1,2}\w+(?:=\S*)?[ \t]*")
_WORD = re.compile(r"\S+[ \t]*")
_MAX_WORDS = 12


def python_of(source: str) -> str:
    """Return the Python that running a cell runs; empty when it runs none.

    Raises:
        UnreadableError: the cell belongs to a magic whose language is not read here.
    """
    if not _MAGIC.search(source) or (_MODULO.search(source) and _parses(source)):
        return source
    cell = _CELL.fullmatch(source)
    if cell is None:
        return _lines(source)
    name, arguments, body = cell.groups()
    if name in _SHOWN_ONLY:
        return ""
    if name not in _RUN_PYTHON:
        raise UnreadableError(f"what %%{visible(name, 40)} makes of it is not looked at")
    before = "\n" * source[: cell.start(1)].count("\n")
    first = _statement(arguments) or "pass"
    return f"{before}{first}{_lines(body)}"


def _lines(source: str) -> str:
    """Return a source with the statements of its magics in their places."""
    return _OTHER.sub(_nothing, _LINE.sub(_replaced, source))


def _replaced(line: re.Match[str]) -> str:
    indent, target = line["indent"], line["target"] or ""
    statement = _statement(line["rest"])
    if target:
        return f"{indent}{target}{statement or None}"
    return f"{indent}{statement or 'pass'}"


def _nothing(line: re.Match[str]) -> str:
    return f"{line[1]}{line[2]}None" if line[2] else f"{line[1]}pass"


def _statement(text: str) -> str:
    """Return what of a magic's line is Python: all of it, or what follows its options.

    Whatever parses is taken, whichever magic it is: a harmless word more does no harm.
    """
    rest = text.strip()
    for _ in range(_MAX_WORDS):
        if not rest:
            return ""
        option = _OPTION.match(rest)
        if option is None:
            return rest if _parses(rest) else ""
        rest = rest[option.end() :]
        if not _parses(rest) and not rest.startswith("-"):
            # The word after an option is its value.
            word = _WORD.match(rest)
            rest = rest[word.end() :] if word else ""
    return ""


def _parses(text: str) -> bool:
    try:
        parse_source(text)
    except UnreadableError:
        return False
    return True
