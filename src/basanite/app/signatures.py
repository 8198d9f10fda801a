"""Signatures of models: what a check of one has to be told, and signing and verifying by hand."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from basanite.adapters.files import Tree
from basanite.adapters.home import home
from basanite.adapters.model_keys import (
    ModelKeys,
    key_id_of,
    load_private,
    load_public,
    sign,
    signer_among,
)
from basanite.adapters.trouble import told
from basanite.adapters.writing import write_atomic
from basanite.domain.artifact import Artifact, Format
from basanite.domain.errors import UnreadableError, UsageError
from basanite.domain.names import decode_name, encode_name
from basanite.formats.model_signature import (
    BUNDLE_TYPE,
    MAX_BYTES,
    PAYLOAD_TYPE,
    PREDICATE,
    STATEMENT,
    ModelSignature,
    Resource,
    encoded,
    is_ignored,
    read,
    read_signature,
    root_of,
)

_LEFT_OUT = (".git", ".gitattributes", ".github", ".gitignore")
_HASHES = {"sha256": "sha256", "blake2b": "blake2b", "blake2": "blake2b"}
_CHUNK = 1 << 20


def presets(artifact: Artifact, artifacts: Iterable[Artifact]) -> dict[str, Any]:
    """Return what the check of a model signature has to know: the files beside it, its signer."""
    if artifact.format is not Format.MODEL_SIGNATURE:
        return {}
    folder = artifact.path.rpartition("/")[0]
    start = f"{folder}/" if folder else ""
    files = {
        each.path[len(start) :]: each.sha256
        for each in artifacts
        if each.path.startswith(start) and each.path != artifact.path
    }
    return {"files": files, "signer": ModelKeys(home()).signer(artifact.facts)}


@dataclass(frozen=True)
class Verified:
    """What holding a model against its signature came to."""

    signer: str
    """Id of the key that made the signature; empty when none of those asked did."""
    files: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether every file is as it was signed, by a key that was asked for."""
        return bool(self.signer) and not (self.changed or self.missing or self.added)


def sign_model(folder: Path, key: Path, output: Path, password: bytes | None) -> str:
    """Sign every file of a model's folder and return the id of the key.

    Raises:
        UsageError: the folder or the key is not as it must be, or the folder holds links.
    """
    private = load_private(key, password)
    tree, names = _listed(folder)
    left_out = (*_LEFT_OUT, _below(folder, output))
    resources = tuple(
        Resource(_plain(name), "sha256", _digest(tree, name, "sha256"))
        for name in sorted(names, key=_plain)
        if not is_ignored(name, left_out)
    )
    if not resources:
        raise UsageError("the folder holds no file to sign", where=encode_name(os.fspath(folder)))
    payload = json.dumps(_statement(folder, resources, left_out)).encode()
    key_id = key_id_of(private.public_key())
    bundle = {
        "mediaType": BUNDLE_TYPE,
        "verificationMaterial": {"publicKey": {"hint": key_id}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [
                {"sig": base64.b64encode(sign(encoded(payload), private)).decode(), "keyid": ""}
            ],
        },
    }
    write_atomic(output, json.dumps(bundle).encode())
    return key_id


def verify_model(folder: Path, signature: Path, keys: Iterable[Path]) -> Verified:
    """Hold a model's folder against its signature, by the keys given or else by those trusted.

    Raises:
        UsageError: a key or the folder is not as it must be.
        UnreadableError: the file is no model signature, or uses a digest that is not known.
    """
    asked = {key_id_of(each): each for each in map(load_public, keys)} or ModelKeys(
        home()
    ).trusted()
    if not asked:
        raise UsageError(
            "no key is trusted to sign models",
            remedy="Name one with --key, or once for all with `basanite provenance trust`.",
        )
    try:
        with signature.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > MAX_BYTES:
                raise UnreadableError("the signature is larger than any", where=str(signature))
            facts = read(file, size)
            claim = read_signature(file, size)
    except OSError as error:
        raise told(error, signature, "cannot read the signature") from error
    tree, names = _listed(folder)
    own = _below(folder, signature)
    changed, missing, covered = _held(tree, claim, set(names))
    added = [
        name
        for name in names
        if _plain(name) not in covered and name != own and not is_ignored(name, claim.ignored)
    ]
    return Verified(
        signer_among(asked, facts),
        len(claim.resources),
        tuple(changed),
        tuple(missing),
        tuple(added),
    )


