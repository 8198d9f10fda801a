"""Where chat templates lie: in GGUF keys, in the JSON of tokenizers and processors, in own files.

Source: the chat template documentation of Hugging Face transformers, and the key names in the GGUF
specification of the ggml project.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.domain.names import base_name, visible
from basanite.formats import gguf

NAME = "chat-template"
VERSION = 2
_MAX_JSON = 4 << 20
_MAX_FILE = 4 << 20
_KEY = "chat_template"
_CHUNK = 1 << 20
_ESCAPED = re.compile(rb"\\u00[3-7][0-9a-fA-F]")
_SUFFIXES = (".jinja", ".jinja2", ".j2")
_OF_CHATS = re.compile(
    r"\b(?:messages|add_generation_prompt|bos_token|eos_token|raise_exception|tool_calls)\b"
)
_NAMED = re.compile(r"chat|prompt|template|instruct|tool_use")


def templates(form: Format, path: str, file: BinaryIO, size: int) -> Iterator[tuple[str, str]]:
    """Yield name and text of every chat template in a file, repeated ones too.

    Raises:
        UnreadableError: the file cannot be read as what it is, or is too large.
    """
    if form is Format.GGUF:
        yield from gguf.templates(file, size)
    elif is_template(path):
        text = _text(file, size)
        if _NAMED.search(_base(path)) or _NAMED.search(_folder(path)) or _OF_CHATS.search(text):
            yield visible(_base(path), 120), text
    elif form in (Format.JSON, Format.TOKENIZER):
        yield from _in_json(file, size)


def is_template(path: str) -> bool:
    """Whether a text file's name says that it is a template."""
    base = _base(path)
    return base.endswith(_SUFFIXES) or (_KEY in base and not base.endswith(".json"))


def _base(path: str) -> str:
    return base_name(path).lower()


def _folder(path: str) -> str:
    """The folder that a file lies in, such as ``additional_chat_templates``."""
    return _base(path.replace("!/", "/").rpartition("/")[0])


def _text(file: BinaryIO, size: int) -> str:
    if size > _MAX_FILE:
        raise UnreadableError(f"the template has {size} bytes; up to {_MAX_FILE} are read")
    file.seek(0)
    return file.read(size).decode("utf-8-sig", "replace")


def _in_json(file: BinaryIO, size: int) -> Iterator[tuple[str, str]]:
    if not _may_hold(file, size):
        return
    if size > _MAX_JSON:
        raise UnreadableError(f"JSON with a chat template has {size} bytes; 4,194,304 are read")
    found: list[tuple[str, Any]] = []

    def keep(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # All of them: parsers disagree on which of two equal keys counts.
        found.extend((key, value) for key, value in pairs if _KEY in key)
        return dict(pairs)

    file.seek(0)
    try:
        json.loads(file.read(size).decode("utf-8-sig"), object_pairs_hook=keep)
    except RecursionError as error:
        raise UnreadableError("the JSON is nested too deeply") from error
    except ValueError as error:
        raise UnreadableError(f"the JSON cannot be read ({error})"[:300]) from error
    for key, value in found:
        yield from _named(visible(key, 60), value)


def _named(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the templates of one key: a text, a list of names and texts, or a mapping."""
    match value:
        case str():
            yield name, value
        case list():
            for each in value:
                match each:
                    case {"template": str() as text}:
                        yield f"{name}.{visible(str(each.get('name', '')), 60)}", text
                    case str():
                        yield name, each
        case dict():
            for key, text in value.items():
                if isinstance(text, str):
                    yield f"{name}.{visible(key, 60)}", text


def _may_hold(file: BinaryIO, size: int) -> bool:
    """Whether JSON has the key of a chat template, written plainly or with escapes."""
    file.seek(0)
    kept = b""
    left = size
    while left > 0 and (data := file.read(min(_CHUNK, left))):
        left -= len(data)
        window = kept + data
        if _KEY.encode() in window or (size <= _MAX_JSON and _ESCAPED.search(window)):
            return True
        kept = window[-64:]
    return False
