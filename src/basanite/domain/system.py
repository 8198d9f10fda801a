"""System and Component: what the operator runs, and its parts."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from pydantic import AfterValidator, Field

from basanite.domain.value import JsonObject, Slug, Value


class Sector(StrEnum):
    """The 16 critical infrastructure sectors of the United States (NSM-22, 2024-04-30)."""

    CHEMICAL = "chemical"
    COMMERCIAL_FACILITIES = "commercial-facilities"
    COMMUNICATIONS = "communications"
    CRITICAL_MANUFACTURING = "critical-manufacturing"
    DAMS = "dams"
    DEFENSE_INDUSTRIAL_BASE = "defense-industrial-base"
    EMERGENCY_SERVICES = "emergency-services"
    ENERGY = "energy"
    FINANCIAL_SERVICES = "financial-services"
    FOOD_AND_AGRICULTURE = "food-and-agriculture"
    GOVERNMENT_SERVICES_AND_FACILITIES = "government-services-and-facilities"
    HEALTHCARE_AND_PUBLIC_HEALTH = "healthcare-and-public-health"
    INFORMATION_TECHNOLOGY = "information-technology"
    NUCLEAR_REACTORS_MATERIALS_AND_WASTE = "nuclear-reactors-materials-and-waste"
    TRANSPORTATION_SYSTEMS = "transportation-systems"
    WATER_AND_WASTEWATER_SYSTEMS = "water-and-wastewater-systems"


class Tier(StrEnum):
    """How bad the consequences are when the system fails or is turned."""

    HIGH = "high"
    MODERATE = "moderate"
    LOW = "low"


class Environment(StrEnum):
    """Where this instance of the system runs."""

    TEST = "test"
    STAGING = "staging"
    PRODUCTION = "production"


class ComponentKind(StrEnum):
    """What a part of a system is."""

    MODEL = "model"
    DATASET = "dataset"
    CODE = "code"
    PROMPT = "prompt"
    AGENT = "agent"
    SERVICE = "service"
    HOST = "host"
    PROVIDER = "provider"


class DatasetRole(StrEnum):
    """What a dataset is for."""

    TRAINING = "training"
    TEST = "test"
    REFERENCE = "reference"
    """What normal input looked like when the model was made."""
    WINDOW = "window"
    """Recent input, to be watched."""
    RETRIEVAL = "retrieval"
    OTHER = "other"


class ModelTask(StrEnum):
    """What a predictive model is asked to do."""

    CLASSIFICATION = "classification"
    DETECTION = "detection"
    REGRESSION = "regression"
    FORECASTING = "forecasting"
    GENERATION = "generation"


class Columns(Value):
    """Which columns of a table mean what."""

    label: str | None = None
    time: str | None = None
    features: tuple[str, ...] = ()
    """Empty: every column that is neither label nor time."""


def _one_form(url: str) -> str:
    """Return an address in its one form: lower-case host, no slash at the end."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username or parts.password or parts.port == 0:
        raise ValueError("write an address as http://host:port/path, without a user")
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path.rstrip("/"), parts.query, ""))


class Endpoint(Value):
    """An address that answers. Nothing connects to it before the user has granted it."""

    url: Annotated[str, Field(pattern=r"^https?://"), AfterValidator(_one_form)]
    protocol: str = Field(default="openai-chat", pattern=r"^[a-z0-9-]+$")
    model: str = ""
    """The model's name as the server expects it."""
    enabled: bool = False


class Component(Value):
    """A part of a system."""

    id: Slug
    kind: ComponentKind
    title: str = ""
    paths: tuple[str, ...] = ()
    """Encoded names of files or folders below the system's root."""
    provider: str = ""
    version: str = ""
    licence: str = ""
    role: DatasetRole | None = None
    """Of a dataset."""
    serves: tuple[Slug, ...] = ()
    """The components that this one is for: a test set's model, a prompt's service."""
    task: ModelTask | None = None
    columns: Columns = Columns()
    endpoint: Endpoint | None = None
    canaries: tuple[str, ...] = ()
    """Strings in a prompt that must never come out again."""


class UseCase(Value):
    """What the system decides, for whom, and who can stop it (after OMB M-25-21's inventory)."""

    decides: str
    """What it decides or controls."""
    affects: str
    """Who is affected."""
    high_impact: bool
    override: str
    """Who can override it, and how."""


class Owner(Value):
    """Who answers for the system."""

    name: str
    contact: str = ""


class Threshold(Value):
    """A site's own parameter values for a check."""

    check: str
    component: Slug | None = None
    """None: every component."""
    parameters: JsonObject


class Override(Value):
    """A departure from a check's own bounds or shelf life, for a reason and for a while."""

    check: str
    component: Slug | None = None
    parameters: JsonObject = {}
    shelf_life_days: int | None = Field(default=None, gt=0)
    reason: str = Field(min_length=1)
    approved_by: str = Field(min_length=1)
    expires: date


class System(Value):
    """An AI system as its operator declares it."""

    id: Slug
    title: str
    purpose: str
    sector: Sector
    tier: Tier
    environment: Environment
    owner: Owner
    use_case: UseCase
    components: tuple[Component, ...]
    packs: tuple[str, ...]
    """Guidance that applies, by pack id."""
    thresholds: tuple[Threshold, ...] = ()
    overrides: tuple[Override, ...] = ()

    def without_canaries(self) -> System:
        """Return the system as it may be written down: canaries counted, not named."""
        return self.model_copy(
            update={
                "components": tuple(
                    part.model_copy(
                        update={
                            "canaries": tuple(
                                f"[canary {number}]" for number, _ in enumerate(part.canaries, 1)
                            )
                        }
                    )
                    for part in self.components
                )
            }
        )

    def component(self, identifier: str) -> Component | None:
        """Return the component with that id, or None."""
        return next((part for part in self.components if part.id == identifier), None)
