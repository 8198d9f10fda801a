"""How long the base install takes, and how large it is.

Method: a new virtual environment, the locked installer, then ``requirements/base.txt`` with
hashes and the program itself, as `make demo` does it; wall seconds. The size is the sum of the
files of ``site-packages`` afterwards, byte-compiled. Downloads count, so the network counts.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Print seconds and megabytes."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        tool = str(ROOT / "requirements" / "tool.txt")
        pip = [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", tool]
        subprocess.run(pip, check=True)
        ready = time.monotonic()
        uv = [str(Path(folder) / "bin" / "uv"), "pip", "install", "--quiet", "--python", python]
        base = str(ROOT / "requirements" / "base.txt")
        environment = {**os.environ, "UV_NO_CACHE": "1"}
        subprocess.run(
            [*uv, "--compile-bytecode", "--require-hashes", "-r", base], check=True, env=environment
        )
        subprocess.run([*uv, "--no-deps", str(ROOT)], check=True, env=environment)
        done = time.monotonic()
        packages = next(Path(folder).glob("lib/python*/site-packages"))
        skipped = {"uv", "pip", "setuptools"}
        size = sum(
            path.stat().st_size
            for path in packages.rglob("*")
            if path.is_file() and path.relative_to(packages).parts[0] not in skipped
        )
    print(f"environment and installer: {ready - began:.1f} s")
    print(f"base install from the lock: {done - ready:.1f} s, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
