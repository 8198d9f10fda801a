"""Archives that are traps are found; nothing of them is unpacked to disk."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.measure.inspection.test_model_format import tar_of
from tests.strategies import zip_file

from basanite.domain.answer import Answer
from basanite.domain.outcome import Outcome

Ask = Callable[..., Answer]


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "C:\\x", "a\\..\\..\\x"])
def test_members_that_lead_outside_fail(ask: Ask, name: str) -> None:
    for data in (tar_of({name: b"x"}), tar_of({name: b"x"}, "w:gz"), zip_file({name: b"x"})):
        answer = ask("archive-structure", data, "thing")
        assert answer.outcome is Outcome.FAILED
        assert [f.rule.id for f in answer.findings] == ["archive-structure/outside-member"]


@pytest.mark.parametrize(
    ("name", "target", "outside"),
    [("a", "../x", True), ("a/b", "../c", False), ("a/b", "../../c", True), ("a", "/etc", True)],
)
def test_links_in_a_tar_may_not_lead_outside(
    ask: Ask, name: str, target: str, outside: bool
) -> None:
    answer = ask("archive-structure", tar_of({}, links={name: target}), "thing.tar")

    assert (answer.outcome is Outcome.FAILED) == outside
