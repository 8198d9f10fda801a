"""What every value of the domain has in common: frozen, closed, and with one canonical form."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, PlainSerializer


def _milliseconds(time: datetime) -> datetime:
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


def _iso(time: Any) -> str:
    return str(time.isoformat(timespec="milliseconds"))


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest as 64 lower-case hexadecimal digits."""

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
"""A name that is safe in a path, a URL and a sentence."""

Time = Annotated[
    AwareDatetime,
    AfterValidator(_milliseconds),
    PlainSerializer(_iso, return_type=str, when_used="json"),
]
"""A moment with its offset, to the millisecond, so that writing and reading keep it the same."""


class Value(BaseModel):
    """A frozen value. Unknown fields are refused, so a misspelt one is never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


def _finite(value: Mapping[str, Any]) -> Mapping[str, Any]:
    if value:
        canonical(value)
    return value


JsonObject = Annotated[dict[str, Any], AfterValidator(_finite)]
"""A JSON object. Not-a-number and infinities are refused: they have no canonical form."""


def canonical(value: Any) -> bytes:
    """Return the one byte form of a JSON value: sorted keys, no spaces, UTF-8.

    Digests are taken over this form. It agrees with RFC 8785 for the values used here (strings,
    integers, booleans, objects and arrays, and floats in Python's shortest form).

    Raises:
        ValueError: the value holds a float that is not finite.
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8", errors="surrogatepass")


def digest_of(value: Any) -> str:
    """Return the SHA-256 of a JSON value's canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()
