"""Finds prompts and agents: instructions to models, and what lets a model act."""

from __future__ import annotations

import re

from basanite.domain.artifact import Artifact, Format
from basanite.domain.system import ComponentKind, DatasetRole
from basanite.map.found import (
    DraftComponent,
    Folder,
    Sign,
    is_test,
    name_of,
    parts_of,
    suffix_of,
)
from basanite.map.providers import AGENT_LIBRARIES, VECTOR_LIBRARIES, starts

_TEXTS = frozenset(
    [
        ".txt",
        ".md",
        ".jinja",
        ".jinja2",
        ".j2",
        ".prompt",
        ".prompty",
        ".mustache",
        ".tmpl",
        ".yaml",
        ".yml",
        ".json",
    ]
)
_PROMPT_FOLDERS = frozenset({"prompts", "prompt", "system_prompts", "system-prompts"})
_INSTRUCTIONS = frozenset({"modelfile"})
_ASSISTANT_FILES = frozenset(
    {
        "agents.md",
        "claude.md",
        "gemini.md",
        ".cursorrules",
        ".windsurfrules",
        "copilot-instructions.md",
        "skill.md",
    }
)
_AGENT_FILES = frozenset(
    {
        "mcp.json",
        ".mcp.json",
        "claude_desktop_config.json",
        "langgraph.json",
        "oai_config_list",
        "oai_config_list.json",
        "agent.json",
    }
)
_CREW = frozenset({"agents.yaml", "agents.yml", "tasks.yaml", "tasks.yml", "crew.yaml"})
_LANGCHAIN = re.compile(r"^_type:\s{0,4}[a-z-]{1,40}", re.MULTILINE)
_MCP = re.compile(r"\"mcp_?[sS]ervers\"\s{0,4}:")
_IMPORT = re.compile(
    r"^[ \t\"]{0,80}(?:from|import)[ \t]{1,4}([A-Za-z_][\w.]{0,100})", re.MULTILINE
)
_INLINE = re.compile(
    r"(\bsystem_?(?:prompt|message|instructions?)\b\s{0,4}(?::\s{0,2}str\s{0,2})?=\s{0,4}[frb(]{0,3}[\"'])"
    r"|(SystemMessage\()|([\"']role[\"']\s{0,3}:\s{0,3}[\"']system[\"'])|(PromptTemplate\()",
    re.IGNORECASE,
)
_ABOUT = frozenset({"report", "notes", "readme", "guide", "changelog", "plan", "schema"})
"""Words of texts that speak about prompts rather than being one."""
MAX_PATHS = 20


def find_prompts(folder: Folder, taken: frozenset[str]) -> list[DraftComponent]:
    """Return prompts that lie in files of their own."""
    homes: dict[str, list[str]] = {}
    single: list[DraftComponent] = []
    for artifact in folder.artifacts:
        path = artifact.path
        if path in taken:
            continue
        home = _prompt_home(artifact)
        if home is not None:
            homes.setdefault(home, []).append(path)
        elif _is_prompt(artifact):
            name = name_of(path).strip(".")
            single.append(
                DraftComponent(
                    id=name if "." not in name else name.rpartition(".")[0],
                    kind=ComponentKind.PROMPT,
                    title=name,
                    paths=(path,),
                    signs=(Sign("its name says that it is a prompt", path),),
                )
            )
    grouped = [
        DraftComponent(
            id=name_of(home),
            kind=ComponentKind.PROMPT,
            title=name_of(home),
            paths=_prompt_paths(folder, home, paths),
            signs=(Sign(f"{len(paths)} files in a folder of prompts", home),),
        )
        for home, paths in sorted(homes.items())
    ]
    return [*grouped, *single]


def _prompt_home(artifact: Artifact) -> str | None:
    """Return the folder of prompts that a text lies in."""
    parts = parts_of(artifact.path)
    if suffix_of(artifact.path) not in _TEXTS and artifact.format is not Format.PROMPT:
        return None
    if name_of(artifact.path).lower().startswith(("readme", "requirements", "license")):
        return None
    at = next((i for i, part in enumerate(parts[:-1]) if part.lower() in _PROMPT_FOLDERS), None)
    return None if at is None else "/".join(parts[: at + 1])


def _prompt_paths(folder: Folder, home: str, paths: list[str]) -> tuple[str, ...]:
    inside = sum(1 for each in folder.paths if each.startswith(home + "/"))
    if inside == len(paths):
        return (home,)
    if len(paths) <= MAX_PATHS:
        return tuple(paths)
    return tuple(f"{home}/**/*{suffix}" for suffix in sorted({suffix_of(each) for each in paths}))


