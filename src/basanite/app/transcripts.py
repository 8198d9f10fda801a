"""Transcripts: what of a campaign's exchanges may be kept, as a blob beside the ledger.

Where a misuse probe was *answered*, or an answer gives a canary away in any form that the judge of
leaks knows, only a keyed hash, the length and the label stay: the text itself is nowhere. Whatever
else is kept has its canaries taken out, as they stand.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from typing import Any

from basanite.domain.answer import Exchange
from basanite.domain.ports import BlobStore
from basanite.domain.value import canonical
from basanite.measure.evaluation.judges.leakage import Leak, LeakJudge


def keep(
    exchanges: Sequence[Exchange], blobs: BlobStore, hidden: Iterable[str], secret: bytes
) -> str | None:
    """Store a redacted transcript and return its digest; None when there was no exchange."""
    if not exchanges:
        return None
    words = tuple(dict.fromkeys(hidden))
    leaks = LeakJudge(words, "", 0)
    return blobs.put(canonical([_redacted(each, words, leaks, secret) for each in exchanges]))


def _redacted(
    exchange: Exchange, hidden: tuple[str, ...], leaks: LeakJudge, secret: bytes
) -> dict[str, Any]:
    kept: dict[str, Any] = {"sample": exchange.sample, "label": exchange.label}
    # Every campaign's answers are looked at: a system that declines may still give a canary away.
    if exchange.withheld or leaks.judge(exchange.answer) is not Leak.NONE:
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
