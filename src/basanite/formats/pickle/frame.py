"""Frame: what one unpickler has of its own. A pickle inside a pickle starts a new one."""

from __future__ import annotations

from dataclasses import dataclass, field

from basanite.formats.pickle.bulk import WORTHWHILE, Bulk
from basanite.formats.pickle.lexemes import constants
from basanite.formats.pickle.memo import Memo
from basanite.formats.pickle.symbols import Run, Symbol


@dataclass
class Frame:
    """Stack, marks and memo."""

    stack: list[Symbol] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    memo: Memo = field(default_factory=Memo)
    protocol: int = 0
    runs: int = 0
    """How many `Run` are on the stack."""
    bulk: Bulk = field(default_factory=Bulk)

    def push_constants(self, buffer: bytes, at: int) -> int:
        """Push a long run of constants as one value; return where it ends, or ``at``."""
        found = constants().match(buffer, at)
        end = found.end() if found else at
        if end - at < WORTHWHILE * 64:
            return at
        floor = self.marks[-1] if self.marks else 0
        top = self.stack[-1] if len(self.stack) > floor else None
        if not isinstance(top, Run):
            top = Run()
            self.stack.append(top)
            self.runs += 1
        top.add(buffer[at:end])
        return end
