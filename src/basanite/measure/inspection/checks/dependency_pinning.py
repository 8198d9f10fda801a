"""Are the declared Python dependencies fixed, by version and by hash?

A requirement without an exact version installs something else next month; one without a hash
installs whatever the index or the network delivers under that name. For software that runs beside a
control system both mean that nobody can say what is running. The check reads requirements files as
pip does and reports, line by line, what is not pinned, what comes from an address without a digest,
and what cannot be read. Missing hashes are reported once for the file.
"""

from __future__ import annotations

import re

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.names import visible
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Confidence, Severity
from basanite.domain.value import JsonObject
from basanite.formats.requirements import OptionLine, Parsed, RequirementLine, parse_requirements
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.rulebook import Rulebook
from basanite.measure.inspection.text import text_of

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0010.001"),
    Reference(scheme="ATLAS", id="AML.T0011.001"),
    Reference(scheme="CWE", id="CWE-1357"),
    Reference(scheme="CWE", id="CWE-494"),
    Reference(scheme="OWASP-LLM-2025", id="LLM03"),
)
_LOCK = (
    "Resolve once and keep the result: `uv pip compile --generate-hashes` or `pip-compile "
    "--generate-hashes` writes a file with exact versions and hashes."
)
_rule = Rulebook("dependency-pinning", _REFERENCES, _LOCK).rule
_UNPINNED = _rule("unpinned", "A dependency has no exact version", Severity.MEDIUM)
_UNHASHED = _rule("unhashed", "Dependencies are not fixed by hash", Severity.LOW)
_ADDRESS = _rule(
    "address",
    "A dependency comes from an address without a digest",
    Severity.MEDIUM,
    "Name the commit's full hash for a repository, or add #sha256=… to the address of an archive.",
)
_INDEX = _rule(
    "index",
    "Packages come from an unprotected or second index",
    Severity.MEDIUM,
    "Use one index, over HTTPS, and hashes. With a second index a stranger's package of the same "
    "name may win.",
)
_MALFORMED = _rule(
    "malformed",
    "A line cannot be read",
    Severity.LOW,
    "Correct the line; pip would refuse it or read it in another way.",
)

CHECK = Check(
    id="dependency-pinning",
    version=4,
    stage=Stage.INSPECTION,
    title="Pinned dependencies",
    asks="Does this file fix every dependency by exact version and hash?",
    why="An unpinned dependency lets a broken or malicious release into the system without "
    "anybody deciding so.",
    limits="It reads the file, not what is installed, and does not follow `-r` to other files: "
    "they are looked at on their own. Whether a version is vulnerable is another check's question.",
    remediation=_LOCK,
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=(_UNPINNED, _UNHASHED, _ADDRESS, _INDEX, _MALFORMED),
    parameters={"hashes": True},
    readers=("requirements",),
)

_COMMIT = re.compile(r"@[0-9a-f]{40}([0-9a-f]{24})?(#|$)")
_DIGEST = re.compile(r"#(.*&)?sha(256|384|512)=[0-9a-f]{64}")
_LISTED = 10


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:
    text, whole = text_of(opened)
    parsed = parse_requirements(text)
    path = opened.artifact.path
    found = [
        *_unpinned(parsed, path),
        *(_unhashed(parsed, path) if parameters["hashes"] else []),
        *_indexes(parsed, path),
        *(
            _finding(_MALFORMED, problem.message, path, problem.line, {"problem": "malformed"})
            for problem in parsed.problems
        ),
    ]
    found.sort(key=lambda each: each.location.line or 0)
    if found:
        outcome, reason = Outcome.FAILED, ""
        if len(found) > MAX_FINDINGS:
            reason = f"{len(found) - MAX_FINDINGS} further findings are left out"
    elif not whole:
        outcome, reason = Outcome.INCOMPLETE, "the file is longer than is read"
    elif not parsed.requirements and not parsed.options:
        outcome, reason = Outcome.NOT_APPLICABLE, "the file declares no dependency"
    else:
        outcome, reason = Outcome.PASSED, ""
    return Answer(outcome=outcome, reason=reason, findings=tuple(found[:MAX_FINDINGS]))


def _unpinned(parsed: Parsed, path: str) -> list[Finding]:
    found = []
    for each in parsed.requirements:
        name = visible(each.name, 80) or "a dependency"
        if each.url is not None:
            if not _fixed(each):
                message = f"{name} comes from an address and is fixed neither by commit nor digest."
                found.append(_finding(_ADDRESS, message, path, each.line, {"name": name}))
        elif each.pinned is None:
            asked = f"only {visible(each.specifier, 80)}" if each.specifier else "any version"
            message = f"{name} has no exact version: {asked} is asked for."
            found.append(_finding(_UNPINNED, message, path, each.line, {"name": name}))
    return found


def _fixed(each: RequirementLine) -> bool:
    url = each.url or ""
    local = "://" not in url or url.startswith("file:")
    return bool(each.hashes or local or _COMMIT.search(url) or _DIGEST.search(url))


def _unhashed(parsed: Parsed, path: str) -> list[Finding]:
    bare = [each for each in parsed.requirements if not each.hashes and each.url is None]
    if not bare:
        return []
    listed = ", ".join(visible(each.name, 60) for each in bare[:_LISTED])
    more = f" and {len(bare) - _LISTED} more" if len(bare) > _LISTED else ""
    count = f"{len(bare)} of {len(parsed.requirements)} dependencies"
    message = f"{count} have no hash: {listed}{more}."
    return [
        _finding(
            _UNHASHED,
            message,
            path,
            bare[0].line,
            {"names": sorted({visible(each.name, 60) for each in bare})[:100]},
        )
    ]


def _indexes(parsed: Parsed, path: str) -> list[Finding]:
    found = []
    for each in parsed.options:
        message = _index(each)
        if message:
            found.append(_finding(_INDEX, message, path, each.line, {"option": each.name}))
    return found


def _index(option: OptionLine) -> str:
    if option.name == "extra-index-url":
        return "A second index is named: a stranger's package of the same name may win there."
    if option.name == "trusted-host":
        return "A host is trusted without checking its certificate."
    if option.name in ("index-url", "find-links") and option.value.startswith("http://"):
        return "Packages come over an unprotected connection."
    return ""


def _finding(rule: Rule, message: str, path: str, line: int, detail: JsonObject) -> Finding:
    return Finding(
        rule=rule,
        message=message[:4000],
        confidence=Confidence.HIGH,
        location=Location(path=path, line=line or None),
        detail=detail,
    )


INSPECTOR = Inspector(
    check=CHECK, formats=frozenset({Format.REQUIREMENTS}), inspect=_inspect, inside=False
)
