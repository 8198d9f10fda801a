"""The portfolio: who answers for what, what is due, and unknown apart from bad."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from basanite.domain.assessment import Assessment
from basanite.domain.system import Tier
from basanite.reports.portfolio import render_portfolio


def named(assessment: Assessment, identifier: str, tier: Tier) -> Assessment:
    system = assessment.inventory.system.model_copy(
        update={"id": identifier, "title": f"System {identifier}", "tier": tier}
    )
    inventory = assessment.inventory.model_copy(update={"system": system})
    return assessment.model_copy(update={"inventory": inventory})


def order(page: str) -> list[str]:
    body = page.split("<tbody>")[1].split("</tbody>", maxsplit=1)[0]
    return re.findall(r">System ([a-z]+)<", body)


def test_the_highest_tier_comes_first_and_the_worst_first_within_it(
    build: Callable[..., Assessment], now: datetime
) -> None:
    bad = build()
    open_ = build(results=bad.results[4:5], verdicts=bad.verdicts[:0])
    page = render_portfolio(
        [
            named(bad, "low", Tier.LOW),
            named(open_, "open", Tier.HIGH),
            named(bad, "bad", Tier.HIGH),
            named(bad, "mid", Tier.MODERATE),
        ],
        now=now,
    )
    assert order(page) == ["bad", "open", "mid", "low"]


def test_unknown_has_its_own_column(build: Callable[..., Assessment], now: datetime) -> None:
    page = render_portfolio([build()], now=now)
    head = re.findall(r"<th scope=\"col\"[^>]*>([^<]+)</th>", page)
    assert head.index("Unmet") != head.index("Unknown")
    row = re.findall(r'<td class="num">(\d+)</td>', page)
    assert row == ["8", "7", "36", "14"]


def test_what_is_out_of_date_is_overdue(build: Callable[..., Assessment], now: datetime) -> None:
    fresh = build(results=build().results[:1], verdicts=())
    assert "overdue" not in render_portfolio([fresh], now=now).split("<tbody>")[1]
    late = render_portfolio([fresh], now=now + timedelta(days=60))
    assert "overdue" in late.split("<tbody>")[1]


def test_links_lead_within_the_page_or_to_a_file_beside_it(
    build: Callable[..., Assessment], now: datetime
) -> None:
    pages = {"riverbend": "javascript:alert(1)"}
    page = render_portfolio([build()], now=now, pages=pages)
    links = re.findall(r'href="([^"]*)"', page)
    assert "javascript%3Aalert%281%29" in links
    assert all(link.startswith("#") or ":" not in link for link in links)
    ids = set(re.findall(r'id="([^"]*)"', page))
    assert {link[1:] for link in links if link.startswith("#")} <= ids


def test_no_system_is_said_not_hidden(now: datetime) -> None:
    assert "There is no assessment to show." in render_portfolio([], now=now)


def test_the_trend_is_said_in_words_too(build: Callable[..., Assessment], now: datetime) -> None:
    page = render_portfolio([build()], now=now)
    assert "Critical and high findings, oldest first: 11, 10, 9, 6, 4" in page
