"""The Assessment itself as JSON: the view that loses nothing."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from basanite.domain.assessment import Assessment
from basanite.domain.errors import UnreadableError

SCHEMA = "basanite.assessment/1"


def to_json(assessment: Assessment) -> str:
    """Return the assessment as JSON text, stable byte for byte, with a newline at its end.

    Keys are sorted and everything outside ASCII is escaped, so that no text in it can move the
    cursor of a terminal or turn the direction of a line.
    """
    return json.dumps(to_object(assessment), indent=1, sort_keys=True, allow_nan=False) + "\n"


def to_object(assessment: Assessment) -> dict[str, Any]:
    """Return the assessment as a JSON object. Sets are put in order."""
    body: dict[str, Any] = assessment.model_dump(mode="json", by_alias=True)
    for check in body["checks"]:
        check["needs"] = sorted(check["needs"])
        check["sampling"] = sorted(check["sampling"])
    return body


def from_json(text: str) -> Assessment:
    """Return the assessment that `to_json` wrote.

    Raises:
        UnreadableError: the text is no JSON, or no assessment of this schema.
    """
    try:
        return Assessment.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise UnreadableError(
            f"this is no {SCHEMA} ({first['msg']})",
            where=where,
            remedy="Write it again with `basanite report --format json`.",
        ) from error
