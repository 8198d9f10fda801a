"""Two BOMs are compared by what their components are, not by where they stand."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from basanite.domain.bom import Bom, BomComponent, BomFormat
from basanite.map.bom_comparison import compare


def part(name: str, **fields: Any) -> BomComponent:
    return BomComponent(ref=fields.pop("ref", name), name=name, **fields)


def bom(*components: BomComponent, edges: tuple[tuple[str, str], ...] = (), **fields: Any) -> Bom:
    return Bom(
        format=fields.get("format", BomFormat.CYCLONEDX),
        spec_version="1.7",
        components=components,
        edges=edges,
    )


def test_a_package_of_another_version_is_one_change() -> None:
    found = compare(
        bom(part("numpy", version="1.0", purl="pkg:pypi/numpy@1.0")),
        bom(part("numpy", version="2.0", purl="pkg:pypi/numpy@2.0?x=y")),
    )

    assert (found.added, found.removed) == ((), ())
    (changed,) = found.changed
    assert changed.matched_by == "purl"
    assert [(c.field, c.before, c.after) for c in changed.changes] == [("version", "1.0", "2.0")]


def test_of_two_versions_of_a_package_the_equal_one_is_paired_first() -> None:
    one, two, three = (
        part("lodash", ref=f"l{n}", version=f"{n}", purl=f"pkg:npm/lodash@{n}") for n in (1, 2, 3)
    )
    found = compare(bom(one, two), bom(two, three))

    assert found.same == 1
    assert [(c.before.version, c.after.version) for c in found.changed] == [("1", "3")]


def test_a_scoped_package_is_not_taken_for_its_version() -> None:
    found = compare(
        bom(part("a", purl="pkg:npm/%40scope/a")), bom(part("b", purl="pkg:npm/%40scope/b"))
    )

    assert (len(found.added), len(found.removed)) == (1, 1)


def test_a_renamed_file_is_known_by_its_digest() -> None:
    found = compare(
        bom(part("models/a.onnx", kind="file", hashes={"sha256": "aa"})),
        bom(part("models/b.onnx", kind="file", hashes={"sha256": "aa"})),
    )

    (changed,) = found.changed
    assert changed.matched_by == "hash"
    assert [(c.field, c.after) for c in changed.changes] == [("name", "models/b.onnx")]


def test_files_of_one_content_keep_their_names() -> None:
    empty = {"sha256": "e3"}
    names = [part(f"{n}/__init__.py", kind="file", hashes=empty) for n in "abc"]

    assert compare(bom(*names), bom(*reversed(names))).empty


def test_changed_bytes_licence_and_supplier_are_told() -> None:
    found = compare(
        bom(part("m", hashes={"sha256": "aa"}, licences=("MIT",), supplier="A")),
        bom(
            part("m", hashes={"sha256": "bb", "sha1": "c"}, licences=("Apache-2.0",), supplier="B")
        ),
    )

    (changed,) = found.changed
    assert changed.matched_by == "name"
    assert {c.field for c in changed.changes} == {"supplier", "licence", "sha256"}


def test_digests_of_other_algorithms_are_not_called_a_change() -> None:
    assert compare(
        bom(part("m", hashes={"sha1": "aa"})), bom(part("m", hashes={"sha256": "bb"}))
    ).empty


def test_a_dependency_between_known_components_that_goes_is_told() -> None:
    parts = part("a"), part("b"), part("c")
    found = compare(
        bom(*parts, edges=(("a", "b"),)), bom(*parts, part("d"), edges=(("a", "c"), ("a", "d")))
    )

    assert found.edges_added == (("a", "c"),)
    assert found.edges_removed == (("a", "b"),)
    assert [each.name for each in found.added] == ["d"]


def test_the_words_of_two_formats_are_not_compared() -> None:
    one = bom(part("m", kind="data", facts={"task": "detection"}))
    other = bom(part("m", kind="configuration"), format=BomFormat.SPDX)

    assert compare(one, other).empty
    assert not compare(one, bom(part("m", kind="file"))).empty


components = st.lists(
    st.builds(
        BomComponent,
        ref=st.text("abc", min_size=1, max_size=3),
        name=st.text("ab", min_size=1, max_size=2),
        version=st.sampled_from(["", "1", "2"]),
        purl=st.sampled_from(["", "pkg:pypi/a@1", "pkg:pypi/a@2", "pkg:pypi/b"]),
        hashes=st.sampled_from([{}, {"sha256": "aa"}, {"sha256": "bb", "sha1": "a"}]),
    ),
    max_size=8,
    unique_by=lambda each: each.ref,
)


@given(components, components)
def test_every_component_is_told_exactly_once(
    before: list[BomComponent], after: list[BomComponent]
) -> None:
    found = compare(bom(*before), bom(*after))
    paired = len(found.changed) + found.same

    assert paired + len(found.removed) == len(before)
    assert paired + len(found.added) == len(after)


@given(components)
def test_a_bom_differs_from_itself_in_nothing(listed: list[BomComponent]) -> None:
    assert compare(bom(*listed), bom(*reversed(listed))).empty
