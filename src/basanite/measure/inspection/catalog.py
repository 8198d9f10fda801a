"""The checks of inspection, by hand and in the order a report shows them."""

from __future__ import annotations

from basanite.measure.inspection.checks import (
    archive_structure,
    dependency_pinning,
    model_format,
    notebook_content,
    pickle_code_execution,
    repository_code,
    secrets_exposed,
    skops_types,
    unsafe_loading,
)
from basanite.measure.inspection.inspector import Inspector

INSPECTORS: tuple[Inspector, ...] = (
    pickle_code_execution.INSPECTOR,
    skops_types.INSPECTOR,
    repository_code.INSPECTOR,
    archive_structure.INSPECTOR,
    model_format.INSPECTOR,
    unsafe_loading.INSPECTOR,
    notebook_content.INSPECTOR,
    secrets_exposed.INSPECTOR,
    dependency_pinning.INSPECTOR,
)
