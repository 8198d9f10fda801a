"""Verifying: is the ledger what it claims, and do its subjects still exist as they were."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from basanite.adapters.clock import SystemClock
from basanite.adapters.files import Tree
from basanite.adapters.home import home
from basanite.app.plan import all_checks
from basanite.app.reading import manifest_of
from basanite.app.state import State
from basanite.domain.errors import BasaniteError, UsageError
from basanite.domain.inventory import Inventory
from basanite.domain.ledger import (
    AssessmentRecord,
    Countersignature,
    Head,
    Problem,
    ProblemKind,
    Verification,
)
from basanite.domain.names import encode_name
from basanite.domain.ports import Recorded

_LARGEST_KEY = 1 << 16


def verify_system(
    state: State, keys: Sequence[Path], heads: Sequence[Head | Countersignature]
) -> Verification:
    """Check a system's whole ledger against its files as they are now."""
    from basanite.ledger.verify import verify

    manifest = manifest_of(state.root, all_checks())
    tree = Tree(state.root)
    trusted = {**state.keyring.trusted(), **public_keys(keys)}
    with state.ledger(manifest.system.id, create=False) as ledger:
        seen = ledger.known_head()
        present = _digests(tree)
        found = verify(
            ledger.raw(),
            trusted,
            now=state.clock.now(),
            heads=[*heads, *([seen] if seen else [])],
            tier=manifest.system.tier,
            subjects=present,
            chain=manifest.system.id,
            lost=state.keyring.lost(),
            blobs=state.blobs,
        )
        if found.sound:
            ledger.keep_verified(found.head)
        gone = list(_gone(state, ledger.entries() if found.sound else (), present))
    return found.model_copy(update={"problems": (*found.problems, *gone)})


def verify_bundle_file(
    path: Path, keys: Sequence[Path], heads: Sequence[Head | Countersignature]
) -> Verification:
    """Check an exported bundle with nothing but public keys.

    Raises:
        UsageError: no key is named.
    """
    from basanite.ledger.bundle import verify_bundle
    from basanite.ledger.keys import Keyring

    if not keys:
        raise UsageError(
            "a bundle is verified with a public key that you trust",
            where=encode_name(os.fspath(path)),
            remedy="Name it with --key PEM.",
        )
    return verify_bundle(
        path,
        public_keys(keys),
        now=SystemClock().now(),
        heads=heads,
        lost=Keyring(home()).lost(),
    )


def _gone(
    state: State, records: Iterable[Recorded], present: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield what the latest assessment looked at and is not there, or cannot be read, any more."""
    latest = None
    for record in records:
        if isinstance(record.content, AssessmentRecord):
            latest = record
    if latest is None or not isinstance(latest.content, AssessmentRecord):
        return
    inventory = Inventory.model_validate_json(state.blobs.get(latest.content.inventory))
    for artifact in inventory.artifacts:
        if artifact.path not in present:
            yield Problem(
                kind=ProblemKind.WRONG_SUBJECT,
                number=latest.number,
                meaning=f"{artifact.path} was assessed and is gone, or cannot be read any more",
            )


def public_keys(paths: Sequence[Path]) -> dict[str, str]:
    """Return the public keys in files, PEM by id.

    Raises:
        UsageError: one is no Ed25519 public key.
    """
    from basanite.ledger.signature import key_id_of, load_public

    found: dict[str, str] = {}
    for path in paths:
        try:
            pem = path.read_bytes()[:_LARGEST_KEY].decode("ascii")
            found[key_id_of(load_public(pem.encode(), where=encode_name(os.fspath(path))))] = pem
        except (OSError, ValueError) as error:
            raise UsageError(
                f"is no public key ({error})", where=encode_name(os.fspath(path))
            ) from error
    return found


def heads_of(given: Sequence[str]) -> list[Head]:
    """Return heads written as NUMBER:HASH, or HASH alone.

    Raises:
        UsageError: one is no head.
    """
    heads = []
    for text in given:
        number, _, digest = text.rpartition(":")
        try:
            heads.append(Head(number=int(number or 0), hash=digest.lower()))
        except ValueError as error:
            raise UsageError(
                f"{text!r} is no head", remedy="Write it as the report prints it: NUMBER:HASH."
            ) from error
    return heads


def countersigned(paths: Sequence[Path]) -> list[Countersignature]:
    """Return what other instances signed under heads of a chain, as `countersign` prints it.

    Raises:
        UsageError: a file is no countersignature.
    """
    found = []
    for path in paths:
        try:
            found.append(Countersignature.model_validate_json(path.read_bytes()[:_LARGEST_KEY]))
        except (OSError, ValidationError) as error:
            raise UsageError(
                "is no countersignature",
                where=encode_name(os.fspath(path)),
                remedy="Give what `basanite ledger countersign` printed.",
            ) from error
    return found


def _digests(tree: Tree) -> dict[str, str]:
    """Return the digest of every file there is now; a file that cannot be read is left out."""
    found = tree.walk().files
    digests: dict[str, str] = {}
    for each in found:
        try:
            with tree.open(each.path) as opened:
                digests[each.path] = opened.sha256()
        except BasaniteError:
            continue
    return digests
