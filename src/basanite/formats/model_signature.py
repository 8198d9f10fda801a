"""Reader of OpenSSF model signatures: Sigstore bundles that name every file of a model by digest.

A bundle holds a DSSE envelope, and that an in-toto statement whose predicate lists the files.
Nothing is verified here; what is needed to do so is returned. Sources: OpenSSF Model Signing
specification 1.0 (predicate ``https://model_signing/signature/v1.0``), DSSE 1.0, in-toto
Statement v1, Sigstore bundle 0.3.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Any, BinaryIO

from basanite.domain.errors import UnreadableError
from basanite.domain.names import visible
from basanite.formats.json_document import load_json, read_json

NAME = "model-signature"
VERSION = 2
BUNDLE = "application/vnd.dev.sigstore.bundle"
BUNDLE_TYPE = f"{BUNDLE}.v0.3+json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://model_signing/signature/v1.0"
MAX_BYTES = 64 << 20
MAX_FILES = 200_000


@dataclass(frozen=True, slots=True)
class Resource:
    """One file of a signed model, or one range of it."""

    name: str
    algorithm: str
    digest: str
    """Hexadecimal."""


@dataclass(frozen=True, slots=True)
class ModelSignature:
    """What a bundle says; true only if the signature holds."""

    payload: bytes
    signature: bytes
    hint: str
    """SHA-256 of the signer's public key in PEM, where the bundle names it."""
    certified: bool
    """It is signed with a certificate, not with a key."""
    model: str
    method: str
    """``files``: whole files; ``shards``: ranges of files."""
    links: bool
    """Symbolic links were followed when it was signed."""
    ignored: tuple[str, ...]
    """Files and folders that the signature leaves out."""
    resources: tuple[Resource, ...]

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over: DSSE's pre-authentication encoding."""
        return encoded(self.payload)


def encoded(payload: bytes) -> bytes:
    """Return DSSE's pre-authentication encoding of a payload of `PAYLOAD_TYPE`."""
    head = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} {len(payload)} "
    return head.encode() + payload


def looks_like_bundle(text: str) -> bool:
    """Return whether a JSON text begins as a Sigstore bundle does."""
    return text.lstrip()[:1] == "{" and BUNDLE in text


def read(file: BinaryIO, size: int) -> dict[str, Any]:
    """Return the model's name, the number of files, and what verifying the signature needs.

    Raises:
        UnreadableError: it is no bundle of a model signature.
    """
    found = read_signature(file, size)
    signed = found.signed
    return {
        "model": found.model,
        "files": len(found.resources),
        "method": found.method,
        "key_hint": found.hint,
        "certificate": found.certified,
        "signature": base64.b64encode(found.signature).decode(),
        "signed": {
            name: hashlib.new(name, signed).hexdigest() for name in ("sha256", "sha384", "sha512")
        },
    }


def read_signature(file: BinaryIO, size: int) -> ModelSignature:
    """Return what a bundle says.

    Raises:
        UnreadableError: it is no bundle of a model signature.
    """
    match read_json(file, size, MAX_BYTES):
        case {
            "mediaType": str(kind),
            "verificationMaterial": dict() as material,
            "dsseEnvelope": {
                "payload": str(payload),
                "payloadType": str(payload_type),
                "signatures": [{"sig": str(signature)}],
            },
        } if kind.startswith(BUNDLE) and payload_type == PAYLOAD_TYPE:
            hint = material.get("publicKey")
            return _statement(
                _decoded(payload),
                _decoded(signature),
                str(hint.get("hint", "")) if isinstance(hint, dict) else "",
                certified=not isinstance(hint, dict),
            )
    raise UnreadableError("the Sigstore bundle holds no single signed in-toto statement")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnreadableError("the bundle holds damaged base64") from error


def _statement(payload: bytes, signature: bytes, hint: str, *, certified: bool) -> ModelSignature:
    match load_json(payload):
        case {
            "_type": str(kind),
            "predicateType": str(predicate),
            "subject": [{"name": str(model), "digest": {"sha256": str(root)}}],
            "predicate": {"serialization": {"method": str(method)} as how, "resources": list(rest)},
        } if kind == STATEMENT and predicate == PREDICATE:
            resources = tuple(_resource(each) for each in rest)
            if len(resources) > MAX_FILES:
                raise UnreadableError(f"it names more than {MAX_FILES} files")
            if root_of(resources) != root:
                raise UnreadableError("its digest of the whole is not that of its files")
            ignored = how.get("ignore_paths", [])
            return ModelSignature(
                payload,
                signature,
                visible(hint, 128),
                certified,
                visible(model, 200),
                visible(method, 40),
                how.get("allow_symlinks") is True,
                tuple(str(each) for each in ignored) if isinstance(ignored, list) else (),
                resources,
            )
    raise UnreadableError("the statement is not a model signature of version 1.0")


def _resource(entry: Any) -> Resource:
    match entry:
        case {"name": str(name), "algorithm": str(algorithm), "digest": str(digest)}:
            parts = name.split("/")
            if name and ".." not in parts and parts[0] and "\\" not in name:
                try:
                    bytes.fromhex(digest)
                except ValueError as error:
                    raise UnreadableError("a digest is no hexadecimal number") from error
                return Resource(name, visible(algorithm, 40), digest.lower())
    raise UnreadableError("a file is named without a proper name, algorithm and digest")


def root_of(resources: tuple[Resource, ...]) -> str:
    """Return the SHA-256 over the digests of all files in their order, in hexadecimal."""
    whole = hashlib.sha256()
    for each in resources:
        whole.update(bytes.fromhex(each.digest))
    return whole.hexdigest()


def is_ignored(name: str, ignored: tuple[str, ...]) -> bool:
    """Return whether a signature leaves a file out: it is named, or lies in a folder that is."""
    return any(name == each or name.startswith(f"{each}/") for each in ignored)
