"""SVG elements, escaped as they are made. Colours come from the page's style sheet by class."""

from __future__ import annotations

import unicodedata

from markupsafe import Markup, escape

from basanite.domain.names import visible


def element(name: str, *children: Markup | str, **attributes: object) -> Markup:
    """Return one element. An underscore in an attribute's name stands for a hyphen.

    ``class_`` is ``class``; text children and attribute values are escaped and made visible.
    """
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_number(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(
        str(child) if isinstance(child, Markup) else str(escape(visible(child, 400)))
        for child in children
    )
    return Markup(f"<{name}{shown}>{inner}</{name}>")  # noqa: S704 - all parts are escaped above


def _number(value: object) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)


def line_of(text: str, characters: int) -> str:
    """Return text cut to about so many average characters; wide ones count twice."""
    shown, used = "", 0
    inert = visible(text, characters * 2)
    for character in inert:
        used += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > characters:
            return shown[:-1] + "…"
        shown += character
    return shown


def mark(tone: str, x: float, y: float, size: float) -> Markup:
    """Return the mark of a tone, as the page defines it once, placed in a drawing."""
    return element(
        "use", href=f"#mark-{tone}", class_=f"tone-{tone}", x=x, y=y, width=size, height=size
    )