def _is_prompt(artifact: Artifact) -> bool:
    name, suffix = name_of(artifact.path).lower(), suffix_of(artifact.path)
    words = re.split(r"[^a-z]+", name)
    if name in _ASSISTANT_FILES:
        return False
    if name in _INSTRUCTIONS:
        return True
    if not _ABOUT.isdisjoint(words):
        return False
    if artifact.format is Format.PROMPT:
        return True
    return suffix in _TEXTS and ("prompt" in words or "prompts" in words)


def find_agents(
    folder: Folder, taken: frozenset[str]
) -> tuple[list[DraftComponent], tuple[str, ...]]:
    """Return agents: their configuration, and the code that builds them; and notes."""
    found: list[DraftComponent] = []
    notes: list[str] = []
    code: dict[str, Sign] = {}
    stores: dict[str, Sign] = {}
    inline: list[Sign] = []
    for artifact in folder.artifacts:
        path, name = artifact.path, name_of(artifact.path).lower()
        if path in taken or is_test(path):
            continue
        if name in _ASSISTANT_FILES:
            if len(notes) < MAX_PATHS:
                notes.append(
                    f"{path} instructs a coding assistant; it is no part of the system "
                    "unless the system reads it"
                )
        elif sign := _configuration(folder, artifact):
            found.append(
                DraftComponent(
                    id=f"{name.strip('.').partition('.')[0]}-agent",
                    kind=ComponentKind.AGENT,
                    title=name_of(path),
                    paths=(path,),
                    signs=(sign,),
                    todo=("say what its tools can do in the purpose or the title",),
                )
            )
        elif artifact.format in (Format.PYTHON, Format.NOTEBOOK):
            _code(folder, path, code, stores, inline)
    found += _built(code)
    found += _used_store(stores)
    notes += [
        f"{sign.path}:{sign.line} holds prompt text inside code; a prompt in a file of its own "
        "can be tested and watched"
        for sign in inline[:MAX_PATHS]
    ]
    return found, tuple(notes)


def _configuration(folder: Folder, artifact: Artifact) -> Sign | None:
    path, name = artifact.path, name_of(artifact.path).lower()
    if name in _AGENT_FILES:
        return Sign("the configuration of an agent or its tools", path)
    if name in _CREW and "config" in parts_of(path):
        return Sign("the configuration of a crew of agents", path)
    if artifact.format not in (Format.JSON, Format.YAML):
        return None
    text = folder.text(path)
    if text is None:
        return None
    match = _MCP.search(text.text)
    if match:
        return text.sign(match.start(), "names MCP servers")
    match = _LANGCHAIN.search(text.text)
    return text.sign(match.start(), "a LangChain configuration") if match else None


def _code(
    folder: Folder, path: str, code: dict[str, Sign], stores: dict[str, Sign], inline: list[Sign]
) -> None:
    text = folder.text(path)
    if text is None:
        return
    for match in _IMPORT.finditer(text.text):
        module = match.group(1)
        if any(starts(module, name) for name in AGENT_LIBRARIES) and not folder.has(
            "", f"{module.partition('.')[0]}/__init__.py", f"{module.partition('.')[0]}.py"
        ):
            code.setdefault(path, text.sign(match.start(1), f"imports {module}"))
        for name in VECTOR_LIBRARIES:
            if starts(module, name):
                stores.setdefault(name, text.sign(match.start(1), f"imports {module}"))
    first = _INLINE.search(text.text)
    if first:
        inline.append(text.sign(first.start(), "prompt text"))


def _built(code: dict[str, Sign]) -> list[DraftComponent]:
    if not code:
        return []
    listed = sorted(code)[:MAX_PATHS]
    return [
        DraftComponent(
            id="agent",
            kind=ComponentKind.AGENT,
            title="Agent built in code",
            paths=tuple(listed),
            signs=tuple(code[path] for path in listed[:3]),
            guessed=frozenset({"kind", "paths"}),
            todo=("keep it only if a model here chooses its own actions; name its tools",),
        )
    ]


def _used_store(stores: dict[str, Sign]) -> list[DraftComponent]:
    if not stores:
        return []
    return [
        DraftComponent(
            id="retrieval-store",
            kind=ComponentKind.DATASET,
            title="Documents behind the answers",
            role=DatasetRole.RETRIEVAL,
            signs=tuple(stores.values())[:3],
            guessed=frozenset({"kind"}),
            todo=("add the path of the documents or of the store, if they are kept here",),
        )
    ]
