"""A signature inside a JSON object holds for its contents, and for nothing else."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from tests.strategies import json_values

from basanite.domain.errors import LedgerError
from basanite.ledger.json_signature import Signed, check_json, sign_json
from basanite.ledger.signature import signer_of

SIGNER = signer_of(Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER = signer_of(Ed25519PrivateKey.from_private_bytes(bytes(32)))
TRUSTED = {SIGNER.key_id: SIGNER.public}
BODY: dict[str, Any] = {"b": [1, "ä\n\u20ac"], "a": {"x": None, "y": True}}


def test_a_signed_object_is_good_for_who_trusts_the_key() -> None:
    signed = sign_json(BODY, SIGNER)

    assert check_json(signed, TRUSTED) == (Signed.GOOD, SIGNER.key_id)
    assert sign_json(BODY, SIGNER) == signed
    assert check_json(signed, {OTHER.key_id: OTHER.public})[0] is Signed.UNKNOWN_KEY
    assert check_json(signed, {})[0] is Signed.UNKNOWN_KEY


def test_the_signature_is_that_of_jsf_by_its_own_description() -> None:
    """Canonical JSON (RFC 8785) of the object without the value, made here by hand."""
    found = sign_json({"z": "1", "a": 2}, SIGNER)["signature"]
    data = (
        '{"a":2,"signature":{"algorithm":"Ed25519","keyId":"'
        + found["keyId"]
        + '","publicKey":{"crv":"Ed25519","kty":"OKP","x":"'
        + found["publicKey"]["x"]
        + '"}},"z":"1"}'
    ).encode()

    raw = base64.urlsafe_b64decode(found["publicKey"]["x"] + "=")
    value = base64.urlsafe_b64decode(found["value"] + "==")
    Ed25519PublicKey.from_public_bytes(raw).verify(value, data)


@pytest.mark.parametrize(
    "change",
    [
        {"b": [1, "other"]},
        {"c": 1},
        {"a": {"x": None, "y": 1}},
    ],
)
def test_an_altered_object_is_bad(change: dict[str, Any]) -> None:
    assert check_json(sign_json(BODY, SIGNER) | change, TRUSTED)[0] is Signed.BAD


def test_an_altered_signature_is_bad_and_a_foreign_one_is_not_good() -> None:
    signed = sign_json(BODY, SIGNER)
    core = signed["signature"]

    assert check_json(signed | {"signature": core | {"value": "AAAA"}}, TRUSTED)[0] is Signed.BAD
    assert check_json(signed | {"signature": core | {"value": 7}}, TRUSTED)[0] is Signed.BAD
    swapped = sign_json(BODY, OTHER)["signature"] | {"keyId": SIGNER.key_id}
    assert check_json(signed | {"signature": swapped}, TRUSTED)[0] is Signed.BAD


@pytest.mark.parametrize(
    "signature",
    [
        {"algorithm": "ES256", "value": "x"},
        {"signers": []},
        "text",
        {"algorithm": "Ed25519", "value": "AAAA", "excludes": ["a"]},
    ],
)
def test_what_is_not_checked_here_is_never_good(signature: Any) -> None:
    assert check_json({"a": 1, "signature": signature}, TRUSTED)[0] is Signed.UNSUPPORTED


def test_no_signature_is_said_and_no_second_one_is_made() -> None:
    assert check_json(BODY, TRUSTED)[0] is Signed.UNSIGNED
    with pytest.raises(LedgerError):
        sign_json(sign_json(BODY, SIGNER), SIGNER)
    with pytest.raises(LedgerError):
        sign_json({"a": 0.5}, SIGNER)


@given(value=json_values)
def test_any_object_reads_back_as_signed(value: Any) -> None:
    try:
        signed = sign_json({"value": value}, SIGNER)
    except LedgerError:
        return
    again = json.loads(json.dumps(signed))

    assert check_json(again, TRUSTED)[0] is Signed.GOOD


@given(value=json_values)
def test_no_signature_value_makes_the_check_fail(value: Any) -> None:
    assert check_json({"a": 1, "signature": value}, TRUSTED)[0] is not Signed.GOOD
