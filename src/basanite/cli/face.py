"""The face: what every command shares in how it speaks."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from basanite.domain.names import visible

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from basanite.app.events import Progress

_LONGEST = 20_000


@dataclass
class Face:
    """How to speak: lines for people on stderr and stdout, machine formats alone on stdout."""

    quiet: bool = False
    color: bool = True
    debug: bool = False
    _bar: Bar | None = None
    _tasks: dict[str, TaskID] = field(default_factory=dict)
    _last: dict[str, int] = field(default_factory=dict)

    @classmethod
    def from_arguments(cls, arguments: list[str]) -> tuple[Face, list[str]]:
        """Take the options that every command has, wherever they stand, out of the arguments."""
        options, operands = arguments, []
        if "--" in arguments:
            cut = arguments.index("--")
            options, operands = arguments[:cut], arguments[cut:]
        flags = {"--quiet", "-q", "--no-color", "--debug"}
        face = cls(
            quiet=bool({"--quiet", "-q"} & set(options)),
            color="--no-color" not in options,
            debug="--debug" in options,
        )
        return face, [each for each in options if each not in flags] + operands

    def say(self, lines: str | Iterable[str]) -> None:
        """Print lines for a person on stdout. They hold no markup and no control characters."""
        for line in [lines] if isinstance(lines, str) else lines:
            sys.stdout.write(f"{visible(line, _LONGEST)}\n")

    def write(self, text: str, output: Path | None) -> None:
        """Write a machine format: to a file when one is named, else alone on stdout."""
        if output is None:
            sys.stdout.write(text if text.endswith("\n") else f"{text}\n")
            return
        from basanite.adapters.writing import write_atomic

        write_atomic(output, text.encode("utf-8"))

    def note(self, line: str) -> None:
        """Print a line about the work itself on stderr, unless quiet."""
        if not self.quiet:
            sys.stderr.write(f"{visible(line, _LONGEST)}\n")

    def fail(self, line: str, code: int, error: BaseException | None = None) -> int:
        """Print the one line that says what is wrong, and return the exit code."""
        self.finish()
        if self.debug and error is not None:
            traceback.print_exception(error)
        for each in line.splitlines() or [""]:
            sys.stderr.write(f"basanite: {visible(each, _LONGEST)}\n")
        return int(code)

    def listen(self, event: Progress) -> None:
        """Show progress: a bar on a terminal, plain lines in a pipe."""
        if self.quiet:
            return
        if not event.total and event.note:
            self.finish()
            self.note(f"{event.stage}: {event.note}")
            return
        if sys.stderr.isatty():
            self._draw(event)
            return
        tenth = max(1, event.total // 10)
        if event.done == event.total or event.done >= self._last.get(event.stage, 0) + tenth:
            self._last[event.stage] = event.done
            self.note(f"{event.stage}: {event.done} of {event.total}  {event.note}".rstrip())

    def _draw(self, event: Progress) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
        from rich.text import Text

        if self._bar is None:
            console = Console(stderr=True, no_color=not self.color)
            columns = (TextColumn("{task.description}", markup=False), BarColumn())
            self._bar = Progress(*columns, MofNCompleteColumn(), console=console, transient=True)
            self._bar.start()
        if event.stage not in self._tasks:
            self._tasks[event.stage] = self._bar.add_task(event.stage, total=event.total)
        note = Text(f"{event.stage:8} {visible(event.note, 48):48}").plain
        self._bar.update(
            self._tasks[event.stage], completed=event.done, total=event.total, description=note
        )

    def finish(self) -> None:
        """Take the progress bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
