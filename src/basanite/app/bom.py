"""BOM: write a system's bill of materials, check its signature, compare two, hold one to lists."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from basanite.adapters.home import home
from basanite.adapters.trouble import told
from basanite.app.replay import replay
from basanite.app.state import MANIFEST, State
from basanite.domain.assessment import Assessment
from basanite.domain.bom import Bom, BomDifference
from basanite.domain.coverage import Coverage
from basanite.domain.errors import ExitCode, UnreadableError, UsageError
from basanite.domain.names import encode_name
from basanite.formats.bom.reader import MAX_BYTES, read_bom
from basanite.ledger.json_signature import Signed
from basanite.map.bom_comparison import compare


def bom_text(assessment: Assessment, form: str) -> str:
    """Return a BOM of an assessment as text: ``cyclonedx`` or ``spdx``."""
    if form == "spdx":
        from basanite.reports.spdx import to_spdx

        return _text(to_spdx(assessment))
    from basanite.reports.cyclonedx import to_cyclonedx

    return _text(to_cyclonedx(assessment))


def signed_bom(state: State, assessment: Assessment) -> str:
    """Return the CycloneDX BOM of an assessment, signed with the key that signs the ledger.

    Raises:
        LedgerError: there is no key, or it cannot be read.
        UsageError: there has never been a key.
    """
    from basanite.ledger.json_signature import sign_json
    from basanite.reports.cyclonedx import to_cyclonedx

    signer = state.keyring.current()
    if signer is None:
        raise UsageError(
            "there is no key to sign with",
            where=encode_name(os.fspath(home())),
            remedy="Run `basanite assess`, which makes one, or point BASANITE_HOME at yours.",
        )
    return _text(sign_json(to_cyclonedx(assessment), signer))


def verify_bom(path: Path, keys: Sequence[Path]) -> tuple[Signed, str]:
    """Return what the signature of a BOM is worth, and the id of the key that made it.

    Trusted are one's own keys, those that `basanite keys trust` took, and ``keys``; not those
    that are known to be in other hands.

    Raises:
        UsageError: the file cannot be read, or a key is none.
        UnreadableError: it is no JSON object.
    """
    from basanite.app.verifying import public_keys
    from basanite.formats.json_document import load_json
    from basanite.ledger.json_signature import check_json
    from basanite.ledger.keys import Keyring

    body = load_json(_bytes(path))
    if not isinstance(body, dict):
        raise UnreadableError("is no JSON object", where=encode_name(os.fspath(path)))
    keyring = Keyring(home())
    lost = keyring.lost()
    trusted = {**keyring.trusted(), **public_keys(keys)}
    return check_json(body, {key: pem for key, pem in trusted.items() if key not in lost})


def load_bom(place: Path, as_of: datetime | None = None) -> Bom:
    """Return the BOM in a file, or that of the system in a folder, in one neutral form.

    Raises:
        UsageError: there is nothing by that name, or the folder holds no assessed system.
        UnreadableError: the file is no BOM that can be read.
    """
    if not place.is_dir():
        try:
            return read_bom(_bytes(place))
        except UnreadableError as error:
            where = encode_name(os.fspath(place))
            raise UnreadableError(error.what, where=where, remedy=error.remedy) from error
    if not (place / MANIFEST).exists():
        raise UsageError(
            "this folder holds no system",
            where=encode_name(os.fspath(place)),
            remedy=f"Name a BOM file, or a folder with {MANIFEST}.",
        )
    from basanite.adapters.clock import SystemClock

    assessment, _, _ = replay(State.of(place, SystemClock()), as_of)
    # Through the same text as everybody's, so that both sides are read alike.
    return read_bom(bom_text(assessment, "cyclonedx").encode())


def compared(before: Bom, after: Bom) -> tuple[BomDifference, ExitCode]:
    """Return how two BOMs differ, and how the command ends.

    1 for any difference; 3 when there is none in what could be read, but something could not.
    """
    found = compare(before, after)
    if not found.empty:
        return found, ExitCode.FINDINGS
    unread = bool(before.problems or after.problems)
    return found, ExitCode.INCONCLUSIVE if unread else ExitCode.CLEAN


def diff_text(before: Bom, after: Bom, found: BomDifference) -> str:
    """Return a difference as JSON text."""
    from basanite.reports.bom_views import diff_object

    return _text(diff_object(before, after, found))


def coverage(assessment: Assessment) -> tuple[Coverage, ...]:
    """Return every list of minimum elements, held against an assessment."""
    from basanite.govern.coverage import builtin_lists, cover

    return tuple(cover(assessment, each) for each in builtin_lists())


def coverage_text(assessment: Assessment, found: Sequence[Coverage]) -> str:
    """Return coverage as JSON text."""
    from basanite.reports.bom_views import coverage_object

    return _text(coverage_object(assessment.inventory.system.id, found))


def _bytes(path: Path) -> bytes:
    where = encode_name(os.fspath(path))
    try:
        # A pipe by this name must not make us wait for somebody to write into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UsageError("is not a regular file", where=where, remedy="Name a BOM.")
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise UsageError("there is no such file or folder", where=where) from error
    except OSError as error:
        raise told(error, path, "cannot read") from error


def _text(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
