"""Origin: where the text that an operator gets comes from, followed back through its graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from basanite.domain.errors import UnreadableError
from basanite.formats.protobuf import Field
from basanite.formats.tensorflow.graphs import Graph, Node

_MAX_STEPS = 10_000
_MAX_NODES = 300_000
_MAX_CALLS = 2000
_MAX_FLOWS = 16
_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
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
    """Names of the constants' nodes in the graph itself."""
    arguments: set[str] = field(default_factory=set)
    """Arguments of the function that it comes from."""
    given: bool = False
    """Whether some of it is given from outside the graph when it runs, or is a variable."""
    computed: bool = False
    """Whether it is put together from parts, so that no constant is the whole of it."""

    def join(self, other: Origin) -> None:
        """Take in what a caller hands over."""
        self.constants |= other.constants
        self.nodes |= other.nodes
        self.given |= other.given
        self.computed |= other.computed


class Program:
    """All graphs of a file, with the functions that they call."""

    def __init__(self, graphs: Sequence[Graph]) -> None:
        self._graphs = graphs
        self._flows: dict[str, Flow] = {}
        self._calls: dict[str, list[tuple[Graph, Node]]] | None = None

    def origin(self, graph: Graph, names: list[str]) -> Origin:
        """Return what the outputs of some nodes are made of, through the callers of functions.

        Raises:
            UnreadableError: it is made of more steps than are followed.
        """
        found = self._flow(graph).origin(names)
        todo = [(graph, each) for each in found.arguments]
        seen: set[tuple[str, str]] = set()
        while todo:
            inner, argument = todo.pop()
            if (inner.function, argument) in seen:
                continue
            seen.add((inner.function, argument))
            if len(seen) > _MAX_CALLS:
                raise UnreadableError("a path in the graph is handed on too often")
            callers = self._callers().get(inner.function, ())
            found.given |= not callers
            for caller, node in callers:
                handed = self._flow(caller).origin(_handed(node, inner, argument))
                found.join(handed)
                todo += [(caller, each) for each in handed.arguments]
        return found

    def _flow(self, graph: Graph) -> Flow:
        if graph.function not in self._flows:
            if len(self._flows) >= _MAX_FLOWS:
                self._flows.clear()
            self._flows[graph.function] = Flow(graph)
        return self._flows[graph.function]

    def _callers(self) -> dict[str, list[tuple[Graph, Node]]]:
        if self._calls is None:
            self._calls = {}
            functions = {each.function for each in self._graphs}
            for graph in self._graphs:
                for node in graph.nodes():
                    called = {node.operator, *(node.functions() if node.calls else ())}
                    for each in called & functions:
                        self._calls.setdefault(each, []).append((graph, node))
        return self._calls


def _handed(node: Node, function: Graph, argument: str) -> list[str]:
    """The inputs of a call that become an argument; all of them where conditions come first."""
    data = [each for each in node.inputs if not each.startswith("^")]
    plain = node.operator == function.function or node.operator in _CALLS
    place = function.arguments.index(argument)
    return data[place : place + 1] if plain else data


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
            if name in self._graph.arguments:
                found.arguments.add(name)
                continue
            if place is None:
                found.given = True
                continue
            node = self._graph.node(place)
            if node.operator == "Const":
                found.constants.update(node.texts("value") or ())
                if not self._graph.function:
                    found.nodes.add(name)
                continue
            if node.operator in _GIVEN:
                found.given = True
            elif node.operator not in _UNCHANGED:
                found.computed = True
            todo += node.inputs
        return found
