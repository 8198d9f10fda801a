"""Does the notebook hold active content or commands that run on opening or on 'run all'?

A notebook is a page and a program. Its outputs run scripts in the browser of whoever trusts it,
next to a server that runs commands; its cells run shell lines and Python with one key. Plots,
tables and widgets bring scripts into nearly every notebook, so a script alone is a small matter.
The check looks for what they never do: have the kernel run commands, call the server's own
interface, send cookies away, run a text that is hidden; and in the cells for commands that run what
they fetch, open a shell to elsewhere, hide their text, or send the environment and keys away.
"""

from __future__ import annotations

from collections.abc import Iterator

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Finding, Location, Reference
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats.notebook import Cell, cells, read
from basanite.formats.python import parse_source
from basanite.measure.inspection.code.effects import Effect
from basanite.measure.inspection.code.hostile import hostile_acts
from basanite.measure.inspection.code.magics import python_of
from basanite.measure.inspection.code.source import Source
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.notebooks.active import Active, active_html, active_script
from basanite.measure.inspection.notebooks.commands import commands
from basanite.measure.inspection.rulebook import Rulebook, by_case
from basanite.measure.inspection.weighed import weighed

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0011"),
    Reference(scheme="ATLAS", id="AML.T0010.001"),
    Reference(scheme="CWE", id="CWE-79"),
    Reference(scheme="CWE", id="CWE-506"),
)
_REFUSE = "Do not open it in a server that holds anything of worth; find out where it comes from."
_rule = Rulebook("notebook-content", _REFERENCES, _REFUSE).rule
_RULES = by_case(
    _rule(
        "script",
        "Outputs run scripts in the browser",
        Severity.LOW,
        "Clear the outputs before the notebook is passed on.",
    ),
    _rule("kernel", "A script drives the kernel", Severity.HIGH),
    _rule("server", "A script calls the notebook server", Severity.HIGH),
    _rule("secrets", "A script sends cookies or stored data away", Severity.HIGH),
    _rule("hidden-script", "A script runs what it hides", Severity.HIGH),
    _rule(
        "foreign-script",
        "A script is loaded from an unusual place",
        Severity.MEDIUM,
        "Look at the script, or clear the outputs.",
    ),
    _rule("hostile-command", "A cell runs a hostile command", Severity.HIGH),
    _rule("hostile-code", "A cell runs what it hides or fetches, or sends secrets", Severity.HIGH),
    _rule(
        "hidden-cell",
        "A cell that is not shown starts programs or executes text",
        Severity.LOW,
        "Show the cell and read it before anything is run.",
    ),
    _rule(
        "foreign-package",
        "A cell installs a package from an address",
        Severity.MEDIUM,
        "Install packages from an index, by version and hash.",
    ),
)

CHECK = Check(
    id="notebook-content",
    version=2,
    stage=Stage.INSPECTION,
    title="Active content in notebooks",
    asks="Does the notebook hold active content or commands that run on opening or on 'run all'?",
    why="Whoever opens and trusts a notebook lets it act in their browser and on their server, "
    "with their access to data and machines.",
    limits="Scripts and commands are judged by their shape, not run. Cells that are no Python and "
    "no shell, and what scripts load later, are not looked at.",
    remediation="Open notebooks of strangers without outputs, and read the cells before running "
    "them.",
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=tuple(_RULES.values()),
    readers=("notebook", "python"),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:  # noqa: ARG001 - it has none
    part = opened.artifact
    shell = read(opened.file, part.size)["kernel"].lower().startswith(("bash", "zsh", "sh"))
    found: dict[tuple[str, str], Finding] = {}
    sources: list[tuple[Cell, str]] = []
    for cell in cells(opened.file, part.size):
        for active in _cell(cell, shell=shell):
            key = (active.rule, active.message)
            if key not in found:
                found[key] = _finding(active, part.path, cell.number)
        if cell.kind == "code" and (python := _python(cell)):
            sources.append((cell, python))
    for active, number in _code(sources):
        found.setdefault((active.rule, active.message), _finding(active, part.path, number))
    return weighed(found.values())


def _cell(cell: Cell, *, shell: bool) -> Iterator[Active]:
    for mime, text in cell.shown:
        yield from active_script(text) if "javascript" in mime else active_html(text)
    if cell.kind == "code":
        yield from commands(cell.source, shell=shell)
    elif "<" in cell.source:
        yield from active_html(cell.source)


def _python(cell: Cell) -> str:
    """Return the Python of a cell; empty where it has none that can be read.

    The check `unsafe-loading` says so of those cells.
    """
    try:
        python = python_of(cell.source)
        parse_source(python)
    except UnreadableError:
        return ""
    return python


def _code(sources: list[tuple[Cell, str]]) -> Iterator[tuple[Active, int]]:
    """Judge all cells as one program: what one hides another may run."""
    starts: list[tuple[int, Cell]] = []
    line = 1
    for cell, python in sources:
        starts.append((line, cell))
        line += python.count("\n") + 1
    try:
        source = Source(parse_source("\n".join(python for _, python in sources)))
    except UnreadableError:
        return
    for act in hostile_acts(source):
        cell = next(each for start, each in reversed(starts) if start <= act.line)
        yield Active("hostile-code", act.message, Severity.HIGH), cell.number
    hidden = {id(cell) for _, cell in starts if cell.hidden}
    for call in source.calls if hidden else ():
        if source.effect(call) in (Effect.PROCESS, Effect.EXECUTE):
            cell = next(each for start, each in reversed(starts) if start <= call.lineno)
            if id(cell) in hidden:
                text = f"A cell that is not shown calls {source.called(call)[:80]}."
                yield Active("hidden-cell", text, Severity.LOW), cell.number
    for text in source.texts():
        for active in active_html(text):
            if active.severity is Severity.HIGH:
                yield active, 0


def _finding(active: Active, path: str, number: int) -> Finding:
    rule = _RULES[active.rule]
    return Finding(
        rule=rule,
        message=(f"Cell {number}: " if number else "") + active.message,
        confidence=Confidence.HIGH,
        severity=active.severity if active.severity is not rule.severity else None,
        location=Location(path=path),
        detail={"what": active.message[:300], "cell": number},
    )


INSPECTOR = Inspector(check=CHECK, formats=frozenset({Format.NOTEBOOK}), inspect=_inspect)
