"""The only entry of a worker process: jobs by name, for the engine's confined workers.

A worker has no network, no keys and an empty environment. It sees one folder, read-only.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from basanite.engine.loop import Context, serve


def catalogue(payload: dict[str, Any], context: Context) -> dict[str, Any]:
    """Hash one file and read its header. Answers an Artifact's fields and its dependencies."""
    from basanite.adapters.files import Tree
    from basanite.app.catalogue import describe

    return describe(Tree(Path(context.root)), payload["path"])


def inspect(payload: dict[str, Any], context: Context) -> dict[str, Any]:
    """Put inspection checks to one artifact. Answers by check id."""
    from basanite.adapters.files import Tree
    from basanite.app.inspecting import inspect_artifact

    return inspect_artifact(Tree(Path(context.root)), payload)


def evaluate(payload: dict[str, Any], context: Context) -> dict[str, Any]:
    """Put one evaluation check to a model that cannot carry code."""
    from basanite.adapters.files import Tree
    from basanite.app.behaviour import evaluate_model

    return evaluate_model(Tree(Path(context.root)), payload)


def monitor(payload: dict[str, Any], context: Context) -> dict[str, Any]:
    """Put one monitoring check to a window of data."""
    from basanite.adapters.files import Tree
    from basanite.app.behaviour import watch_window

    return watch_window(Tree(Path(context.root)), payload)


def sketch(payload: dict[str, Any], context: Context) -> dict[str, Any]:
    """Sketch the weights of one file. Answers a `SketchedFile`."""
    from basanite.adapters.files import Tree
    from basanite.app.weights import sketch_file

    return sketch_file(Tree(Path(context.root)), payload["path"])


ENTRIES = {
    "catalogue": catalogue,
    "inspect": inspect,
    "evaluate": evaluate,
    "monitor": monitor,
    "sketch": sketch,
}

if __name__ == "__main__":
    serve(ENTRIES)
