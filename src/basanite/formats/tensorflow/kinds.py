"""Kinds of TensorFlow's files, told apart by their structure."""

from __future__ import annotations

import re
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.formats.protobuf import Message
from basanite.formats.tensorflow.graphs import inner
from basanite.formats.tensorflow.written import looks_written

_TABLE_END = bytes.fromhex("57fb808b247547db")
"""The last eight bytes of a table of keys and values, which the index of a checkpoint is."""
_TABLE_FOOTER = 48
_DATA_NAME = re.compile(r"\.data-\d{5}-of-\d{5}$")
_OPERATOR = re.compile(r"_?[A-Z][\w>./]*")
_SMALL = 4096
_FIRST = (b"\x08", b"\x0a", b"\x12")
_HEAD = 1 << 16


def kind(name: str, file: BinaryIO, size: int) -> str | None:
    """Return what kind of TensorFlow's files the bytes are, or None.

    One of ``saved-model``, ``meta-graph``, ``graph``, ``keras-metadata``, ``fingerprint``,
    ``checkpoint-index``, ``text-graph`` (any of these written as text); and ``checkpoint-data`` by
    the name alone, since it is plain numbers.
    """
    if size > _TABLE_FOOTER:
        file.seek(size - len(_TABLE_END))
        if file.read(len(_TABLE_END)) == _TABLE_END:
            return "checkpoint-index"
    file.seek(0)
    head = file.read(min(size, _HEAD))
    if head[:1] in _FIRST:
        try:
            found = _message_kind(Message(file, 0, size)) or _fingerprint(file, size)
        except UnreadableError:
            found = None
        if found is not None:
            return found
    if looks_written(head):
        return "text-graph"
    return "checkpoint-data" if _DATA_NAME.search(name) else None


def _message_kind(whole: Message) -> str | None:
    for form, test in (
        ("saved-model", _is_saved_model),
        ("graph", _is_graph),
        ("meta-graph", _is_meta),
        ("keras-metadata", _is_keras_metadata),
    ):
        if test(whole):
            return form
    return None


def _is_node(message: Message) -> bool:
    texts: dict[int, str] = {}
    for each in message:
        if each.number > 7 or each.wire != 2:
            return False
        if each.number in (1, 2):
            texts[each.number] = message.text(each)
        elif 1 in texts and 2 in texts:
            break
    return bool(texts.get(1)) and _OPERATOR.fullmatch(texts.get(2, "")) is not None


def _is_graph(message: Message) -> bool:
    """Whether the fields are those of a graph whose first node is one."""
    for count, each in enumerate(message):
        if (each.number, each.wire) not in {(1, 2), (2, 2), (3, 0), (4, 2), (5, 2)}:
            return False
        if each.number == 1:
            return _is_node(message.inner(each))
        if each.number == 2:
            return any(True for _ in inner(message.inner(each), 1))
        if count > 3:
            break
    return False


def _is_meta(message: Message) -> bool:
    """Whether the fields are those of a graph with what belongs to it."""
    for each in message:
        if each.wire != 2 or each.number > 7:
            return False
        if each.number == 2:
            return _is_graph(message.inner(each))
    return False


def _is_saved_model(whole: Message) -> bool:
    for each in whole:
        if each.number == 1 and each.wire == 0 and each.value <= 100:
            continue
        return each.number == 2 and each.wire == 2 and _is_meta(whole.inner(each))
    return False


def _is_keras_metadata(whole: Message) -> bool:
    node = next(inner(whole, 1), None)
    return node is not None and any(
        each.number == 4 and each.wire == 2 and node.text(each).startswith("_tf_keras_")
        for each in node
    )


def _fingerprint(file: BinaryIO, size: int) -> str | None:
    if size > _SMALL:
        return None
    fields = list(Message(file, 0, size))
    numbers = {each.number for each in fields}
    plain = {1, 2} <= numbers <= set(range(1, 8)) and all(
        each.wire == (2 if each.number > 5 else 0) for each in fields
    )
    return "fingerprint" if plain else None
