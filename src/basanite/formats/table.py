"""Reader of CSV tables: numbers by column, within stated bounds.

Text is UTF-8, with or without a byte order mark. The delimiter is the one of comma, semicolon and
tab that splits the header into most names. Fields may be quoted (RFC 4180) and then hold line
breaks. Cells are numbers with a decimal point; whatever else stands in a cell is not-a-number.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible

NAME = "table"
VERSION = 2

MAX_ROWS = 5_000_000
MAX_COLUMNS = 2_000
MAX_CELLS = 100_000_000
"""Each cell takes eight bytes."""
MAX_RECORD_BYTES = 1 << 20

_DELIMITERS = (",", ";", "\t")
_NAN = float("nan")


class CsvTable:
    """A table read from CSV. It keeps numbers only. Implements `basanite.domain.ports.Table`."""

    def __init__(self, columns: tuple[str, ...], cells: Sequence[array[float]]) -> None:
        self._columns = columns
        self._cells = dict(zip(columns, cells, strict=True))

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in file order."""
        return self._columns

    @property
    def rows(self) -> int:
        """Number of data rows."""
        return len(self._cells[self._columns[0]])

    def numbers(self, column: str) -> Sequence[float]:
        """Return a column as floats; an empty or non-numeric cell is NaN.

        Raises:
            KeyError: there is no such column.
        """
        return self._cells[column]


def read_csv(
    file: BinaryIO, size: int, *, max_rows: int = MAX_ROWS, max_columns: int = MAX_COLUMNS
) -> CsvTable:
    """Read a CSV table from the start of ``file``, which holds ``size`` bytes.

    Raises:
        UnreadableError: it is no CSV table with a header, a row has more or fewer cells than the
            header, it is longer or wider than allowed, or it ends early. The line is named.
    """
    file.seek(0)
    lines = _Lines(file, size)
    first = next(lines, "")
    if not first.strip():
        raise UnreadableError("the table has no header", where="line 1")
    lines.again(first)
    records = _records(csv.reader(lines, delimiter=_delimiter(first), strict=True), lines)
    columns = _header(next(records), max_columns)
    cells: list[array[float]] = [array("d") for _ in columns]
    count = 0
    for record in records:
        if not record and len(columns) > 1:
            continue
        if len(record) != len(columns) and not (len(columns) == 1 and not record):
            raise UnreadableError(
                f"the row has {len(record)} cells, the header {len(columns)}", where=lines.place
            )
        count += 1
        if count > max_rows or count * len(columns) > MAX_CELLS:
            raise UnreadableError(
                f"the table has more rows than are read ({count - 1:,})", where=lines.place
            )
        for column, cell in zip(cells, record or [""], strict=True):
            column.append(number(cell))
    if lines.read != size:
        raise UnreadableError(f"the table ends after {lines.read} of {size} bytes")
    return CsvTable(columns, cells)


def number(cell: str) -> float:
    """Return a cell's number, or NaN when it holds none."""
    try:
        value = float(cell)
    except ValueError:
        return _NAN
    # Python also reads 1_000 and digits of other scripts; no tool that writes CSV means those.
    return value if cell.isascii() and "_" not in cell else _NAN


class _Lines:
    """The lines of the file as text, each record bounded, with the number of the last one."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._held: list[str] = []
        self._record = 0
        self._number = 0
        self.read = 0

    @property
    def place(self) -> str:
        """Where the last line stands."""
        return f"line {self._number}"

    def again(self, line: str) -> None:
        """Give a line once more."""
        self._held.append(line)

    def start_record(self) -> None:
        """Begin to count the bytes of a new record."""
        self._record = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._held:
            return self._held.pop()
        left = self._size - self.read
        raw = self._file.readline(min(left, MAX_RECORD_BYTES + 1)) if left > 0 else b""
        if not raw:
            raise StopIteration
        self._number += 1
        self.read += len(raw)
        self._record += len(raw)
        if self._record > MAX_RECORD_BYTES:
            raise UnreadableError(
                f"a row is longer than {MAX_RECORD_BYTES:,} bytes", where=self.place
            )
        if b"\0" in raw:
            raise UnreadableError("a line holds a zero byte", where=self.place)
        try:
            return raw.decode("utf-8-sig" if self._number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise UnreadableError("a line is not UTF-8", where=self.place) from error


def _records(reader: Iterator[list[str]], lines: _Lines) -> Iterator[list[str]]:
    while True:
        lines.start_record()
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableError(f"not a CSV row: {error}", where=lines.place) from error
        yield record


def _delimiter(header: str) -> str:
    return max(_DELIMITERS, key=header.count)


def _header(record: list[str], max_columns: int) -> tuple[str, ...]:
    if len(record) > max_columns:
        raise UnreadableError(
            f"the table has {len(record)} columns, more than the {max_columns} that are read",
            where="line 1",
        )
    names = tuple(name.strip() for name in record)
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UnreadableError(f"two columns are named {visible(name, 80)!r}", where="line 1")
        seen.add(name)
    return names
