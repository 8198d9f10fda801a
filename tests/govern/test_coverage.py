"""Lists of minimum elements: whole, and honest about their source."""

from __future__ import annotations

from collections import Counter

import pytest

from basanite.domain.errors import UsageError
from basanite.domain.requirement import Basis
from basanite.govern.coverage import builtin_lists, load_list
from basanite.govern.element_probes import PROBES

G7 = "g7-sbom-for-ai-2026"


def test_the_g7_list_has_fifty_elements_in_seven_clusters() -> None:
    (g7,) = (each for each in builtin_lists() if each.id == G7)

    clusters = Counter(each.cluster for each in g7.elements)
    assert list(clusters.values()) == [10, 9, 13, 10, 2, 4, 2]


def test_every_list_says_how_its_structure_is_known_and_every_element_is_looked_for() -> None:
    lists = builtin_lists()

    assert {each.id for each in lists} == {G7, "cisa-sbom-2025-draft"}
    assert all(each.basis is Basis.SECONDARY and each.basis_note for each in lists)
    assert {element.id for each in lists for element in each.elements} == set(PROBES)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("id: sbom-author", "id: sbom-version"), "twice"),
        (("id: sbom-author", "id: never-heard-of"), "not known"),
        (("basis: secondary", "basis: hearsay"), "memory"),
    ],
)
def test_a_list_that_cannot_be_held_against_anything_is_refused(
    change: tuple[str, str], says: str
) -> None:
    from importlib.resources import files

    path = files("basanite.govern") / "minimum_elements" / f"{G7}.yaml"
    data = path.read_text("utf-8").replace(*change, 1).encode()

    with pytest.raises(UsageError, match=says):
        load_list(data, "list.yaml")
