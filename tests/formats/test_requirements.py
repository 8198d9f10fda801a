"""Requirements files are read line by line as pip reads them; bad lines never end the reading."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basanite.formats.requirements import Parsed, RequirementLine, parse_requirements

A = "a" * 64
B = "B" * 64


def one(text: str) -> RequirementLine:
    parsed = parse_requirements(text)
    assert parsed.problems == ()
    assert len(parsed.requirements) == 1
    return parsed.requirements[0]


def test_names_are_normalised_and_parts_kept() -> None:
    read = one('Foo_Bar.Baz[ssl,Http]>=1.2,<2 ; python_version < "3.12"  # why')
    assert read.name == "foo-bar-baz"
    assert read.specifier == "<2,>=1.2"
    assert read.extras == ("Http", "ssl")
    assert read.marker == 'python_version < "3.12"'
    assert read.pinned is None


@pytest.mark.parametrize(
    ("text", "pinned"),
    [
        ("a==1.0", "1.0"),
        ("a===1.0", "1.0"),
        ("a == 1.0 ; os_name == 'nt'", "1.0"),
        ("a==1.*", None),
        ("a~=1.0", None),
        ("a>=1.0", None),
        ("a==1.0,!=1.1", None),
        ("a", None),
    ],
)
def test_only_one_exact_version_pins(text: str, pinned: str | None) -> None:
    assert one(text).pinned == pinned


def test_hashes_on_continued_lines_belong_to_the_requirement_and_its_first_line() -> None:
    text = f"# head\n\na==1 \\\n    --hash=sha256:{A} \\\n    --hash sha256:{B}\nb==2\n"
    first, second = parse_requirements(text).requirements
    assert first.hashes == (f"sha256:{A}", f"sha256:{B.lower()}")
    assert (first.line, second.line) == (3, 6)
    assert second.hashes == ()


def test_a_comment_line_ends_a_continuation_as_in_pip() -> None:
    parsed = parse_requirements("a==1 \\\n# comment \\\nb==2\n")
    assert [each.name for each in parsed.requirements] == ["a", "b"]


def test_a_hash_sign_inside_an_address_is_no_comment() -> None:
    read = one(f"a @ https://h/a-1.0-py3-none-any.whl#sha256={A}")
    assert read.url == f"https://h/a-1.0-py3-none-any.whl#sha256={A}"
    assert read.hashes == (f"sha256:{A}",)


def test_options_are_named_in_full() -> None:
    parsed = parse_requirements(
        "-r base.txt\n-rmore.txt\n-c limits.txt\n-i https://a/simple --extra-index-url=https://b\n"
        "--no-binary :all:\n"
    )
    assert [(each.name, each.value, each.line) for each in parsed.options] == [
        ("requirement", "base.txt", 1),
        ("requirement", "more.txt", 2),
        ("constraint", "limits.txt", 3),
        ("index-url", "https://a/simple", 4),
        ("extra-index-url", "https://b", 4),
        ("no-binary", ":all:", 5),
    ]


@pytest.mark.parametrize(
    ("text", "name", "editable"),
    [
        ("-e git+https://h/a/b.git@main#egg=My_Pkg", "my-pkg", True),
        ("-e .", "", True),
        ("--editable=./src/x", "", True),
        ("./wheels/torch-2.4.0-cp311-none-any.whl", "torch", False),
        ("https://h/numpy-2.0.1.tar.gz", "numpy", False),
        ("git+ssh://git@h/a.git", "", False),
        ("../sibling", "", False),
    ],
)
def test_paths_and_addresses_are_requirements_too(text: str, name: str, *, editable: bool) -> None:
    read = one(text)
    assert (read.name, read.editable) == (name, editable)
    assert read.url


def test_passwords_in_addresses_are_masked_everywhere() -> None:
    parsed = parse_requirements(
        "--index-url https://me:hunter2@h/simple\na @ https://me:hunter2@h/a.zip\n"
        "-e git+https://hunter2@h/b.git#egg=b\nbad! https://me:hunter2@h\n"
    )
    assert "hunter2" not in repr(parsed)
    assert len(parsed.requirements) == 2


def test_a_bad_line_is_reported_and_the_next_one_read() -> None:
    parsed = parse_requirements(f"!!\na==1 --hash=md5x:1\n<<<<<<< HEAD\nb=={'1' * 5000}\nc\n")
    assert [each.name for each in parsed.requirements] == ["a", "c"]
    assert [problem.line for problem in parsed.problems] == [1, 2, 3, 4]


def test_a_byte_order_mark_and_windows_line_ends_are_no_matter() -> None:
    parsed = parse_requirements("\ufeffa==1\r\nb==2\r\n")
    assert [(each.name, each.line) for each in parsed.requirements] == [("a", 1), ("b", 2)]


HOSTILE = {
    "spaces": " " * 3_000_000 + "a",
    "dashes": "-" * 3_000_000,
    "flags": "a" + " --hash=sha256:x" * 50_000,
    "continuations": "a \\\n" * 500_000,
    "parentheses": "a ; " + "(" * 1_900 + ")" * 1_900,
    "markers": "a ; " + "os_name=='a' or " * 200 + "os_name=='a'",
    "digits": "a==" + "1" * 100_000,
    "addresses": "git+" + "https://a@" * 100_000,
    "colons": "://" * 500_000,
    "hash signs": "a #" * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_little_time(name: str) -> None:
    start = time.perf_counter()
    parsed = parse_requirements(HOSTILE[name])
    assert time.perf_counter() - start < 2
    assert len(parsed.problems) <= 1_000


LINES = st.lists(
    st.sampled_from(["a==1", "-r x", "\\", " \\\n", "#", "--hash=sha256:" + A, ";", "@", "[", "]"])
    | st.text(max_size=12),
    max_size=12,
)


@given(LINES.map(" ".join) | LINES.map("\n".join) | st.text(max_size=80))
def test_any_text_is_read(text: str) -> None:
    parsed = parse_requirements(text)
    assert isinstance(parsed, Parsed)
    count = len(text.splitlines()) or 1
    lines = [each.line for each in parsed.requirements]
    lines += [each.line for each in parsed.options]
    lines += [each.line for each in parsed.problems]
    assert all(1 <= line <= count for line in lines)
