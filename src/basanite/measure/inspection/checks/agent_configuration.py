"""What may the agent's tools do, and who decides it?

An agent starts programs and calls tools because a configuration file says so. Whoever writes that
file decides what runs on the machine, and often a repository or a supplier wrote it. The check
reads such files by what stands in them, whatever their names: servers of the Model Context
Protocol (`mcpServers`, `servers`, `mcp_servers`, `context_servers`, `extensions`), hooks,
permissions, lists of tools and functions, OpenAPI descriptions, and Python functions that are
offered as tools.

It reports:

- scripts in the configuration (`sh -c …`), and commands that run what they download;
- packages, commits and images whose version is not fixed: what runs is decided elsewhere, later;
- servers reached without encryption, and servers elsewhere that can change their tools at any time;
- folders and containers without a bound, listeners that every machine reaches;
- settings by which the agent acts without asking;
- descriptions of tools that give orders to the model (*tool poisoning*), and tools of equal name;
- schemas that let the model pass anything to a tool that acts.

A credential in such a file is reported by `secrets-exposed`, not here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from basanite.domain.answer import MAX_FINDINGS, Answer
from basanite.domain.artifact import Format
from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UnreadableError
from basanite.domain.finding import Finding, Location
from basanite.domain.names import base_name
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Severity
from basanite.domain.value import JsonObject
from basanite.formats.keyed.document import Keyed
from basanite.formats.keyed.reader import front_matter, read_keyed
from basanite.measure.inspection.agents import code, consent, servers, tools
from basanite.measure.inspection.agents.concern import Concern
from basanite.measure.inspection.agents.rules import REFERENCES, RULES
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.text import text_of

_SUSPECTED = frozenset({"odd-orders", "same-name"})
"""Where only a person can say whether it is meant badly."""

CHECK = Check(
    id="agent-configuration",
    version=2,
    stage=Stage.INSPECTION,
    title="Agent configuration",
    asks="What may the agent's tools do, and who decides it?",
    why="The configuration of an agent starts programs with the rights of whoever runs it. One "
    "line of it is enough to hand the machine, and the plant behind it, to a stranger.",
    limits="It reads configuration, not the programs that it starts. Servers are not contacted: "
    "what a remote one offers today is not seen. Orders in descriptions are found by their "
    "wording, most of it English. YAML and TOML of more than 256 KiB and JSON of more than 4 MiB "
    "are not read; where they may configure an agent, the answer says so.",
    remediation="Keep the configuration under version control, fix every version, and let a "
    "person approve what acts.",
    references=REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=tuple(RULES.values()),
    readers=("keyed", "python"),
)

_NAMED = re.compile(
    r"(?:\.?mcp|[\w-]*mcp[_-](?:settings|config|servers)|claude_desktop_config)\.jsonc?\Z"
)
_CERTAIN = re.compile(r"mcpServers|mcp_servers|context_servers|dangerously")
_HINTS = re.compile(
    r"mcpServers|mcp_servers|context_servers|mcp\.servers|\"mcp\"|alwaysAllow|autoApprove|"
    r"auto_approve|\"permissions\"|\"hooks\"|\"tools\"|\"functions\"|\"trust\"|inputSchema|"
    r"description_for_model|\"operationId\"|allow_dangerous|allow_code_execution|"
    r"code_execution|approval_policy|sandbox_mode|approvalMode|GOOSE_MODE|defaultMode|yolo|"
    r"dangerously|require_approval|CodeExecutor|runOn|statusLine|apiKeyHelper|"
    r"enableAllProjectMcpServers|\"servers\"|\"extensions\"|_BASE_URL|coreTools"
)
_YAML_HINTS = re.compile(
    r"^[ \t-]{0,40}(?:mcpServers|mcp_servers|mcp|extensions|tools|functions|hooks|servers|"
    r"operationId|GOOSE_MODE|allow_code_execution|code_execution_mode|code_execution_config|"
    r"allow_dangerous\w{0,30}|require_approval|alwaysAllow|autoApprove|auto_approve|permissions|"
    r"description_for_model|provider)[ \t]{0,4}:",
    re.MULTILINE,
)
_FRONT = re.compile(
    r"^(?:allowed-tools|tools|hooks|mcpServers|mcp-servers|description|permissionMode)[ \t]{0,4}:",
    re.MULTILINE,
)


def _inspect(opened: OpenArtifact, parameters: JsonObject) -> Answer:  # noqa: ARG001 - the seam
    text, whole = text_of(opened)
    if opened.artifact.format is Format.PYTHON:
        return _python(text, opened.artifact.path)
    named = _NAMED.match(base_name(opened.artifact.path).lower())
    form, source = _source(opened.artifact.format, text)
    hints = _YAML_HINTS if form is Format.YAML and source is text else _HINTS
    if source is not text:
        hints = _FRONT
    if form is None or not (named or hints.search(source)):
        return _nothing("nothing in it configures an agent")
    try:
        if not whole:
            raise UnreadableError("the file is longer than is read")
        keyed = read_keyed(source, form)
    except UnreadableError:
        if named or _CERTAIN.search(source):
            raise
        return _nothing("it cannot be read as a configuration")
    shift = 1 if source is not text else 0
    found = list(_concerns(keyed, named=named is not None, front=shift == 1))
    if not found and not _configures(keyed, named=named is not None):
        return _nothing("nothing in it configures an agent")
    return _answer([_finding(each, opened.artifact.path, keyed, shift) for each in found])


def _source(form: Format, text: str) -> tuple[Format | None, str]:
    """Return the configuration in a text, and what it is written in."""
    if form in (Format.JSON, Format.YAML, Format.TOML):
        return form, text
    if text.lstrip()[:1] == "{":
        return Format.JSON, text
    front = front_matter(text)
    return (Format.YAML, front) if front else (None, text)


def _concerns(keyed: Keyed, *, named: bool, front: bool) -> Iterator[Concern]:
    document = keyed.value
    for server in servers.servers(document, named=named):
        yield from servers.concerns(server)
    yield from servers.hooks(document)
    yield from consent.front(document) if front else consent.concerns(document)
    yield from tools.concerns(list(tools.tools(document)))
    if front and isinstance(document, dict):
        for key in ("description", "when_to_use", "argument-hint"):
            if isinstance(document.get(key), str):
                name = str(document.get("name", "the skill"))
                yield from tools.poisoned(name, document[key], (key,))
    for path, _ in keyed.twice:
        if len(path) >= 2 and path[-2] in ("mcpServers", "mcp_servers", "servers", "tools"):
            name = str(path[-1])
            yield Concern("same-name", f"{name} is given twice: only the last one counts.", path)


def _configures(keyed: Keyed, *, named: bool) -> bool:
    document = keyed.value
    return (
        any(True for _ in servers.servers(document, named=named))
        or any(True for _ in tools.tools(document))
        or consent.speaks(document)
    )


def _python(source: str, path: str) -> Answer:
    if not code.offers(source):
        return _nothing("it offers no function as a tool")
    findings = [
        _finding(each, path, None, 0, told.line)
        for told in code.told(source)
        for each in tools.poisoned(told.name, told.text)
    ]
    return _answer(findings)


def _nothing(reason: str) -> Answer:
    return Answer(outcome=Outcome.NOT_APPLICABLE, reason=reason)


def _answer(findings: list[Finding]) -> Answer:
    kept = tuple(sorted(findings, key=lambda each: -each.level.rank)[:MAX_FINDINGS])
    more = len(findings) - len(kept)
    reason = f"{more} further findings are left out" if more else ""
    worst = max((each.level.rank for each in kept), default=-1)
    suspected = any(each.rule.id.partition("/")[2] in _SUSPECTED for each in kept)
    if worst >= Severity.HIGH.rank:
        outcome = Outcome.FAILED
    elif suspected:
        outcome = Outcome.UNDECIDED
        reason = reason or "only a person can say whether these words are meant well"
    elif worst >= Severity.MEDIUM.rank:
        outcome = Outcome.FAILED
    else:
        outcome = Outcome.PASSED
    return Answer(outcome=outcome, reason=reason, findings=kept)


def _finding(
    concern: Concern, path: str, keyed: Keyed | None, shift: int, line: int | None = None
) -> Finding:
    found = keyed.line(concern.path) if keyed is not None else line
    return Finding(
        rule=RULES[concern.case],
        message=concern.message[:4000],
        confidence=concern.confidence,
        severity=concern.severity,
        location=Location(path=path, line=found + shift if found else None),
        detail={"case": concern.case, "at": [str(each)[:200] for each in concern.path][:20]},
    )


INSPECTOR = Inspector(
    check=CHECK,
    formats=frozenset(
        {Format.JSON, Format.YAML, Format.TOML, Format.TEXT, Format.PROMPT, Format.PYTHON}
    ),
    inspect=_inspect,
)
