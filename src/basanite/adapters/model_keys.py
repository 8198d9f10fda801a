"""Keys of model signers: those that are trusted here, and signing with one's own.

They are kept apart from the keys of ledgers: who may vouch for a model need not be who may vouch
for evidence. Curves as in the OpenSSF Model Signing specification 1.0: P-256, P-384, P-521.
"""

from __future__ import annotations

import base64
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from basanite.adapters.trouble import told
from basanite.adapters.writing import write_atomic
from basanite.domain.errors import UsageError
from basanite.domain.names import encode_name

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import (
        EllipticCurvePrivateKey,
        EllipticCurvePublicKey,
    )

_MAX_PEM = 1 << 16
_HASHES = {"secp256r1": "SHA256", "secp384r1": "SHA384", "secp521r1": "SHA512"}


class ModelKeys:
    """The public keys in a folder that are trusted to sign models."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "model-keys"

    def trust(self, path: Path) -> str:
        """Keep a public key and return its id.

        Raises:
            UsageError: the file is no PEM of a public key on a curve of the specification.
        """
        pem = _pem(load_public(path))
        key_id = hashlib.sha256(pem).hexdigest()
        try:
            self._folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise told(error, self._folder, "cannot make the folder of keys") from error
        write_atomic(self._folder / f"{key_id}.pem", pem)
        return key_id

    def trusted(self) -> dict[str, EllipticCurvePublicKey]:
        """Return the trusted keys by id.

        Raises:
            UsageError: a kept key cannot be read.
        """
        if not self._folder.is_dir():
            return {}
        found = (load_public(path) for path in sorted(self._folder.glob("*.pem")))
        return {key_id_of(each): each for each in found}

    def signer(self, facts: dict[str, Any]) -> str:
        """Return the id of the trusted key that made a signature, or nothing when none did.

        ``facts`` are those that the reader of model signatures gives.
        """
        return signer_among(self.trusted(), facts)


def signer_among(keys: dict[str, EllipticCurvePublicKey], facts: dict[str, Any]) -> str:
    """Return the id of the key that made a signature, or nothing when none of them did."""
    hint, signature, signed = (facts.get(name) for name in ("key_hint", "signature", "signed"))
    if not isinstance(signature, str) or not isinstance(signed, dict):
        return ""
    candidates = [hint] if hint in keys else [] if hint else list(keys)
    return next((each for each in candidates if _made(keys[str(each)], signature, signed)), "")


def _made(key: EllipticCurvePublicKey, signature: str, signed: dict[str, Any]) -> bool:
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - loads OpenSSL
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.utils import Prehashed  # noqa: PLC0415

    algorithm = _algorithm(key)
    digest = bytes.fromhex(str(signed.get(algorithm.name.lower(), "")))
    try:
        key.verify(base64.b64decode(signature), digest, ECDSA(Prehashed(algorithm)))
    except (InvalidSignature, ValueError):
        return False
    return True


def sign(data: bytes, key: EllipticCurvePrivateKey) -> bytes:
    """Return the signature over bytes, with the hash that belongs to the key's curve."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415

    return key.sign(data, ECDSA(_algorithm(key.public_key())))


def key_id_of(key: EllipticCurvePublicKey) -> str:
    """Return the SHA-256 of the public key in PEM, as bundles name it."""
    return hashlib.sha256(_pem(key)).hexdigest()


def _pem(key: EllipticCurvePublicKey) -> bytes:
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
    )

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _algorithm(key: EllipticCurvePublicKey) -> Any:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415

    return getattr(hashes, _HASHES[key.curve.name])()


def load_public(path: Path) -> EllipticCurvePublicKey:
    """Return the public key in a PEM file.

    Raises:
        UsageError: it is no such key, or on no curve of the specification.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: PLC0415

    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _refused(path, "it is no public key in PEM") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _HASHES:
        raise _refused(path, "it is no key on the curves P-256, P-384 or P-521")
    return key


def load_private(path: Path, password: bytes | None) -> EllipticCurvePrivateKey:
    """Return the private key in a PEM file.

    Raises:
        UsageError: it is no such key, the password is wrong or missing, or the curve is another.
    """
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    try:
        key = load_pem_private_key(_read(path), password)
    except TypeError as error:
        raise _refused(path, "the key has a password and none was given, or has none") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _refused(path, "it is no private key in PEM, or the password is wrong") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _HASHES:
        raise _refused(path, "it is no key on the curves P-256, P-384 or P-521")
    return key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_PEM)
    except OSError as error:
        raise told(error, path, "cannot read the key") from error


def _refused(path: Path, what: str) -> UsageError:
    return UsageError(
        what,
        where=encode_name(os.fspath(path)),
        remedy="Make one with `openssl ecparam -name prime256v1 -genkey`.",
    )
