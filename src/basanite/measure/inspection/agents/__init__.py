"""Agents: what their configuration lets them start, reach and do."""
