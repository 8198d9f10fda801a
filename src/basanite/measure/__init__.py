"""Measure: inspection, evaluation and monitoring, three seams that do not know each other."""
