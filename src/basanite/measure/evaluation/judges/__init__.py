"""Deterministic judges of answers."""
