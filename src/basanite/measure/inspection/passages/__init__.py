"""Passages: what a text says to a model rather than to a person."""
