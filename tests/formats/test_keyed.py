"""Configuration of strangers becomes plain values that remember their lines, or is refused."""

from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import json_values

from basanite.domain.artifact import Format
from basanite.domain.errors import UnreadableError
from basanite.formats.keyed.document import nodes
from basanite.formats.keyed.reader import front_matter, read_keyed

FORMATS = (Format.JSON, Format.YAML, Format.TOML)


@given(json_values)
def test_json_is_read_as_the_standard_library_reads_it(value: object) -> None:
    assert read_keyed(json.dumps(value, indent=1), Format.JSON).value == value


def test_comments_and_trailing_commas_are_passed_over() -> None:
    read = read_keyed('// a\n{"b": [1, /* c */ 2,], "d": "//e",}\n', Format.JSON)

    assert read.value == {"b": [1, 2], "d": "//e"}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Format.JSON, '{"a":\n {"b": [1,\n 2]}}'),
        (Format.YAML, "a:\n  b:\n  - 1\n"),
        (Format.TOML, "[a]\nb = [\n1, 2]\n"),
    ],
)
def test_values_remember_their_lines(form: Format, text: str) -> None:
    read = read_keyed(text, form)

    assert read.line(("a",)) == 1
    assert read.line(("a", "b")) == 2
    assert read.line(("a", "b", 7)) == 2
    assert read.line(("z",)) is None


@pytest.mark.parametrize("text", ['{"a": 1,\n"a": 2}', "a: 1\na: 2\n"])
def test_the_last_of_two_equal_keys_counts_and_is_told(text: str) -> None:
    read = read_keyed(text, Format.JSON if text[0] == "{" else Format.YAML)

    assert (read.value, read.twice) == ({"a": 2}, ((("a",), 2),))


def test_yaml_builds_nothing_and_repeats_nothing() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{n}: &{n} [*a, *a]\n" for n in "bcdefgh")
    tagged = read_keyed("a: !!python/object/apply:os.system [x]\n", Format.YAML)
    loop = read_keyed("a: &a [*a]\n", Format.YAML)

    assert tagged.value == {"a": ["x"]}
    assert sum(1 for _ in nodes(read_keyed(bomb, Format.YAML).value)) < 100
    assert sum(1 for _ in nodes(loop.value)) < 100


def test_the_head_of_a_markdown_text_is_found_only_at_its_beginning() -> None:
    assert front_matter("---\na: 1\n---\ntext") == "a: 1\n"
    assert front_matter("text\n---\na: 1\n---\n") == ""
    assert front_matter("---\nnever closed") == ""


@given(st.text(max_size=60) | st.text("{}[]\":,/*-&*!|>\n a1#=\\.'", max_size=60))
def test_hostile_texts_are_read_or_refused(text: str) -> None:
    for form in FORMATS:
        with contextlib.suppress(UnreadableError):
            assert read_keyed(text, form).line(()) is None


@pytest.mark.parametrize(
    "text",
    ["[" * 200_000, '{"a":' * 50_000, "/*" * 100_000, '"' * 200_000, "- " * 9_000, "a: " * 6_000,
     "[a." * 10_000, "a." * 20_000 + "b=1", "/" * 200_000],
)  # fmt: skip
def test_texts_made_to_be_slow_are_not(text: str) -> None:
    start = time.process_time()
    for form in FORMATS:
        with contextlib.suppress(UnreadableError):
            read_keyed(text, form)

    assert time.process_time() - start < 4
