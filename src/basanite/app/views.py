"""Views: an assessment in the forms that others read."""

from __future__ import annotations

import json
from collections.abc import Sequence

from basanite.app.inspect import Inspection
from basanite.app.tool import tool
from basanite.domain.assessment import Assessment


def page(answers: Sequence[Assessment]) -> str:
    """Return the page of one system, or the portfolio of several."""
    from basanite.reports.html import render
    from basanite.reports.portfolio import render_portfolio

    now = max(answer.time for answer in answers)
    if len(answers) == 1:
        return render(answers[0], now=now)
    return render_portfolio(answers, now=now)


def view(answers: Sequence[Assessment], form: str) -> str:
    """Return a report as text: ``html``, ``json``, ``sarif``, ``cyclonedx`` or ``spdx``.

    All but ``html`` show the first assessment only.
    """
    if form == "html":
        return page(answers)
    answer = answers[0]
    if form == "json":
        from basanite.reports.json_report import to_json

        return to_json(answer)
    if form == "sarif":
        from basanite.reports.sarif import to_sarif

        return _text(to_sarif(answer.results, answer.checks, answer.tool, waived=_reasons(answer)))
    from basanite.app.bom import bom_text

    return bom_text(answer, form)


def _reasons(answer: Assessment) -> dict[str, str]:
    """Return why each accepted occurrence is accepted."""
    reasons = {each.target: each.reason for each in answer.exemptions}
    return {occurrence: reasons.get(occurrence, "") for occurrence in answer.waived}


def inspection_view(found: Inspection, form: str) -> str:
    """Return an inspection: ``json`` (``basanite.inspection/1``), ``sarif`` or ``cyclonedx``."""
    if form == "sarif":
        from basanite.reports.sarif import to_sarif

        reasons = {occurrence: each.reason for occurrence, each in found.accepted.items()}
        return _text(to_sarif(found.results, found.checks, tool(), waived=reasons))
    if form == "cyclonedx":
        from basanite.reports.cyclonedx import to_cyclonedx_of_artifacts

        return _text(
            to_cyclonedx_of_artifacts(
                found.artifacts,
                found.results,
                name=found.name,
                tool=tool(),
                time=found.time,
                unseen=found.unseen,
            )
        )
    from basanite.reports.inspection import to_inspection

    told = to_inspection(found.artifacts, found.results, accepted=found.accepted.keys())
    told["unseen"] = [each.model_dump() for each in found.unseen]
    told["excluded"] = list(found.excluded)
    return _text(told)


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
