"""The pages in a real browser: nothing runs, nothing loads, everyone can read them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from basanite.domain.assessment import Assessment
from basanite.domain.finding import Finding, Location
from basanite.domain.names import encode_name, visible
from basanite.domain.severity import Confidence
from basanite.reports.html import render
from basanite.reports.portfolio import render_portfolio

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium on this machine: apt install chromium"
    ),
]

HOSTILE = (
    '<script>document.title=\'owned\'</script>"><img src=http://127.0.0.1:9/x onerror="alert(1)">',
    "javascript:alert(1) {{7*7}} \x1b[31m \u202eevil \n '\"</style><style>*{display:none}</style>",
    "W" * 900,
)

CONTRAST = """
() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (let each = element; each; each = each.parentElement) {
      if (each.classList.contains('node'))
        return parse(getComputedStyle(each.querySelector('.box')).fill);
      const colour = parse(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return parse(getComputedStyle(document.documentElement).backgroundColor || 'rgb(255,255,255)');
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || element.closest('title, .skip')) continue;
    if (!element.checkVisibility()) continue;
    const style = getComputedStyle(element);
    const ink = light(parse(element.closest('svg') ? style.fill : style.color));
    const ground = light(behind(element));
    const ratio = (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
    seen += 1;
    if (ratio < 4.5) poor.push([ratio.toFixed(2), walker.currentNode.textContent.slice(0, 40)]);
  }
  return {seen, poor};
}
"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-first-run",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def show(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open a page; when the test ends, fail on any request, script, dialog or console line."""
    said: list[str] = []
    contexts: list[Any] = []

    def open_page(text: str, **options: Any) -> Any:
        path = tmp_path / "page.html"
        path.write_text(text, encoding="utf-8")
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: said.append("dialog"))
        page.on(
            "request",
            lambda request: None if request.url == path.as_uri() else said.append(request.url),
        )
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def hostile(water: Assessment, text: str) -> Assessment:
    system = water.inventory.system
    parts = tuple(part.model_copy(update={"title": text}) for part in system.components)
    system = system.model_copy(update={"title": text, "purpose": text, "components": parts})
    seen = Finding(
        rule=water.results[0].findings[0].rule,
        message=text,
        confidence=Confidence.HIGH,
        location=Location(path=encode_name(text)),
    )
    results = (
        water.results[0].model_copy(update={"findings": (seen,)}),
        *(each.model_copy(update={"reason": text}) for each in water.results[6:]),
    )
    return water.model_copy(
        update={
            "inventory": water.inventory.model_copy(update={"system": system}),
            "results": results,
        }
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_and_answers_are_only_ever_read(
    show: Callable[..., Any], water: Assessment, now: datetime, text: str
) -> None:
    page = show(render(hostile(water, text), now=now), viewport={"width": 390, "height": 844})
    assert page.title() == f"Basanite: {visible(text, 2000)}".strip()
    shown = page.locator("body").text_content()
    assert visible(text)[:200] in shown
    assert page.locator("h1").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_hostile_portfolio_is_only_ever_read(
    show: Callable[..., Any], water: Assessment, now: datetime
) -> None:
    page = show(render_portfolio([hostile(water, each) for each in HOSTILE], now=now))
    assert page.title() == "Basanite: portfolio"


def test_a_script_in_the_page_would_not_run(
    chromium: Any, tmp_path: Path, water: Assessment, now: datetime
) -> None:
    """The policy itself holds, not only the escaping: a script that got in stays dead."""
    broken = render(water, now=now).replace("<main", "<script>document.title='owned'</script><main")
    path = tmp_path / "broken.html"
    path.write_text(broken, encoding="utf-8")
    said: list[str] = []
    page = chromium.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.goto(path.as_uri())
    assert page.title() == "Basanite: Riverbend leak and attack watch"
    assert "Content Security Policy" in said[0]
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", ["report", "portfolio"])
def test_every_text_has_enough_contrast(
    show: Callable[..., Any], water: Assessment, now: datetime, scheme: str, kind: str
) -> None:
    text = render(water, now=now) if kind == "report" else render_portfolio([water], now=now)
    page = show(text.replace("<details", "<details open"), color_scheme=scheme)
    found = page.evaluate(CONTRAST)
    assert found["seen"] > (400 if kind == "report" else 30)
    assert found["poor"] == []


@pytest.mark.parametrize("width", [320, 768])
def test_no_page_is_wider_than_its_screen(
    show: Callable[..., Any], water: Assessment, now: datetime, width: int
) -> None:
    for text in (render(water, now=now), render_portfolio([water] * 3, now=now)):
        page = show(
            text.replace("<details", "<details open"), viewport={"width": width, "height": 800}
        )
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_filters_work_without_any_script(
    show: Callable[..., Any], water: Assessment, now: datetime
) -> None:
    page = show(render(water, now=now), java_script_enabled=False)
    assert page.locator(".pile.st-unmet").first.is_visible()
    page.locator("#st-unknown").check()
    assert not page.locator(".pile.st-unmet").first.is_visible()
    assert page.locator(".pile.st-unknown").count() == 4
    page.locator("#sev-critical").check()
    assert page.locator(".finding:visible").count() == 1


def test_a_keyboard_is_enough(show: Callable[..., Any], water: Assessment, now: datetime) -> None:
    page = show(render(water, now=now))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    closed = page.locator(".finding:not([open]) > summary").first
    closed.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.finding[open]").count() == 4


def test_paper_shows_what_the_screen_folds_away(
    show: Callable[..., Any], water: Assessment, now: datetime
) -> None:
    page = show(render(water, now=now))
    folded = page.locator(".finding:not([open]) .todo").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    assert folded.is_visible()
    assert not page.locator(".contents").is_visible()
    assert len(page.pdf(format="A4")) > 20_000


def test_a_screen_reader_finds_its_way(
    show: Callable[..., Any], water: Assessment, now: datetime
) -> None:
    page = show(render(water, now=now))
    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("banner").count() == 1
    assert page.get_by_role("contentinfo").count() == 1
    assert page.get_by_role("navigation", name="Sections").count() == 1
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("img", name="Accuracy on fault days is 85 %").count() == 1
    assert page.get_by_role("radio", name="unknown").count() == 1
