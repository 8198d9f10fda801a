"""Puts artifacts into checks."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

import pytest

from basanite.domain.answer import Answer
from basanite.domain.artifact import Artifact
from basanite.domain.ports import OpenArtifact
from basanite.formats.detect import detect
from basanite.formats.facts import read_facts
from basanite.measure.inspection.catalog import INSPECTORS
from basanite.measure.inspection.inspector import Inspector
from basanite.measure.inspection.run import inspect

BY_ID = {each.check.id: each for each in INSPECTORS}


@dataclass(frozen=True)
class Opened:
    """One artifact in memory."""

    artifact: Artifact
    file: BinaryIO


def opened(data: bytes, path: str) -> Opened:
    file = io.BytesIO(data)
    form = detect(path, file, len(data))
    digest = hashlib.sha256(data).hexdigest()
    facts = read_facts(form, path, file, len(data)).facts
    artifact = Artifact(path=path, size=len(data), sha256=digest, format=form, facts=facts)
    return Opened(artifact, file)


def put(artifact: OpenArtifact, inspector: Inspector, parameters: dict[str, Any]) -> Answer:
    """Put one check to an artifact and its parts, as a worker does."""
    return inspect(artifact, [(inspector, parameters)])[inspector.check.id]


@pytest.fixture
def ask() -> Callable[..., Answer]:
    """Put a check to bytes under a name."""

    def ask(check: str, data: bytes | str, path: str, **parameters: Any) -> Answer:
        content = data.encode() if isinstance(data, str) else data
        return put(opened(content, path), BY_ID[check], parameters)

    return ask
