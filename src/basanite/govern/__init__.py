"""Govern: guidance as data, verdicts computed from evidence."""
