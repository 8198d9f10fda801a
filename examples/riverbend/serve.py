"""Serve the operator assistant on loopback: `python examples/riverbend/serve.py --port 8135`."""

import argparse
import os
import sys
from pathlib import Path

from riverbend.assistant import (
    DEFAULT_PORT,
    KEY_VARIABLE,
    NotInstalledError,
    NotServingError,
    Settings,
    packaged_weights,
    serve,
)


def main() -> int:
    """Run until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes any free port")
    parser.add_argument("--ready-file", type=Path, help="gets the address as JSON when serving")
    parser.add_argument("--weights", type=Path, help="a GGUF file instead of the packaged one")
    options = parser.parse_args()
    try:
        settings = Settings(
            weights=options.weights or packaged_weights(),
            port=options.port,
            key=os.environ.get(KEY_VARIABLE) or None,
        )
        serve(settings, options.ready_file)
    except (NotInstalledError, NotServingError) as error:
        print(f"riverbend: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
