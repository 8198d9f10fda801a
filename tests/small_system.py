"""A small real system in a folder, and a clock that a test moves."""

from __future__ import annotations

import pickle
import textwrap
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from basanite.app.assess import Options, assess
from basanite.app.state import State
from basanite.domain.assessment import Assessment

MANIFEST = """\
schema: basanite.manifest/1
system:
  id: small
  title: A small system
  purpose: To be assessed in tests.
  sector: energy
  tier: moderate
  environment: test
  owner: {name: The test suite}
  use-case: {decides: nothing, affects: nobody, high-impact: false, override: anybody}
packs: [nist-ai-rmf-1.0]
components:
  - {id: model, kind: model, path: models}
  - {id: code, kind: code, paths: [app.py, requirements.txt]}
  - {id: prompt, kind: prompt, path: prompt.txt}
"""
# GLOBAL os.system, the harmless argument "true", REDUCE, STOP. Never loaded.
EVIL_PICKLE = b"cos\nsystem\n(S'true'\ntR."


@dataclass
class Time:
    """A clock that a test moves."""

    at: datetime

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def pass_(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class Site:
    """A system in a folder, and how to assess it."""

    root: Path
    clock: Time

    @property
    def state(self) -> State:
        return State.of(self.root, self.clock)

    def assess(self, **options: Any) -> Assessment:
        return assess(self.state, Options(**options))

    def write(self, name: str, data: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path


def fill(site: Site, manifest: str = MANIFEST) -> Site:
    site.write("basanite.yaml", manifest)
    site.write("models/good.pkl", pickle.dumps({"weights": [1.0, 2.0]}))
    site.write("models/evil.pkl", EVIL_PICKLE)
    site.write("requirements.txt", "numpy==2.1.0\nrequests\n")
    site.write("prompt.txt", "You help operators.\n")
    site.write(
        "app.py",
        textwrap.dedent(
            """\
            import pickle

            def load(path):
                with open(path, "rb") as file:
                    return pickle.load(file)
            """
        ),
    )
    return site
