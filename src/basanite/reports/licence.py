"""Licences as CycloneDX says them: an SPDX id, an SPDX expression, or else a name."""

from __future__ import annotations

from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

DECLARED = "declared"


def expression(licence: str) -> str:
    """Return the canonical SPDX expression of a licence, or nothing where it is none."""
    try:
        return str(canonicalize_license_expression(licence.strip())) if licence.strip() else ""
    except (InvalidLicenseExpression, ValueError, RecursionError):
        return ""


def choices(licence: str, acknowledgement: str = "") -> list[dict[str, Any]]:
    """Return a CycloneDX ``licenseChoice`` for a licence; empty for none.

    ``acknowledgement`` is CycloneDX's word for whose word it is: ``declared`` or ``concluded``.
    """
    named = licence.strip()
    if not named:
        return []
    said = {"acknowledgement": acknowledgement} if acknowledgement else {}
    known = expression(named)
    if not known:
        return [{"license": {"name": named} | said}]
    if " " in known or known.startswith("LicenseRef-") or known.endswith("+"):
        return [{"expression": known} | said]
    return [{"license": {"id": known} | said}]
