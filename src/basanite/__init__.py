"""Basanite: prove that the AI systems of critical infrastructure are safe, secure and effective."""

__version__ = "0.1.0"
