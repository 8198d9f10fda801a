"""How fast the faces start.

Method: each command runs as a whole process, byte-compiled, 11 times after one warm-up; the figure
is the median of user plus system CPU seconds as the operating system counts them
(``os.wait4``). The peer is Python itself doing nothing, in turn with it.
"""

from __future__ import annotations

import os
import statistics
import sys

RUNS = 11
COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import basanite": ["-c", "import basanite"],
    "basanite --help": ["-m", "basanite.cli.main", "--help"],
    "basanite checks": ["-m", "basanite.cli.main", "checks"],
}


def cpu_seconds(arguments: list[str]) -> float:
    """Return the CPU seconds of one whole process."""
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    child = os.posix_spawn(
        sys.executable, [sys.executable, *arguments], os.environ, file_actions=silent
    )
    _, _, usage = os.wait4(child, 0)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the median CPU seconds of each command."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for run in range(RUNS + 1):
        for name, arguments in COMMANDS.items():
            seconds = cpu_seconds(arguments)
            if run:
                taken[name].append(seconds)
    for name, all_seconds in taken.items():
        print(f"{name:18} {statistics.median(all_seconds):.3f} s CPU (median of {RUNS})")


if __name__ == "__main__":
    main()
