"""Can the model's prompt template break out of its sandbox, or change what the model is told?

A chat template is a small program in the Jinja language that comes with the model and runs whenever
someone talks to it. The check reads the templates in GGUF files, in the JSON of tokenizers and
processors, and in template files, and follows them without rendering them.

It reports templates that reach into the program that renders them, by internal names of Python
written out, escaped or put together; that take things out of Jinja's own functions; that load other
files; that call what belongs to Python or a web server; that count or repeat without end. It also
reports what changes the conversation behind people's backs: instructions that are added when
certain words are said, words that are replaced, addresses that the conversation is put into,
characters that nobody sees.
"""

from __future__ import annotations

from collections.abc import Callable

from basanite.domain.answer import Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Severity
from basanite.domain.value import JsonObject
from basanite.formats.chat_template import templates
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.templates import rules
from basanite.measure.inspection.templates.names import mentions_internal
from basanite.measure.inspection.templates.report import Report

CHECK = Check(
    id="chat-template",
    version=2,
    stage=Stage.INSPECTION,
    title="Traps in chat templates",
    asks="Can the model's prompt template break out of its sandbox or change what the model is "
    "told?",
    why="The template runs in the program that serves the model, at every question. One that "
    "breaks out has that program's rights; one that adds or replaces words steers the answers "
    "unseen.",
    limits="It follows texts and names, not every value that a loop could come to. Instructions "
    "that a template always gives are part of the model's design, and are not judged.",
    remediation="Take the template from the model's maker, render it in a sandboxed environment, "
    "and pin its digest like that of the weights.",
    references=rules.REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=rules.ALL,
    readers=("detect", "container", "gguf", "chat-template"),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    # Jinja is loaded only where there is a template.
    from basanite.measure.inspection.templates.judge import judge  # noqa: PLC0415

    del parameters
    part = opened.artifact
    reports: list[Report] = []
    unread: list[str] = []
    try:
        for name, text in templates(part.format, part.path, opened.file, part.size):
            reports.append(report := Report(part.path, name))
            if why := _judged(judge, text, report):
                unread.append(f"{name}: {why}")
    except UnreadableError as error:
        if not reports:
            raise
        # What came before the damage was read all the same.
        unread.append(error.what)
    return _answer(reports, unread)


def _judged(judge: Callable[[str, Report], None], text: str, report: Report) -> str:
    """Judge one template and return why it could not be followed, or nothing."""
    try:
        judge(text, report)
    except UnreadableError as error:
        why = error.what
    except RecursionError:
        why = "the template is nested too deeply"
    else:
        return ""
    if internal := mentions_internal(text):
        report.add(rules.INTERNALS, f"it cannot be parsed, and it names {internal}", 1)
    return why


def _answer(reports: list[Report], unread: list[str]) -> Answer:
    if not reports:
        return Answer(outcome=Outcome.NOT_APPLICABLE, reason="no chat template is inside")
    findings = [each for report in reports for each in report.findings.values()]
    findings.sort(key=lambda each: -each.level.rank)
    worst = max((each.level.rank for each in findings), default=-1)
    if worst >= Severity.HIGH.rank:
        outcome, reason = Outcome.FAILED, ""
    elif unread:
        outcome, reason = Outcome.INCOMPLETE, "; ".join(unread[:3])
    elif worst >= Severity.MEDIUM.rank:
        titles = dict.fromkeys(each.rule.title for each in findings)
        outcome, reason = Outcome.UNDECIDED, "; ".join(titles)
    else:
        outcome, reason = Outcome.PASSED, ""
    return Answer(outcome=outcome, reason=reason[:2000], findings=tuple(findings[:1000]))


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset({Format.GGUF, Format.TOKENIZER, Format.JSON, Format.TEXT, Format.PROMPT}),
    inspect=_inspect,
)
