"""Are secrets written into files of the system?

Passwords, keys and tokens in configuration, prompts, notebooks, code and data give whoever reads
the file the rights behind them. In an AI system they also leave by the front door: what stands in a
prompt or a retrieved document, the model may repeat.

The check knows the shapes that some forty issuers give their keys (clouds, code hosts, package
indexes, providers of models), private key blocks with a body, also in base64, JSON web tokens,
basic authentication and addresses with a password inside. Beside those it looks at values whose
name speaks of a secret and that look generated, measured by their entropy, and in configuration at
passwords that a person chose or that systems are delivered with. Placeholders such as `${VAR}` or
`<your key>`, examples of documentation, names and expressions are left alone. The checksum inside
GitHub's and npm's tokens is computed: where it does not hold, the finding says so.

The secret itself is never written into the finding: only its kind, the line, its first characters
(four at most) and its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
from basanite.measure.inspection.secrets.named import (
    Given,
    checksum_holds,
    chosen_password,
    credentials_in,
    default_password,
    example_web_token,
    given,
    names_no_secret,
    names_password,
    placeholder,
    random_looking,
    speaks,
)
from basanite.measure.inspection.secrets.shapes import SHAPES, Shape
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
_DEFAULT = Rule(
    id="secrets-exposed/default-password",
    title="A password is one that systems are delivered with",
    severity=Severity.MEDIUM,
    remediation="Set a generated password before the system is reached by anybody, and read it at "
    "run time from the environment or a secret store.",
    references=(*_REFERENCES, Reference(scheme="CWE", id="CWE-1392")),
)
_PIECE = 20_000
"""Characters of a line that are looked at together; a longer line is looked at piece by piece."""
_SHARED = 1_000
"""Characters that a piece repeats of the one before it, so that nothing is cut apart."""
_SHOWN = 4

_KEY = next(each for each in SHAPES if each.id == "private-key")
_KEY_BLOCK = _KEY.pattern
_BODY = re.compile(
    r"(?:\s|\\[nr]|[\"'+,|>`-]|(?:Proc-Type|DEK-Info|Version|Comment)[^\n\\]{0,200}){1,200}"
    r"([A-Za-z0-9+/=]{1,2000})"
)
_CHECKED = frozenset({"github-token", "npm-token"})
_EXAMPLES = ("Eby8vdM02xNOcqF", "wJalrXUtnFEMI", "C2y6yDjf5/R+ob0N")
"""Keys that documentation gives to everybody: Azure's emulators of storage and Cosmos DB, AWS."""
_CODE = frozenset({Format.PYTHON, Format.NOTEBOOK})
_SETTINGS = frozenset({Format.ENV, Format.YAML, Format.TOML, Format.PROMPT})
_SETTING_NAMES = (
    ".ini",
    ".cfg",
    ".conf",
    ".properties",
    ".pypirc",
    ".netrc",
    ".tfvars",
    ".tfstate",
)

