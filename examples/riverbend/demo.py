"""`make demo`: build Riverbend, start its assistant, assess it, and say where the report is.

This system must not pass. The demo succeeds when `assess` exits 1 and the report is there.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SYSTEM = ROOT / "build" / "riverbend"
HOME = ROOT / "build" / "basanite-home"
PORT = 8135
KEY = "RIVERBEND_ASSISTANT_KEY"
_START_SECONDS = 60


def main() -> int:
    """Run the demo and return its exit code."""
    HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {
        **os.environ,
        "BASANITE_HOME": str(HOME),
        KEY: secrets.token_urlsafe(24),
        "PYTHONUNBUFFERED": "1",
    }
    port = free_port()
    build = [sys.executable, str(HERE / "build.py"), "--out", str(SYSTEM), "--port", str(port)]
    subprocess.run(build, check=True)
    basanite = [sys.executable, "-m", "basanite.cli.main"]
    allow = [*basanite, "allow", "network", "assistant", str(SYSTEM), "--key-from", KEY]
    subprocess.run(allow, check=True, env=environment)
    with assistant(environment, port):
        code = subprocess.run(
            [*basanite, "assess", str(SYSTEM), *sys.argv[1:]], check=False, env=environment
        ).returncode
    report = SYSTEM / ".basanite" / "report.html"
    if code != 1 or not report.is_file():
        print(f"The demo failed: assess ended with {code}, and 1 was due.", file=sys.stderr)
        return 1
    return 0


def free_port() -> int:
    """Return the demo's own port, so that evidence stays; another one where it is taken."""
    for wanted in (PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", wanted))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("No port is free on loopback.")


@contextmanager
def assistant(environment: dict[str, str], port: int) -> Iterator[None]:
    """Serve the assistant on loopback while the body runs."""
    ready = ROOT / "build" / "assistant.ready"
    ready.unlink(missing_ok=True)
    serve = [sys.executable, str(HERE / "serve.py"), "--port", str(port)]
    serve += ["--ready-file", str(ready)]
    with subprocess.Popen(serve, env=environment) as process:
        try:
            _wait(process, ready)
            yield
        finally:
            process.terminate()
            process.wait(10)


def _wait(process: subprocess.Popen[bytes], ready: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while not ready.exists():
        if process.poll() is not None:
            raise SystemExit(f"The assistant did not start (exit code {process.returncode}).")
        if time.monotonic() > end:
            raise SystemExit(f"The assistant was not ready within {_START_SECONDS} s.")
        time.sleep(0.05)
    print(f"assistant: {json.loads(ready.read_text('utf-8'))['url']}")


if __name__ == "__main__":
    sys.exit(main())
