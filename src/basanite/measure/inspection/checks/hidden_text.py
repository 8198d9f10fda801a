"""Does this text hold characters or passages that a person does not see and a model reads?

Prompts, instructions for agents (`AGENTS.md`, `CLAUDE.md`, `.cursorrules`, `SKILL.md`), documents
for retrieval, configuration and code are reviewed by people on a screen. A model reads the
characters. The check finds where the two differ:

- messages in tag characters, variation selectors or characters of no width; it decodes them;
- controls of direction that show letters in another order than they are read (*Trojan Source*);
- words split by invisible characters, invisible names, names with letters that only look Latin;
- comments, elements that a page does not show and text far out of view, where they speak to a
  model;
- escape sequences that hide text on a terminal.

Scripts and emoji that need such characters are left alone: Arabic, Hebrew, Persian, Indic scripts,
Thai, Khmer, Korean, flags. Vocabularies of tokenizers and tables of data hold all of Unicode and
are not looked at; JSON of more than a megabyte counts as data, where nothing is worse than low.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.finding import Finding, Location, Reference
from basanite.domain.names import base_name
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Severity
from basanite.domain.value import JsonObject
from basanite.measure.inspection.hidden.ciphers import ciphers
from basanite.measure.inspection.hidden.direction import directions
from basanite.measure.inspection.hidden.invisible import invisibles
from basanite.measure.inspection.hidden.lookalikes import lookalikes
from basanite.measure.inspection.hidden.markup import passages
from basanite.measure.inspection.hidden.sight import Lines, Sight
from basanite.measure.inspection.hidden.terminal import escapes, pushed
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.rulebook import Rulebook, by_case
from basanite.measure.inspection.text import text_of

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0051.001"),
    Reference(scheme="ATLAS", id="AML.T0068"),
    Reference(scheme="CWE", id="CWE-1007"),
    Reference(scheme="OWASP-LLM-2025", id="LLM01"),
)
_OUT = (
    "Do not give this text to a model. Remove what is hidden, find out who put it there, and look "
    "at everything else from the same source."
)
_rule = Rulebook("hidden-text", _REFERENCES).rule
_RULES = by_case(
    _rule("tag-characters", "A message in invisible tag characters", Severity.HIGH, _OUT),
    _rule("variation-selectors", "A message in variation selectors", Severity.HIGH, _OUT),
    _rule("zero-width", "Characters of no width in a row", Severity.HIGH, _OUT),
    _rule(
        "reordered",
        "Letters are shown in another order than they are read",
        Severity.HIGH,
        "Remove the control of direction, and read the line again in its true order.",
        Reference(scheme="CVE", id="CVE-2021-42574"),
    ),
    _rule(
        "split-words",
        "Invisible characters split words",
        Severity.LOW,
        "Remove them. They come from copying web pages, or from somebody who evades a filter.",
    ),
    _rule("invisible-name", "A name in code is invisible", Severity.HIGH, _OUT),
    _rule(
        "private-use",
        "A long run of characters without a meaning",
        Severity.LOW,
        "Find out which font or program gives them a meaning, and remove them from prompts.",
    ),
    _rule(
        "lookalike-name",
        "A name holds letters that only look Latin",
        Severity.MEDIUM,
        "Write the name anew in Latin letters, and find out what the other one was meant to "
        "replace.",
    ),
    _rule("unseen-orders", "A passage that is not shown speaks to a model", Severity.HIGH, _OUT),
    _rule(
        "terminal-escapes",
        "A terminal does not show what stands here",
        Severity.MEDIUM,
        "Remove the escape sequences, and read the file in an editor that shows them.",
        Reference(scheme="CWE", id="CWE-150"),
    ),
    _rule("pushed-code", "Code stands far out of view", Severity.MEDIUM, _OUT),
)

CHECK = Check(
    id="hidden-text",
    version=2,
    stage=Stage.INSPECTION,
    title="Hidden text",
    asks="Does this text hold characters or passages that a person does not see and a model reads?",
    why="Whoever reviews a prompt or a document approves what he sees. What he does not see "
    "instructs the model all the same, up to leaking data and acting against the operator.",
    limits="It finds what is hidden, not what is said openly. Passages in markup are judged by "
    "their wording, most of it English; text in pictures is not read, nor messages hidden in the "
    "choice of words. Only the first 8 MiB of a file are read.",
    remediation="Keep prompts and instructions as plain text, and let reviews run this check.",
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=tuple(_RULES.values()),
    readers=("notebook",),
)

_DATA = 1 << 20
_MOST = 3000
"""Places in one file that are looked at before the check gives up."""
_PER_CASE = 50
"""Places of one rule that are listed for one file."""
_INSTRUCTIONS = re.compile(
    r"(?:agents|claude|gemini|copilot-instructions|skill|[\w.-]*instructions|[\w.-]*prompt)\.md\Z|"
    r"\.(?:cursor|windsurf|cline)rules\Z|\.mdc\Z|llms(?:-full)?\.txt\Z"
)
_ESCAPED = re.compile(
    r"\\u(?:(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|(?!d[89a-f]|00[0-7])([0-9a-f]{4}))",
    re.IGNORECASE,
)
"""An escape of JSON: a pair of surrogates, or one character beyond ASCII."""
_DOCUMENTS = frozenset({Format.TEXT, Format.PROMPT, Format.NOTEBOOK})
_KEYED = frozenset({Format.JSON, Format.YAML, Format.TOML})


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:  # noqa: ARG001 - the seam
    text, whole = text_of(opened)
    form = opened.artifact.format
    if form in _KEYED and "\\u" in text:
        text = _ESCAPED.sub(_unescaped, text)
    sights = list(islice(_sights(text, form, opened.artifact.path), _MOST))
    data = form is Format.JSON and opened.artifact.size > _DATA
    lines = Lines(text) if sights else None
    findings = [_finding(each, opened.artifact.path, lines, data=data) for each in _few(sights)]
    return _answer(findings, whole=whole and len(sights) < _MOST)


def _sights(text: str, form: Format, path: str) -> Iterator[Sight]:
    base = base_name(path).lower()
    code = form is Format.PYTHON
    if not text.isascii():
        yield from ciphers(text)
        yield from directions(text, code=code)
        yield from invisibles(text, code=code)
        yield from lookalikes(text, code=code, keyed=form in _KEYED)
    if form in _DOCUMENTS:
        yield from passages(text)
    if form is Format.PROMPT or form in _KEYED or _INSTRUCTIONS.search(base):
        yield from escapes(text)
    if code:
        yield from pushed(text)


def _unescaped(found: re.Match[str]) -> str:
    """Return the character that an escape of JSON stands for."""
    high, low, single = found.groups()
    if single:
        return chr(int(single, 16))
    return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)


def _few(sights: list[Sight]) -> Iterator[Sight]:
    counted: dict[str, int] = {}
    for each in sorted(sights, key=lambda sight: (-sight.severity.rank, sight.at)):
        counted[each.case] = counted.get(each.case, 0) + 1
        if counted[each.case] <= _PER_CASE:
            yield each


def _answer(findings: list[Finding], *, whole: bool) -> Answer:
    kept = tuple(findings[:MAX_FINDINGS])
    worst = max((each.level.rank for each in kept), default=-1)
    if worst >= Severity.HIGH.rank:
        return Answer(outcome=Outcome.FAILED, findings=kept)
    if worst >= Severity.MEDIUM.rank:
        reason = "only a person can say whether what is hidden here is meant well"
        return Answer(outcome=Outcome.UNDECIDED, reason=reason, findings=kept)
    if not whole:
        reason = "there is more in the file than is looked at"
        return Answer(outcome=Outcome.INCOMPLETE, reason=reason, findings=kept)
    return Answer(outcome=Outcome.PASSED, findings=kept)


def _finding(sight: Sight, path: str, lines: Lines | None, *, data: bool) -> Finding:
    line, column = lines.place(sight.at) if lines else (1, 1)
    return Finding(
        rule=_RULES[sight.case],
        message=sight.message[:4000],
        confidence=sight.confidence,
        severity=Severity.LOW if data else sight.severity,
        location=Location(path=path, line=line, column=column),
        detail={"case": sight.case, "says": sight.message[:1000]},
    )


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset(
        {*_DOCUMENTS, *_KEYED, Format.PYTHON, Format.ENV, Format.REQUIREMENTS},
    ),
    inspect=_inspect,
)
