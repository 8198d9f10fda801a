"""The shape of ``basanite.yaml``: every key, what it means, and what it may hold.

The descriptions are the ones editors show (`basanite.map.schema`) and the reference page follows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from basanite.domain.system import ComponentKind, DatasetRole, Environment, ModelTask, Sector, Tier
from basanite.map.document import WrittenFloat, WrittenInt
from basanite.map.paths import MAX_PATH, normalise

MAX_COMPONENTS = 1000
MAX_ITEMS = 1000

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def _as_written(value: Any) -> Any:
    """``version: 1.10`` is meant as text; YAML reads a number."""
    return value.text if isinstance(value, WrittenInt | WrittenFloat) else value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    """Free values lose the memory of how they were written."""
    if isinstance(value, WrittenInt):
        return int(value)
    if isinstance(value, WrittenFloat):
        return float(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {key: _plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def _day(value: Any) -> Any:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not _DATE.match(value):
        raise ValueError("write a date as YYYY-MM-DD")
    return value


def _path(value: Any) -> Any:
    value = _as_written(value)
    return normalise(value) if isinstance(value, str) else value


def _port(value: str) -> str:
    try:
        if urlsplit(value).port != 0:
            return value
    except ValueError:
        pass
    raise ValueError("the port is not between 1 and 65535")


def _none_is(default: Callable[[], Any]) -> BeforeValidator:
    """A key with nothing after it, as an unfinished draft has it, counts as not given."""
    return BeforeValidator(lambda value: default() if value is None else value)


SLUG = r"^[a-z0-9][a-z0-9-]{0,63}$"
URL = r"^https?://([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?(/[A-Za-z0-9._~!$&'()*+,;=:%/-]*)?$"

# Constraints stand before the validators that prepare a value: the first ones are applied last.
Line = Annotated[
    str,
    Field(max_length=300),
    BeforeValidator(_as_written),
    _none_is(str),
    WithJsonSchema({"type": ["string", "null"], "maxLength": 300}),
]
"""A short text. A number is taken as it was written."""
Column = Annotated[str, Field(min_length=1, max_length=300), BeforeValidator(_as_written)]
Filled = Annotated[str, Field(min_length=1, max_length=300), BeforeValidator(_as_written)]
Prose = Annotated[str, Field(min_length=1, max_length=4000), BeforeValidator(_as_written)]
Version = Annotated[
    str,
    Field(max_length=300),
    BeforeValidator(_as_written),
    _none_is(str),
    WithJsonSchema({"type": ["string", "number", "null"], "maxLength": 300}),
]
Name = Annotated[str, Field(pattern=SLUG), BeforeValidator(_as_written)]
PackName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$"), BeforeValidator(_as_written)
]
Location = Annotated[str, Field(min_length=1, max_length=MAX_PATH), BeforeValidator(_path)]


def _one_or_many(item: dict[str, Any], most: int) -> WithJsonSchema:
    """Let editors accept what the reader accepts: one value without its hyphen."""
    return WithJsonSchema({"anyOf": [item, {"type": "array", "items": item, "maxItems": most}]})


Locations = Annotated[
    list[Location],
    Field(max_length=MAX_ITEMS),
    BeforeValidator(_as_list),
    _none_is(list),
    _one_or_many({"type": "string", "minLength": 1, "maxLength": MAX_PATH}, MAX_ITEMS),
]
Names = Annotated[
    list[Name],
    Field(max_length=MAX_ITEMS),
    BeforeValidator(_as_list),
    _none_is(list),
    _one_or_many({"type": "string", "pattern": SLUG}, MAX_ITEMS),
]
Canaries = Annotated[
    list[Filled],
    Field(max_length=100),
    BeforeValidator(_as_list),
    _none_is(list),
    _one_or_many({"type": "string", "minLength": 1, "maxLength": 300}, 100),
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Parameters = Annotated[
    dict[str, Any], Field(max_length=100), BeforeValidator(_plain), _none_is(dict)
]


class Part(BaseModel):
    """A mapping of the file. Keys it does not know are refused, so a typing error is seen."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=lambda name: name.replace("_", "-")
    )


class OwnerPart(Part):
    """Who answers for the system."""

    name: Filled = Field(description="Person, team or office that answers for the system.")
    contact: Line = Field(default="", description="How to reach the owner, e.g. an e-mail address.")


class UseCasePart(Part):
    """What the system decides, for whom, and who can stop it."""

    decides: Prose = Field(description="What the system decides or controls, in one sentence.")
    affects: Prose = Field(description="Who is affected by what it decides.")
    high_impact: bool = Field(
        description="Whether its output is a principal basis for decisions with a serious effect "
        "on safety, rights or critical services."
    )
    override: Prose = Field(description="Who can override it, and how.")


