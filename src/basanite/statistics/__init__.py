"""Exact intervals, sequential tests, multiple testing, drift. Standard library only."""
