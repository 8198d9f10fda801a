"""What is fuzzed: every reader of untrusted bytes, the walk, and every check of inspection.

A target takes bytes and must come back: `UnreadableError` is a proper answer, anything else that is
raised is a fault.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import Any, BinaryIO

from basanite.domain.artifact import Artifact, Format
from basanite.domain.errors import UnreadableError
from basanite.domain.outcome import Outcome
from basanite.formats import declared, facts
from basanite.formats.detect import detect
from basanite.formats.facts import read_facts
from basanite.formats.weights.listing import LISTED, tensors
from basanite.formats.weights.sketch import sketch
from basanite.measure.inspection.catalog import INSPECTORS
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.run import inspect

Target = Callable[[bytes], None]


@dataclass(frozen=True)
class _Opened:
    artifact: Artifact
    file: BinaryIO


def _reader(module: Any) -> Target:
    def run(data: bytes) -> None:
        try:
            module.read(io.BytesIO(data), len(data))
        except UnreadableError:
            return

    return run


def _reads(module: Any) -> bool:
    read = getattr(module, "read", None)
    return callable(read) and list(signature(read).parameters) == ["file", "size"]


def _declared(data: bytes) -> None:
    for name in ("README.md", "config.json", "adapter_config.json", "MLmodel"):
        declared.read(name, io.BytesIO(data), len(data))


def _check(inspector: Inspector) -> Target:
    """Put one check to the bytes under every format that it looks at."""
    formats = sorted(inspector.formats)

    def run(data: bytes) -> None:
        if len(data) < 2:
            return
        form, body = formats[data[0] % len(formats)], data[1:]
        artifact = Artifact(
            path=_NAMES.get(form, "m.bin"),
            size=len(body),
            sha256=hashlib.sha256(body).hexdigest(),
            format=form,
        )
        answer = inspect(_Opened(artifact, io.BytesIO(body)), [(inspector, {})])
        outcome = answer[inspector.check.id]
        if outcome.outcome is Outcome.ERROR:
            raise AssertionError(outcome.reason)

    return run


def _whole(data: bytes) -> None:
    """What `inspect` does with one file of that content and no name."""
    file = io.BytesIO(data)
    form = detect("m", file, len(data))
    found = read_facts(form, "m", file, len(data))
    artifact = Artifact(
        path="m",
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        format=form,
        facts=found.facts,
    )
    answers = inspect(_Opened(artifact, file), [(each, {}) for each in INSPECTORS])
    for answer in answers.values():
        if answer.outcome is Outcome.ERROR:
            raise AssertionError(answer.reason)


def _weights(data: bytes) -> None:
    forms = sorted(LISTED)
    if not data:
        return
    try:
        for each in tensors(forms[data[0] % len(forms)], io.BytesIO(data[1:]), len(data) - 1):
            sketch(each)
    except UnreadableError:
        return


_NAMES = {
    Format.PYTHON: "m.py", Format.NOTEBOOK: "m.ipynb", Format.JSON: "config.json",
    Format.YAML: "MLmodel", Format.TOML: "config.toml", Format.REQUIREMENTS: "requirements.txt",
    Format.PROMPT: "prompt.md", Format.TOKENIZER: "tokenizer_config.json", Format.TEXT: "README.md",
}  # fmt: skip
TARGETS: dict[str, Target] = {
    **{f"read-{m.NAME}": _reader(m) for m in facts.MODULES if _reads(m)},
    "read-declared": _declared,
    **{f"check-{each.check.id}": _check(each) for each in INSPECTORS},
    "weights": _weights,
    "inspect": _whole,
}
