"""CSV tables are read as numbers, and a table that is not one is refused with its line."""

import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basanite.domain.errors import UnreadableError
from basanite.formats.table import CsvTable, read_csv

numbers = st.floats(allow_nan=False)


def _read(data: bytes, **limits: int) -> CsvTable:
    return read_csv(io.BytesIO(data), len(data), **limits)


@given(
    st.integers(1, 5).flatmap(
        lambda w: st.lists(st.lists(numbers, min_size=w, max_size=w), min_size=1)
    )
)
def test_what_is_written_is_read(rows: list[list[float]]) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    names = [f"c{i}" for i in range(len(rows[0]))]
    writer.writerow(names)
    writer.writerows(rows)
    table = _read(file.getvalue().encode())
    assert table.columns == tuple(names)
    assert table.rows == len(rows)
    for index, name in enumerate(names):
        assert list(table.numbers(name)) == [row[index] for row in rows]


def test_a_byte_order_mark_quotes_and_line_breaks_in_fields_are_understood() -> None:
    table = _read('\ufeff"a, b","c\nd"\r\n"1","2.5"\r\n3,"x\ny"\r\n'.encode())
    assert table.columns == ("a, b", "c\nd")
    assert list(table.numbers("a, b")) == [1, 3]
    assert math.isnan(table.numbers("c\nd")[1])


@pytest.mark.parametrize("cell", ["", " ", "n/a", "1_000", "٣", "0x10", "1,5", "nan"])
def test_cells_without_a_number_are_not_a_number(cell: str) -> None:
    assert math.isnan(_read(f'a;b\n1;"{cell}"\n'.encode()).numbers("b")[0])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_three_delimiters_are_known(delimiter: str) -> None:
    assert _read(f"a{delimiter}b\n1{delimiter}2\n".encode()).columns == ("a", "b")


def test_a_column_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        _read(b"a\n1\n").numbers("b")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no header"),
        (b"\n1,2\n", "no header"),
        (b"a,b\n1,2\n3\n", "line 3: the row has 1 cells"),
        (b"a,b\n1,2,3\n", "line 2: the row has 3 cells"),
        (b"a,a\n1,2\n", "two columns"),
        (b"a,b\n1,\xff\n", "line 2: a line is not UTF-8"),
        (b"a,b\n1,\x00\n", "zero byte"),
        (b'a,b\n1,"2\n', "not a CSV row"),
        (b"a,b\n1," + b"9" * (2 << 20) + b"\n", "longer than"),
        (b'a,b\n1,"' + b"9\n" * (1 << 20) + b'"\n', "line"),
        (b",".join(b"c%d" % i for i in range(3000)) + b"\n", "3000 columns"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableError, match=says):
        _read(data)


def test_more_rows_than_allowed_are_refused() -> None:
    with pytest.raises(UnreadableError, match="more rows than are read"):
        _read(b"a\n" + b"1\n" * 11, max_rows=10)


def test_a_table_that_ends_early_is_refused() -> None:
    with pytest.raises(UnreadableError, match="ends after 4 of 9 bytes"):
        read_csv(io.BytesIO(b"a\n1\n"), 9)


def test_bytes_past_the_stated_size_are_not_read() -> None:
    assert read_csv(io.BytesIO(b"a\n1\n2\n"), 4).rows == 1


@given(st.binary(max_size=400) | st.text(alphabet='ab12,;"\n\r\t.', max_size=200).map(str.encode))
def test_any_bytes_are_a_table_or_unreadable(data: bytes) -> None:
    try:
        table = _read(data)
    except UnreadableError:
        return
    assert all(len(table.numbers(name)) == table.rows for name in table.columns)
