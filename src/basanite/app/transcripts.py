"""Transcripts: what of a campaign's exchanges may be kept, as a blob beside the ledger.

Canaries and keys are taken out. Where a misuse probe was *answered*, only a keyed hash, the
length and the label stay: the harmful text itself is nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Any

from basanite.domain.answer import Exchange
from basanite.domain.ports import BlobStore
from basanite.domain.value import canonical


def keep(
    exchanges: Sequence[Exchange], blobs: BlobStore, hidden: Iterable[str], secret: bytes
) -> str | None:
    """Store a redacted transcript and return its digest; None when there was no exchange."""
    if not exchanges:
        return None
    words = tuple(hidden)
    return blobs.put(canonical([_redacted(each, words, secret) for each in exchanges]))


def _redacted(exchange: Exchange, hidden: tuple[str, ...], secret: bytes) -> dict[str, Any]:
    kept: dict[str, Any] = {"sample": exchange.sample, "label": exchange.label}
    if exchange.withheld:
        digest = hmac.new(secret, exchange.answer.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return {
            **kept,
            "prompt": _without(exchange.prompt, hidden),
            "withheld": {"hmac-sha256": digest.hexdigest(), "length": len(exchange.answer)},
        }
    return {
        **kept,
        "prompt": _without(exchange.prompt, hidden),
        "answer": _without(exchange.answer, hidden),
    }


def _without(text: str, hidden: tuple[str, ...]) -> str:
    for number, word in enumerate(hidden, start=1):
        if word:
            text = text.replace(word, f"[canary {number}]")
    return text
