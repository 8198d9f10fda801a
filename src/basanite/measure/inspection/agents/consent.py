"""Consent: settings by which an agent acts without asking a person.

Sources: settings references of Claude Code, Codex, Gemini CLI, Goose, Cline and Roo Code, Cursor,
Visual Studio Code, CrewAI, AutoGen, LangChain and the OpenAI API, as of 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from basanite.domain.names import visible
from basanite.domain.severity import Confidence, Severity
from basanite.formats.keyed.document import Path, nodes
from basanite.measure.inspection.agents.concern import Concern

_TRUE = (True, "true", "yes", "on", "always", 1)
_SHELL_TOOL = re.compile(
    r"(?:Bash|Shell|PowerShell|Terminal|run_shell_command|shell|bash|execute_command)"
    r"(?:\(\s{0,4}(?:\*{1,2}|:\*|\*:\*|\*\s\*)?\s{0,4}\))?\Z"
)
_ANYTHING = re.compile(r"(?:\*{1,2}|all|mcp__\*|\.\*|/\.\*/|\*:\*)\Z")
_INTERPRETER = re.compile(
    r"(?:Bash|Shell)\(\s{0,4}(?:sudo|bash|sh|zsh|eval|python3?|node|perl|ruby|powershell|pwsh|cmd|ssh|"
    r"curl|wget|rm|dd|chmod|nc)(?:\s{1,4}-c)?(?::\*|\s{1,4}\*|\*)\)\Z"
)
_ACTS = re.compile(
    r"exec|shell|command|terminal|bash|powershell|run_(?:code|script|python|sql)|eval|"
    r"write|delete|remove|deploy|drop|kill|send|publish|purchase|transfer",
    re.IGNORECASE,
)
_RUNS = re.compile(
    r"exec|shell|command|terminal|bash|powershell|run_(?:code|script)|eval", re.IGNORECASE
)
_LISTS = frozenset(
    {"alwaysAllow", "autoApprove", "always_allow", "auto_approve", "allowedTools", "allowed_tools",
     "coreTools", "autoApprovedTools", "alwaysAllowedTools"}
)  # fmt: skip
_SWITCHES = frozenset(
    {
        "chat.tools.autoApprove", "chat.tools.global.autoApprove", "dangerouslySkipPermissions",
        "skipDangerousModePermissionPrompt", "yolo", "yoloMode", "cursor.yoloMode",
        "dangerouslyBypassApprovalsAndSandbox", "alwaysAllowExecute",
        "autoApproveAll", "trustAllTools",
        "dangerouslyAllowAllBuilds", "bypassPermissionsModeAccepted",
    }
)  # fmt: skip
_LOOSE = {
    "enableAllProjectMcpServers": "every server that a repository brings is started unasked",
    "allow_dangerous_code": "the tool runs code that the model writes",
    "allow_dangerous_requests": "the tool sends any request that the model writes",
    "allow_dangerous_tools": "dangerous tools are allowed",
    "allow_dangerous_deserialization": "stored data is unpickled",
    "allow_code_execution": "the agent runs code that it writes",
    "chat.agent.terminal.autoApprove": "commands of the terminal are approved unasked",
}


def concerns(document: Any) -> Iterator[Concern]:
    """Yield what in a document lets an agent act unasked."""
    for path, value in nodes(document):
        key = str(path[-1]) if path else ""
        if isinstance(value, dict):
            yield from _together(path, value)
        elif key in _LISTS and isinstance(value, list):
            yield from _list(path, key, value)
        elif key in _LISTS | _SWITCHES and value in _TRUE and not isinstance(value, (dict, list)):
            yield Concern("no-approval", f"{visible(key, 80)} is on: nobody is asked.", path)
        elif key in _LOOSE and value in _TRUE:
            yield Concern("runs-code", f"{key} is on: {_LOOSE[key]}.", path)
        elif isinstance(value, str):
            yield from _mode(path, key, value)


def _list(path: Path, key: str, listed: list[Any]) -> Iterator[Concern]:
    names = [each for each in listed if isinstance(each, str)]
    every = [each for each in names if _ANYTHING.match(each) or _SHELL_TOOL.match(each)]
    acting = [each for each in names if _RUNS.search(each) and each not in every]
    writing = [each for each in names if _ACTS.search(each) and each not in every + acting]
    if key in ("allowedTools", "allowed_tools", "coreTools"):
        acting = writing = []
    for each in every + acting:
        yield Concern(
            "no-approval",
            f"{visible(key, 40)} lets the agent use {visible(each, 80)} unasked.",
            path,
        )
    for each in writing[:5]:
        yield Concern(
            "no-approval",
            f"{visible(key, 40)} lets the agent use {visible(each, 80)} unasked.",
            path,
            Severity.LOW,
            Confidence.LOW,
        )


def _mode(path: Path, key: str, value: str) -> Iterator[Concern]:
    plain = value.strip().lower()
    if key == "defaultMode" and value == "bypassPermissions":
        yield Concern("no-approval", "defaultMode is bypassPermissions: nobody is asked.", path)
    elif key == "approvalMode" and plain == "yolo":
        yield Concern("no-approval", "approvalMode is yolo: nobody is asked.", path)
    elif key == "sandbox_mode" and plain == "danger-full-access":
        yield Concern(
            "no-approval",
            "sandbox_mode is danger-full-access: no sandbox holds what the agent runs.",
            path,
            Severity.MEDIUM,
        )
    elif key == "GOOSE_MODE" and plain == "auto":
        yield Concern("no-approval", "GOOSE_MODE is auto: nobody is asked.", path, Severity.MEDIUM)
    elif key == "code_execution_mode" and plain == "unsafe":
        yield Concern(
            "runs-code",
            "code_execution_mode is unsafe: the agent runs code that it writes on this machine.",
            path,
            Severity.HIGH,
        )
    elif key == "require_approval" and plain == "never":
        yield Concern(
            "no-approval",
            "require_approval is never: the tools of the server are used unasked.",
            path,
            Severity.MEDIUM,
        )
    elif key == "provider" and value.endswith(".LocalCommandLineCodeExecutor"):
        yield Concern(
            "runs-code",
            "LocalCommandLineCodeExecutor runs code that the model writes on this machine.",
            path,
            Severity.HIGH,
        )


def _together(path: Path, value: dict[str, Any]) -> Iterator[Concern]:
    if (
        value.get("approval_policy") == "never"
        and value.get("sandbox_mode") == "danger-full-access"
    ):
        yield Concern(
            "no-approval",
            "approval_policy is never and sandbox_mode is danger-full-access: nobody is asked and "
            "nothing holds the agent.",
            (*path, "approval_policy"),
        )
    execution = value.get("code_execution_config")
    if isinstance(execution, dict) and execution.get("use_docker") in (False, "false", "False"):
        yield Concern(
            "runs-code",
            "code_execution_config has use_docker off: the agent runs code that it writes on this "
            "machine.",
            (*path, "code_execution_config"),
            Severity.HIGH,
        )
    permissions = value.get("permissions")
    if isinstance(permissions, dict) and isinstance(permissions.get("allow"), list):
        yield from _allowed((*path, "permissions", "allow"), permissions)
    if value.get("trust") is True and {"command", "url", "httpUrl"} & set(value):
        yield Concern(
            "no-approval",
            f"trust is on for {visible(str(path[-1]) if path else 'a server', 80)}: its tools are "
            "used unasked.",
            (*path, "trust"),
            Severity.MEDIUM,
        )
    approved = value.get("chat.tools.terminal.autoApprove")
    if isinstance(approved, dict):
        for pattern, allowed in approved.items():
            if _ANYTHING.match(pattern) and allowed in _TRUE:
                yield Concern(
                    "no-approval",
                    "Every command of the terminal is approved unasked.",
                    (*path, "chat.tools.terminal.autoApprove"),
                )


def _allowed(path: Path, permissions: dict[str, Any]) -> Iterator[Concern]:
    for at, each in enumerate(permissions["allow"]):
        if not isinstance(each, str):
            continue
        place = (*path, at)
        if _ANYTHING.match(each) or _SHELL_TOOL.match(each):
            yield Concern(
                "no-approval",
                f"The agent may use {visible(each, 80)} unasked, for anything.",
                place,
            )
        elif _INTERPRETER.match(each):
            yield Concern(
                "no-approval",
                f"The agent may use {visible(each, 80)} unasked, which can do anything.",
                place,
                Severity.MEDIUM,
            )


def front(document: Any) -> Iterator[Concern]:
    """Yield what the head of a command, skill or agent in Markdown lets it do unasked."""
    if not isinstance(document, dict):
        return
    value = document.get("allowed-tools")
    named = re.split(r"[,\n]|\s(?![^(]{0,200}\))", value) if isinstance(value, str) else value
    for each in named if isinstance(named, list) else ():
        tool = each.strip() if isinstance(each, str) else ""
        if _ANYTHING.match(tool) or _SHELL_TOOL.match(tool):
            yield Concern(
                "no-approval",
                f"allowed-tools lets it use {visible(tool, 80)} unasked, for anything.",
                ("allowed-tools",),
                Severity.MEDIUM,
            )
    if document.get("permissionMode") == "bypassPermissions":
        yield Concern(
            "no-approval",
            "permissionMode is bypassPermissions: nobody is asked.",
            ("permissionMode",),
        )


def speaks(document: Any) -> bool:
    """Whether a document has settings of consent at all, good or bad."""
    names = {*_LISTS, *_SWITCHES, *_LOOSE, "approval_policy", "sandbox_mode", "allowed-tools"}
    return any(
        path and (path[-1] in names or path[-2:] == ("permissions", "allow"))
        for path, _ in nodes(document)
    )
