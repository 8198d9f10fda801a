"""Campaigns: language-model systems put to the proof, by calls that are granted and journalled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter, process_time

from basanite.adapters.files import Tree
from basanite.adapters.grants import Grants
from basanite.adapters.home import home
from basanite.adapters.secrets import Secrets
from basanite.app.answers import Measured
from basanite.app.transcripts import keep
from basanite.domain.answer import Answer
from basanite.domain.check import Need
from basanite.domain.errors import BasaniteError
from basanite.domain.evidence import Cost
from basanite.domain.outcome import Outcome
from basanite.domain.plan import Planned
from basanite.domain.ports import BlobStore, Clock
from basanite.domain.system import Component, Endpoint, System
from basanite.domain.value import JsonObject, digest_of
from basanite.measure.evaluation.catalog import CAMPAIGNS
from basanite.measure.evaluation.run import campaign as put

_PROMPT_BYTES = 1 << 20


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
class Transcribed:
    """A campaign's answer and the digest of its redacted transcript."""

    measured: Measured
    transcript: str | None
    forget: Callable[[], None]
    """Drops the journal of this run; called once its evidence is durable."""


def campaigns(
    todo: Iterable[Planned],
    *,
    tree: Tree,
    access: Access,
    journal: str,
    blobs: BlobStore,
    clock: Clock,
    prior: Callable[[Planned], JsonObject],
    runs: Callable[[Planned], int],
    secret: bytes,
) -> Iterator[Transcribed]:
    """Yield an answer to every planned campaign.

    A run is named by its question and by how often that question was answered before. So a run
    that was killed goes on where its journal ends, and never answers another run.
    """
    from basanite.adapters.journal import Journal

    for planned in todo:
        component = access.system.component(planned.component or "")
        if component is None or component.endpoint is None:
            raise BasaniteError("a campaign was planned for a component without endpoint")
        run = digest_of([planned.question.key, runs(planned)])
        context = {**planned.context}
        if "prompt" in planned.inputs:
            context["system_prompt"] = _prompt(tree, planned.inputs["prompt"])
        started, wall, cpu = clock.now(), perf_counter(), process_time()
        with Journal(journal) as calls:
            answer = asyncio.run(_run(planned, component.endpoint, context, calls, run, prior))
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
            transcript = keep(answer.exchanges, blobs, context.get("canaries", ()), secret)
            yield Transcribed(measured, transcript, lambda: calls.forget(run))  # noqa: B023


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


def _prompt(tree: Tree, path: str) -> str:
    with tree.open(path) as opened:
        return opened.file.read(_PROMPT_BYTES).decode("utf-8", errors="replace")
