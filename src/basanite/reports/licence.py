"""Licences as CycloneDX says them: an SPDX id, an SPDX expression, or else a name."""

from __future__ import annotations

from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression


def choices(licence: str) -> list[dict[str, Any]]:
    """Return a CycloneDX ``licenseChoice`` for a declared licence; empty for none."""
    declared = licence.strip()
    if not declared:
        return []
    try:
        known = str(canonicalize_license_expression(declared))
    except (InvalidLicenseExpression, ValueError, RecursionError):
        return [{"license": {"name": declared}}]
    if " " in known or known.startswith("LicenseRef-") or known.endswith("+"):
        return [{"expression": known}]
    return [{"license": {"id": known}}]