class SystemPart(Part):
    """The AI system as its operator declares it."""

    id: Name = Field(description="Short name: lower-case letters, digits and hyphens.")
    title: Filled = Field(description="Name of the system for people.")
    purpose: Prose = Field(description="What the system is for, in one sentence.")
    sector: Sector = Field(description="Critical infrastructure sector it works in.")
    tier: Tier = Field(
        description="How bad the consequences are when it fails or is turned: high, moderate or "
        "low. The tier decides how long evidence stays good."
    )
    environment: Environment = Field(
        description="Where this instance runs. Disruptive checks never run against production "
        "without a grant that names it."
    )
    owner: OwnerPart
    use_case: UseCasePart


class ColumnsPart(Part):
    """Which columns of a dataset mean what."""

    label: Column | None = Field(default=None, description="Column with the right answer.")
    time: Column | None = Field(default=None, description="Column with the time of the row.")
    features: Annotated[list[Column], Field(max_length=10_000), _none_is(list)] = Field(
        default=[], description="Columns the model sees. Left out: all but label and time."
    )


class EndpointPart(Part):
    """An address that answers. Nothing connects to it before the user has granted it."""

    url: Annotated[str, Field(pattern=URL, max_length=500), AfterValidator(_port)] = Field(
        description="Base address, without user names, keys or query: http://host:port/v1."
    )
    protocol: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,64}$")] = Field(
        default="openai-chat", description="How it is spoken to."
    )
    model: Line = Field(default="", description="Name of the model as the server expects it.")
    enabled: bool = Field(
        default=False,
        description="Whether behavioural checks may plan to use it. It still takes a grant of "
        "network access by `basanite allow network`.",
    )


class ComponentPart(Part):
    """A part of the system."""

    id: Name = Field(description="Short name, unique in the manifest.")
    kind: ComponentKind = Field(description="What the part is.")
    title: Line = Field(default="", description="Name of the part for people.")
    path: Location | None = Field(
        default=None,
        description="File, folder or glob below the manifest's folder. Use path or paths.",
    )
    paths: Locations = Field(
        default=[], description="Several files, folders or globs below the manifest's folder."
    )
    provider: Line = Field(default="", description="Who made or supplies it.")
    version: Version = Field(default="", description="Its version, as the provider names it.")
    licence: Line = Field(default="", description="Its licence, best as an SPDX expression.")
    role: DatasetRole | None = Field(
        default=None, description="What a dataset is for. Only for kind: dataset."
    )
    serves: Names = Field(
        default=[],
        description="Components that this one is for: the model of a test set, the service of a "
        "prompt. One id or a list.",
    )
    task: ModelTask | None = Field(
        default=None, description="What a model is asked to do. Only for kind: model."
    )
    columns: ColumnsPart = Field(
        default=ColumnsPart(),
        description="Which columns of a dataset mean what. Only for kind: dataset.",
    )
    endpoint: EndpointPart | None = Field(
        default=None,
        description="Where it answers. Only for kind: model, agent, service or provider.",
    )
    canaries: Canaries = Field(
        default=[],
        description="Texts placed in a prompt that must never come out again. Only for kind: "
        "prompt, agent or service.",
    )


class ThresholdPart(Part):
    """The site's own parameter values for a check."""

    check: Name = Field(description="Id of the check.")
    component: Name | None = Field(default=None, description="Left out: every component.")
    parameters: Parameters = Field(description="Values by parameter name.")


class OverridePart(Part):
    """A departure from a check's own bounds or shelf life, for a reason and for a while."""

    check: Name = Field(description="Id of the check.")
    component: Name | None = Field(default=None, description="Left out: every component.")
    parameters: Parameters = Field(default={}, description="Values by parameter name.")
    shelf_life_days: Annotated[int, Field(gt=0, le=3660, strict=True)] | None = Field(
        default=None, description="Days an answer of this check stays good here."
    )
    reason: Prose = Field(description="Why the departure is right.")
    approved_by: Filled = Field(description="Who approved it.")
    expires: Day = Field(description="Last day it holds, as YYYY-MM-DD.")


class Declaration(Part):
    """What an AI system is made of and what it is for, as its operator declares it."""

    schema_: Literal["basanite.manifest/1"] = Field(
        alias="schema", description="Name and version of this file's shape."
    )
    system: SystemPart
    components: Annotated[list[ComponentPart], Field(max_length=MAX_COMPONENTS), _none_is(list)] = (
        Field(default=[], description="The parts of the system.")
    )
    packs: Annotated[list[PackName], Field(max_length=100), _none_is(list)] = Field(
        default=[], description="Guidance that applies, by pack id. `basanite packs` lists them."
    )
    thresholds: Annotated[list[ThresholdPart], Field(max_length=MAX_ITEMS), _none_is(list)] = Field(
        default=[], description="The site's own parameter values."
    )
    overrides: Annotated[list[OverridePart], Field(max_length=MAX_ITEMS), _none_is(list)] = Field(
        default=[], description="Dated departures with a reason."
    )
    excludes: Locations = Field(
        default=[],
        description="Files, folders or globs that are no part of the system and are not looked at.",
    )
