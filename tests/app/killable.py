"""Forks an assessment per line on stdin and prints its process id, so that a test can kill it.

Everything is imported before the fork: a kill then falls into the work, not into the start.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from basanite.app.assess import Options, assess
from basanite.app.state import State
from basanite.ledger import blobs, keys, store, verify  # noqa: F401


class Now:
    """The real clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def main(root: Path) -> None:
    for _line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            assess(State.of(root, Now()), Options(jobs=1))
            os._exit(0)
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(status, flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
