"""Checking many signatures on all cores.

One check of an Ed25519 signature takes 0.1 ms and holds Python's lock, so threads do not help;
processes do. This module imports little, since every such process imports it.
"""

from __future__ import annotations

import base64
import binascii
import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Signed = tuple[str, bytes, str]
"""Key id, the bytes that are signed, the signature in base64."""

Results = list[bool | None]
"""True: the key's; False: not; None: the key is not known."""

WORTH_IT = 4000
"""Signatures. Below, starting processes (0.2 s) takes longer than it saves."""

MAX_PROCESSES = 8


def check_batch(keys: Mapping[str, bytes], batch: Sequence[Signed]) -> Results:
    """Return for every signature whether it is its key's. ``keys`` are raw, 32 bytes each."""
    loaded = {key_id: Ed25519PublicKey.from_public_bytes(raw) for key_id, raw in keys.items()}
    return [_check(loaded.get(key_id), message, sig) for key_id, message, sig in batch]


def _check(key: Ed25519PublicKey | None, message: bytes, signature: str) -> bool | None:
    if key is None:
        return None
    try:
        key.verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


class SignatureChecks:
    """Checks batches in other processes when there is enough to do, else at once."""

    def __init__(self, expected: int) -> None:
        """``expected`` is about how many signatures will come."""
        self._pool: ProcessPoolExecutor | None = None
        cores = os.cpu_count() or 1
        if expected >= WORTH_IT and cores > 1:
            self._pool = ProcessPoolExecutor(
                min(cores, MAX_PROCESSES), mp_context=multiprocessing.get_context("spawn")
            )

    def submit(self, keys: Mapping[str, bytes], batch: Sequence[Signed]) -> Callable[[], Results]:
        """Start a batch; calling what is returned waits for its results."""
        wanted = {key_id: keys[key_id] for key_id, _, _ in batch if key_id in keys}
        if self._pool is not None:
            try:
                future = self._pool.submit(check_batch, wanted, batch)
            except (BrokenProcessPool, OSError):
                self._pool = None
            else:

                def results() -> Results:
                    try:
                        return future.result()
                    except (BrokenProcessPool, CancelledError, OSError):
                        return check_batch(wanted, batch)  # slower, and the same

                return results
        done = check_batch(wanted, batch)
        return lambda: done

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
