"""Trace: what would run, in order, in a few lines for a person."""

from __future__ import annotations

from dataclasses import dataclass, field

from basanite.domain.names import visible
from basanite.formats.pickle.events import Call, Changed
from basanite.formats.pickle.symbols import Opaque, Symbol, describe

MAX_LINES = 12
_LONGEST = 160


@dataclass
class Trace:
    """Lines such as ``import water.run`` and ``call water.run('x')``; harmless ones left out."""

    lines: list[str] = field(default_factory=list)
    left_out: int = 0

    def imported(self, target: object) -> None:
        """Something that is not simply open was imported."""
        self._add(f"import {visible(str(target), 200)}")

    def called(self, target: object, call: Call) -> None:
        """Something was called."""
        if len(self.lines) >= MAX_LINES:
            self.left_out += 1
            return
        shown = target.value if isinstance(target, Opaque) else visible(str(target), 200)
        given = describe(call.arguments)
        self._add(f"call {shown}{given}" if given.startswith("(") else f"call {shown} with {given}")

    def changed(self, name: str, event: Changed) -> None:
        """Something importable was changed."""
        self._add(f"change {name}: {event.how} {describe(event.content)}")

    def planted(self, key: str, value: Symbol) -> None:
        """Something was put under a special name."""
        self._add(f"put {describe(value)} under {key}")

    def kept(self, target: object) -> None:
        """Something closed was kept as a value."""
        self._add(f"keep {visible(str(target), 200)} for later")

    def _add(self, line: str) -> None:
        short = line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
        if self.lines and self.lines[-1] == short:
            return
        if len(self.lines) < MAX_LINES:
            self.lines.append(short)
        else:
            self.left_out += 1

    def text(self) -> str:
        """Return the lines as one text: ``1. import water.run; 2. call water.run('x')``."""
        said = "; ".join(f"{number}. {line}" for number, line in enumerate(self.lines, 1))
        return f"{said}; and {self.left_out} more" if self.left_out else said
