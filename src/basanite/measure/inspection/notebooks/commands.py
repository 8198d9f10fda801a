"""Commands: the shell lines of a notebook's cells, and what they fetch, install or run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from basanite.domain.names import visible
from basanite.domain.severity import Severity
from basanite.measure.inspection.code.hostile import SENSITIVE
from basanite.measure.inspection.code.shell import hostile_command
from basanite.measure.inspection.notebooks.active import Active, active_html, active_script

_CELL = re.compile(r"\s*%%(\w+)[ \t]*([^\n]*)(.*)", re.DOTALL)
_SHELLS = frozenset({"bash", "sh", "zsh", "system", "sx", "cmd", "script", "ksh", "perl", "ruby"})
_LINE = re.compile(
    r"^[ \t]*(?:[\w.,\[\] ]{1,80}=[ \t]*)?(?:!{1,2}|%(?:system|sx|alias|sc)\b)[ \t]*(.*)$",
    re.MULTILINE,
)
_PIP = re.compile(r"\b(?:pip[\d.]*|uv\s+pip|conda|mamba)\s+install\b(?P<rest>[^\n;|&]*)")
_ADDRESS = re.compile(r"(?:(?:git|hg|svn|bzr)\+)?(?P<scheme>\w+)://[^\s'\"]+")
_PLAIN = frozenset({"http", "ftp", "git"})
_HOME = re.compile(r"\s*(?:~|/|\$HOME|\.\./)")


def commands(source: str, *, shell: bool) -> Iterator[Active]:
    """Yield what is odd in the commands of a code cell. ``shell``: the whole cell is one."""
    cell = _CELL.fullmatch(source)
    name = cell[1] if cell else ""
    if cell and name in ("javascript", "js"):
        yield from active_script(cell[3])
    elif cell and name in ("html", "svg", "HTML", "SVG"):
        yield from active_html(cell[3])
    elif cell and name in ("writefile", "file"):
        yield from _written(cell[2])
    texts = [source] if shell or name in _SHELLS else _shell_lines(source)
    for text in texts:
        words = hostile_command(text)
        if words:
            yield Active("hostile-command", f"A command {words}.", Severity.HIGH)
        yield from _installed(text)
    if not shell and name not in _SHELLS:
        # ``%pip`` is a magic of its own.
        yield from _installed("\n".join(re.findall(r"^[ \t]*%(pip[^\n]*)", source, re.MULTILINE)))


def _shell_lines(source: str) -> list[str]:
    joined = source.replace("\\\n", " ")
    return [each[1] for each in _LINE.finditer(joined)]


def _installed(text: str) -> Iterator[Active]:
    for found in _PIP.finditer(text):
        for address in _ADDRESS.finditer(found["rest"]):
            shown = visible(address[0], 160)
            plain = address["scheme"].lower() in _PLAIN
            bare = re.match(r"\w+://\d+\.\d+\.\d+\.\d+", address[0]) is not None
            severity = Severity.MEDIUM if plain or bare else Severity.LOW
            yield Active("foreign-package", f"A package is installed from {shown}.", severity)


def _written(arguments: str) -> Iterator[Active]:
    place = re.sub(r"^-a\s+", "", arguments.strip())
    if _HOME.match(place) and SENSITIVE.search(place):
        text = f"A cell writes {visible(place, 160)}, which the machine runs or believes later."
        yield Active("hostile-command", text, Severity.HIGH)
