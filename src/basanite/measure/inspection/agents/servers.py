"""Servers and hooks: the places in a configuration that start programs.

Sources: Model Context Protocol clients (``mcpServers``; ``servers`` of Visual Studio Code;
``context_servers`` of Zed; ``mcp_servers`` of Codex; ``extensions`` of Goose), hooks of Claude
Code, Gemini CLI and Cursor, tasks of Visual Studio Code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from basanite.domain.names import visible
from basanite.domain.severity import Severity
from basanite.formats.keyed.document import Path, nodes
from basanite.measure.inspection.agents import commands, reach, shell
from basanite.measure.inspection.agents.concern import Concern

_GROUPS = frozenset({"mcpServers", "mcp_servers", "context_servers", "mcp.servers", "mcpServer"})
_LOOSE_GROUPS = frozenset({"servers", "extensions", "mcp"})
"""Words that other configurations use too: there an entry has to look like a server of tools."""
_KINDS = frozenset({"stdio", "sse", "http", "streamable_http", "streamable-http", "streamableHttp"})
_STARTS = ("command", "cmd")
_PLACES = ("url", "serverUrl", "httpUrl", "uri", "endpoint")
_EVENTS = frozenset(
    {
        "PreToolUse", "PostToolUse", "UserPromptSubmit", "SessionStart", "SessionEnd", "Stop",
        "SubagentStop", "SubagentStart", "Notification", "PreCompact", "Setup", "PermissionRequest",
        "BeforeTool", "AfterTool", "BeforeAgent", "AfterAgent", "BeforeModel", "AfterModel",
        "beforeShellExecution", "afterFileEdit", "beforeSubmitPrompt", "beforeMCPExecution",
        "beforeReadFile", "stop", "preToolUse", "postToolUse", "sessionStart", "sessionEnd",
        "userPromptSubmitted", "errorOccurred", "PostToolUseFailure",
    }
)  # fmt: skip
_LINES = ("apiKeyHelper", "awsAuthRefresh", "awsCredentialExport", "otelHeadersHelper")


@dataclass(frozen=True)
class Server:
    """A server of tools, as a configuration names it."""

    name: str
    path: Path
    entry: Mapping[str, Any]


def servers(document: Any, *, named: bool) -> Iterator[Server]:
    """Yield the servers of a document; ``named`` says that its file's name promises some."""
    for path, value in nodes(document):
        if not isinstance(value, dict):
            continue
        group = str(path[-1]) if path else ""
        sure = group in _GROUPS or (named and (not path or group in _LOOSE_GROUPS))
        if sure or group in _LOOSE_GROUPS:
            for name, entry in value.items():
                if isinstance(entry, dict) and _serves(entry) and (sure or _looks(entry)):
                    yield Server(str(name), (*path, str(name)), entry)


def _serves(entry: Mapping[str, Any]) -> bool:
    started = any(isinstance(entry.get(key), (str, list, dict)) for key in _STARTS)
    placed = any(isinstance(entry.get(key), str) for key in _PLACES)
    return started or placed


def _looks(entry: Mapping[str, Any]) -> bool:
    kind = entry.get("type", entry.get("transport"))
    started = any(isinstance(entry.get(key), str) for key in _STARTS)
    return (isinstance(kind, str) and kind in _KINDS) or (
        started and isinstance(entry.get("args"), list)
    )


def concerns(server: Server) -> Iterator[Concern]:
    """Yield what is to be said of a server: its command, folders, address and environment."""
    entry, name, path = server.entry, server.name, server.path
    if entry.get("disabled") is True or entry.get("enabled") is False:
        return
    argv = _argv(entry)
    env: dict[str, Any] = {}
    for key in ("env", "envs", "environment"):
        if isinstance(entry.get(key), dict):
            env |= entry[key]
    if argv:
        at = (*path, "command")
        yield from _placed(commands.of_server(name, argv), at)
        yield from _placed(reach.folders(name, argv), (*path, "args"))
        yield from _placed(reach.listening(name, argv, env), (*path, "args"))
    yield from _placed(reach.settings(name, env), (*path, "env"))
    for key in _PLACES:
        if isinstance(entry.get(key), str):
            yield from _placed(reach.address(name, entry[key]), (*path, key))
    if argv and shell.program(argv[0]) in ("npx", "bunx") and "mcp-remote" in " ".join(argv):
        for word in argv[1:]:
            yield from _placed(reach.address(name, word), (*path, "args"))


def _argv(entry: Mapping[str, Any]) -> list[str]:
    command = next((entry[key] for key in _STARTS if entry.get(key)), None)
    args = entry.get("args", entry.get("arguments"))
    if isinstance(command, dict):  # Zed: {"path": …, "args": […]}
        args, command = command.get("args", args), command.get("path")
    rest = (
        [str(each) for each in args if isinstance(each, (str, int))]
        if isinstance(args, list)
        else []
    )
    if isinstance(args, str):
        rest = shell.words(args)
    if isinstance(command, list):
        return [*map(str, command), *rest]
    if not isinstance(command, str):
        return []
    # A command with blanks is a whole line, unless it is the path of a program.
    first = shell.words(command) if " " in command and "\\" not in command else [command]
    return [*first, *rest]


def hooks(document: Any) -> Iterator[Concern]:
    """Yield what is to be said of commands that run by themselves."""
    listed: list[str] = []
    where: Path = ()
    for path, value in nodes(document):
        if not isinstance(value, dict):
            if path and path[-1] in _LINES and isinstance(value, str):
                yield from _hook(str(path[-1]), value, path)
            continue
        for event in _EVENTS & set(value):
            if not path or path[-1] != "hooks":
                continue
            for place, line in _commands(value[event], (*path, event)):
                listed.append(f"{event}: {line}")
                where = where or place
                yield from _hook(event, line, place)
        if value.get("runOn") == "folderOpen":
            yield Concern(
                "runs-itself",
                "A task starts as soon as the folder is opened.",
                path,
                Severity.MEDIUM,
            )
        status = value.get("statusLine")
        if isinstance(status, dict) and isinstance(status.get("command"), str):
            yield from _hook("statusLine", status["command"], (*path, "statusLine"))
    if listed:
        shown = "; ".join(visible(each, 120) for each in listed[:4])
        more = f"; and {len(listed) - 4} more" if len(listed) > 4 else ""
        yield Concern("runs-itself", f"Commands run by themselves: {shown}{more}.", where)


def _commands(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    for place, each in nodes(value, path):
        if place[-1] in ("command", "bash", "powershell") and isinstance(each, str):
            yield place, each


def _hook(name: str, line: str, path: Path) -> Iterator[Concern]:
    yield from _placed(commands.of_hook(name, shell.words(line), line), path)


def _placed(found: Iterator[Concern], path: Path) -> Iterator[Concern]:
    for each in found:
        yield Concern(each.case, each.message, path, each.severity, each.confidence)
