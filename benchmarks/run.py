"""Run every benchmark and print its figures. Each says its method in its docstring.

make bench
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ORDER = ("start.py", "install.py", "engine.py", "ledger.py", "judge.py", "main_job.py")


def main() -> int:
    """Run the benchmarks one after another, so that they do not disturb each other."""
    here = Path(__file__).resolve().parent
    failed = 0
    for name in ORDER:
        print(f"== {name}", flush=True)
        failed += subprocess.run([sys.executable, str(here / name)], check=False).returncode != 0
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
