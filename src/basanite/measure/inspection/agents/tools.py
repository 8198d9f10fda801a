"""Tools: what descriptions of tools tell a model, and what their schemas let it pass.

Sources: Model Context Protocol 2025-06-18, section Tools; function calling of the OpenAI API;
OpenAPI 3.1; the ``ai-plugin.json`` of ChatGPT plugins, which Semantic Kernel reads too.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from basanite.domain.names import visible
from basanite.domain.severity import Confidence, Severity
from basanite.formats.keyed.document import Path, nodes
from basanite.measure.inspection.agents.concern import Concern
from basanite.measure.inspection.passages.addressed import Sign, hostile, said, signs

_LISTS = frozenset({"tools", "functions", "skills", "actions", "plugins"})
_SCHEMAS = ("inputSchema", "input_schema", "parameters", "args_schema", "schema")
_FREE = re.compile(
    r"(?:command|cmd|shell|script|code|sql|query|path|file_?path|url|expression)s?\Z", re.IGNORECASE
)
_FREE_CODE = re.compile(r"(?:command|cmd|shell|script|code|sql|bash)s?\Z", re.IGNORECASE)
_OPERATIONS = frozenset({"get", "put", "post", "delete", "patch", "head", "options"})
_LISTED = 2000


@dataclass(frozen=True)
class Tool:
    """One tool, function or operation that a model is told of."""

    name: str
    path: Path
    says: tuple[tuple[Path, str], ...]
    """Every text in its description and schema."""
    schema: Any = None
    listed: Path = ()
    """The list it stands in."""


def tools(document: Any) -> Iterator[Tool]:
    """Yield the tools that a document describes."""
    for path, value in nodes(document):
        key = str(path[-1]) if path else ""
        if key in _LISTS or not path:
            yield from _listed(path, value)
        if isinstance(value, dict) and isinstance(value.get("description_for_model"), str):
            name = str(value.get("name_for_model", "the plugin"))
            yield Tool(name, path, ((path, value["description_for_model"]),))
        if len(path) >= 2 and key in _OPERATIONS and path[-2] != "properties":
            yield from _operation(path, value)


def _listed(path: Path, value: Any) -> Iterator[Tool]:
    items: list[tuple[Path, Any]] = []
    if isinstance(value, list):
        items = [((*path, at), each) for at, each in enumerate(value[:_LISTED])]
    elif isinstance(value, dict) and path:
        items = [((*path, k), {"name": k, **v}) for k, v in value.items() if isinstance(v, dict)]
    for place, each in items:
        inner = each.get("function") if isinstance(each, dict) else None
        told = inner if isinstance(inner, dict) else each
        if not isinstance(told, dict) or not isinstance(told.get("name"), str):
            continue
        schema = next((told[k] for k in _SCHEMAS if k in told), None)
        bare = schema is None and (not path or path[-1] not in ("tools", "functions"))
        if bare or (schema is None and not isinstance(told.get("description"), str)):
            continue  # many lists of other things have names and descriptions
        texts = [(at, text) for at, text in nodes(told, place) if isinstance(text, str)]
        yield Tool(told["name"], place, tuple(texts), schema, path)


def _operation(path: Path, value: Any) -> Iterator[Tool]:
    if not isinstance(value, dict) or not {"responses", "operationId"} & set(value):
        return
    texts = [
        ((*path, k), value[k]) for k in ("summary", "description") if isinstance(value.get(k), str)
    ]
    yield Tool(str(value.get("operationId", path[-2])), path, tuple(texts))


def concerns(found: list[Tool]) -> Iterator[Concern]:
    """Yield what is to be said of tools: their words, their names, their schemas."""
    for tool in found:
        for path, text in tool.says:
            yield from poisoned(tool.name, text, path)
        yield from _schema(tool)
    yield from _twice(found)


def poisoned(name: str, text: str, path: Path = ()) -> Iterator[Concern]:
    """Yield that the text of a tool gives orders to the model instead of saying what it does."""
    if len(text) < 12:
        return
    signed = signs(text)
    who = f"The tool {visible(name, 80)}"
    if hostile(signed):
        message = f"{who} is described so that {said(signed)}: {visible(text, 300)}"
        yield Concern("hidden-orders", message, path)
    elif signed & {Sign.MARKED, Sign.FETCHES} and len(signed) > 1:
        message = f"{who} is described so that {said(signed)}: {visible(text, 300)}"
        yield Concern("hidden-orders", message, path, confidence=Confidence.MEDIUM)
    elif signed & {Sign.MARKED, Sign.REPLACES}:
        message = f"{who} has a description that does more than describe: {said(signed)}."
        yield Concern("odd-orders", message, path, confidence=Confidence.MEDIUM)


def _schema(tool: Tool) -> Iterator[Concern]:
    properties = tool.schema.get("properties") if isinstance(tool.schema, dict) else None
    if not isinstance(properties, dict):
        return
    free = [key for key, each in properties.items() if _FREE.match(key) and _unbounded(each)]
    if tool.schema.get("additionalProperties") is True and free:
        yield Concern(
            "open-schema",
            f"The tool {visible(tool.name, 80)} takes {visible(free[0], 40)} and anything besides.",
            (*tool.path, "inputSchema"),
        )
        return
    code = [key for key in free if _FREE_CODE.match(key)]
    if code:
        yield Concern(
            "open-schema",
            f"The tool {visible(tool.name, 80)} takes any {visible(code[0], 40)} that the model "
            "writes.",
            tool.path,
            Severity.LOW,
            Confidence.MEDIUM,
        )


def _unbounded(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return True
    return schema.get("type", "string") == "string" and not {
        "enum",
        "const",
        "pattern",
        "format",
    } & set(schema)


def _twice(found: list[Tool]) -> Iterator[Concern]:
    counted = Counter((tool.listed, tool.name.strip().lower()) for tool in found if tool.listed)
    said_of = set()
    for tool in found:
        key = (tool.listed, tool.name.strip().lower())
        if tool.listed and counted[key] > 1 and key not in said_of:
            said_of.add(key)
            yield Concern(
                "same-name",
                f"{counted[key]} tools have the name {visible(tool.name, 80)}: which one the model "
                "calls is chance, or another's choice.",
                tool.path,
            )
