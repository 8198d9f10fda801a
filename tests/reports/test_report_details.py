"""What a report says of parts, numbers, facts and open questions, so that it can be acted on."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from basanite.domain.artifact import Artifact, Format
from basanite.domain.assessment import Assessment
from basanite.domain.finding import Location, Reference
from basanite.domain.inventory import HostFact, HostState, Subject
from basanite.domain.measurement import Held
from basanite.domain.outcome import Outcome
from basanite.domain.system import Component, ComponentKind
from basanite.domain.verdict import Because, Freshness, Status
from basanite.reports.facts import facts_of
from basanite.reports.grouping import groups
from basanite.reports.guidance import Reason, functions
from basanite.reports.host import host_groups
from basanite.reports.html import render
from basanite.reports.method import unanswered
from basanite.reports.page import ticked
from basanite.reports.picture import Node, draw, nodes
from basanite.reports.summary import summarise
from basanite.reports.text import lines
from basanite.reports.words import first_sentence, iri, quantity, reference

BOX = re.compile(
    r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" rx="7" class="box"'
)
PATH = re.compile(r'<path d="([^"]+)" class="link"')


def points(path: str) -> Iterator[tuple[float, float]]:
    """Points along a path of moves, lines and cubic curves, close to each other."""
    x = y = 0.0
    for letter, found in re.findall(r"([MLC])([^MLC]+)", path):
        numbers = [float(each) for each in found.split()]
        ends = list(zip(numbers[::2], numbers[1::2], strict=True))
        if letter == "M":
            x, y = ends[0]
            continue
        control = [(x, y), *ends] if letter == "C" else [(x, y), (x, y), ends[0], ends[0]]
        for step in range(101):
            t = step / 100
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            yield (
                sum(w * c[0] for w, c in zip(weights, control, strict=True)),
                sum(w * c[1] for w, c in zip(weights, control, strict=True)),
            )
        x, y = ends[-1]


def parts(water: Assessment, now: datetime) -> dict[str, Node]:
    return {node.component.id: node for node in nodes(water, now)}


def test_no_arrow_runs_behind_a_card(water: Assessment, now: datetime) -> None:
    """A prompt serves a service two columns away, past a column that is full of cards."""
    extra = [
        Node(
            Component(
                id=f"m{i}", kind=ComponentKind.MODEL, title=f"Model {i}", serves=("assistant",)
            ),
            nodes(water, now)[0].mark,
            1,
        )
        for i in range(5)
    ]
    drawn = str(draw([*nodes(water, now), *extra], narrow=False))
    boxes = [tuple(map(float, each)) for each in BOX.findall(drawn)]
    paths = PATH.findall(drawn)
    assert len(boxes) == len(water.inventory.system.components) + 5
    assert len(paths) >= 10
    for path in paths:
        for x, y in points(path):
            assert not any(
                left + 0.5 < x < left + width - 0.5 and top + 0.5 < y < top + height - 0.5
                for left, top, width, height in boxes
            ), path


def test_data_that_was_used_to_test_a_model_was_looked_at_and_is_not_blamed(
    water: Assessment, now: datetime
) -> None:
    found = parts(water, now)
    assert found["test-data"].mark.word == "used, the check failed"
    assert found["test-data"].mark.tone.value == "none"
    assert found["edge-host"].mark.word == "not looked at"


def test_a_check_that_was_skipped_used_nothing(water: Assessment, now: datetime) -> None:
    results = tuple(
        each.model_copy(update={"outcome": Outcome.SKIPPED})
        if each.check == "model-accuracy"
        else each
        for each in water.results
    )
    found = parts(water.model_copy(update={"results": results}), now)
    assert found["test-data"].mark.word == "not looked at"


def test_a_finding_in_a_part_s_own_file_counts_against_it(water: Assessment, now: datetime) -> None:
    result = next(each for each in water.results if each.check == "model-accuracy")
    base = water.results[0].findings[0]
    seen = base.model_copy(update={"location": Location(path="data/test.csv!/x")})
    changed = result.model_copy(update={"findings": (seen,)})
    found = parts(water.model_copy(update={"results": (changed,)}), now)
    assert found["test-data"].mark.word == "critical finding"


def test_the_sentence_counts_every_bound_that_is_not_kept(
    build: Callable[..., Assessment], water: Assessment, now: datetime
) -> None:
    broken = [
        each
        for result in water.results
        for each in result.measurements
        if each.held is Held.NO and result.outcome is Outcome.FAILED
    ]
    assert summarise(water, now).broken == len(broken) == 2
    withfinding = tuple(
        each.model_copy(update={"findings": water.results[0].findings})
        if each.check == "model-accuracy"
        else each
        for each in water.results
    )
    assert summarise(build(results=withfinding), now).broken == 2


def test_a_bound_that_is_not_kept_is_never_outweighed_by_a_mild_finding(
    build: Callable[..., Assessment], water: Assessment, now: datetime
) -> None:
    mild = next(
        finding
        for result in water.results
        for finding in result.findings
        if finding.level.value == "medium"
    )
    broken = next(each for each in water.results if each.check == "model-accuracy")
    result = broken.model_copy(update={"findings": (mild,)})
    found = build(results=(result,), verdicts=())
    assert summarise(found, now).sentence.startswith("Not shown to be safe: 1 measured bound")
    assert parts(found, now)["detector"].mark.word == "bound not kept"


def test_a_failed_check_without_any_number_is_counted_too(
    build: Callable[..., Assessment], water: Assessment, now: datetime
) -> None:
    silent = next(each for each in water.results if each.check == "model-accuracy").model_copy(
        update={"measurements": ()}
    )
    assert summarise(build(results=(silent,)), now).broken == 1


def steps(reason: Reason) -> Iterator[str]:
    if reason.next_step:
        yield reason.next_step
    for part in reason.parts:
        yield from steps(part)


def test_a_next_step_is_said_once(water: Assessment, now: datetime) -> None:
    """A rule hands its cheapest step up to its root; the page says it once, where it belongs."""

    def node(step: str, *below: Because) -> Because:
        return Because(
            text="t",
            status=Status.UNMET,
            freshness=Freshness.FRESH,
            next_step=step,
            parts=below,
        )

    tree = node("mend a", node("mend a", node("mend a")), node("mend b", node("mend b")))
    verdict = water.verdicts[0].model_copy(update={"because": tree, "next_step": "mend a"})
    judged = functions(water.model_copy(update={"verdicts": (verdict,)}), now, limit=9)[0]
    shown = judged.piles[0].judged[0]
    assert shown.next_step == "mend a"
    assert list(steps(shown.because)) == ["mend b"]


def test_a_whole_rule_is_shown_when_there_is_room(water: Assessment, now: datetime) -> None:
    leaf = Because(text="t", status=Status.MET, freshness=Freshness.FRESH)
    branch = leaf.model_copy(update={"parts": (leaf,) * 6})
    tree = leaf.model_copy(update={"parts": (branch,) * 6})
    verdicts = (water.verdicts[0].model_copy(update={"because": tree}), *water.verdicts[1:])
    shown = functions(water.model_copy(update={"verdicts": verdicts}), now, limit=300)
    reasons = [
        each.because
        for function in shown
        for pile in function.piles
        for each in pile.judged
        if each.verdict.requirement == verdicts[0].requirement
    ]
    assert [part.left_out for part in reasons[0].parts] == [0] * 6
    assert all(len(part.parts) == 6 for part in reasons[0].parts)


def test_every_open_question_says_what_to_do(water: Assessment) -> None:
    found = unanswered(water)
    assert {each.mark.word for each in found} >= {"skipped", "incomplete", "undecided", "error"}
    for each in found:
        assert each.next_step or "`basanite " in each.reason


def test_checks_that_all_did_not_look_are_never_shown_as_nothing_found(
    build: Callable[..., Assessment], water: Assessment, now: datetime
) -> None:
    blind = tuple(
        each.model_copy(
            update={
                "outcome": Outcome.SKIPPED,
                "findings": (),
                "measurements": (),
                "why": "not asked",
            }
        )
        for each in water.results
    )
    made = build(results=blind)
    told = render(made, now=now)
    assert "Nothing was found" not in told
    assert "No check has an answer, so nothing could be found." in told
    assert {each.next_step for each in unanswered(made)} <= {"Run `basanite assess`."}


def test_findings_of_one_severity_stand_with_the_surest_first(water: Assessment) -> None:
    order = [
        (-group.severity.rank, -max(f.confidence.rank for _, f in group.occurrences))
        for group in groups(water)
    ]
    assert order == sorted(order)


def test_a_finding_without_a_file_names_what_was_asked(water: Assessment, now: datetime) -> None:
    result = water.results[0].model_copy(
        update={
            "subjects": (Subject(name="endpoint:assistant", sha256="0" * 64),),
            "findings": (water.results[0].findings[0].model_copy(update={"location": Location()}),),
        }
    )
    told = render(water.model_copy(update={"results": (result,)}), now=now)
    assert "<code>endpoint of assistant</code>" in told


HOST = (
    *(
        HostFact(
            name=f"cpu.vulnerability.{name}",
            state=HostState.READ,
            value=value,
            source=f"/sys/devices/system/cpu/vulnerabilities/{name}",
        )
        for name, value in (
            ("meltdown", "Not affected"),
            ("mds", "Not affected"),
            ("spectre_v1", "Mitigation: barriers"),
            ("spec_store_bypass", "Vulnerable"),
        )
    ),
    HostFact(name="tpm", state=HostState.ABSENT, source="/sys/class/tpm"),
    HostFact(name="secure-boot", state=HostState.UNREADABLE, source="/sys/firmware/efi"),
    HostFact(name="odd.fact", state=HostState.READ, value="1", source="/x"),
)


def test_host_facts_that_read_alike_share_a_line_and_what_is_open_comes_first() -> None:
    flaws = host_groups(HOST)[0]
    assert [line.value for line in flaws.lines] == [
        "Vulnerable",
        "Mitigation: barriers",
        "Not affected",
    ]
    assert flaws.lines[-1].names == "meltdown, mds"
    assert flaws.lines[-1].source == "/sys/devices/system/cpu/vulnerabilities/…"
    assert [line.calm for line in flaws.lines] == [False, True, True]


def test_no_host_fact_is_lost_and_not_read_is_not_absent() -> None:
    found = host_groups(HOST)
    said = [name for group in found for line in group.lines for name in line.names.split(", ")]
    assert len(said) == len(HOST)
    values = {line.names: line.value for group in found for line in group.lines}
    assert values["tpm"] == "not there"
    assert values["secure-boot"] == "could not be read"


def test_header_facts_are_words_and_what_matters_comes_first() -> None:
    model = Artifact(
        path="m.onnx",
        size=1,
        sha256="0" * 64,
        format=Format.ONNX,
        facts={
            "ir_version": 10,
            "inputs": [{"name": "x", "shape": ["N", 20], "type": "float"}],
            "opsets": {"ai.onnx": 18},
            "custom_operators": [],
            "odd_thing": None,
        },
    )
    assert facts_of(model) == [
        ("custom operators", "none"),
        ("takes", "x: float [N × 20]"),
        ("operator sets", "ai.onnx 18"),
        ("IR version", "10"),
        ("odd thing", "none"),
    ]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False,
       allow_infinity=False) | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
       st.text(), inner)))  # fmt: skip
def test_any_fact_has_a_short_form(value: object) -> None:
    made = Artifact(
        path="m", size=1, sha256="0" * 64, format=Format.GGUF, facts={"inputs": value, "x": value}
    )
    assert all(len(told) <= 121 for _, told in facts_of(made))


@given(st.floats(min_value=0, max_value=1))
def test_a_share_is_never_rounded_to_all_or_none_that_it_is_not(value: float) -> None:
    told = quantity(value, "1")
    if 1e-9 < value < 1 - 1e-9:
        assert told not in {"0 %", "100 %"}
    assert math.isclose(float(told.removesuffix(" %").replace(",", "")), value * 100, abs_tol=0.006)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.0000263, "s", "26.3 µs"),
        (0.00429604, "s", "4.3 ms"),
        (0.9999, "s", "1,000 ms"),
        (0.0, "s", "0 s"),
        (2.5, "s", "2.5 s"),
        (0.84424, "1", "84.42 %"),
        (0.9, "1", "90 %"),
        (0.99996, "1", "99.996 %"),
    ],
)
def test_numbers_are_said_in_the_unit_a_person_would_use(
    value: float, unit: str, said: str
) -> None:
    assert quantity(value, unit) == said


def test_a_scheme_is_said_once() -> None:
    assert reference(Reference(scheme="CWE", id="CWE-502")) == "CWE-502"
    assert reference(Reference(scheme="ATLAS", id="AML.T0010")) == "ATLAS AML.T0010"


def test_brackets_stand_in_an_address_only_around_a_numeric_host() -> None:
    assert iri("http://[::1]:8080/v1") == "http://[::1]:8080/v1"
    assert iri("http://x/a[1]") == "http://x/a%5B1%5D"


def test_commands_are_code_and_hostile_text_between_ticks_stays_text() -> None:
    assert ticked("run `basanite assess` now") == "run <code>basanite assess</code> now"
    assert "<img" not in ticked("a `<img src=x>` b")
    assert "<b>" not in ticked("a ` <b>")
    assert "\x1b" not in ticked("`\x1b[31m`")


def test_the_terminal_fits_a_screen_and_says_only_the_first_thing_to_do(
    build: Callable[..., Assessment], water: Assessment
) -> None:
    told = lines(build(unseen=()), 80)
    assert len(told) <= 32
    assert not any("and load that instead" in line for line in told)
    assert any(line.strip() == "vendor/bundle.zip" or "vendor/" in line for line in told)
    assert first_sentence("Ask for ONNX (e.g. 1.2). Then stop.") == "Ask for ONNX (e.g. 1.2)."
    assert first_sentence("use v1.2 of it") == "use v1.2 of it"
