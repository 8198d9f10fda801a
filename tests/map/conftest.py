"""What the tests of the map share: the documented example, and artifacts made from names."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from basanite.domain.artifact import Artifact, Format
from basanite.domain.names import encode_name
from basanite.formats.detect import detect

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


@pytest.fixture(scope="session")
def example() -> bytes:
    """The full example of the reference page."""
    page = (REFERENCE / "manifest.md").read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    return str(max(blocks, key=len)).encode()


@pytest.fixture(scope="session")
def schema_file() -> Path:
    """The published JSON Schema."""
    return REFERENCE / "basanite.schema.json"


Seen = tuple[list[Artifact], Callable[[str], bytes | None]]


@pytest.fixture
def seen(tmp_path: Path) -> Callable[[dict[str, str | bytes]], Seen]:
    """Write real files, detect their formats, and return them with a reader."""

    def write(files: dict[str, str | bytes]) -> Seen:
        artifacts = []
        for name, content in files.items():
            place = tmp_path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            data = content.encode() if isinstance(content, str) else content
            place.write_bytes(data)
            with place.open("rb") as file:
                kind: Format = detect(encode_name(name), file, len(data))
            artifacts.append(
                Artifact(path=encode_name(name), size=len(data), sha256="0" * 64, format=kind)
            )
        contents = {
            encode_name(name): content.encode() if isinstance(content, str) else content
            for name, content in files.items()
        }
        return artifacts, contents.get

    return write
