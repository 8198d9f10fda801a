"""Every evaluation check, by hand: checks of models, and campaigns against endpoints."""

from __future__ import annotations

from basanite.measure.evaluation.checks import (
    misuse_refusal,
    model_accuracy,
    model_latency,
    system_prompt_leakage,
)
from basanite.measure.evaluation.evaluator import Campaign, Evaluator

EVALUATORS: tuple[Evaluator, ...] = (
    model_accuracy.EVALUATOR,
    model_latency.EVALUATOR,
)

CAMPAIGNS: tuple[Campaign, ...] = (
    misuse_refusal.CAMPAIGN,
    system_prompt_leakage.CAMPAIGN,
)
