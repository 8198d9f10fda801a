"""Baselines: findings of an inspection that somebody accepted, why, and until when.

A finding is known by its fingerprint: its rule, its place below the inspected folder, and the facts
behind it. What is accepted in a model or an archive is accepted for those very bytes only; in text,
which people go on writing, for as long as the finding itself stays the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from pydantic import Field, ValidationError

from basanite.domain.artifact import CONTAINERS, MODEL_FORMATS, Format
from basanite.domain.errors import UsageError
from basanite.domain.value import Sha256, Value
from basanite.map.document import MAX_BYTES, DocumentError, read_document

__all__ = ["MAX_BYTES", "Accepted", "Baseline", "Seen", "read_baseline", "write_baseline"]

SCHEMA = "basanite.baseline/1"
BOUND = MODEL_FORMATS | CONTAINERS | {Format.NUMPY, Format.NATIVE_CODE, Format.UNKNOWN}
"""Formats in which a finding is accepted for the bytes it was seen in, and no others."""
_HEAD = """\
# Findings that `basanite inspect --baseline` accepts. Each needs a reason, and ends by itself.
"""


class Accepted(Value):
    """One accepted finding."""

    finding: Sha256
    """Fingerprint below the inspected folder."""
    rule: str
    path: str
    """Where it is, for people; the fingerprint decides."""
    sha256: Sha256 | None = None
    """Digest of the artifact, where it is accepted for these bytes only."""
    reason: Annotated[str, Field(min_length=3, max_length=2000)]
    expires: date
    """The last day on which it is accepted."""


@dataclass(frozen=True)
class Seen:
    """One finding of an inspection."""

    finding: str
    """Fingerprint below the inspected folder."""
    rule: str
    path: str
    sha256: str
    """Digest of the artifact."""
    bound: bool
    """Whether it can be accepted for these bytes only."""

    def accepted(self, reason: str, expires: date) -> Accepted:
        """Return what accepts this finding."""
        return Accepted(
            finding=self.finding,
            rule=self.rule,
            path=self.path,
            sha256=self.sha256 if self.bound else None,
            reason=reason,
            expires=expires,
        )


@dataclass(frozen=True)
class Baseline:
    """Accepted findings."""

    accepted: tuple[Accepted, ...] = ()

    def accepts(self, seen: Seen, today: date) -> Accepted | None:
        """Return what accepts a finding today, or None."""
        for each in self.accepted:
            # A model's finding is never accepted without its digest, whatever the file says.
            same = each.sha256 == seen.sha256 or (each.sha256 is None and not seen.bound)
            if each.finding == seen.finding and same and each.expires >= today:
                return each
        return None

    def expired(self, today: date) -> list[Accepted]:
        """Return what is accepted no longer."""
        return [each for each in self.accepted if each.expires < today]

    def joined(self, new: Iterable[Accepted], today: date) -> Baseline:
        """Return the baseline without what has expired, and with what is new."""
        kept = [each for each in self.accepted if each.expires >= today]
        known = {(each.finding, each.sha256) for each in kept}
        kept += [each for each in new if (each.finding, each.sha256) not in known]
        return Baseline(tuple(sorted(kept, key=lambda each: (each.path, each.rule, each.finding))))


def read_baseline(data: bytes, where: str) -> Baseline:
    """Return the baseline in a YAML file.

    Raises:
        UsageError: it is no baseline; the line is named.
    """
    try:
        document = read_document(data)
    except DocumentError as error:
        raise _refused(where, error.problem.line, error.problem.message) from error
    for problem in document.problems:
        raise _refused(where, problem.line, problem.message)
    body = document.value
    if not isinstance(body, dict) or body.get("schema") != SCHEMA:
        raise _refused(where, 1, f"it is no baseline: it does not begin with `schema: {SCHEMA}`")
    entries = body.get("accepted") or []
    if not isinstance(entries, list):
        raise _refused(where, document.lines.get(("accepted",), 1), "`accepted` is no list")
    return Baseline(
        tuple(
            _entry(each, where, document.lines.get(("accepted", place), 1))
            for place, each in enumerate(entries)
        )
    )


def _entry(value: Any, where: str, line: int) -> Accepted:
    try:
        return Accepted.model_validate_json(json.dumps(value))
    except (ValidationError, TypeError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        field = ".".join(map(str, first["loc"])) if first else ""
        what = f"`{field}`: {first['msg']}" if first and field else "it is no accepted finding"
        raise _refused(where, line, what) from error


def _refused(where: str, line: int, what: str) -> UsageError:
    return UsageError(what.rstrip("."), where=f"{where}:{line}" if line else where)


def write_baseline(baseline: Baseline) -> str:
    """Return a baseline as YAML, the same for the same findings."""
    lines = [_HEAD + f"schema: {SCHEMA}"]
    lines += ["accepted:"] if baseline.accepted else ["accepted: []"]
    for each in baseline.accepted:
        fields = each.model_dump(mode="json", exclude_none=True)
        # A JSON string is a YAML string, whatever it holds.
        written = [f"{key}: {json.dumps(value)}" for key, value in fields.items()]
        lines += [f"  - {written[0]}", *(f"    {line}" for line in written[1:])]
    return "\n".join(lines) + "\n"
