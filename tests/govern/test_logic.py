"""The logic of rules holds for every tree of answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from basanite.domain.severity import Confidence
from basanite.domain.verdict import Because, Freshness, Status
from basanite.govern.logic import Effort, Node, all_of, any_of

T0 = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = (Status.UNDECIDED, Status.UNKNOWN)


def _leaf(status: Status, fresh: bool, sure: Confidence, day: int) -> Node:
    if status is Status.UNKNOWN:
        freshness = Freshness.MISSING
    else:
        freshness = Freshness.FRESH if fresh else Freshness.STALE
    quiet = status in (Status.MET, Status.NOT_APPLICABLE) and fresh
    decided = status in (Status.MET, Status.UNMET)
    because = Because(
        text="leaf",
        status=status,
        freshness=freshness,
        confidence=sure if decided else None,
        next_step="" if quiet else "do it",
    )
    until = None if status is Status.UNKNOWN else T0 + timedelta(days=day)
    return Node(because, until, Effort.NONE if quiet else Effort.RUN)


LEAF = st.builds(
    _leaf,
    st.sampled_from(list(Status)),
    st.booleans(),
    st.sampled_from(list(Confidence)),
    st.integers(0, 99),
)
TREE = st.recursive(
    LEAF,
    lambda parts: st.tuples(st.sampled_from([all_of, any_of]), st.lists(parts, min_size=1)).map(
        lambda pair: pair[0](pair[1])
    ),
    max_leaves=12,
)
NODES = st.lists(TREE, min_size=1, max_size=5)


def _kleene(node: Node) -> float | None:
    """True, open and false as 1, 0.5 and 0; None for a part that does not apply."""
    values = {Status.MET: 1.0, Status.UNMET: 0.0, Status.NOT_APPLICABLE: None}
    return values.get(node.status, 0.5)


def _axes(node: Node) -> tuple[object, ...]:
    because = node.because
    return (
        node.status,
        node.freshness,
        because.confidence,
        node.valid_until,
        because.next_step,
        node.effort,
    )


@given(NODES)
def test_all_of_is_the_least_and_any_of_the_greatest(nodes: list[Node]) -> None:
    """Kleene's strong logic: conjunction is the minimum, disjunction the maximum."""
    values = [value for node in nodes if (value := _kleene(node)) is not None]
    assert _kleene(all_of(nodes)) == (min(values) if values else None)
    assert _kleene(any_of(nodes)) == (max(values) if values else None)


@given(TREE)
def test_all_of_one_and_any_of_one_are_that_one(node: Node) -> None:
    assert _axes(all_of([node])) == _axes(node)
    assert _axes(any_of([node])) == _axes(node)


@given(NODES)
def test_the_order_of_parts_changes_no_axis(nodes: list[Node]) -> None:
    turned = list(reversed(nodes))
    for join in (all_of, any_of):
        assert _axes(join(nodes))[:4] == _axes(join(turned))[:4]


@given(TREE, TREE, TREE)
def test_absorption_and_distribution_hold(a: Node, b: Node, c: Node) -> None:
    applies = all(node.status is not Status.NOT_APPLICABLE for node in (a, b, c))
    if not applies:
        return
    assert _kleene(all_of([a, any_of([a, b])])) == _kleene(a)
    assert _kleene(any_of([a, all_of([a, b])])) == _kleene(a)
    assert _kleene(all_of([a, any_of([b, c])])) == _kleene(any_of([all_of([a, b]), all_of([a, c])]))


@given(NODES)
def test_being_met_by_all_is_as_fresh_and_as_sure_as_the_weakest(nodes: list[Node]) -> None:
    whole = all_of(nodes)
    if whole.status is not Status.MET:
        return
    if whole.freshness is Freshness.FRESH:
        assert all(node.freshness is Freshness.FRESH for node in nodes)
    times = [node.valid_until for node in nodes if node.valid_until is not None]
    assert whole.valid_until == min(times, default=None)
    sure = [n.because.confidence for n in nodes if n.because.confidence is not None]
    assert whole.because.confidence == min(sure, key=lambda c: c.rank, default=None)


@given(NODES)
def test_being_met_by_any_is_as_sure_as_the_surest_that_is_freshest(nodes: list[Node]) -> None:
    whole = any_of(nodes)
    if whole.status is not Status.MET:
        return
    met = [node for node in nodes if node.status is Status.MET]
    fresh = [node for node in met if node.freshness is Freshness.FRESH] or met
    sure = [n.because.confidence for n in fresh if n.because.confidence is not None]
    assert whole.because.confidence == max(sure, key=lambda c: c.rank, default=None)


@given(TREE)
def test_what_is_unknown_is_missing_and_what_is_open_has_no_confidence(node: Node) -> None:
    if node.status is Status.UNKNOWN:
        assert node.freshness is Freshness.MISSING
    if node.status in OPEN:
        assert node.because.confidence is None


@given(TREE)
def test_whatever_is_not_met_and_fresh_names_a_next_step(node: Node) -> None:
    if node.status is Status.MET and node.freshness is Freshness.FRESH:
        assert node.because.next_step == ""
    elif node.status is not Status.NOT_APPLICABLE:
        assert node.because.next_step


def test_the_cheapest_step_comes_first() -> None:
    def unknown(step: str, effort: Effort) -> Node:
        because = Because(
            text="", status=Status.UNKNOWN, freshness=Freshness.MISSING, next_step=step
        )
        return Node(because, None, effort)

    parts = [unknown("attest", Effort.ATTEST), unknown("run", Effort.RUN)]
    assert all_of(parts).because.next_step == "run"
    assert any_of(parts).because.next_step == "run"
