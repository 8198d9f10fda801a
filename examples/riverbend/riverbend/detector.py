"""The anomaly detector: how far a row of readings lies from normal operation, mode by mode.

The plant runs in four modes, each of the two pumps on or off, and within a mode its readings
follow each other almost linearly. So each mode has a mean and a whitening matrix, and the score of
a row is its Mahalanobis distance to the nearest mode. The threshold is a quantile of the scores on
normal weeks that the fit has not seen.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from riverbend.network import STEPS_PER_DAY, Floats
from riverbend.telemetry import FEATURES, read

HELD_OUT_ROWS = 14 * STEPS_PER_DAY
QUANTILE = 0.99
# Added to the covariance of standardised readings. Without it, near-exact relations between
# readings get so much weight that the sensors' own noise looks like an anomaly.
RIDGE = 0.003
# Which readings tell that a pump runs, and above which value.
MODE_SIGNS = (("lake_pump_flow_lps", 50.0), ("river_works_pressure_m", 82.0))


@dataclass(frozen=True)
class Detector:
    """F features, K modes: means [K, F], whitening [K, F, F], and the threshold on the score."""

    features: tuple[str, ...]
    means: NDArray[np.float32]
    whitening: NDArray[np.float32]
    threshold: float
    training_sha256: str
    training_rows: int
    held_out_rows: int

    def score(self, rows: Floats) -> Floats:
        """Distance of each row [N, F] to the nearest mode."""
        apart = rows.astype(np.float32)[None, :, :] - self.means[:, None, :]
        squares = ((apart @ self.whitening) ** 2).sum(axis=2)
        result: Floats = np.sqrt(squares.min(axis=0)).astype(np.float64)
        return result

    def facts(self) -> dict[str, str]:
        """What a reader of the model file should know."""
        return {
            "system": "riverbend",
            "task": "anomaly detection on 15-minute readings of a water network",
            "features": json.dumps(list(self.features)),
            "modes": json.dumps([name for name, _ in MODE_SIGNS]),
            "threshold": f"{self.threshold:.6f}",
            "threshold_quantile": str(QUANTILE),
            "label_meaning": "1 = attack, fault or recovery from it; 0 = normal operation",
            "training_data": "data/train.csv",
            "training_data_sha256": self.training_sha256,
            "training_rows": str(self.training_rows),
            "held_out_rows": str(self.held_out_rows),
            "limits": "Normal operation was seen from February to April only.",
        }


def train(path: Path) -> Detector:
    """Fit on a CSV file of normal operation. The last two weeks only set the threshold."""
    rows = read(path).features
    fit, held_out = rows[:-HELD_OUT_ROWS], rows[-HELD_OUT_ROWS:]
    scale = fit.std(axis=0)
    mode = np.zeros(len(fit), dtype=np.int64)
    for name, limit in MODE_SIGNS:
        mode = mode * 2 + (fit[:, FEATURES.index(name)] > limit)
    means, whitening = [], []
    for index in range(2 ** len(MODE_SIGNS)):
        members = fit[mode == index]
        mean = members.mean(axis=0)
        covariance = np.cov(((members - mean) / scale).T) + RIDGE * np.eye(len(FEATURES))
        root = np.linalg.cholesky(np.linalg.inv(covariance))
        means.append(mean)
        whitening.append(root / scale[:, None])
    detector = Detector(
        features=FEATURES,
        means=_rounded(np.stack(means)),
        whitening=_rounded(np.stack(whitening)),
        threshold=0.0,
        training_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        training_rows=len(fit),
        held_out_rows=len(held_out),
    )
    limit = round(float(np.quantile(detector.score(held_out), QUANTILE)), 3)
    return Detector(**{**vars(detector), "threshold": limit})


def _rounded(values: Floats) -> NDArray[np.float32]:
    """Fewer digits than the arithmetic gives, so that thread counts do not move the bytes."""
    return np.round(values, 5).astype(np.float32)
