"""The checks of inspection, by hand and in the order a report shows them."""

from __future__ import annotations

from basanite.measure.inspection.checks import (
    agent_configuration,
    archive_structure,
    chat_template,
    custom_operators,
    dependency_pinning,
    embedded_code,
    graph_operators,
    hidden_text,
    keras_code,
    licence_terms,
    model_format,
    model_signature,
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
    model_signature.INSPECTOR,
    chat_template.INSPECTOR,
    keras_code.INSPECTOR,
    graph_operators.INSPECTOR,
    embedded_code.INSPECTOR,
    custom_operators.INSPECTOR,
    unsafe_loading.INSPECTOR,
    notebook_content.INSPECTOR,
    agent_configuration.INSPECTOR,
    hidden_text.INSPECTOR,
    secrets_exposed.INSPECTOR,
    dependency_pinning.INSPECTOR,
    licence_terms.INSPECTOR,
)
