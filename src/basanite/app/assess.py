"""The main job: map, measure what is not fresh, judge, record."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from basanite.adapters.cache import ArtifactCache
from basanite.adapters.files import Tree
from basanite.adapters.grants import Grants
from basanite.adapters.home import home
from basanite.adapters.private import read_private
from basanite.adapters.writing import write_atomic
from basanite.app.answers import Measured
from basanite.app.behaviour import behaviours
from basanite.app.campaigns import Access, Prompts, campaigns
from basanite.app.catalogue import Catalogue, catalogue
from basanite.app.events import Listener, Progress, silent
from basanite.app.grant import scope
from basanite.app.host import host_facts
from basanite.app.inspecting import inspections
from basanite.app.judging import Judged, judge_now, store
from basanite.app.plan import all_checks, plan
from basanite.app.reading import manifest_of, packs_of
from basanite.app.state import State, waiting
from basanite.app.systems import remember
from basanite.app.tool import tool
from basanite.app.workers import local_engine
from basanite.domain.assessment import Assessment
from basanite.domain.check import Check, Need, Stage
from basanite.domain.errors import BasaniteError, UsageError
from basanite.domain.evidence import Evidence, evidence_of
from basanite.domain.inventory import Inventory
from basanite.domain.names import encode_name
from basanite.domain.plan import Planned
from basanite.domain.ports import Engine, Recorded
from basanite.domain.system import System, Tier
from basanite.govern.body import Body
from basanite.map.inventory import assemble
from basanite.map.manifest import Manifest

if TYPE_CHECKING:
    from basanite.ledger.store import SqlLedger


_SECRET_BYTES = 32


_BEGUN_ANEW = (
    "this system was assessed here before, but its ledger was gone or empty. It begins anew: "
    "restore a backup or an exported bundle if that was not meant."
)


@dataclass(frozen=True)
class Options:
    """How to assess."""

    jobs: int | None = None
    rehash: bool = False
    listen: Listener = silent
    trace: bool = False
    """Whether to show what workers write to their standard error."""
    stages: frozenset[Stage] = frozenset(Stage)
    """Which seams may run now. Questions of the others are answered by earlier evidence only."""


@dataclass
class _Run:
    """One assessment under way."""

    state: State
    options: Options
    engine: Engine
    ledger: SqlLedger
    records: list[Recorded] = field(default_factory=list)
    why: dict[str, str] = field(default_factory=dict)
    """Evidence key to the reason it ran."""


def assess(state: State, options: Options) -> Assessment:
    """Assess one system and return the answer; its evidence is in the ledger when this returns.

    Raises:
        BasaniteError: the manifest, the state folder, the keys or the ledger are not usable.
    """
    manifest = manifest_of(state.root, all_checks())
    state.ready()
    with (
        waiting(state, options.listen),
        state.ledger(manifest.system.id) as ledger,
        local_engine(options.jobs, trace=options.trace) as engine,
    ):
        run = _Run(state, options, engine, ledger, list(ledger.entries()))
        empty = not ledger.head().number
        tree = Tree(state.root)
        seen = _look(run, tree, manifest)
        inventory = assemble(
            manifest.system,
            seen.artifacts,
            seen.dependencies,
            host_facts(),
            seen.unseen,
            seen.excluded,
        )
        scopes = {
            part: scope(state.root, manifest.system, manifest.parts, part)
            for part in manifest.parts
        }
        access = Access(manifest.system, scopes, Grants(home()), state.clock)
        questions = _questions(inventory, access, state.clock.now())
        _measure(run, tree, questions, inventory, seen, access)
        answer = _judge(run, manifest, inventory, questions)
        _remember(run, manifest.system, begun=empty)
        return answer


def _judge(
    run: _Run, manifest: Manifest, inventory: Inventory, questions: tuple[Planned, ...]
) -> Assessment:
    """Judge by all the evidence there is now, and record the answer."""
    shown = manifest.system.without_canaries()
    basis = Judged(
        system=shown,
        manifest=manifest.sha256,
        inventory=inventory.model_copy(update={"system": shown}),
        planned=questions,
        packs=packs_of(manifest.system.packs),
        feeds={},
    )
    now = run.state.clock.now()
    answer = judge_now(basis, run.records, run.why, run.ledger.head(), tool(), now)
    return store(answer, basis, run.state, run.ledger, run.records)


def _remember(run: _Run, system: System, *, begun: bool) -> None:
    """Note where the system is; a ledger that begins anew where one was known is told."""
    try:
        if remember(system, run.state) and begun:
            run.options.listen(Progress("warning", 0, 0, _BEGUN_ANEW))
    except BasaniteError as error:
        # The list only helps `find`; an assessment does not fail by it.
        run.options.listen(Progress("warning", 0, 0, error.line()))


def _look(run: _Run, tree: Tree, manifest: Manifest) -> Catalogue:
    """Read every file; the high tier believes no remembered digest."""
    listen = run.options.listen
    return catalogue(
        tree,
        run.engine,
        ArtifactCache(home() / "cache" / "artifacts.sqlite"),
        rehash=run.options.rehash or manifest.system.tier is Tier.HIGH,
        excludes=manifest.excludes,
        on_file=lambda done, total: listen(Progress("map", done, total)),
    )


def _questions(inventory: Inventory, access: Access, now: datetime) -> tuple[Planned, ...]:
    def permit(check: Check, component: str | None) -> str:
        part = inventory.system.component(component or "")
        if part is None:
            return "no component is named"
        return next((why for need in check.needs if (why := access.refusal(need, part))), "")

    return plan(inventory, today=now.date(), feeds={}, permit=permit)


def _measure(
    run: _Run,
    tree: Tree,
    questions: tuple[Planned, ...],
    inventory: Inventory,
    seen: Catalogue,
    access: Access,
) -> None:
    """Put every question that has no good answer, and sign what comes back at once."""
    system = inventory.system
    body = Body(run.records, system.tier, run.state.clock.now(), system=system.id)
    todo = [
        each
        for each in questions
        if not each.skipped and each.check.stage in run.options.stages and not body.reusable(each)
    ]
    for each in todo:
        run.why[each.question.key] = body.why(each)
    by_stage = {
        stage: [e for e in todo if e.check.stage is stage and not _networked(e)] for stage in Stage
    }
    done = 0

    def sign(measured: Measured, transcript: str | None = None) -> None:
        nonlocal done
        evidence = _signed(run, measured, inventory, transcript)
        done += 1
        note = f"{evidence.question.check}: {evidence.outcome.value}"
        run.options.listen(Progress("measure", done, len(todo), note))

    clock = run.state.clock
    for measured in _worked(run, tree, by_stage, inventory, seen, body):
        sign(measured)
    for told in campaigns(
        [each for each in todo if _networked(each)],
        prompts=Prompts(tree, {each.path: each.sha256 for each in inventory.artifacts}),
        access=access,
        journal=str(run.state.journal),
        blobs=run.state.blobs,
        clock=clock,
        prior=body.prior,
        runs=lambda planned: len(run.ledger.numbers(planned.question.key)),
        secret=_transcript_secret,
    ):
        sign(told.measured, told.transcript)
        told.forget()


def _worked(
    run: _Run,
    tree: Tree,
    by_stage: dict[Stage, list[Planned]],
    inventory: Inventory,
    seen: Catalogue,
    body: Body,
) -> Iterator[Measured]:
    clock = run.state.clock
    yield from inspections(
        by_stage[Stage.INSPECTION],
        tree=tree,
        artifacts={each.path: each for each in inventory.artifacts},
        identities=seen.identities,
        engine=run.engine,
        clock=clock,
        rehash=run.options.rehash or inventory.system.tier is Tier.HIGH,
    )
    for stage, entry in ((Stage.EVALUATION, "evaluate"), (Stage.MONITORING, "monitor")):
        yield from behaviours(
            by_stage[stage],
            entry=entry,
            tree=tree,
            engine=run.engine,
            clock=clock,
            prior=body.prior,
        )


def _networked(planned: Planned) -> bool:
    return Need.NETWORK in planned.check.needs


def _signed(
    run: _Run, measured: Measured, inventory: Inventory, transcript: str | None
) -> Evidence:
    """Append one piece of evidence; it is durable when this returns."""
    planned = measured.planned
    evidence = evidence_of(
        measured.answer,
        planned.question,
        planned.check,
        system=inventory.system.id,
        component=planned.component,
        isolation=measured.isolation,
        started=measured.started,
        finished=measured.finished,
        cost=measured.cost,
        tool=tool(),
        transcript=transcript,
    )
    entry = run.ledger.append(evidence)
    run.records.append(
        Recorded(
            number=entry.number,
            kind=entry.kind,
            recorded=entry.recorded,
            key_id=entry.head_key,
            content=evidence,
        )
    )
    return evidence


def _transcript_secret() -> bytes:
    """Return the key of the hashes that stand for answers nobody may keep."""
    path = home() / "keys" / "transcript.key"
    key = read_private(path, _SECRET_BYTES)
    if key is None:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        key = secrets.token_bytes(_SECRET_BYTES)
        write_atomic(path, key, 0o600)
    if len(key) != _SECRET_BYTES:
        raise UsageError(
            "the key of withheld answers is damaged",
            where=encode_name(os.fspath(path)),
            remedy="Remove it; a new one is made. Hashes made with the old one stay as they are.",
        )
    return key