def _held(
    tree: Tree, claim: ModelSignature, names: set[str]
) -> tuple[list[str], list[str], set[str]]:
    changed: list[str] = []
    missing: list[str] = []
    covered: set[str] = set()
    for resource in claim.resources:
        name, start, end = _range(resource, claim.method)
        covered.add(name)
        path = encode_name(name)
        if path not in names:
            missing.append(path)
        elif _digest(tree, path, resource.algorithm, start, end) != resource.digest:
            changed.append(path)
    return list(dict.fromkeys(changed)), list(dict.fromkeys(missing)), covered


def _range(resource: Resource, method: str) -> tuple[str, int, int | None]:
    if method == "files":
        return resource.name, 0, None
    name, first, last = (*resource.name.rsplit(":", 2), "", "")[:3]
    if method != "shards" or not first.isdigit() or not last.isdigit():
        raise UnreadableError(f"the signature uses the unknown method {method}")
    return name, int(first), int(last)


def _listed(folder: Path) -> tuple[Tree, list[str]]:
    """Return a folder and the encoded names of its files.

    Raises:
        UsageError: it is no folder, or something in it cannot be signed or verified.
    """
    where = encode_name(os.fspath(folder))
    if not folder.is_dir():
        raise UsageError("a model is signed as a folder, and this is none", where=where)
    tree = Tree(folder.resolve())
    walked = tree.walk()
    links = [each.path for each in walked.unseen if "link" in each.reason]
    odd = [*links, *(each.path for each in walked.unseen if each.path not in links)]
    if odd:
        raise UsageError(
            f"{odd[0]} is a link or no file that can be read, which a signature cannot cover",
            where=where,
        )
    return tree, [each.path for each in walked.files]


def _digest(tree: Tree, path: str, algorithm: str, start: int = 0, end: int | None = None) -> str:
    if algorithm not in _HASHES:
        raise UnreadableError(f"the signature uses the unknown digest {algorithm}", where=path)
    digest = hashlib.new(_HASHES[algorithm])
    with tree.open(path) as opened:
        last = opened.identity.size if end is None else min(end, opened.identity.size)
        for chunk in _chunks(opened.file.fileno(), start, last):
            digest.update(chunk)
        if not opened.unchanged():
            raise UnreadableError("it changed while it was read", where=path)
    return digest.hexdigest()


def _chunks(descriptor: int, start: int, end: int) -> Iterator[bytes]:
    while start < end and (data := os.pread(descriptor, min(_CHUNK, end - start), start)):
        start += len(data)
        yield data


def _below(folder: Path, path: Path) -> str:
    """Return the encoded name of a file below a folder, or nothing where it lies elsewhere."""
    inside = path.resolve().is_relative_to(folder.resolve())
    return encode_name(os.fspath(path.resolve().relative_to(folder.resolve()))) if inside else ""


def _plain(name: str) -> str:
    return os.fsdecode(decode_name(name))


def _statement(
    folder: Path, resources: tuple[Resource, ...], left_out: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "_type": STATEMENT,
        "subject": [{"name": folder.resolve().name, "digest": {"sha256": root_of(resources)}}],
        "predicateType": PREDICATE,
        "predicate": {
            "serialization": {
                "method": "files",
                "hash_type": "sha256",
                "allow_symlinks": False,
                "ignore_paths": sorted(each for each in left_out if each),
            },
            "resources": [
                {"name": each.name, "algorithm": each.algorithm, "digest": each.digest}
                for each in resources
            ],
        },
    }
