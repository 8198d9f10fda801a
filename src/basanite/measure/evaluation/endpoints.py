"""Endpoints as subjects: they have no digest, so the declared facts about them stand for them."""

from __future__ import annotations

from collections.abc import Iterator

from basanite.domain.inventory import Case, Inventory, Subject
from basanite.domain.system import Component, ComponentKind, DatasetRole
from basanite.domain.value import JsonObject, digest_of

PROTOCOL = "openai-chat"


def endpoint_cases(inventory: Inventory, *, prompt_needed: bool) -> Iterator[Case]:
    """Yield a case for every service or agent with an endpoint, one for each of its prompts.

    The context holds the ``canaries`` to look for, and those ``planted`` in that prompt.
    ``prompt_needed`` says that there has to be a prompt, or a canary, to look for.
    """
    for component in inventory.system.components:
        asked = component.kind in (ComponentKind.SERVICE, ComponentKind.AGENT)
        if not asked or component.endpoint is None:
            continue
        prompts = [
            (artifact.path, artifact.sha256, prompt.canaries)
            for prompt in _serving(inventory, component, ComponentKind.PROMPT)
            for artifact in sorted(inventory.of_component(prompt.id), key=lambda a: a.path)
        ]
        if not prompts:
            blind = prompt_needed and not component.canaries
            missing = f"no prompt component serves {component.id}" if blind else ""
            yield _case(inventory, component, None, skipped=missing)
        for prompt in prompts:
            yield _case(inventory, component, prompt)


def _case(
    inventory: Inventory,
    component: Component,
    prompt: tuple[str, str, tuple[str, ...]] | None,
    *,
    skipped: str = "",
) -> Case:
    endpoint = component.endpoint
    if endpoint is not None and endpoint.protocol != PROTOCOL:
        skipped = skipped or f"{component.id} speaks {endpoint.protocol}, only {PROTOCOL} is known"
    if endpoint is not None and not endpoint.enabled:
        skipped = skipped or f"the endpoint of {component.id} is disabled in the manifest"
    path, digest, canaries = prompt or ("", None, ())
    facts = declared_facts(inventory, component, digest)
    return Case(
        component=component.id,
        subjects=(Subject(name=f"endpoint:{component.id}", sha256=digest_of(facts)),),
        inputs={"prompt": path} if path else {},
        context={
            # An endpoint may hold canaries elsewhere than in a prompt file: all are looked for.
            "canaries": list(dict.fromkeys([*canaries, *component.canaries])),
            "planted": list(canaries),
        },
        skipped=skipped,
    )


def declared_facts(
    inventory: Inventory, component: Component, prompt_sha256: str | None
) -> JsonObject:
    """Return what an endpoint is declared to be; when any of it changes, it is another subject."""
    endpoint = component.endpoint

    def digests(kind: ComponentKind, role: DatasetRole | None = None) -> list[str]:
        return sorted(
            artifact.sha256
            for part in _serving(inventory, component, kind)
            if role is None or part.role is role
            for artifact in inventory.of_component(part.id)
        )

    return {
        "url": endpoint.url if endpoint else "",
        "protocol": endpoint.protocol if endpoint else "",
        "model": endpoint.model if endpoint else "",
        "provider": component.provider,
        "version": component.version,
        "system_prompt": prompt_sha256,
        "tools": digests(ComponentKind.CODE),
        "documents": digests(ComponentKind.DATASET, DatasetRole.RETRIEVAL),
        "served_model": digests(ComponentKind.MODEL),
    }


def _serving(inventory: Inventory, component: Component, kind: ComponentKind) -> list[Component]:
    return [
        part
        for part in inventory.system.components
        if part.kind is kind and component.id in part.serves
    ]