CHECK = Check(
    id="secrets-exposed",
    version=4,
    stage=Stage.INSPECTION,
    title="Secrets in files",
    asks="Are passwords, keys or tokens written into this file?",
    why="Whoever reads the file can act as the system: read its data, call its services, reach the "
    "plant behind it. A model can be talked into repeating what stands in its prompt.",
    limits="A secret without a known shape, without a telling name, or in an encoding is not seen. "
    "Whether a secret still opens anything is not tried. Only the first 8 MiB of a file are read.",
    remediation=_REMEDIATION,
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=(*_RULES.values(), _NAMED, _DEFAULT),
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
    form, path = opened.artifact.format, opened.artifact.path
    settings = form in _SETTINGS or path.lower().endswith(_SETTING_NAMES)
    for number, line in enumerate(text.splitlines(), start=1) if telling else ():
        for start in range(0, max(len(line) - _SHARED, 1), _PIECE - _SHARED):
            piece = _Piece(line[start : start + _PIECE], number, start, path)
            findings += _line(piece, shapes, bits, code=form in _CODE, settings=settings)
        if len(findings) > MAX_FINDINGS:
            break
    findings = [*_keys(text, path), *_once(findings)]
    reason = "" if len(findings) <= MAX_FINDINGS else "there are more than are listed"
    if any(each.rule is not _DEFAULT for each in findings):
        outcome = Outcome.FAILED
    elif not whole:
        outcome = Outcome.INCOMPLETE
        reason = "the file is longer than is read; the rest was not looked at"
    else:
        outcome = Outcome.PASSED
    return Answer(outcome=outcome, reason=reason, findings=tuple(findings[:MAX_FINDINGS]))


def _once(findings: list[Finding]) -> list[Finding]:
    """Leave out what two pieces of one line both hold."""
    return list({(f.rule.id, f.location.line, f.location.column): f for f in findings}.values())


@dataclass(frozen=True)
class _Piece:
    """A line, or a part of a long one, and where it stands."""

    text: str
    line: int
    start: int
    path: str

    def location(self, at: int) -> Location:
        return Location(path=self.path, line=self.line, column=self.start + at + 1)


def _keys(text: str, path: str) -> Iterator[Finding]:
    """Yield private keys: a first line that a body follows. The line alone is only spoken of."""
    for found in _KEY_BLOCK.finditer(text):
        body = _BODY.match(text, found.end())
        alone = text[: found.start()].rpartition("\n")[2].strip() == "" and body is not None
        length = len(body.group(1)) if body else 0
        if (
            body is None
            or (length < 40 and not alone)
            or "..." in text[found.end() : body.end() + 3]
        ):
            continue
        start = text.rfind("\n", 0, found.start()) + 1
        line = text.count("\n", 0, found.start()) + 1
        at = Location(path=path, line=line, column=found.start() - start + 1)
        yield _found(_RULES["private-key"], _KEY, "", at)


def _line(
    piece: _Piece, shapes: list[Shape], bits: float, *, code: bool, settings: bool
) -> list[Finding]:
    found: list[Finding] = []
    taken: list[tuple[int, int]] = []
    for shape in shapes:
        if shape is _KEY or (code and shape.id == "netrc-password"):
            continue
        for match in shape.pattern.finditer(piece.text):
            group = 1 if shape.pattern.groups else 0
            span, value = match.span(group), match.group(group)
            if _overlap(span, taken) or _stands_in(shape, value):
                continue
            taken.append(span)
            found.append(_found(_RULES[shape.id], shape, value, piece.location(span[0])))
    for each in given(piece.text):
        if code and not each.quoted:
            continue  # in code that is an expression, not a value
        if names_no_secret(each.name) or _overlap(each.span, taken):
            continue
        at = piece.location(each.span[0])
        if settings and names_password(each.name) and default_password(each.value):
            found.append(_delivered(each, at))
        elif not placeholder(each.value) and (
            random_looking(each.value, bits)
            or (settings and names_password(each.name) and chosen_password(each.value))
        ):
            taken.append(each.span)
            found.append(_named(each, at))
    return found


def _overlap(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in taken)


def _stands_in(shape: Shape, value: str) -> bool:
    """Whether the value only shows the shape."""
    if shape.id == "basic-credentials":
        return not credentials_in(value)
    if shape.id == "json-web-token":
        return example_web_token(value)
    if shape.id in ("encoded-private-key", "azure-signature"):
        return False
    # Names in style sheets and the like begin as some keys do; a key has digits.
    bare = shape.id in ("openai-key", "bitbucket-token", "grafana-token", "vault-token")
    if bare and not any(map(str.isdigit, value)):
        return True
    return value.startswith(_EXAMPLES) or placeholder(value)


def _outline(value: str) -> str:
    shown = value[:_SHOWN] if len(value) >= 4 * _SHOWN else ""
    start = f"beginning {visible(shown)!r}, " if shown else ""
    return f"{start}{len(value)} characters long"


def _found(rule: Rule, shape: Shape, value: str, at: Location) -> Finding:
    what = "" if shape is _KEY else f", {_outline(value)}"
    article = "An" if shape.kind[0] in "AOaeiou" else "A"
    severity, confidence = None, shape.confidence
    if shape.id in _CHECKED and value.startswith(("ghp_", "gho_", "ghu_", "ghr_", "npm_")):
        holds = len(value) == 40 and checksum_holds(value)
        what += "; its checksum holds" if holds else "; its checksum does not hold"
        severity = None if holds else Severity.HIGH
        confidence = Confidence.HIGH if holds else Confidence.LOW
    elif shape.id == "password-in-url" and value.isalpha() and value.islower():
        severity, confidence = Severity.MEDIUM, Confidence.LOW
    return Finding(
        rule=rule,
        message=f"{article} {shape.kind} stands here{what}.",
        confidence=confidence,
        severity=severity,
        location=at,
        detail={"kind": shape.id, "length": len(value)},
    )


def _named(each: Given, at: Location) -> Finding:
    shown = visible(each.name, 80)
    return Finding(
        rule=_NAMED,
        message=f"{shown} is given a value that looks real, {_outline(each.value)}.",
        confidence=Confidence.MEDIUM,
        location=at,
        detail={"kind": "named-secret", "name": shown, "length": len(each.value)},
    )


def _delivered(each: Given, at: Location) -> Finding:
    shown = visible(each.name, 80)
    return Finding(
        rule=_DEFAULT,
        message=f"{shown} is a password that systems are delivered with.",
        confidence=Confidence.MEDIUM,
        location=at,
        detail={"kind": "default-password", "name": shown},
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
