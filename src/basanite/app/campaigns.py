"""Campaigns: language-model systems put to the proof, by calls that are granted and journalled."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time

from basanite.adapters.files import OpenedFile, Tree
from basanite.adapters.grants import Grants
from basanite.adapters.home import home
from basanite.adapters.secrets import Secrets
from basanite.adapters.trouble import told
from basanite.app.answers import Measured
from basanite.app.transcripts import keep
from basanite.domain.answer import Answer
from basanite.domain.check import Need
from basanite.domain.errors import BasaniteError, LedgerError, UnreadableError
from basanite.domain.evidence import Cost
from basanite.domain.outcome import Outcome
from basanite.domain.plan import Planned
from basanite.domain.ports import BlobStore, Clock
from basanite.domain.system import Component, Endpoint, System
from basanite.domain.value import JsonObject, digest_of
from basanite.measure.evaluation.catalog import CAMPAIGNS
from basanite.measure.evaluation.run import campaign as put

_PROMPT_BYTES = 1 << 20
_UNFINISHED_DAYS = 7
"""How long the answers of a run that never finished are kept for it to go on."""


@dataclass(frozen=True)
class Access:
    """What the user has allowed this system to reach."""

    system: System
    parts: dict[str, str]
    """Digest of each component's declaration."""
    grants: Grants
    clock: Clock

    def refusal(self, need: Need, component: Component) -> str:
        """Return why a component's endpoint may not be reached; empty when it may."""
        endpoint = component.endpoint
        if endpoint is None:
            return f"component {component.id} has no endpoint"
        if not endpoint.enabled:
            return (
                f"the endpoint of {component.id} is disabled: set enabled: true in basanite.yaml, "
                f"then run `basanite allow network {component.id}`"
            )
        allowed = self.grants.allows(
            need,
            self.parts[component.id],
            self.system.environment,
            target=address(endpoint),
            now=self.clock.now(),
        )
        return "" if allowed else f"no grant: run `basanite allow network {component.id}`"


