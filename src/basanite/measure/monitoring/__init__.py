"""Behaviour in use: a window of telemetry in, findings out."""
