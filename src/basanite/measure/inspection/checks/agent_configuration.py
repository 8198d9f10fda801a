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
from basanite.domain.finding import Finding, Location, Reference, Rule
from basanite.domain.outcome import Outcome
from basanite.domain.ports import OpenArtifact
from basanite.domain.severity import Severity
from basanite.domain.value import JsonObject
from basanite.formats.keyed.document import Keyed
from basanite.formats.keyed.reader import front_matter, read_keyed
from basanite.measure.inspection.agents import code, consent, servers, tools
from basanite.measure.inspection.agents.concern import Concern
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.text import text_of

_REFERENCES = (
    Reference(scheme="ATLAS", id="AML.T0053"),
    Reference(scheme="CWE", id="CWE-829"),
    Reference(scheme="OWASP-LLM-2025", id="LLM06"),
)
_SHELL = Reference(scheme="CWE", id="CWE-78")


def _rule(
    case: str, title: str, severity: Severity, remediation: str, *more: Reference
) -> tuple[str, Rule]:
    rule = Rule(
        id=f"agent-configuration/{case}",
        title=title,
        severity=severity,
        remediation=remediation,
        references=(*_REFERENCES, *more),
    )
    return case, rule


_RULES = dict(
    (
        _rule(
            "inline-script",
            "A script stands in the configuration",
            Severity.HIGH,
            "Do not start the agent with this file. Put what the server needs into a program that "
            "is reviewed and kept under version control, and start that.",
            _SHELL,
        ),
        _rule(
            "remote-script",
            "The configuration runs what it downloads",
            Severity.HIGH,
            "Do not start the agent with this file. Install the program from a fixed version, and "
            "check its digest before it runs.",
            Reference(scheme="CWE", id="CWE-494"),
        ),
        _rule(
            "passing-place",
            "A program is started from a place that anybody may write to",
            Severity.HIGH,
            "Do not start the agent with this file. Install the program where only an "
            "administrator may write.",
            Reference(scheme="CWE", id="CWE-427"),
        ),
        _rule(
            "loaded-code",
            "An environment variable makes programs load or run more",
            Severity.HIGH,
            "Remove the variable, or find out who needs it and review what it loads.",
            Reference(scheme="CWE", id="CWE-427"),
        ),
        _rule(
            "unpinned",
            "A server's version is not fixed",
            Severity.MEDIUM,
            "Name an exact version (`package@1.2.3`, `package==1.2.3`), a commit, or an image by "
            "digest, and change it on purpose.",
            Reference(scheme="CWE", id="CWE-1357"),
        ),
        _rule(
            "plain-address",
            "A server of tools is reached without encryption",
            Severity.HIGH,
            "Use https. Whoever is on the way can change what the tools say and do.",
            Reference(scheme="CWE", id="CWE-319"),
        ),
        _rule(
            "remote-server",
            "Tools are described and run elsewhere",
            Severity.LOW,
            "Know who runs the server, and compare its list of tools with the one you reviewed.",
        ),
        _rule(
            "open-listener",
            "A server of tools listens to every machine",
            Severity.MEDIUM,
            "Bind it to 127.0.0.1, or put authentication in front of it.",
            Reference(scheme="CWE", id="CWE-1327"),
        ),
        _rule(
            "unprotected",
            "A protection is switched off",
            Severity.MEDIUM,
            "Switch it on again; give the certificate of an own authority by its own setting.",
            Reference(scheme="CWE", id="CWE-295"),
        ),
        _rule(
            "prompts-elsewhere",
            "The conversation goes to another host",
            Severity.MEDIUM,
            "Make sure that this host is yours or your supplier's: it reads and writes every "
            "message, and gets the key of the model's issuer.",
        ),
        _rule(
            "wide-folder",
            "A server of files has no bound",
            Severity.HIGH,
            "Give it the one folder it works in.",
            Reference(scheme="CWE", id="CWE-732"),
        ),
        _rule(
            "wide-container",
            "A container of tools reaches its host",
            Severity.HIGH,
            "Mount only the folder it works in, and take the option away.",
            Reference(scheme="CWE", id="CWE-250"),
        ),
        _rule(
            "no-approval",
            "The agent acts without asking",
            Severity.HIGH,
            "Let a person approve what acts on machines, files or money. Allow single, harmless "
            "commands by name.",
            Reference(scheme="CWE", id="CWE-862"),
        ),
        _rule(
            "runs-code",
            "The agent runs code that it writes",
            Severity.MEDIUM,
            "Run it in a container without network and secrets, or switch it off.",
            Reference(scheme="CWE", id="CWE-94"),
        ),
        _rule(
            "runs-itself",
            "Commands run by themselves",
            Severity.LOW,
            "Read them: they run with your rights as soon as the agent does what they wait for.",
        ),
        _rule(
            "hidden-orders",
            "A tool's description gives orders to the model",
            Severity.HIGH,
            "Do not connect this server. A description should say what the tool does; these words "
            "take the agent over.",
            Reference(scheme="ATLAS", id="AML.T0051.001"),
        ),
        _rule(
            "odd-orders",
            "A tool's description may steer the model",
            Severity.MEDIUM,
            "Read it as the model does. Ask its author why it is marked up or speaks of other "
            "tools.",
            Reference(scheme="ATLAS", id="AML.T0051.001"),
        ),
        _rule(
            "same-name",
            "Two tools have the same name",
            Severity.MEDIUM,
            "Rename one, so that nobody can put his tool in the place of yours.",
        ),
        _rule(
            "open-schema",
            "A tool that acts takes whatever the model writes",
            Severity.MEDIUM,
            "Name the parameters and bound them by type, choice or pattern; refuse others.",
            Reference(scheme="CWE", id="CWE-20"),
        ),
    )
)
_SUSPECTED = frozenset({"odd-orders", "same-name"})
"""Where only a person can say whether it is meant badly."""

CHECK = Check(
    id="agent-configuration",
    version=1,
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
    references=_REFERENCES,
    shelf_life=ShelfLife(high=90, moderate=180, low=365),
    rules=tuple(_RULES.values()),
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
    named = _NAMED.match(opened.artifact.path.replace("!/", "/").rsplit("/", 1)[-1].lower())
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
        rule=_RULES[concern.case],
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
