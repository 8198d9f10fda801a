"""Reader of TensorFlow's files: what they are, and what is in their graphs."""

from __future__ import annotations

from collections import Counter
from typing import Any, BinaryIO

from basanite.domain.names import visible
from basanite.formats.protobuf import Message
from basanite.formats.tensorflow.graphs import assets, graphs, inner, metas
from basanite.formats.tensorflow.kinds import kind

NAME = "tensorflow"
VERSION = 2
_SHOWN = 100


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return the kind, operators, functions, assets, tags and versions.

    Raises:
        UnreadableError: the file is malformed.
    """
    form = kind("", file, size)
    if form is None:
        # Its name says so; there is nothing in plain numbers that could be read.
        return {"kind": "checkpoint-data"}
    facts: dict[str, Any] = {"kind": form}
    if form not in ("saved-model", "meta-graph", "graph"):
        return facts
    operators: Counter[str] = Counter()
    functions = 0
    for graph in graphs(file, size, form):
        functions += bool(graph.function)
        for node in graph.nodes():
            if len(operators) < 10_000:
                operators[node.operator] += 1
    facts |= {"nodes": operators.total(), "operators": len(operators), "functions": functions}
    facts["custom_operators"] = sorted(visible(each, 80) for each in operators if ">" in each)[
        :_SHOWN
    ]
    for meta in metas(Message(file, 0, size), form):
        for info in inner(meta, 1):
            for each in info:
                if each.number == 5 and each.wire == 2:
                    facts["tensorflow"] = visible(info.text(each), 80)
                elif each.number == 4 and each.wire == 2:
                    facts.setdefault("tags", []).append(visible(info.text(each), 80))
    named = [visible(each.name, 200) for each in assets(file, size, form)]
    return {**facts, "assets": named[:_SHOWN]}