def address(endpoint: Endpoint) -> str:
    """Return an endpoint's ``host:port``."""
    from urllib.parse import urlsplit

    parts = urlsplit(endpoint.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"{parts.hostname}:{port}"


@dataclass(frozen=True)
class Prompts:
    """The system prompts, read from the folder and held to the digests of the inventory."""

    tree: Tree
    digests: Mapping[str, str]
    """By path."""

    def add(self, planned: Planned, context: JsonObject) -> Answer | None:
        """Put a campaign's system prompt into its context; return an answer when it is not there.

        What is asked has to be what the subject of the question names, to the byte: the bytes that
        are sent are those that are hashed, and none is cut off or replaced.
        """
        path = planned.inputs.get("prompt")
        if path is None:
            return None
        try:
            with self.tree.open(path) as opened:
                if opened.identity.size > _PROMPT_BYTES:
                    return _unusable(path, f"it is longer than {_PROMPT_BYTES:,} bytes")
                data = _read(opened)
                same = hashlib.sha256(data).hexdigest() == self.digests.get(path)
                if not same or not opened.unchanged():
                    raise UnreadableError("it changed during the assessment", where=path)
        except UnreadableError as error:
            return Answer(outcome=Outcome.INCOMPLETE, reason=error.line()[:2000], transient=True)
        try:
            context["system_prompt"] = data.decode("utf-8")
        except UnicodeDecodeError:
            return _unusable(path, "it is not UTF-8")
        return None


def _read(opened: OpenedFile) -> bytes:
    try:
        return opened.file.read(_PROMPT_BYTES + 1)
    except OSError as error:
        raise UnreadableError(told(error, "", "cannot read").what, where=opened.path) from error


def _unusable(path: str, why: str) -> Answer:
    error = BasaniteError(f"this prompt cannot be asked with: {why}", where=path)
    return Answer(outcome=Outcome.ERROR, reason=error.line()[:2000])


@dataclass(frozen=True)
class Transcribed:
    """A campaign's answer and the digest of its redacted transcript."""

    measured: Measured
    transcript: str | None
    forget: Callable[[], None]
    """Drops the journal of this run; called once its evidence is durable."""


def campaigns(
    todo: Iterable[Planned],
    *,
    prompts: Prompts,
    access: Access,
    journal: str,
    blobs: BlobStore,
    clock: Clock,
    prior: Callable[[Planned], JsonObject],
    runs: Callable[[Planned], int],
    secret: Callable[[], bytes],
) -> Iterator[Transcribed]:
    """Yield an answer to every planned campaign.

    A run is named by its question and by how often that question was answered before. So a run
    that was killed goes on where its journal ends, and never answers another run.

    An endpoint that gave one campaign no answer at all is not asked by the others: each would
    wait as long for nothing.
    """
    from basanite.adapters.journal import Journal

    todo = list(todo)
    _forget_old(Path(journal), clock, others=bool(todo))
    hidden = [canary for part in access.system.components for canary in part.canaries]
    silent: dict[str, str] = {}
    for planned in todo:
        component = access.system.component(planned.component or "")
        if component is None or component.endpoint is None:
            raise BasaniteError("a campaign was planned for a component without endpoint")
        run = digest_of([planned.question.key, runs(planned)])
        context = {**planned.context}
        started, wall, cpu = clock.now(), perf_counter(), process_time()
        with Journal(journal, clock) as calls:
            place = address(component.endpoint)
            trouble = prompts.add(planned, context)
            if place in silent:
                trouble = Answer(outcome=Outcome.ERROR, reason=silent[place], transient=True)
            answer = trouble or asyncio.run(
                _run(planned, component.endpoint, context, calls, run, prior)
            )
            if answer.outcome is Outcome.ERROR and answer.calls and not answer.exchanges:
                silent[place] = f"not asked: another campaign had no answer. {answer.reason}"[:2000]
            measured = Measured(
                planned=planned,
                answer=answer,
                isolation="none",
                started=started,
                finished=clock.now(),
                cost=Cost(
                    wall_seconds=perf_counter() - wall,
                    cpu_seconds=process_time() - cpu,
                    calls=answer.calls,
                ),
            )
            transcript = keep(answer.exchanges, blobs, hidden, secret())
            yield Transcribed(measured, transcript, lambda: calls.forget(run))  # noqa: B023


def _forget_old(journal: Path, clock: Clock, *, others: bool) -> None:
    """Make the folder of journals, and drop what runs that never finished left there long ago.

    ``others`` says whether other systems' journals are gone through as well.

    Raises:
        BasaniteError: this system's own journal, or the folder, cannot be used.
    """
    from basanite.adapters.journal import Journal

    try:
        journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise told(error, journal.parent, "cannot make the folder of journals") from error
    long_ago = clock.now() - timedelta(days=_UNFINISHED_DAYS)
    for each in sorted({*journal.parent.glob("*.sqlite")} - {journal}) if others else ():
        with suppress(LedgerError), Journal(each) as other:  # its own system's next run tells
            other.forget_before(long_ago)
    if journal.exists():
        with Journal(journal) as own:
            own.forget_before(long_ago)


async def _run(
    planned: Planned,
    endpoint: Endpoint,
    context: JsonObject,
    journal: object,
    run: str,
    prior: Callable[[Planned], JsonObject],
) -> Answer:
    from basanite.adapters.journal import Journal, JournalledTarget
    from basanite.adapters.network import Policy
    from basanite.adapters.openai_chat import OpenAIChat
    from basanite.domain.ports import TargetError

    assert isinstance(journal, Journal)  # noqa: S101 - narrows a lazily imported type
    campaign = next(c for c in CAMPAIGNS if c.check.id == planned.check.id)
    host, _, port = address(endpoint).rpartition(":")
    policy = Policy(allowed=frozenset({(host, int(port))}))
    key = Secrets(home()).secret_for(address(endpoint))
    try:
        async with OpenAIChat(endpoint, policy, key=key) as target:
            identity = digest_of(endpoint.model_dump(mode="json"))
            journalled = JournalledTarget(target, journal, run, identity)
            parameters = {**planned.question.parameters, **context}
            return await put(campaign, journalled, parameters, prior(planned))
    except TargetError as error:
        return Answer(outcome=Outcome.ERROR, reason=error.reason, transient=error.transient)
