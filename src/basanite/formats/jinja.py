"""Reader of Jinja templates: text to a syntax tree. Nothing is rendered, compiled or folded.

It knows the tags of Jinja itself and those that loaders of language models add: ``break``,
``continue``, ``do`` and ``generation``. Source: the template documentation of Jinja 3.1 and the
chat templates of Hugging Face transformers.
"""

from __future__ import annotations

import warnings
from functools import cache

from jinja2 import Environment, TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible

MAX_CHARACTERS = 1 << 18
"""Real chat templates have up to 60,000."""


class _Generation(Extension):
    """The tag with which transformers marks what the assistant said: its body counts, no more."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


@cache
def _environment() -> Environment:
    # Never used to render: autoescape has no say here.
    return Environment(  # noqa: S701
        extensions=["jinja2.ext.loopcontrols", "jinja2.ext.do", _Generation],
        trim_blocks=True,
        lstrip_blocks=True,
    )


def parse(text: str) -> nodes.Template:
    """Return the syntax tree of a template.

    Raises:
        UnreadableError: it is no template, longer than 262,144 characters, or nested too deeply.
    """
    if len(text) > MAX_CHARACTERS:
        raise UnreadableError(f"the template has {len(text)} characters: up to 262,144 are read")
    try:
        with warnings.catch_warnings():
            # Odd escapes in string literals are told by Python, and are no matter here.
            warnings.simplefilter("ignore")
            return _environment().parse(text)
    except RecursionError as error:
        raise UnreadableError("the template is nested too deeply") from error
    except (TemplateError, ValueError, OverflowError) as error:
        # ValueError: a number of more digits than Python reads.
        raise UnreadableError(f"the template cannot be parsed ({visible(str(error), 200)})") from (
            error
        )
