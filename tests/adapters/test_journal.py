"""A call that was paid for is never paid for twice, and no answer serves another run."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from basanite.adapters.clock import FixedClock
from basanite.adapters.journal import Journal, JournalledTarget
from basanite.domain.errors import LedgerError
from basanite.domain.ports import Completion, Message, TargetError

ASK = [Message(role="user", content="q")]


class _Counting:
    """A target that numbers its answers."""

    def __init__(self) -> None:
        self.calls = 0
        self.down = False

    async def complete(
        self, messages: Sequence[Message], *, sample: int, parameters: Mapping[str, Any]
    ) -> Completion:
        self.calls += 1
        if self.down:
            raise TargetError("down")
        return Completion(text=f"answer {self.calls}")


def _ask(target: JournalledTarget, *, sample: int = 0, **parameters: Any) -> str:
    return asyncio.run(target.complete(ASK, sample=sample, parameters=parameters)).text


def test_the_same_call_of_the_same_run_is_made_once(tmp_path: Path) -> None:
    counting = _Counting()
    for _ in range(2):
        with Journal(tmp_path / "j") as journal:
            target = JournalledTarget(counting, journal, "run", "t")
            assert _ask(target, temperature=0.0) == "answer 1"
    assert counting.calls == 1


def test_anything_else_is_another_call(tmp_path: Path) -> None:
    counting = _Counting()
    with Journal(tmp_path / "j") as journal:
        first = JournalledTarget(counting, journal, "run", "t")
        answers = {
            _ask(first, temperature=0.0),
            _ask(first, temperature=0.5),
            _ask(first, sample=1, temperature=0.0),
            _ask(JournalledTarget(counting, journal, "run 2", "t"), temperature=0.0),
            _ask(JournalledTarget(counting, journal, "run", "other"), temperature=0.0),
        }
    assert len(answers) == counting.calls == 5


def test_a_failed_call_is_made_again(tmp_path: Path) -> None:
    counting = _Counting()
    with Journal(tmp_path / "j") as journal:
        target = JournalledTarget(counting, journal, "run", "t")
        counting.down = True
        with pytest.raises(TargetError):
            _ask(target)
        counting.down = False
        assert _ask(target) == "answer 2"


def test_a_forgotten_run_leaves_no_text_on_the_disk(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.record("run", "t", "r", 0, Completion(text="harmful words"))
        journal.record("kept", "t", "r", 0, Completion(text="harmless words"))
        journal.forget("run")
        assert journal.recall("run", "t", "r", 0) is None
        assert journal.recall("kept", "t", "r", 0) is not None
        on_disk = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"harmless words" in on_disk
    assert b"harmful words" not in on_disk


def test_runs_that_never_finished_are_forgotten_when_they_are_old(tmp_path: Path) -> None:
    day = datetime(2026, 3, 1, tzinfo=UTC)
    with Journal(tmp_path / "j", FixedClock(day)) as journal:
        journal.record("old", "t", "r", 0, Completion(text="old words"))
        journal.record("long", "t", "r", 0, Completion(text="begun long ago"))
    with Journal(tmp_path / "j", FixedClock(day + timedelta(days=9))) as journal:
        journal.record("long", "t", "r", 1, Completion(text="and still going on"))
        journal.forget_before(day + timedelta(days=2))
        assert journal.recall("old", "t", "r", 0) is None
        assert journal.recall("long", "t", "r", 0) is not None
        on_disk = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"old words" not in on_disk


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    with Journal(tmp_path / "j"):
        assert (tmp_path / "j").stat().st_mode & 0o077 == 0


def test_a_file_that_is_no_journal_says_so(tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(b"not a database" * 100)
    with pytest.raises(LedgerError, match=r"journal of calls cannot be opened.*delete it"):
        Journal(tmp_path / "j")
    with pytest.raises(LedgerError, match="cannot be opened"):
        Journal(tmp_path / "missing" / "j")


def test_a_damaged_answer_says_so(tmp_path: Path) -> None:
    with Journal(tmp_path / "j") as journal:
        journal.record("run", "t", "r", 0, Completion(text="x"))
        other = sqlite3.connect(tmp_path / "j")
        other.execute("UPDATE calls SET completion = '{'")
        other.commit()
        other.close()
        with pytest.raises(LedgerError, match="damaged"):
            journal.recall("run", "t", "r", 0)


def test_kill_loses_at_most_the_call_in_flight(tmp_path: Path) -> None:
    """A campaign is killed in the middle of a call; the next one goes on after it."""
    program = textwrap.dedent(
        """
        import asyncio, sys, time
        from basanite.adapters.journal import Journal, JournalledTarget
        from basanite.domain.ports import Completion, Message

        class Target:
            async def complete(self, messages, *, sample, parameters):
                print("call", sample, flush=True)
                if sample == int(sys.argv[2]):
                    time.sleep(60)
                return Completion(text=f"{sample}")

        async def main():
            with Journal(sys.argv[1]) as journal:
                target = JournalledTarget(Target(), journal, "run", "t")
                for sample in range(30):
                    await target.complete(
                        [Message(role="user", content="q")], sample=sample, parameters={}
                    )

        asyncio.run(main())
        """
    )
    argv = [sys.executable, "-c", program, str(tmp_path / "j")]
    made: list[str] = []
    for stop in ("7", "19"):
        process = subprocess.Popen([*argv, stop], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        for line in process.stdout:
            made.append(line.strip())
            if line.strip() == f"call {stop}":
                time.sleep(0.05)
                os.kill(process.pid, signal.SIGKILL)
                break
        process.stdout.close()
        assert process.wait(10) == -signal.SIGKILL
    last = subprocess.run([*argv, "-1"], capture_output=True, text=True, check=True, timeout=60)
    made += last.stdout.split("\n")[:-1]
    # 30 calls, and the two in flight were made again
    assert sorted(made) == sorted([*(f"call {n}" for n in range(30)), "call 7", "call 19"])
