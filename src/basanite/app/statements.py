"""Statements: what a person signs into a system's ledger."""

from __future__ import annotations

from datetime import datetime

from basanite.app.state import State
from basanite.domain.errors import UsageError
from basanite.domain.ledger import Attestation, Entry, Waiver


def attest(
    state: State,
    system: str,
    *,
    target: str,
    statement: str,
    person: str,
    role: str,
    expires: datetime,
    reviewed: tuple[str, ...] = (),
) -> Entry:
    """Sign a person's statement about a requirement, or the explanation of a failure."""
    now = _future(state, expires)
    return _append(
        state,
        system,
        Attestation(
            system=system,
            requirement=target,
            statement=statement,
            person=person,
            role=role,
            reviewed=reviewed,
            signed=now,
            expires=expires,
        ),
    )


def waive(
    state: State, system: str, *, target: str, reason: str, person: str, expires: datetime
) -> Entry:
    """Sign a dated exception for a finding (by fingerprint) or a requirement."""
    now = _future(state, expires)
    return _append(
        state,
        system,
        Waiver(
            system=system, target=target, reason=reason, person=person, signed=now, expires=expires
        ),
    )


def _future(state: State, expires: datetime) -> datetime:
    now = state.clock.now()
    if expires <= now:
        raise UsageError(
            f"it would have expired already, on {expires:%Y-%m-%d}",
            remedy="Name a date in the future with --expires.",
        )
    return now


def _append(state: State, system: str, content: Attestation | Waiver) -> Entry:
    state.ready()
    with state.lock(), state.ledger(system) as ledger:
        return ledger.append(content)
