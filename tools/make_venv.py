"""Make a virtual environment, also where the system's Python came without the means to."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path


def main(folder: Path) -> None:
    """Create the environment with pip in it.

    Debian's Python lacks ``ensurepip`` until ``python3-venv`` is installed; as root we install it.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - run by whatever Python is at hand
        sys.exit("Basanite needs Python 3.11 or newer. Name one with: make PYTHON=python3.12 ...")
    try:
        venv.create(folder, with_pip=True)
    except subprocess.CalledProcessError:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        return
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        sys.exit("This Python has no ensurepip. Install the package python3-venv, then run again.")
    subprocess.run([apt, "update", "-qq"], check=True)
    subprocess.run([apt, "install", "-y", "-qq", "python3-venv"], check=True)
    subprocess.run([sys.executable, "-m", "venv", os.fspath(folder)], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
