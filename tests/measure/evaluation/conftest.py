"""Inventories, targets and models for evaluation checks."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from basanite.domain.answer import Answer
from basanite.domain.artifact import Artifact, Format
from basanite.domain.inventory import Inventory
from basanite.domain.ports import Completion, Message, TargetError
from basanite.domain.system import (
    Component,
    Environment,
    Owner,
    Sector,
    System,
    Tier,
    UseCase,
)


def make_inventory(
    *components: Component, files: Mapping[str, tuple[str, Format]] | None = None
) -> Inventory:
    """Return an inventory; ``files`` maps a path to its component and format."""
    return Inventory(
        system=System(
            id="s",
            title="S",
            purpose="p",
            sector=Sector.WATER_AND_WASTEWATER_SYSTEMS,
            tier=Tier.HIGH,
            environment=Environment.TEST,
            owner=Owner(name="o"),
            use_case=UseCase(decides="d", affects="a", high_impact=True, override="o"),
            components=components,
            packs=(),
        ),
        artifacts=tuple(
            Artifact(
                path=path,
                size=1,
                sha256=hashlib.sha256(path.encode()).hexdigest(),
                format=kind,
                component=component,
            )
            for path, (component, kind) in (files or {}).items()
        ),
    )


class ScriptedTarget:
    """Answers by a function of (sample, system prompt, request); remembers what it was asked."""

    def __init__(self, answer: Callable[[int, str, str], str | Exception]) -> None:
        self.answer = answer
        self.asked: list[tuple[int, str]] = []
        self.parameters: list[dict[str, Any]] = []

    async def complete(
        self, messages: Sequence[Message], *, sample: int, parameters: Mapping[str, Any]
    ) -> Completion:
        await asyncio.sleep(0)
        self.asked.append((sample, messages[-1].content))
        self.parameters.append(dict(parameters))
        system = messages[0].content if messages[0].role == "system" else ""
        found = self.answer(sample, system, messages[-1].content)
        if isinstance(found, Exception):
            raise found
        return Completion(text=found)


def run_campaign(
    campaign: Any, target: ScriptedTarget, prior: dict[str, Any] | None = None, **parameters: Any
) -> Answer:
    """Run a campaign with its own defaults and some other parameters."""
    answer: Answer = asyncio.run(
        campaign.run(target, {**campaign.check.parameters, **parameters}, prior or {})
    )
    return answer


@pytest.fixture
def inventory() -> Any:
    return make_inventory


@pytest.fixture
def scripted() -> type[ScriptedTarget]:
    return ScriptedTarget


@pytest.fixture
def held() -> Any:
    return run_campaign


@pytest.fixture
def down() -> TargetError:
    return TargetError("it is down")
