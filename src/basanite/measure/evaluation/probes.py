"""Probes: many distinct requests from few sentences, in an order that a seed fixes.

A probe file is JSON: ``version``; ``frames``, named lists of templates; ``slots``, named lists of
words; ``families``, each a list of parts with ``frames`` (a name) or ``templates``, and its own
``slots``. A template's ``{name}`` takes every word of the slot ``name``.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from typing import Any

_PACKAGE = "basanite.measure.evaluation.checks"
_SLOT = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True)
class Probe:
    """One request and the family it belongs to."""

    family: str
    text: str


@dataclass(frozen=True)
class ProbeSet:
    """All probes of a check, by family."""

    version: int
    families: Mapping[str, tuple[str, ...]]

    def draw(self, seed: int | str) -> Iterator[Probe]:
        """Yield probes without end, each from a family drawn evenly.

        Within a family no request comes twice before all have come.
        """
        # Reproducible sampling is the point here; nothing is kept secret by it.
        chance = random.Random(f"probes:{seed}")  # noqa: S311
        names = sorted(self.families)
        decks: dict[str, list[str]] = {name: [] for name in names}
        while True:
            name = names[chance.randrange(len(names))]
            if not decks[name]:
                decks[name] = list(self.families[name])
                chance.shuffle(decks[name])
            yield Probe(name, decks[name].pop())


@cache
def load(check: str) -> ProbeSet:
    """Return the probes that lie beside a check's file."""
    name = f"{check.replace('-', '_')}.json"
    return parse(json.loads(resources.files(_PACKAGE).joinpath(name).read_text("utf-8")))


def parse(data: Mapping[str, Any]) -> ProbeSet:
    """Return the probes that a probe file describes.

    Raises:
        KeyError: a template names a slot, or a part a frame, that is not there.
    """
    families: dict[str, tuple[str, ...]] = {}
    for family, parts in data["families"].items():
        texts: dict[str, None] = {}
        for part in parts:
            slots = {**data.get("slots", {}), **part.get("slots", {})}
            templates = part["templates"] if "templates" in part else data["frames"][part["frames"]]
            for template in templates:
                texts.update(dict.fromkeys(_filled(template, slots)))
        families[family] = tuple(texts)
    return ProbeSet(version=int(data["version"]), families=families)


def _filled(template: str, slots: Mapping[str, list[str]]) -> Iterator[str]:
    names = list(dict.fromkeys(_SLOT.findall(template)))
    for words in itertools.product(*(slots[name] for name in names)):
        chosen = dict(zip(names, words, strict=True))
        yield _SLOT.sub(partial(_word, chosen), template).strip()


def _word(chosen: Mapping[str, str], slot: re.Match[str]) -> str:
    return chosen[slot[1]]
