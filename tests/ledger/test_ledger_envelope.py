"""Envelopes are standard DSSE, have one form, and hold what their type says."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as StandardEnvelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer._key import SSlibKey

from basanite.domain.errors import LedgerError
from basanite.domain.evidence import Evidence
from basanite.domain.ledger import (
    AssessmentRecord,
    Attestation,
    Content,
    Invalidation,
    KeyChange,
    KeyEvent,
    Waiver,
)
from basanite.ledger.countersign import countersign
from basanite.ledger.envelope import kind_of, open_envelope, read_content, seal
from basanite.ledger.keys import Keyring

NOW = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def contents(keyring: Keyring) -> list[Content]:
    from basanite.domain.ledger import Head

    return [
        Attestation(
            system="riverbend",
            requirement="nist-ai-rmf-1.0/GOVERN-1.1",
            statement="Read and understood: naïve Ωmega.",
            person="Operator on duty",
            role="operator",
            signed=NOW,
            expires=NOW,
        ),
        Waiver(system="riverbend", target="f", reason="r", person="p", signed=NOW, expires=NOW),
        Invalidation(system="riverbend", key="a" * 64, reason="moved", signed=NOW),
        KeyEvent(change=KeyChange.ADDED, key_id="k", signed=NOW),
        AssessmentRecord(
            system="riverbend",
            assessment="a" * 64,
            inventory="b" * 64,
            plan="f" * 64,
            manifest="c" * 64,
            packs={"nist-ai-rmf-1.0": "d" * 64},
            through=3,
            time=NOW,
        ),
        countersign(Head(number=3, hash="e" * 64), keyring, NOW),
    ]


def test_every_content_comes_back_as_it_was(
    keyring: Keyring, make_evidence: Callable[[], Evidence]
) -> None:
    signer = keyring.create()
    for content in [make_evidence(), *contents(keyring)]:
        envelope = open_envelope(seal(content, signer))
        assert envelope.kind is kind_of(content)
        assert envelope.key_id == signer.key_id
        assert read_content(envelope) == content


def test_envelopes_verify_with_securesystemslib(
    keyring: Keyring, make_evidence: Callable[[], Evidence]
) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    signer = keyring.create()
    public = SSlibKey.from_crypto(load_pem_public_key(signer.public.encode()))
    for content in [make_evidence(), *contents(keyring)]:
        standard = StandardEnvelope.from_dict(json.loads(seal(content, signer)))
        assert set(standard.verify([public], 1)) == {signer.key_id}
        standard.payload += b" "
        with pytest.raises(VerificationError):
            standard.verify([public], 1)


def test_evidence_is_an_in_toto_statement(
    keyring: Keyring, make_evidence: Callable[[], Evidence]
) -> None:
    envelope = open_envelope(seal(make_evidence(), keyring.create()))
    statement = json.loads(envelope.payload)
    assert envelope.payload_type == "application/vnd.in-toto+json"
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["subject"][0]["digest"].keys() == {"sha256"}


def test_the_same_content_in_another_dress_is_refused(
    keyring: Keyring, make_evidence: Callable[[], Evidence]
) -> None:
    """White space, key order, a second signature: anything else would hide a replay."""
    text = seal(make_evidence(), keyring.create())
    document = json.loads(text)
    others = [
        json.dumps(document),
        json.dumps(dict(reversed(document.items())), separators=(",", ":")),
        json.dumps(document | {"more": 1}, separators=(",", ":")),
        json.dumps(document | {"signatures": document["signatures"] * 2}, separators=(",", ":")),
        text + " ",
        text.replace("{", '{"payload":"",', 1),
    ]
    for other in others:
        with pytest.raises(LedgerError):
            open_envelope(other)


def test_what_is_larger_than_an_envelope_may_be_is_refused(
    keyring: Keyring, make_evidence: Callable[[], Evidence]
) -> None:
    huge = make_evidence().model_copy(update={"reason": "x" * (17 << 20)})
    with pytest.raises(LedgerError, match="over the limit"):
        seal(huge, keyring.create())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "1",
        '"x"',
        "[" * 100_000,
        '{"payload":1,"payloadType":2,"signatures":[{"keyid":3,"sig":4}]}',
        '{"payload":"=","payloadType":"t","signatures":[{"keyid":"k","sig":""}]}',
        '{"payload":"","payloadType":"t","signatures":[]}',
        '{"payload":"","payloadType":"t","signatures":{}}',
        '{"payload":"","payloadType":"t","signatures":[null]}',
    ],
)
def test_what_is_no_envelope_is_an_error(text: str) -> None:
    with pytest.raises(LedgerError):
        open_envelope(text)


@given(st.one_of(st.text(), st.binary().map(lambda data: data.decode("latin-1"))))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(LedgerError):
        open_envelope(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["_type", "predicateType", "predicate", "subject", "digest", "x"]),
                inner,
            )
        ),
    )
)
def test_no_payload_breaks_the_reader_of_contents(payload: object) -> None:
    import base64

    encoded = base64.b64encode(json.dumps(payload).encode()).decode()
    for payload_type in ("application/vnd.in-toto+json", "application/vnd.basanite.key+json"):
        text = (
            f'{{"payload":"{encoded}","payloadType":"{payload_type}",'
            '"signatures":[{"keyid":"k","sig":""}]}'
        )
        with pytest.raises(LedgerError):
            read_content(open_envelope(text))
