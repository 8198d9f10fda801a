"""The HTML report: what it says, in what order, and what it cannot be made to do."""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from basanite.domain.artifact import Artifact, Format
from basanite.domain.assessment import Assessment, Result
from basanite.domain.finding import Finding, Location
from basanite.domain.measurement import Bound, Direction, Held, Interval, Measurement
from basanite.domain.names import visible
from basanite.domain.severity import Confidence
from basanite.domain.system import Component, ComponentKind
from basanite.domain.verdict import Because, Freshness, Status, Verdict
from basanite.reports import html
from basanite.reports.charts import against_bound
from basanite.reports.html import render

VOID = {"meta", "input", "br"}


class Page(HTMLParser):
    """A strict reading of a page: every element must close in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def attributes(self, name: str) -> Iterator[str]:
        return (value or "" for _, found in self.elements if (value := found.get(name)) is not None)


def texts(page: Page, *needles: str) -> list[int]:
    return [page.text.index(needle) for needle in needles]


def test_the_sections_stand_in_the_order_in_which_they_are_needed(
    water: Assessment, now: datetime
) -> None:
    page = Page(render(water, now=now))
    places = texts(
        page,
        "Not shown to be safe: 2 critical findings",
        "The system and its verdicts",
        "Findings, worst first",
        "A model file runs code when it is loaded",
        "A dependency has no exact version",
        "The bar is the interval",
        "Three separate answers",
        "What expires when",
        "Files with their digests",
        "Did not look, or came to no answer",
        "Waivers and overrides",
        f"basanite verify --head {water.head.hash}",
    )
    assert places == sorted(places)


def test_the_masthead_names_the_system_its_owner_and_the_head(
    water: Assessment, now: datetime
) -> None:
    text = Page(render(water, now=now)).text
    system = water.inventory.system
    for needle in (system.title, system.owner.name, system.tier.value, water.head.hash):
        assert needle in text


def test_one_page_for_one_assessment_at_one_moment(water: Assessment, now: datetime) -> None:
    assert render(water, now=now) == render(water, now=now)


def test_nothing_is_asked_for_from_anywhere(water: Assessment, now: datetime) -> None:
    """No element of the page names anything but a place within the page."""
    text = render(water, now=now)
    page = Page(text)
    for name in ("src", "href", "action", "srcset", "data", "poster", "xlink:href"):
        assert all(value.startswith("#") for value in page.attributes(name))
    assert {tag for tag, _ in page.elements} & {
        "script",
        "iframe",
        "img",
        "link",
        "object",
    } == set()
    assert not any(key.startswith("on") or key == "style" for _, a in page.elements for key in a)


def test_the_policy_allows_the_one_style_sheet_and_nothing_else(
    water: Assessment, now: datetime
) -> None:
    text = render(water, now=now)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    policy = next(
        found["content"]
        for tag, found in Page(text).elements
        if tag == "meta" and found.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    assert f"'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "url(" not in style.group(1)
    assert "@import" not in style.group(1)


def test_there_is_one_h1_and_no_level_is_left_out(water: Assessment, now: datetime) -> None:
    levels = [int(tag[1]) for tag, _ in Page(render(water, now=now)).elements if tag in HEADINGS]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


HEADINGS = ("h1", "h2", "h3", "h4")


def test_tables_have_captions_and_scopes_and_drawings_have_words(
    water: Assessment, now: datetime
) -> None:
    page = Page(render(water, now=now))
    tags = [tag for tag, _ in page.elements]
    assert tags.count("table") == tags.count("caption") > 8
    assert all("scope" in found for tag, found in page.elements if tag == "th")
    for tag, found in page.elements:
        if tag == "svg":
            assert found.get("aria-hidden") == "true" or found.get("aria-label")


def test_ids_are_unique_and_every_reference_has_its_target(
    water: Assessment, now: datetime
) -> None:
    page = Page(render(water, now=now))
    ids = list(page.attributes("id"))
    assert len(ids) == len(set(ids))
    for name in ("href", "aria-labelledby"):
        assert {value.lstrip("#") for value in page.attributes(name)} <= set(ids)


def test_unknown_stands_apart_from_unmet(water: Assessment, now: datetime) -> None:
    text = Page(render(water, now=now)).text
    assert "there is no evidence: nobody has looked" in text
    assert "the evidence shows that it is not met" in text
    assert "Unknown is not unmet" in text


def test_every_requirement_is_there_with_its_three_axes(water: Assessment, now: datetime) -> None:
    page = render(water, now=now)
    assert len(water.verdicts) == 72
    assert page.count('<details class="requirement">') == 72
    assert all(verdict.requirement in page for verdict in water.verdicts)


def test_did_not_look_stands_apart_from_found_nothing(water: Assessment, now: datetime) -> None:
    text = Page(render(water, now=now)).text
    assert "None of these says that nothing is wrong." in text
    assert "memory: the worker passed 2 GB and was stopped" in text
    assert "basanite allow network" in text


def test_no_check_run_is_never_shown_as_a_pass(
    build: Callable[..., Assessment], now: datetime
) -> None:
    bare = build(results=(), checks=(), verdicts=(), artifacts=(), exemptions=(), waived=())
    text = Page(render(bare, now=now)).text
    assert "Not proven yet: there was nothing to look at." in text
    assert "No check was run, so nothing could be found." in text
    assert "Nothing was found" not in text


def test_freshness_is_that_of_the_moment_it_is_read(water: Assessment, now: datetime) -> None:
    assert "1 answer out of date" in Page(render(water, now=now)).text
    later = Page(render(water, now=now + timedelta(days=400))).text
    assert "14 answers out of date" in later
    assert "a year" not in later


def test_a_good_system_is_said_to_be_good_until_it_expires(
    build: Callable[..., Assessment], water: Assessment, now: datetime
) -> None:
    passed = tuple(
        each.model_copy(update={"valid_until": now + timedelta(days=3)})
        for each in water.results
        if each.outcome == "passed" and each.freshness is Freshness.FRESH
    )
    met = tuple(
        each
        for each in water.verdicts
        if each.status is Status.MET and each.freshness is Freshness.FRESH
    )
    good = build(results=passed, verdicts=met, unseen=())
    text = Page(render(good, now=now)).text
    assert "Shown as asked" in text
    assert "7 components that no check is about" in text
    assert "Not proven yet" in Page(render(good, now=now + timedelta(days=4))).text


def hostile(water: Assessment, text: str) -> Assessment:
    """The assessment with one text wherever a stranger can put one."""
    part = Component(
        id="odd", kind=ComponentKind.MODEL, title=text, provider=text, licence=text, version=text
    )
    system = water.inventory.system.model_copy(
        update={
            "title": text,
            "purpose": text,
            "owner": water.inventory.system.owner.model_copy(
                update={"name": text, "contact": text}
            ),
            "components": (*water.inventory.system.components, part),
        }
    )
    seen = Finding(
        rule=water.results[0].findings[0].rule.model_copy(update={"title": text}),
        message=text[:4000],
        confidence=Confidence.LOW,
        location=Location(path=text, line=1),
    )
    artifact = Artifact(
        path=text,
        size=1,
        sha256="0" * 64,
        format=Format.UNKNOWN,
        facts={"k" + text: text, "nested": {"a": [text]}},
        note=text,
    )
    measurement = Measurement(
        name="m",
        title=text,
        value=1.0,
        unit=text,
        n=1,
        interval=Interval(low=0.5, high=2.0, level=0.9, method=text),
        bound=Bound(limit=1.0, direction=Direction.AT_MOST),
    )
    result = water.results[0].model_copy(
        update={
            "component": "odd",
            "findings": (seen,),
            "measurements": (measurement,),
            "reason": text,
        }
    )
    open_result = water.results[-1].model_copy(update={"reason": text, "component": "odd"})
    because = Because(text=text, status=Status.UNMET, freshness=Freshness.FRESH, next_step=text)
    verdict = water.verdicts[0].model_copy(
        update={"title": text, "asks": text, "because": because, "requirement": text, "group": text}
    )
    return water.model_copy(
        update={
            "inventory": water.inventory.model_copy(
                update={"system": system, "artifacts": (artifact,)}
            ),
            "results": (result, open_result),
            "verdicts": (verdict,),
        }
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>document.title='x'</script>",
        '"><img src=x onerror=alert(1)>',
        "'--></style><svg/onload=alert(1)>",
        "javascript:alert(1)",
        "{{7*7}}{% for x in y %}",
        "\x1b[31mred\x1b[0m\r\n\u202eevil\u2066",
        "</title></textarea></details></main>",
        "W" * 4000,
    ],
)
def test_hostile_text_is_text(water: Assessment, now: datetime, text: str) -> None:
    """The same elements as with a harmless text of its form; the hostile one is there to read."""
    calm = re.sub(r"[^ ]", "a", visible(text, 9999))
    plain, odd = (Page(render(hostile(water, each), now=now)) for each in (calm, text))
    assert [tag for tag, _ in odd.elements] == [tag for tag, _ in plain.elements]
    if len(text) < 200:
        assert " ".join(visible(text).split()) in odd.text
    assert "\x1b" not in odd.text
    assert "\u202e" not in odd.text
    assert "49" not in "".join(word for word in odd.words if "7*7" in word).replace("{{7*7}}", "")


@given(st.text(min_size=1, max_size=60))
@settings(max_examples=25, deadline=None)
def test_no_text_changes_the_page_around_it(water: Assessment, now: datetime, text: str) -> None:
    odd = Page(render(hostile(water, text), now=now))
    ids = list(odd.attributes("id"))
    assert len(ids) == len(set(ids))
    assert all(value.startswith("#") for value in odd.attributes("href"))


def test_a_thousand_artifacts_and_two_thousand_findings_stay_usable(
    build: Callable[..., Assessment], water: Assessment, now: datetime
) -> None:
    """Under 2 MB even with the longest texts, and it says what it leaves out and where it is."""
    long = "vendor/" + "deep/" * 700
    artifacts = tuple(
        water.inventory.artifacts[0].model_copy(
            update={
                "path": f"{long}{i}.onnx",
                "facts": {f"fact{j}": "v" * 5000 for j in range(30)},
                "note": "n" * 5000,
            }
        )
        for i in range(1000)
    )
    rules = [
        water.results[0]
        .findings[0]
        .rule.model_copy(
            update={"id": f"pickle-code-execution/case-{i}", "remediation": "r" * 3000}
        )
        for i in range(200)
    ]
    results = tuple(many(water.results[0], rules[i % 200], f"{long}{i}", i) for i in range(2000))
    page = render(build(artifacts=artifacts, results=results, dependencies=()), now=now)
    text = Page(page).text
    assert len(page.encode()) < 2_000_000
    assert f"{1000 - html.MAX_ROWS} files more are not on this page" in text
    assert f"{200 - html.MAX_GROUPS} rules more are not on this page" in text
    assert "basanite report --format sarif" in text


def many(result: Result, rule: Any, path: str, number: int) -> Result:
    finding = Finding(
        rule=rule,
        message="m" * 4000,
        confidence=Confidence.HIGH,
        location=Location(path=path),
        detail={"number": number},
    )
    return result.model_copy(update={"findings": (finding,), "reason": "r" * 2000})


def test_two_thousand_requirements_stay_under_the_limit(
    build: Callable[..., Assessment], water: Assessment, now: datetime
) -> None:
    def deep(depth: int) -> Because:
        inner = (deep(depth - 1),) * 2 if depth else ()
        return Because(text="t" * 300, status=Status.UNMET, freshness=Freshness.FRESH, parts=inner)

    tree = deep(3)
    verdicts: tuple[Verdict, ...] = tuple(
        water.verdicts[i % 72].model_copy(update={"requirement": f"GOVERN-{i}.1", "because": tree})
        for i in range(2000)
    )
    page = render(build(verdicts=verdicts, results=()), now=now)
    assert len(page.encode()) < 2_000_000
    assert "requirements more are not on this page" in Page(page).text


@given(
    value=st.floats(min_value=-1e12, max_value=1e12),
    low=st.floats(min_value=-1e12, max_value=1e12),
    high=st.floats(min_value=-1e12, max_value=1e12),
    limit=st.floats(min_value=-1e12, max_value=1e12),
    unit=st.sampled_from(["1", "s", "calls"]),
    direction=st.sampled_from(list(Direction)),
)
def test_any_measurement_is_drawn_within_its_chart(
    value: float, low: float, high: float, limit: float, unit: str, direction: Direction
) -> None:
    drawn = against_bound(
        Measurement(
            name="m",
            title="M",
            value=value,
            unit=unit,
            n=3,
            interval=Interval(low=low, high=high, level=0.95, method="x"),
            bound=Bound(limit=limit, direction=direction),
        )
    )
    for x in re.findall(r' (?:x|x1|x2|cx)="(-?[\d.]+)"', drawn):
        assert 0 <= float(x) <= 400
    assert "nan" not in drawn.lower()


def test_the_mark_on_a_chart_tells_the_verdict_by_its_shape(water: Assessment) -> None:
    shapes = {Held.YES: "<circle", Held.NO: 'class="cross', Held.OPEN: "<polygon"}
    for result in water.results:
        for each in result.measurements:
            if each.bound is not None:
                assert shapes[each.held] in against_bound(each)
