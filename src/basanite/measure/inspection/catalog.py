"""The checks of inspection, by hand and in the order a report shows them."""

from __future__ import annotations

from basanite.measure.inspection.checks import (
    agent_configuration,
    archive_structure,
    dependency_pinning,
    hidden_text,
    licence_terms,
    model_format,
    pickle_code_execution,
    secrets_exposed,
    unsafe_loading,
)
from basanite.measure.inspection.inspector import Inspector

INSPECTORS: tuple[Inspector, ...] = (
    pickle_code_execution.INSPECTOR,
    archive_structure.INSPECTOR,
    model_format.INSPECTOR,
    unsafe_loading.INSPECTOR,
    agent_configuration.INSPECTOR,
    hidden_text.INSPECTOR,
    secrets_exposed.INSPECTOR,
    dependency_pinning.INSPECTOR,
    licence_terms.INSPECTOR,
)
