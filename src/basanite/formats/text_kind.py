"""Kinds of text: by name where a name is a convention, by content where it shows."""

from __future__ import annotations

import re

from basanite.domain.artifact import Format
from basanite.domain.names import base_name
from basanite.formats.model_signature import looks_like_bundle

_LOCKS = frozenset(
    {"uv.lock", "poetry.lock", "pdm.lock", "pipfile.lock", "pylock.toml", "package-lock.json"}
)
_TOKENIZERS = frozenset(
    {
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "vocab.json",
    }
)
_SUFFIXES = {
    ".py": Format.PYTHON, ".pyi": Format.PYTHON, ".pyw": Format.PYTHON, ".ipynb": Format.NOTEBOOK,
    ".json": Format.JSON, ".jsonl": Format.JSONL, ".ndjson": Format.JSONL, ".yaml": Format.YAML,
    ".yml": Format.YAML, ".toml": Format.TOML, ".csv": Format.CSV, ".tsv": Format.CSV,
    ".env": Format.ENV, ".prompt": Format.PROMPT, ".j2": Format.TEXT, ".jinja": Format.TEXT,
    ".jinja2": Format.TEXT, ".ini": Format.TEXT,
    ".cfg": Format.TEXT, ".pyx": Format.TEXT, ".pxd": Format.TEXT,
    ".md": Format.TEXT, ".conf": Format.TEXT,
}  # fmt: skip
_REQUIREMENTS = re.compile(
    r"(requirements|constraints)[\w.-]*\.(txt|in)$|[\w.-]+[-_.]requirements\.txt$"
)
_ENV = re.compile(r"\.env(\.[\w.-]+)?$|[\w-]+\.env$")
_PROMPT = re.compile(r"prompt|system[-_]?message|instructions", re.IGNORECASE)
_SHEBANG = re.compile(r"#![^\n]{0,80}\bpython")
_KEYED = re.compile(r"\s*\{")
_REQUIREMENT_LINE = re.compile(
    r"[A-Za-z0-9][\w.-]*(\[[\w, -]*\])?\s*(==|>=|<=|~=|!=|>|<)\s*[\w.*]+"
)


def text_kind(name: str, head: str) -> Format:
    """Return the kind of a text from its encoded path and its beginning."""
    base = base_name(name).lower()
    folders = name.lower().replace("!/", "/").split("/")[:-1]
    if looks_like_bundle(head):
        return Format.MODEL_SIGNATURE
    if (known := _by_name(base, folders)) is not None:
        return known
    suffix = base[base.rfind(".") :] if "." in base else ""
    if suffix == ".json" and '"nbformat"' in head and '"cells"' in head:
        return Format.NOTEBOOK
    if suffix in (".txt", ".md", ".prompt", "") and (
        _PROMPT.search(base) or folders[-1:] in (["prompts"], ["prompt"])
    ):
        return Format.PROMPT
    return _SUFFIXES.get(suffix) or _by_content(head)


def _by_name(base: str, folders: list[str]) -> Format | None:
    """Return what a file's name means by convention, whatever stands in it."""
    if base in _LOCKS or re.fullmatch(r"pylock\.[\w-]+\.toml", base):
        return Format.LOCKFILE
    if base in _TOKENIZERS:
        return Format.TOKENIZER
    if _REQUIREMENTS.search(base) or (folders[-1:] == ["requirements"] and base.endswith(".txt")):
        return Format.REQUIREMENTS
    if _ENV.match(base):
        return Format.ENV
    return Format.YAML if base == "mlmodel" else None


def _by_content(head: str) -> Format:
    if _SHEBANG.match(head):
        return Format.PYTHON
    if _KEYED.match(head) and head.rstrip().endswith("}"):
        return Format.JSON
    lines = [line for line in head.splitlines()[:50] if line.strip() and not line.startswith("#")]
    if len(lines) >= 2 and all(_REQUIREMENT_LINE.match(line) for line in lines):
        return Format.REQUIREMENTS
    return Format.TEXT
