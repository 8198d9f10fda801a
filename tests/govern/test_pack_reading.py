"""Packs from strangers are read safely, and what is wrong with them is said with its line."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basanite.domain.check import Check, ShelfLife, Stage
from basanite.domain.errors import UsageError
from basanite.govern.document import MAX_BYTES, read_document
from basanite.govern.pack import builtin_packs, lint, load_pack
from basanite.govern.schema import pack_schema

DOCS = Path(__file__).parents[2] / "docs" / "reference"

OWN = """\
id: own-rules
title: Our own rules
publisher: Us
source_document: Ours
version: "1"
date: 2026-01-01
status: final
licence: ours
requirements:
  - id: R-1
    group: Safety
    title: Fails safely
    asks: When the model stops, pumps stay under local control.
    basis: primary
    method: both
    rule:
      all-of:
        - check: some-check
        - measurement: other-check
          name: share
          limit: 0.9
        - attested-by: operator
          asks: I tried it out.
"""


def _check(name: str) -> Check:
    return Check(
        id=name,
        version=1,
        stage=Stage.INSPECTION,
        title=name,
        asks="?",
        why=".",
        limits=".",
        remediation=".",
        shelf_life=ShelfLife(high=1, moderate=1, low=1),
    )


CHECKS = {name: _check(name) for name in ("some-check", "other-check")}


def test_an_own_pack_is_read_and_clean() -> None:
    pack = load_pack(OWN.encode(), "own.yaml")
    assert pack.date == "2026-01-01"
    assert lint(pack, CHECKS, {"other-check": {"share"}}) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("check: some-check", "check: no-such"), "there is no check no-such"),
        (("name: share", "name: rate"), "other-check reports no measurement rate"),
        (("method: both", "method: rule"), "the method is rule"),
        (("asks: When the model stops, pumps stay under local control.", "asks: ' '"), "empty"),
        (("asks: I tried it out.", "asks: ''"), "what the operator is to state is empty"),
        (
            ("asks: When the model stops, pumps stay under local control.", "asks: fails safely."),
            "only repeats the title",
        ),
    ],
)
def test_lint_names_what_is_wrong_beyond_the_form(change: tuple[str, str], says: str) -> None:
    pack = load_pack(OWN.replace(*change).encode(), "own.yaml")
    (problem,) = lint(pack, CHECKS, {"other-check": {"share"}})
    assert problem.startswith("R-1: ")
    assert says in problem


@pytest.mark.parametrize(
    ("change", "line", "says"),
    [
        (("basis: primary", "basis: guess"), 14, "basis"),
        (("check: some-check", "chekc: some-check"), 18, "no rule of a known kind"),
        (("limit: 0.9", "limit: high"), 21, "limit"),
        (("limit: 0.9", "limit: .inf"), 21, "malformed float"),
        (("limit: 0.9", "level: 2"), 21, "level"),
        (("title: Fails safely", "title: &a Fails\n    group: *a"), 13, "twice"),
        (("group: Safety", "group: &a Safety\n    tiers: [*a]"), 11, "alias"),
        (("group: Safety", "group: !!python/name:os.system x"), 11, "tag"),
        (("group: Safety", "group: [1"), 12, "not YAML"),
        (("id: R-1", "id: R/../1"), 10, "id"),
        (("publisher: Us", "publisher: \xff"), None, None),
    ],
)
def test_an_error_names_its_line(
    change: tuple[str, str], line: int | None, says: str | None
) -> None:
    text = OWN.replace(*change)
    if line is None:
        with pytest.raises(UsageError, match=r"own\.yaml:3: the text is not UTF-8"):
            load_pack(text.encode("latin-1"), "own.yaml")
        return
    with pytest.raises(UsageError) as caught:
        load_pack(text.encode(), "own.yaml")
    assert caught.value.where == f"own.yaml:{line}"
    assert says is not None
    assert says in caught.value.what


def test_an_id_used_twice_is_refused() -> None:
    twice = OWN + OWN[OWN.index("  - id: R-1") :]
    with pytest.raises(UsageError, match="stands here and again below"):
        load_pack(twice.encode(), "own.yaml")


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"#" * (MAX_BYTES + 1),
        b"[" * 5000,
        b"- " * 5000,
        b"a: &a [1]\nb: [*a, *a]",
        b"? [a]\n: b",
        b"\x00",
        b"a: \x1b[31m",
        b"&a a: *a",
        b"a: &a\n  b: *a",
        b"&x a: &x b",
    ],
)
def test_hostile_documents_are_refused(hostile: bytes) -> None:
    with pytest.raises(UsageError):
        load_pack(hostile, "p")


_TOKENS = st.sampled_from(
    ["- ", "a: ", "&x ", "*x", "[", "]", "{", "}", "\n", "  ", "!!int ", "? ", ": ", "'", '"', "|",
     ">", "%", "---", "...", "1", "0x", ".nan", "true", "\t", "é", "#", ",", "<<: "]
)  # fmt: skip


@given(st.one_of(st.lists(_TOKENS, max_size=40).map("".join), st.text(max_size=80)))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    """A reader of strangers' files ends in a value or in an error for the user, nothing else."""
    place = ""
    try:
        read_document(text.encode("utf-8", errors="surrogatepass"), "p.yaml")
    except UsageError as error:
        place = error.where
    assert place == "" or place.startswith("p.yaml")


def test_the_published_schema_is_the_one_the_code_holds() -> None:
    published = json.loads((DOCS / "pack.schema.json").read_text(encoding="utf-8"))
    assert published == pack_schema()


def test_the_schema_accepts_our_packs_and_refuses_a_misspelt_key() -> None:
    validator = jsonschema.Draft202012Validator(pack_schema())
    own = read_document(OWN.encode(), "own").value
    validator.validate(own)
    for name, data in builtin_packs().items():
        validator.validate(read_document(data, name).value)
    own["requirements"][0]["baisis"] = "primary"
    assert not validator.is_valid(own)
