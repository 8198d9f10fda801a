"""`kill -9` at any moment: completed evidence is kept, nothing is doubled, the ledger verifies."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from tests.small_system import Site

from basanite.domain.evidence import Evidence
from basanite.ledger.verify import verify


def evidence_keys(site: Site) -> list[str]:
    with site.state.ledger("small") as ledger:
        return [r.content.key for r in ledger.entries() if isinstance(r.content, Evidence)]


def sound(site: Site) -> None:
    state = site.state
    with state.ledger("small") as ledger:
        found = verify(list(ledger.raw()), state.keyring.trusted(), now=site.clock.at)
    assert found.problems == ()


def kill_many(site: Site, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    site.assess()
    site.clock.pass_(hours=1)
    before = evidence_keys(site)
    script = Path(__file__).with_name("killable.py")
    with subprocess.Popen(
        [sys.executable, str(script), str(site.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as forks:
        assert forks.stdin is not None
        assert forks.stdout is not None
        died = 0
        longest = 1.0
        for number in range(kills):
            for name in ("app.py", "prompt.txt", "models/good.pkl"):
                extra = f"# {number} {chance.random()}\n".encode()
                data = b"\x80\x04N." + extra if name.endswith("pkl") else extra
                site.write(name, data)
            began = time.monotonic()
            forks.stdin.write("go\n")
            forks.stdin.flush()
            child = int(forks.stdout.readline())
            time.sleep(chance.uniform(0, longest))
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            if int(forks.stdout.readline()) == signal.SIGKILL:
                died += 1
            else:
                # It ended before the kill: aim earlier.
                longest = max(0.05, 0.9 * (time.monotonic() - began))
            now = evidence_keys(site)
            assert now[: len(before)] == before, "evidence that was there is gone or moved"
            before = now
            if number % 20 == 0:
                sound(site)
        forks.stdin.close()
    assert died > kills // 4, "too few kills fell into the work"
    last = site.assess()
    assert all(r.outcome.value not in {"error", "incomplete"} for r in last.results)
    sound(site)
    doubled = [key for key, count in Counter(evidence_keys(site)).items() if count > 1]
    assert doubled == []


@pytest.mark.timeout(400)
def test_200_random_kills_lose_nothing_and_double_nothing(site: Site) -> None:
    kill_many(site, 200, seed=1)


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_1000_random_kills_lose_nothing_and_double_nothing(site: Site) -> None:
    kill_many(site, 1000, seed=2)
