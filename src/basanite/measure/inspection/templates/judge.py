"""Judge: follows a template statement by statement, without rendering it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jinja2 import nodes

from basanite.domain.severity import Confidence, Severity
from basanite.formats.jinja import parse
from basanite.measure.inspection.templates import rules
from basanite.measure.inspection.templates.expressions import Expressions
from basanite.measure.inspection.templates.operations import MAX_NUMBER
from basanite.measure.inspection.templates.report import Report
from basanite.measure.inspection.templates.value import DATA, HOLE, Value, either

_ADDRESS = re.compile(r"(?:https?|wss?|ftp)://[^\s\"'<>)\]]*\0")
_ACTIVE = re.compile(
    r"<\s*(?:script|iframe|object|embed)\b|javascript:|<img\b[^>]*\bsrc\s*=", re.IGNORECASE
)
_UNSEEN = re.compile("[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
_TAGS = re.compile("[\U000e0000-\U000e007f]")
_PROSE = re.compile(r"[^\W\d_]{2,}")
_MARKED = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|\0")
_MANY_WORDS = 6
_KEPT_TEXT = 20_000
_MAX_NESTED_TURNS = 10 * MAX_NUMBER


def judge(text: str, report: Report) -> None:
    """Put what a template does, or could do to the program that renders it, into a report.

    Raises:
        UnreadableError: the text is no template, or nested too deeply.
        RecursionError: an expression is too deep to be followed.
    """
    if found := _UNSEEN.search(text):
        line = text.count("\n", 0, found.start()) + 1
        severity = Severity.HIGH if _TAGS.search(text) else None
        report.add(
            rules.HIDDEN, f"it holds the character U+{ord(found.group()):04X}", line,
            severity=severity,
        )  # fmt: skip
    template = parse(text)
    _Judge(report).follow(template.body)


class _Judge:
    def __init__(self, report: Report) -> None:
        self._report = report
        self._expressions = Expressions(report)
        self._turns = [1]

    def follow(self, body: Iterable[nodes.Node]) -> str:
        """Judge statements in order and return the text they put out, with holes."""
        return "".join([self._statement(each) for each in body])[:_KEPT_TEXT]

    def _statement(self, node: nodes.Node) -> str:  # noqa: C901, PLR0911 - one table of tags
        match node:
            case nodes.Output():
                return self._output(node)
            case nodes.If():
                return self._if(node)
            case nodes.For():
                return self._for(node)
            case nodes.Assign():
                return self._assign(node.target, self._expressions.value(node.node))
            case nodes.AssignBlock():
                if node.filter is not None:
                    self._expressions.value(node.filter)
                said = self.follow(node.body)
                self._assign(node.target, Value(shape=said, built=HOLE in said))
                return said
            case nodes.Macro() | nodes.CallBlock():
                return self._macro(node)
            case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends():
                self._other_file(node)
                return ""
            case nodes.With():
                for target, value in zip(node.targets, node.values, strict=True):
                    self._assign(target, self._expressions.value(value))
                return self.follow(node.body)
            case nodes.FilterBlock():
                self._expressions.value(node.filter)
                return self.follow(node.body)
            case nodes.Block() | nodes.Scope():
                return self.follow(node.body)
            case nodes.ExprStmt():
                self._expressions.value(node.node)
                return ""
        return ""

    def _output(self, node: nodes.Output) -> str:
        parts = []
        for each in node.nodes:
            value = self._expressions.value(each)
            known = value.known and not isinstance(value.const, list)
            parts.append(str(value.const) if known else value.shape or HOLE)
        text = "".join(parts)
        if _ADDRESS.search(text):
            self._report.add(rules.SENDS, "it puts what was said into an address", node.lineno)
        if found := _ACTIVE.search(text):
            self._report.add(
                rules.SENDS, f"it puts {found.group()!r} into the prompt", node.lineno,
                severity=Severity.MEDIUM, confidence=Confidence.MEDIUM,
            )  # fmt: skip
        return text

    def _if(self, node: nodes.If) -> str:
        test = self._expressions.value(node.test)
        said = self.follow(node.body)
        if test.trigger and _is_prose(said):
            self._report.add(
                rules.TRIGGER,
                f"where {test.trigger!r} was said it adds: {_excerpt(said)}",
                node.lineno,
                confidence=Confidence.MEDIUM,
            )
        return said + self.follow(node.elif_) + self.follow(node.else_)

    def _for(self, node: nodes.For) -> str:
        items = self._expressions.value(node.iter)
        self._assign(node.target, _turn(items))
        if node.test is not None:
            self._expressions.value(node.test)
        self._turns.append(self._turns[-1] * _count(node.iter))
        if self._turns[-1] > _MAX_NESTED_TURNS:
            self._report.add(
                rules.EXHAUSTION, f"its loops turn {self._turns[-1]:,} times", node.lineno
            )
            self._turns[-1] = 1
        said = self.follow(node.body)
        self._turns.pop()
        return said + self.follow(node.else_)

    def _macro(self, node: nodes.Macro | nodes.CallBlock) -> str:
        defaults = [self._expressions.value(each) for each in node.defaults]
        for argument in node.args:
            self._expressions.assign(argument.name, DATA)
        if defaults:
            for argument, value in zip(node.args[-len(defaults) :], defaults, strict=False):
                self._expressions.assign(argument.name, value)
        if isinstance(node, nodes.Macro):
            self._expressions.assign(node.name, DATA)
        else:
            self._expressions.value(node.call)
        return self.follow(node.body)

    def _assign(self, target: nodes.Node, value: Value) -> str:
        """Take in an assignment; a text that is kept for later counts as put out here."""
        match target:
            case nodes.Name():
                self._expressions.assign(target.name, value)
            case nodes.NSRef():
                self._expressions.assign(f"{target.name}.{target.attr}", value)
            case nodes.Tuple() | nodes.List():
                for each in target.items:
                    self._assign(each, Value(shape=value.shape, odd=value.odd))
        return value.text or value.shape

    def _other_file(
        self, node: nodes.Include | nodes.Import | nodes.FromImport | nodes.Extends
    ) -> None:
        value = self._expressions.value(node.template)
        name = value.text if value.text is not None else "a file whose name it computes"
        self._report.add(rules.FILES, f"it loads {name!r}", node.lineno)


def _turn(items: Value) -> Value:
    """Return what a loop variable may be."""
    if isinstance(items.const, str):
        return Value(shape=HOLE.join(items.const[:200]), built=True)
    if isinstance(items.const, list):
        texts = [Value(const=each, shape=each if isinstance(each, str) else "")
                 for each in items.const[:50] if not isinstance(each, list)]  # fmt: skip
        return either(texts) if texts else DATA
    return Value(shape=items.shape, odd=items.odd)


def _count(node: nodes.Node) -> int:
    """Return how often a loop over a plain range turns; 1 where that is not written."""
    if not (isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name)):
        return 1
    if node.node.name != "range":
        return 1
    values = [each.value for each in node.args if isinstance(each, nodes.Const)]
    return max([1, *(abs(each) for each in values[:2] if isinstance(each, int))])


def _is_prose(text: str) -> bool:
    """Whether a text has sentences in it, besides the marks of a prompt."""
    return len(_PROSE.findall(_MARKED.sub(" ", text))) >= _MANY_WORDS


def _excerpt(text: str) -> str:
    words = " ".join(text.replace(HOLE, "…").split())
    return words[:160]
