"""What runs a model: its versions are part of the evidence key, since they may change answers."""

from __future__ import annotations

from collections.abc import Callable

from basanite.measure.evaluation.catalog import EVALUATORS

LIBRARIES = ("numpy", "onnxruntime")
_CHECKS = frozenset(each.check.id for each in EVALUATORS)


def runtime(check: str, installed: Callable[[str], str], runner: int) -> dict[str, str]:
    """Return the versions that a check's answer stands on beside its readers.

    ``installed`` gives the version of a library, empty when it is not there; ``runner`` is the
    version of our own code around it. A check that runs no model stands on none of them.
    """
    if check not in _CHECKS:
        return {}
    libraries = {name: installed(name) or "not installed" for name in LIBRARIES}
    return {**libraries, "model-runner": str(runner)}
