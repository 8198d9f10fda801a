"""Origin: where the text that an operator gets comes from, followed back through its graph."""

from __future__ import annotations

from dataclasses import dataclass, field

from basanite.domain.errors import UnreadableError
from basanite.formats.protobuf import Field
from basanite.formats.tensorflow import Graph

_MAX_STEPS = 10_000
_MAX_NODES = 300_000
_GIVEN = frozenset(
    {"Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "Arg", "_Arg",
     "ReadVariableOp", "VarHandleOp", "Variable", "VariableV2"}
)  # fmt: skip
"""Operators whose value the graph itself does not say."""
_UNCHANGED = frozenset(
    {"Identity", "IdentityN", "StopGradient", "Reshape", "ExpandDims", "Squeeze", "Pack", "Concat",
     "ConcatV2", "Select", "SelectV2", "Switch", "Merge", "Gather", "GatherV2", "StridedSlice",
     "GuaranteeConst", "PlaceholderWithDefault"}
)  # fmt: skip
"""Operators that pass texts on as they are."""


@dataclass
class Origin:
    """What a text is made of."""

    constants: set[str] = field(default_factory=set)
    nodes: set[str] = field(default_factory=set)
    """Names of the constants' nodes."""
    given: bool = False
    """Whether some of it is given from outside the graph when it runs, or is a variable."""
    computed: bool = False
    """Whether it is put together from parts, so that no constant is the whole of it."""


class Flow:
    """The nodes of one graph by name. Only their places are held."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._places: dict[str, Field] = {}
        try:
            for node in graph.nodes():
                self._places[node.name] = node.place
                if len(self._places) > _MAX_NODES:
                    break
        except UnreadableError:
            # Whoever walks the graph comes to the damage as well, and says so.
            return
        if len(self._places) > _MAX_NODES:
            raise UnreadableError(
                f"the graph uses files and has more than {_MAX_NODES} nodes to follow"
            )

    def origin(self, names: list[str]) -> Origin:
        """Return what the outputs of some nodes are made of.

        Raises:
            UnreadableError: it is made of more than ten thousand steps.
        """
        found = Origin()
        todo = list(names)
        seen: set[str] = set()
        while todo:
            name = todo.pop().partition(":")[0]
            if name.startswith("^") or name in seen:
                continue
            seen.add(name)
            if len(seen) > _MAX_STEPS:
                raise UnreadableError("a path in the graph is computed in too many steps")
            place = self._places.get(name)
            if place is None or name in self._graph.arguments:
                found.given = True
                continue
            node = self._graph.node(place)
            if node.operator == "Const":
                found.constants.update(node.texts("value") or ())
                found.nodes.add(name)
                continue
            if node.operator in _GIVEN:
                found.given = True
            elif node.operator not in _UNCHANGED:
                found.computed = True
            todo += node.inputs
        return found
