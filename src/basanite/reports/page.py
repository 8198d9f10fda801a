"""The page's machinery: templates with escaping, and a policy that lets nothing run or load."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import BaseLoader, Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from basanite.domain.names import visible
from basanite.reports import bounds, charts, marks, summary, words

_LONGEST = 2000


def render_page(template: str, **view: Any) -> str:
    """Return a template filled with a view, as one self-contained page.

    Every text is escaped for HTML, and what is not plainly printable in it is made visible. The
    page's content security policy allows its own style sheet, by digest, and nothing else: no
    script, no request, no form, no frame.
    """
    style = _text("report.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    page = _environment().get_template(template)
    return page.render(style=Markup(style), policy=policy, **view)  # noqa: S704 - our own file


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=_loader(),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_inert,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": words.count,
        "day": words.day,
        "distance": words.distance,
        "middle": words.shortened,
        "moment": words.moment,
        "place": words.place,
        "plain": words.plain,
        "quantity": _kept(words.quantity),
        "said": _kept(bounds.said),
        "sentence": words.sentence,
        "size": words.size,
        "thousands": words.number,
        "not_kept": summary.not_kept,
        "reference": words.reference,
        "seen_at": words.seen_at,
        "ticked": ticked,
        "asked": _kept(bounds.asked),
        "interval": _kept(bounds.interval),
        "mark": marks.mark_of,
        "chart": charts.against_bound,
    }
    return environment


def ticked(text: str) -> Markup:
    """Return a text made inert, with what stands between back ticks shown as code."""
    pieces = visible(text, _LONGEST).split("`")
    if len(pieces) % 2 == 0:
        return escape("`".join(pieces))
    shown = (
        escape(piece) if position % 2 == 0 else Markup("<code>{}</code>").format(piece)
        for position, piece in enumerate(pieces)
    )
    return Markup("").join(shown)


def _kept(say: Callable[..., str]) -> Callable[..., str]:
    """Return a saying whose per cent signs and units stay on the line of their number."""

    def said(*values: Any) -> str:
        return re.sub(r"(?<=\d) (?=(%|ms|µs|s)(\W|$))", "\N{NO-BREAK SPACE}", say(*values))

    return said


def _loader() -> BaseLoader:
    return FunctionLoader(_text)


@cache
def _text(name: str) -> str:
    return (resources.files("basanite.reports") / "templates" / name).read_text(encoding="utf-8")


def _inert(value: Any) -> Any:
    """Return what is printed: text made visible, markup of our own as it is."""
    return visible(value, _LONGEST) if isinstance(value, str) and not _is_markup(value) else value


def _is_markup(value: str) -> bool:
    return isinstance(value, Markup)
