"""Expressions: what a card's or a header's word for its licence means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from basanite.measure.inspection.licences.known import KNOWN, UNSAID, Licence, of_spdx

_LONGEST = 300
_SPELT = {
    "apache2": "Apache-2.0", "apache 2.0": "Apache-2.0", "apache license 2.0": "Apache-2.0",
    "apache-2": "Apache-2.0", "apache": "Apache-2.0", "mit license": "MIT",
    "gpl-2.0": "GPL-2.0-only",
    "gpl-3.0": "GPL-3.0-only", "agpl-3.0": "AGPL-3.0-only", "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-3.0": "LGPL-3.0-only", "cc0": "CC0-1.0", "cc-by": "CC-BY-4.0", "ofl": "OFL-1.1",
    "bsd-3": "BSD-3-Clause", "apple-ascl": "AML",
}  # fmt: skip
"""Words that people and hubs use for SPDX ids."""
_ADDRESS = re.compile(
    r"https?://(?:www\.)?(?:creativecommons\.org/licenses/([a-z-]{2,12})/(\d\.\d)|"
    r"creativecommons\.org/publicdomain/zero/(1\.0)|opensource\.org/licenses?/([\w.-]{2,40}?)(?:-license)?/?\Z|"
    r"spdx\.org/licenses/([\w.+-]{2,60}?)(?:\.html)?/?\Z|www\.apache\.org/licenses/LICENSE-(2\.0))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Read:
    """A licence as it was read."""

    said: str
    licences: tuple[Licence, ...] = ()
    choice: bool = False
    """Whether one of them may be chosen (OR)."""
    unsaid: bool = False
    """Whether the word says that nothing is said: ``other``, ``unknown``."""


def read_licence(word: str, name: str = "") -> Read:
    """Return what a licence's word means; no licences where it is not understood.

    ``name`` is what a card gives beside ``license: other``.
    """
    said = word.strip()[:_LONGEST]
    lower = said.lower()
    if lower in UNSAID and name.strip():
        inner = read_licence(name)
        return inner if inner.licences else Read(name.strip()[:_LONGEST], unsaid=True)
    if lower in UNSAID:
        return Read(said, unsaid=True)
    if lower in KNOWN:
        return Read(said, (KNOWN[lower],))
    address = _ADDRESS.match(said)
    if address:
        return read_licence(_from_address(address))
    try:
        plain = canonicalize_license_expression(_SPELT.get(lower, said))
    except (InvalidLicenseExpression, ValueError, RecursionError, MemoryError):
        return Read(said)
    ids = [each for each in re.split(r"[()\s]+", plain) if each not in ("", "AND", "OR")]
    named = [each for at, each in enumerate(ids) if each != "WITH" and ids[at - 1 : at] != ["WITH"]]
    return Read(said, tuple(of_spdx(each) for each in named), choice=" OR " in plain)


def _from_address(found: re.Match[str]) -> str:
    cc, version, zero, osi, spdx, apache = found.groups()
    if cc:
        return f"CC-{cc.upper()}-{version}"
    return "CC0-1.0" if zero else osi or spdx or f"Apache-{apache}"
