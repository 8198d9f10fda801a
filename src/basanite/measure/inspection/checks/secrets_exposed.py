"""Are secrets written into files of the system?

Passwords, keys and tokens in configuration, prompts, notebooks, code and data give whoever reads
the file the rights behind them. In an AI system they also leave by the front door: what stands in a
prompt or a retrieved document, the model may repeat.

The check knows the shapes that issuers give their keys (AWS, GitHub, GitLab, OpenAI, Anthropic,
Hugging Face, Google, Slack, Stripe), private key blocks, JSON web tokens and addresses with a
password inside. Beside those it looks at values whose name speaks of a secret and that look
generated, measured by their entropy. Placeholders such as `changeme` or `${VAR}` are left alone.

The secret itself is never written into the finding: only its kind, the line, its first characters
(four at most) and its length.
"""

from __future__ import annotations

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.secrets.shapes import (
    SHAPES,
    Shape,
    given,
    names_no_secret,
    placeholder,
    random_looking,
    speaks,
)
from basanite.measure.inspection.text import text_of

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0055"),
    Reference(scheme="ATLAS", id="AML.T0083"),
    Reference(scheme="CWE", id="CWE-798"),
    Reference(scheme="CWE", id="CWE-312"),
    Reference(scheme="OWASP-LLM-2025", id="LLM02"),
)
_REMEDIATION = (
    "Revoke it at its issuer and make a new one: a secret that was written down counts as known. "
    "Read the new one at run time from the environment or a secret store."
)
_RULES = {
    shape.id: Rule(
        id=f"secrets-exposed/{shape.id}",
        title=f"A {shape.kind} stands in the file"
        if shape.kind[0] not in "AOaeiou"
        else f"An {shape.kind} stands in the file",
        severity=shape.severity,
        remediation=_REMEDIATION,
        references=_REFERENCES,
    )
    for shape in SHAPES
}
_NAMED = Rule(
    id="secrets-exposed/named-secret",
    title="A value that is named as a secret looks real",
    severity=Severity.HIGH,
    remediation=_REMEDIATION,
    references=_REFERENCES,
)
_LONGEST_LINE = 20_000
_SHOWN = 4

CHECK = Check(
    id="secrets-exposed",
    version=2,
    stage=Stage.INSPECTION,
    title="Secrets in files",
    asks="Are passwords, keys or tokens written into this file?",
    why="Whoever reads the file can act as the system: read its data, call its services, reach the "
    "plant behind it. A model can be talked into repeating what stands in its prompt.",
    limits="A secret without a known shape, without a telling name, or in an encoding is not seen. "
    "Whether a secret still opens anything is not tried. Only the first 8 MiB of a file and the "
    "first 20,000 characters of a line are read.",
    remediation=_REMEDIATION,
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=(*_RULES.values(), _NAMED),
    parameters={"entropy_bits": 3.3},
    readers=("notebook",),
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    text, whole = text_of(opened)
    bits = float(parameters["entropy_bits"])
    findings: list[Finding] = []
    # Most texts hold none of the telling parts: look for these in the whole text first.
    lower = text.lower()
    shapes = [shape for shape in SHAPES if shape.hinted(lower)]
    telling = bool(shapes) or speaks(text)
    code = opened.artifact.format in (Format.PYTHON, Format.NOTEBOOK)
    cut = False
    for number, line in enumerate(text.splitlines(), start=1):
        cut |= len(line) > _LONGEST_LINE
        if telling:
            findings += _line(
                line[:_LONGEST_LINE], shapes, number, opened.artifact.path, bits, code=code
            )
        if len(findings) > MAX_FINDINGS:
            break
    if findings:
        outcome = Outcome.FAILED
        reason = "" if len(findings) <= MAX_FINDINGS else "there are more than are listed"
    elif not whole or cut:
        outcome = Outcome.INCOMPLETE
        reason = "the file or a line of it is longer than is read; the rest was not looked at"
    else:
        outcome, reason = Outcome.PASSED, ""
    return Answer(outcome=outcome, reason=reason, findings=tuple(findings[:MAX_FINDINGS]))


def _line(
    line: str, shapes: list[Shape], number: int, path: str, bits: float, *, code: bool
) -> list[Finding]:
    found: list[Finding] = []
    taken: list[tuple[int, int]] = []
    for shape in shapes:
        for match in shape.pattern.finditer(line):
            group = 1 if shape.pattern.groups else 0
            span, value = match.span(group), match.group(group)
            if _overlap(span, taken) or _stands_in(shape, value):
                continue
            taken.append(span)
            found.append(_found(_RULES[shape.id], shape, value, path, number, span[0] + 1))
    for each in given(line):
        if code and not each.quoted:
            continue  # in code that is an expression, not a value
        if names_no_secret(each.name) or placeholder(each.value) or _overlap(each.span, taken):
            continue
        if random_looking(each.value, bits):
            taken.append(each.span)
            found.append(_named(each.name, each.value, path, number, each.span[0] + 1))
    return found


def _overlap(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in taken)


def _stands_in(shape: Shape, value: str) -> bool:
    """Whether the value only shows the shape. A key block's first line is never a placeholder."""
    if shape.id == "private-key":
        return False
    # Names in style sheets and the like begin as some keys do; a key has digits.
    unlike = shape.id == "openai-key" and not any(map(str.isdigit, value))
    return unlike or placeholder(value)


def _outline(value: str) -> str:
    shown = value[:_SHOWN] if len(value) >= 4 * _SHOWN else ""
    start = f"beginning {visible(shown)!r}, " if shown else ""
    return f"{start}{len(value)} characters long"


def _found(rule: Rule, shape: Shape, value: str, path: str, line: int, column: int) -> Finding:
    what = "" if shape.id == "private-key" else f", {_outline(value)}"
    article = "An" if shape.kind[0] in "AOaeiou" else "A"
    return Finding(
        rule=rule,
        message=f"{article} {shape.kind} stands here{what}.",
        confidence=shape.confidence,
        location=Location(path=path, line=line, column=column),
        detail={"kind": shape.id, "length": len(value)},
    )


def _named(name: str, value: str, path: str, line: int, column: int) -> Finding:
    shown = visible(name, 80)
    return Finding(
        rule=_NAMED,
        message=f"{shown} is given a value that looks generated, {_outline(value)}.",
        confidence=Confidence.MEDIUM,
        location=Location(path=path, line=line, column=column),
        detail={"kind": "named-secret", "name": shown, "length": len(value)},
    )


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset(
        {
            Format.TEXT,
            Format.PROMPT,
            Format.ENV,
            Format.YAML,
            Format.JSON,
            Format.JSONL,
            Format.TOML,
            Format.PYTHON,
            Format.NOTEBOOK,
            Format.REQUIREMENTS,
        }
    ),
    inspect=_inspect,
)
