"""Writes a draft as the manifest that a person only has to correct."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from basanite.domain.names import encode_name, visible
from basanite.domain.system import Columns, Environment, Sector, Tier
from basanite.map.discover import slug, written
from basanite.map.found import Draft, DraftComponent, Sign

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 _./()+-]*\Z")
_SPECIAL = frozenset(["true", "false", "null", "yes", "no", "on", "off", "y", "n"])
_FIRST_SECTOR = Sector.INFORMATION_TECHNOLOGY
WIDTH = 96


def render(draft: Draft, folder_name: str, packs: tuple[str, ...] = ()) -> str:
    """Return the text of ``basanite.yaml``. It is valid as it is, and says where it is a guess.

    ``folder_name`` is the folder's name, encoded or not; ``packs`` are guidance packs to start
    with.
    """
    return "\n".join([*_head(folder_name), *_components(draft), *_tail(draft, packs)]) + "\n"


def quoted(text: str) -> str:
    """Return a text as a YAML scalar on one line, in quotes where it needs them."""
    if _PLAIN.match(text) and text.lower() not in _SPECIAL and not text.endswith(" "):
        return text
    return json.dumps(text, ensure_ascii=False)


def _head(folder_name: str) -> Iterator[str]:
    # A name of the folder may be anything; encoding twice would only show in the title.
    name = folder_name if not re.search(r"%[0-9A-F]{2}", folder_name) else visible(folder_name)
    title = encode_name(name)[:200] or "system"
    yield "# What this AI system is made of and what it is for. `basanite init` wrote it from"
    yield "# the files it found. Correct it: every TODO wants a person, every (guess) a look."
    yield "# The keys are explained in the manifest reference of Basanite's documentation."
    yield "schema: basanite.manifest/1"
    yield ""
    yield "system:"
    yield f"  id: {quoted(slug(title) or 'system')}"
    yield f"  title: {quoted(title)}"
    yield '  purpose: "TODO: say in one sentence what the system is for"'
    yield "  # TODO: the critical infrastructure sector it works in. One of:"
    yield from _wrapped([each.value for each in Sector], "  #   ")
    yield f"  sector: {_FIRST_SECTOR.value}"
    yield "  # TODO: how bad the consequences are when it fails or is turned: high, moderate, low."
    yield f"  tier: {Tier.MODERATE.value}"
    yield "  # TODO: where this instance runs: test, staging or production."
    yield f"  environment: {Environment.TEST.value}"
    yield "  owner:"
    yield '    name: "TODO: the person or office that answers for it"'
    yield '    contact: ""'
    yield "  use-case:"
    yield '    decides: "TODO: what it decides or controls"'
    yield '    affects: "TODO: who is affected"'
    yield "    # TODO: true when decisions with a serious effect on safety, rights or critical"
    yield "    # services rest mainly on its output. Until you have decided, it counts as such."
    yield "    high-impact: true"
    yield '    override: "TODO: who can override it, and how"'
    yield ""


def _components(draft: Draft) -> Iterator[str]:
    if not draft.components:
        yield "# TODO: nothing was recognised here. Add the models, data, prompts and services."
        yield "components: []"
        return
    yield "components:"
    for part in draft.components:
        yield from _component(part)


def _component(part: DraftComponent) -> Iterator[str]:
    for sign in part.signs:
        yield from _comment(f"{_place(sign)}{sign.text}", "  ")
    for todo in part.todo:
        yield from _comment(f"TODO: {todo}", "  ")
    guess = dict.fromkeys(part.guessed, "  # (guess)")
    yield f"  - id: {quoted(part.id)}"
    yield f"    kind: {part.kind.value}{guess.get('kind', '')}"
    if part.title and part.title != part.id:
        yield f"    title: {quoted(_title(part.title))}"
    yield from _paths(part, guess.get("paths", ""))
    plain = {
        "provider": quoted(_title(part.provider)) if part.provider else "",
        "licence": quoted(part.licence) if part.licence else "",
        "role": part.role.value if part.role else "",
        "task": part.task.value if part.task else "",
        "serves": f"[{', '.join(map(quoted, part.serves))}]" if part.serves else "",
    }
    for key, value in plain.items():
        if value:
            yield f"    {key}: {value}{guess.get(key, '')}"
    yield from _columns(part.columns, guess.get("columns", ""))
    yield from _endpoint(part, guess.get("endpoint", ""))
    yield ""


def _columns(columns: Columns, guess: str) -> Iterator[str]:
    if columns != Columns():
        yield f"    columns:{guess}"
        for key, name in (("label", columns.label), ("time", columns.time)):
            if name:
                yield f"      {key}: {json.dumps(name, ensure_ascii=False)}"


def _endpoint(part: DraftComponent, guess: str) -> Iterator[str]:
    at = part.endpoint
    if at is not None:
        yield f"    endpoint:{guess}"
        yield f"      url: {json.dumps(at.url)}"
        yield f"      protocol: {at.protocol}"
        if at.model:
            yield f"      model: {json.dumps(at.model, ensure_ascii=False)}"
        yield "      enabled: false  # set to true, then run `basanite allow network`, to test it"


def _paths(part: DraftComponent, guess: str) -> Iterator[str]:
    paths = [text for text in map(written, part.paths) if text is not None]
    if len(paths) == 1:
        yield f"    path: {quoted(paths[0])}{guess}"
    elif paths:
        yield f"    paths:{guess}"
        yield from (f"      - {quoted(path)}" for path in paths)


def _title(text: str) -> str:
    return visible(text, 200)


def _place(sign: Sign) -> str:
    if not sign.path:
        return ""
    return f"{sign.path}:{sign.line}: " if sign.line else f"{sign.path}: "


def _tail(draft: Draft, packs: tuple[str, ...]) -> Iterator[str]:
    yield "# Guidance that applies. `basanite packs` lists what there is."
    yield f"packs: [{', '.join(map(quoted, packs))}]"
    yield ""
    yield "# The site's own limits, by check. `basanite checks` lists checks and their parameters."
    yield "thresholds: []"
    yield ""
    yield "# Dated departures: check, parameters or shelf-life-days, reason, approved-by, expires."
    yield "overrides: []"
    yield ""
    yield "# Files, folders or globs that are no part of the system and are not looked at."
    yield "excludes: []"
    if draft.notes:
        yield ""
        yield "# Also seen:"
        for note in draft.notes:
            yield from _comment(f"- {note}", "")


def _comment(text: str, indent: str) -> Iterator[str]:
    """Wrap a comment. The text is encoded already, so it cannot end the line by itself."""
    lines = _fold(visible(text, 2000).split(" "), WIDTH - len(indent))
    return (f"{indent}# {'  ' if number else ''}{line}" for number, line in enumerate(lines))


def _wrapped(words: list[str], indent: str) -> Iterator[str]:
    listed = [*(f"{word}," for word in words[:-1]), f"{words[-1]}."]
    return (f"{indent}{line}" for line in _fold(listed, WIDTH))


def _fold(words: list[str], width: int) -> list[str]:
    lines = [""]
    for word in words:
        if len(lines[-1]) > 1 and len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return lines
