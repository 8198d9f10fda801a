"""Packs: guidance as data, read from YAML and held to what the rules may say."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files

from pydantic import ValidationError

from basanite.domain.check import Check
from basanite.domain.errors import UsageError
from basanite.domain.names import visible
from basanite.domain.requirement import (
    AllOf,
    AnyOf,
    AttestedBy,
    CheckPasses,
    MeasurementHolds,
    Method,
    Pack,
    PackReference,
    Policy,
    Requirement,
)
from basanite.govern.document import Document, read_document

_TAGS = frozenset({"all-of", "any-of", "check", "measurement", "attested-by"})
_NO_RULE = f"no rule of a known kind; the kinds are {', '.join(sorted(_TAGS))}"
MAX_PROBLEMS = 20
"""As many errors of one pack as a person mends at a time."""


def load_pack(data: bytes, source: str) -> Pack:
    """Return the pack that YAML bytes hold. ``source`` names them in errors.

    Raises:
        UsageError: not YAML, or not a pack. Each problem is named with its line.
    """
    document = read_document(data, source)
    try:
        pack = Pack.model_validate(document.value)
    except ValidationError as error:
        raise _not_a_pack(error, document) from error
    except RecursionError as error:
        raise UsageError("the rules are nested too deep", where=source) from error
    again = [
        name for name, times in Counter(each.id for each in pack.requirements).items() if times > 1
    ]
    if again:
        place = [each.id for each in pack.requirements].index(again[0])
        raise UsageError(
            f"requirement {again[0]} stands here and again below",
            where=document.where(("requirements", place)),
            remedy="An id names one requirement.",
        )
    return pack


def _not_a_pack(error: ValidationError, document: Document) -> UsageError:
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    lines = []
    for problem in problems[:MAX_PROBLEMS]:
        # Pydantic puts the kind of a rule into the path. It is no key of the document when the
        # kind and the key that chose it have the same name in a row.
        path = _document_path(problem["loc"])
        shown = ".".join(str(step) for step in path)
        said = _NO_RULE if problem["type"] == "union_tag_not_found" else problem["msg"]
        lines.append((document.where(path), f"{visible(shown, 200)}: {said}"))
    first_where, first = lines[0]
    others = "".join(f"\n{where}: {text}" for where, text in lines[1:])
    left = len(problems) - len(lines)
    others += f"\nand {left} more" if left > 0 else ""
    return UsageError(f"{first}{others}", where=first_where)


def _document_path(loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    path: list[int | str] = []
    skip = False
    for place, step in enumerate(loc):
        if skip:
            skip = False
            continue
        path.append(step)
        following = loc[place + 1] if place + 1 < len(loc) else None
        # After ``rule`` or an index below ``all-of`` comes the tag of the rule chosen there.
        skip = following in _TAGS and (step == "rule" or isinstance(step, int))
    return tuple(path)


def builtin_packs() -> Mapping[str, bytes]:
    """Return the bytes of every pack that ships with Basanite, by pack id."""
    return {
        folder.name: (folder / "pack.yaml").read_bytes()
        for folder in sorted(files("basanite.govern").joinpath("packs").iterdir(), key=str)
        if folder.is_dir() and (folder / "pack.yaml").is_file()
    }


def pack_reference(pack: Pack, data: bytes) -> PackReference:
    """Return how an assessment names a pack; ``data`` is what it was loaded from."""
    return PackReference(
        id=pack.id,
        title=pack.title,
        publisher=pack.publisher,
        version=pack.version,
        date=pack.date,
        status=pack.status,
        sha256=hashlib.sha256(data).hexdigest(),
    )


def leaves(rule: Policy) -> Iterator[CheckPasses | MeasurementHolds | AttestedBy]:
    """Yield the parts of a rule that ask something, in order."""
    if isinstance(rule, AllOf):
        for part in rule.all_of:
            yield from leaves(part)
    elif isinstance(rule, AnyOf):
        for part in rule.any_of:
            yield from leaves(part)
    else:
        yield rule


def lint(
    pack: Pack,
    checks: Mapping[str, Check],
    measurements: Mapping[str, Collection[str]] | None = None,
) -> list[str]:
    """Return what is wrong with a pack beyond its form, one sentence a problem.

    ``measurements`` gives the names that each check reports. Without it, names of measurements
    are not examined.
    """
    times = Counter(each.id.casefold() for each in pack.requirements)
    problems = [
        f"{name.upper()}: {n} requirements have this id" for name, n in times.items() if n > 1
    ]
    if not pack.requirements:
        problems.append(f"{pack.id}: there is no requirement in it")
    for requirement in pack.requirements:
        found = [*_texts(requirement), *_asked(requirement, checks, measurements)]
        problems += [f"{requirement.id}: {problem}" for problem in found]
    return problems


def _texts(requirement: Requirement) -> Iterator[str]:
    asks = " ".join(requirement.asks.split()).casefold()
    if not asks:
        yield "the paraphrase is empty"
    elif asks.rstrip(".") == " ".join(requirement.title.split()).casefold().rstrip("."):
        yield "the paraphrase only repeats the title"
    if not requirement.title.strip():
        yield "the title is empty"
    roles = [leaf.attested_by for leaf in leaves(requirement.rule) if isinstance(leaf, AttestedBy)]
    if len(set(roles)) < len(roles):
        yield "one role is asked twice; an attestation answers a requirement as a whole"


def _asked(
    requirement: Requirement,
    checks: Mapping[str, Check],
    measurements: Mapping[str, Collection[str]] | None,
) -> Iterator[str]:
    asked = list(leaves(requirement.rule))
    for leaf in asked:
        if isinstance(leaf, AttestedBy):
            if not leaf.attested_by.strip():
                yield "no role is named for the attestation"
            if not leaf.asks.strip():
                yield f"what the {leaf.attested_by} is to state is empty"
            continue
        check = leaf.check if isinstance(leaf, CheckPasses) else leaf.measurement
        if check not in checks:
            yield f"there is no check {check}"
        elif (
            isinstance(leaf, MeasurementHolds)
            and measurements is not None
            and leaf.name not in measurements.get(check, ())
        ):
            yield f"{check} reports no measurement {leaf.name}"
    attested = {isinstance(leaf, AttestedBy) for leaf in asked}
    fits = {Method.RULE: {False}, Method.ATTESTATION: {True}, Method.BOTH: {True, False}}
    if attested != fits[requirement.method]:
        yield f"the method is {requirement.method.value}, and the rule is not of that kind"
