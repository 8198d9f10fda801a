"""Signatures inside a JSON object, as CycloneDX has them: JSON Signature Format (JSF) 0.82.

What is signed is the object in the canonical form of RFC 8785, with everything of its
``signature`` but the ``value``. Only Ed25519 (RFC 8032) and single signatures are written and
checked: it is the only algorithm of the ledger's keys.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from basanite.domain.errors import LedgerError
from basanite.domain.value import canonical
from basanite.ledger.signature import Signer, load_public

_ALGORITHM = "Ed25519"
_PLACE = "signature"
_MAX_DEPTH = 200
_EXACT = 1 << 53
"""Above it an integer is not exact in the numbers of RFC 8785, so it has no canonical form here."""


class Signed(StrEnum):
    """What a signature in an object is worth."""

    GOOD = "good"
    """It is that of a trusted key over just these contents."""
    BAD = "bad"
    """The contents, or the signature, were altered."""
    UNKNOWN_KEY = "unknown-key"
    """Nothing that is trusted here made it."""
    UNSIGNED = "unsigned"
    UNSUPPORTED = "unsupported"
    """Another algorithm, several signatures, parts left out, or contents without one form."""


def sign_json(body: dict[str, Any], signer: Signer) -> dict[str, Any]:
    """Return an object with a signature over all of it. The same key gives the same signature.

    Raises:
        LedgerError: it is signed already, or holds a number that has no canonical form.
    """
    if _PLACE in body or not _has_one_form(body):
        raise LedgerError("this object cannot be signed: it is signed already, or holds fractions")
    raw = load_public(signer.public).public_bytes_raw()
    core = {
        "algorithm": _ALGORITHM,
        "keyId": signer.key_id,
        "publicKey": {"kty": "OKP", "crv": _ALGORITHM, "x": _text(raw)},
    }
    value = signer.private.sign(canonical(body | {_PLACE: core}))
    return body | {_PLACE: core | {"value": _text(value)}}


def check_json(body: Mapping[str, Any], trusted: Mapping[str, str]) -> tuple[Signed, str]:
    """Return what an object's signature is worth, and the id of the trusted key that made it.

    ``trusted`` maps ids of public keys to PEM. The key in the object itself is believed in
    nothing.
    """
    found = body.get(_PLACE)
    if found is None:
        return Signed.UNSIGNED, ""
    if not isinstance(found, dict) or found.get("algorithm") != _ALGORITHM or "excludes" in found:
        return Signed.UNSUPPORTED, ""
    if not _has_one_form({key: value for key, value in body.items() if key != _PLACE}):
        return Signed.UNSUPPORTED, ""
    try:
        value = _bytes(found.get("value"))
        core = {key: each for key, each in found.items() if key != "value"}
        data = canonical({**body, _PLACE: core})
    except (ValueError, RecursionError):
        return Signed.BAD, ""
    key_id = found.get("keyId")
    named = key_id if isinstance(key_id, str) and key_id in trusted else ""
    for each in [named] if named else sorted(trusted):
        if _verifies(load_public(trusted[each]), value, data):
            return Signed.GOOD, each
    return (Signed.BAD, named) if named else (Signed.UNKNOWN_KEY, "")


def _verifies(key: Ed25519PublicKey, value: bytes, data: bytes) -> bool:
    try:
        key.verify(value, data)
    except InvalidSignature:
        return False
    return True


def _has_one_form(value: Any, depth: int = 0) -> bool:
    """Whether our canonical form is that of RFC 8785: no fractions, exact integers, ASCII keys."""
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(key.isascii() and _has_one_form(each, depth + 1) for key, each in value.items())
    if isinstance(value, list):
        return all(_has_one_form(each, depth + 1) for each in value)
    if isinstance(value, float):
        return False
    if isinstance(value, str):
        return value.isascii() or not any(0xD800 <= ord(character) < 0xE000 for character in value)
    return not isinstance(value, int) or math.fabs(value) <= _EXACT


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: Any) -> bytes:
    if not isinstance(text, str) or len(text) > 1000:
        raise ValueError("no signature value")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no base64url") from error
