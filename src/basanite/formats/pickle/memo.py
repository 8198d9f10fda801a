"""The memo of a symbolic unpickler: exact in its numbering, thrifty in what it keeps."""

from __future__ import annotations

from basanite.formats.pickle.symbols import ArrayType, Fields, Opaque, Symbol

MAX_TEXTS = 2_000_000
MAX_CONTAINERS = 300_000


class Memo:
    """Values by number. Numbers in sequence cost eight bytes each."""

    def __init__(self) -> None:
        self._sequence: list[Symbol] = []
        self._sparse: dict[int, Symbol] = {}
        self._texts = 0
        self._containers = 0

    def __len__(self) -> int:
        return len(self._sequence) + len(self._sparse)

    def append(self, value: Symbol) -> None:
        """Store under the number that follows from how many are stored (``MEMOIZE``)."""
        if value.__class__ is Opaque and not self._sparse:
            self._sequence.append(value)
        else:
            self.put(len(self._sequence) + len(self._sparse), value)

    def put(self, number: int, value: Symbol) -> None:
        """Store under a number."""
        if value.__class__ is str:
            self._texts += 1
            if self._texts > MAX_TEXTS:
                value = Opaque.LOST
        elif isinstance(value, bytes):
            value = Opaque.CONSTANT
        elif value != () and isinstance(value, tuple | Fields | ArrayType):
            self._containers += 1
            if self._containers > MAX_CONTAINERS:
                value = Opaque.LOST
        sequence = self._sequence
        if number == len(sequence):
            if self._sparse:
                self._sparse.pop(number, None)
            sequence.append(value)
        elif number < len(sequence):
            sequence[number] = value
        else:
            self._sparse[number] = value

    def get(self, number: int) -> Symbol | None:
        """Return what is stored, or None."""
        if 0 <= number < len(self._sequence):
            return self._sequence[number]
        return self._sparse.get(number)
