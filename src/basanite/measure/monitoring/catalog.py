"""Every monitoring check, by hand."""

from __future__ import annotations

from basanite.measure.monitoring.checks import input_drift
from basanite.measure.monitoring.monitor import Monitor

MONITORS: tuple[Monitor, ...] = (input_drift.MONITOR,)
