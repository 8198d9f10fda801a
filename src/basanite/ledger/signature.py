"""Ed25519 keys (RFC 8032): identities, signing, checking. No files here."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from basanite.domain.errors import UsageError
from basanite.domain.value import canonical
from basanite.ledger.checking import check_batch

MAX_PEM = 16 << 10


def pae(payload_type: str, payload: bytes) -> bytes:
    """Return the bytes that a DSSE signature covers (DSSE v1.0, pre-authentication encoding)."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def key_id_of(public: Ed25519PublicKey) -> str:
    """Return the key's id: SHA-256 over its canonical JSON, as securesystemslib computes it."""
    described = {
        "keytype": "ed25519",
        "scheme": "ed25519",
        "keyval": {"public": public.public_bytes_raw().hex()},
    }
    return hashlib.sha256(canonical(described)).hexdigest()


def load_public(pem: str | bytes, *, where: str = "") -> Ed25519PublicKey:
    """Return the public key in a PEM text.

    Raises:
        UsageError: it is no Ed25519 public key in PEM, or it is a private key.
    """
    data = pem.encode("utf-8", errors="replace") if isinstance(pem, str) else pem
    if b"PRIVATE KEY" in data:
        raise UsageError(
            "is a private key; only public keys are trusted",
            where=where,
            remedy="Ask its owner for the public key. Treat this private key as compromised.",
        )
    try:
        key = load_pem_public_key(data) if len(data) <= MAX_PEM else None
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise UsageError(
            "is not an Ed25519 public key in PEM",
            where=where,
            remedy="It starts with `-----BEGIN PUBLIC KEY-----`; ask its owner to export it again.",
        )
    return key


def public_pem(public: Ed25519PublicKey) -> str:
    """Return a public key as PEM."""
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key with its id, ready to sign."""

    key_id: str
    public: str
    """PEM."""
    private: Ed25519PrivateKey

    def sign(self, payload_type: str, payload: bytes) -> str:
        """Return the DSSE signature of a payload, in base64."""
        return base64.b64encode(self.private.sign(pae(payload_type, payload))).decode("ascii")

    def __repr__(self) -> str:
        return f"Signer({self.key_id})"


def signer_of(private: Ed25519PrivateKey) -> Signer:
    """Return the signer around a private key."""
    public = private.public_key()
    return Signer(key_id_of(public), public_pem(public), private)


class PublicKeys:
    """Public keys by id. Whether their signatures count is decided elsewhere."""

    def __init__(self, pems: Mapping[str, str]) -> None:
        self.raw: dict[str, bytes] = {}
        """The keys by id, 32 bytes each."""
        for key_id, pem in pems.items():
            self.add(key_id, pem)

    def add(self, key_id: str, pem: str) -> None:
        """Learn a key. One that is given under an id that is not its own stays unknown."""
        if key_id in self.raw:
            return
        try:
            key = load_public(pem)
        except UsageError:
            return
        if key_id_of(key) == key_id:
            self.raw[key_id] = key.public_bytes_raw()

    def check(self, key_id: str, payload_type: str, payload: bytes, signature: str) -> bool | None:
        """Return whether a signature is the key's; None when the key is not known."""
        return check_batch(self.raw, [(key_id, pae(payload_type, payload), signature)])[0]
