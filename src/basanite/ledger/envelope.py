"""DSSE envelopes (https://github.com/secure-systems-lab/dsse, v1.0) around what the ledger holds.

Evidence is an in-toto Statement v1; other contents speak of no bytes, so they are no statements
and have payload types of their own. An envelope has one form only, byte for byte, so the same
signed content cannot come back in another dress.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from pydantic import ValidationError

from basanite.domain.errors import LedgerError
from basanite.domain.evidence import Evidence
from basanite.domain.ledger import (
    AssessmentRecord,
    Attestation,
    Content,
    Countersignature,
    EntryKind,
    Invalidation,
    KeyEvent,
    Waiver,
)
from basanite.domain.value import canonical
from basanite.ledger.checking import Signed
from basanite.ledger.signature import Signer, pae

MAX_ENVELOPE = 16 << 20
"""Bytes. A thousand findings with long messages stay below."""

STATEMENT = "application/vnd.in-toto+json"
HEAD = "application/vnd.basanite.head"
COUNTERSIGNATURE = "application/vnd.basanite.countersigned-head+json"

_CLASSES: dict[EntryKind, type[Content]] = {
    EntryKind.ATTESTATION: Attestation,
    EntryKind.WAIVER: Waiver,
    EntryKind.INVALIDATION: Invalidation,
    EntryKind.KEY: KeyEvent,
    EntryKind.ASSESSMENT: AssessmentRecord,
    EntryKind.COUNTERSIGNATURE: Countersignature,
}
_KINDS: dict[type, EntryKind] = {kind: name for name, kind in _CLASSES.items()}
_BY_TYPE = {STATEMENT: EntryKind.EVIDENCE} | {
    f"application/vnd.basanite.{kind}+json": kind for kind in _CLASSES
}
_TYPES = {kind: payload_type for payload_type, kind in _BY_TYPE.items()}


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope with its base64 undone. Nothing about it is believed yet."""

    payload: bytes
    payload_type: str
    key_id: str
    signature: str
    """Base64."""

    @property
    def signed(self) -> Signed:
        """Return the key, the bytes it signed, and the signature."""
        return self.key_id, pae(self.payload_type, self.payload), self.signature

    @property
    def kind(self) -> EntryKind:
        """Return what it holds.

        Raises:
            LedgerError: nothing that a ledger knows.
        """
        kind = _BY_TYPE.get(self.payload_type)
        if kind is None:
            raise LedgerError(f"holds an unknown payload type {self.payload_type[:100]!r}")
        return kind


def kind_of(content: Evidence | Content) -> EntryKind:
    """Return the kind of entry that a content makes."""
    return EntryKind.EVIDENCE if isinstance(content, Evidence) else _KINDS[type(content)]


def seal(content: Evidence | Content, signer: Signer) -> str:
    """Return a content's signed envelope as JSON text.

    Raises:
        LedgerError: the content is larger than an envelope may be.
    """
    statement = (
        content.statement() if isinstance(content, Evidence) else content.model_dump(mode="json")
    )
    payload = canonical(statement)
    payload_type = _TYPES[kind_of(content)]
    text = _text(
        _base64(payload),
        payload_type,
        signer.key_id,
        signer.sign(payload_type, payload),
    )
    if len(text) > MAX_ENVELOPE:
        raise LedgerError(
            f"an entry of {len(text)} bytes is over the limit of {MAX_ENVELOPE}",
            remedy="Record fewer or shorter findings per evidence.",
        )
    return text


def open_envelope(text: str) -> Envelope:
    """Return the envelope that a text is, in the one form that `seal` gives it.

    Raises:
        LedgerError: it is none, or it is written in another form.
    """
    if len(text) > MAX_ENVELOPE:
        raise LedgerError("is larger than an envelope may be")
    try:
        document = json.loads(text)
        payload, payload_type = document["payload"], document["payloadType"]
        (signature,) = document["signatures"]
        key_id, sig = signature["keyid"], signature["sig"]
        if not all(isinstance(each, str) for each in (payload, payload_type, key_id, sig)):
            raise LedgerError("is not a DSSE envelope")
        data = base64.b64decode(payload, validate=True)
        sig_data = base64.b64decode(sig, validate=True)
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error) as error:
        raise LedgerError("is not a DSSE envelope") from error
    if _text(_base64(data), payload_type, key_id, _base64(sig_data)) != text:
        raise LedgerError("is a DSSE envelope in another form than the one that is signed here")
    return Envelope(data, payload_type, key_id, sig)


def read_content(envelope: Envelope) -> Evidence | Content:
    """Return what an envelope holds. Its signature is not looked at here.

    Raises:
        LedgerError: the payload is not what its type says.
    """
    kind = envelope.kind
    try:
        document = json.loads(envelope.payload)
        if kind is EntryKind.EVIDENCE:
            return Evidence.from_statement(document)
        return _CLASSES[kind].model_validate(document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise LedgerError(f"does not hold a valid {kind}: {place}: {first['msg']}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise LedgerError(f"does not hold a valid {kind}") from error


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _text(payload: str, payload_type: str, key_id: str, signature: str) -> str:
    # Nothing in here needs escaping: base64, a known type, and a key id.
    return (
        f'{{"payload":"{payload}","payloadType":"{payload_type}",'
        f'"signatures":[{{"keyid":"{key_id}","sig":"{signature}"}}]}}'
    )
