"""Attacks and faults of the test period: when, what they do to the water, what to the readings.

The water is always EPANET's answer to the changed network. Where an attacker also lies about a
reading, only that reading is replaced, and the controller that believes it acts on the lie.
"""

from collections.abc import Callable
from dataclasses import dataclass

from riverbend.network import (
    STEPS_PER_DAY,
    STEPS_PER_HOUR,
    TANK_1_BAND,
    Change,
    Floats,
    State,
    hold,
    leak,
    shut,
)

Lie = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Incident:
    """One attack or fault: hours of the test period, and its two effects, either of them absent.

    ``reading`` is the sensor that lies; ``lie`` turns its true values into what is shown.
    ``decide`` sees the state at the start: a spoofed controller is stuck with what it saw then.
    """

    name: str
    day: int
    hour: float
    hours: float
    decide: Callable[[State], Change | None]
    reading: str | None = None
    lie: Lie | None = None

    @property
    def first_step(self) -> int:
        """The first step inside the incident, counted from the start of the test period."""
        return self.day * STEPS_PER_DAY + round(self.hour * STEPS_PER_HOUR)

    @property
    def steps(self) -> int:
        """How many steps it lasts."""
        return round(self.hours * STEPS_PER_HOUR)


def frozen(values: Floats) -> Floats:
    """The reading stands still."""
    shown = values.copy()
    shown[:] = values[0]
    return shown


def creeping(metres_per_step: float) -> Lie:
    """The reading leaves the truth slowly, so that no single step looks wrong."""

    def lie(values: Floats) -> Floats:
        shown = values.copy()
        for step in range(len(shown)):
            shown[step] += metres_per_step * (step + 1)
        return shown

    return lie


def whatever(change: Change | None) -> Callable[[State], Change | None]:
    """The same change in any state."""
    return lambda _state: change


def stuck_controller(state: State) -> Change | None:
    """Tank 1 is read as it was at the start, so pump 335 keeps to what that reading asks for."""
    low, high = TANK_1_BAND
    if state.levels[0] < low:
        return hold("335", running=True)
    if state.levels[0] > high:
        return hold("335", running=False)
    return hold("335", running="335" in state.open_links)


INCIDENTS = (
    Incident("river pump switched off", 1, 22, 5, whatever(hold("335", running=False))),
    Incident("river pump kept running", 3, 8, 4, whatever(hold("335", running=True))),
    Incident("burst main, large", 4, 13, 9, whatever(leak("121", 0.012))),
    Incident("tank 1 reading frozen", 6, 2, 6, stuck_controller, "level:1", frozen),
    Incident("lake pump tripped", 7, 4, 9, whatever(hold("10", running=False))),
    Incident("main to the south shut", 9, 6, 8, whatever(shut("173"))),
    Incident("leak, small", 10, 9, 12, whatever(leak("191", 0.002))),
    Incident("tank 3 reading creeps up", 12, 7, 10, whatever(None), "level:3", creeping(0.02)),
    Incident("river pump switched off", 14, 0, 5, whatever(hold("335", running=False))),
    Incident("tank 2 shut off", 15, 10, 7, whatever(shut("50"))),
    Incident("burst main, middle", 16, 17, 8, whatever(leak("205", 0.006))),
    Incident("tank 1 reading creeps down", 18, 11, 9, whatever(None), "level:1", creeping(-0.012)),
    Incident("lake pump run at night", 19, 17, 7, whatever(hold("10", running=True))),
)
