"""The water network and its hydraulics, solved by EPANET through wntr.

The network is Net3, which ships inside wntr: two sources, three tanks, two pumps. Time runs in
steps of 15 minutes. A run is cut into stretches, because an incident changes the network only for
some hours. Each stretch starts from the tank levels and pump states the one before it left.
"""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import wntr
from numpy.typing import NDArray
from wntr.library import ModelLibrary

Floats = NDArray[np.float64]

STEP_SECONDS = 900
STEPS_PER_HOUR = 3600 // STEP_SECONDS
STEPS_PER_DAY = 24 * STEPS_PER_HOUR

TANKS = ("1", "2", "3")
TANK_PIPES = ("40", "50", "20")
PUMPS = ("10", "335")
# Pump 335 lifts river water. When it rests, the bypass pipe beside it is open.
BYPASS = "330"
LAKE_PUMP_HOURS = (1, 15)
# Metres in tank 1 between which the controller holds the level by pump 335 (Net3's own values).
TANK_1_BAND = (5.21208, 5.82168)

# Demand is drawn for each zone apart, so that districts do not rise and fall as one.
ZONES = ("west", "north", "south", "works")


@dataclass(frozen=True)
class State:
    """What one stretch hands to the next: tank levels in metres and what is open."""

    levels: tuple[float, ...]
    open_links: frozenset[str]


@dataclass(frozen=True)
class Readings:
    """True values at each step: levels and pressures in metres, flows in litres a second."""

    values: Floats
    columns: tuple[str, ...]

    def column(self, name: str) -> Floats:
        """The values of one column."""
        values: Floats = self.values[:, self.columns.index(name)]
        return values


Change = Callable[[wntr.network.WaterNetworkModel], None]

START = State(levels=(3.993, 7.163, 8.839), open_links=frozenset({"335"}))


def zone_of(network: wntr.network.WaterNetworkModel, junction: str) -> str:
    """The demand zone of a junction; the few large users with a pattern of their own are works."""
    node = network.get_node(junction)
    pattern = node.demand_timeseries_list[0].pattern_name
    if pattern not in (None, "1"):
        return "works"
    x, y = node.coordinates
    if x < 24:
        return "west"
    return "north" if y > 15 else "south"


def tank_areas() -> tuple[float, ...]:
    """Square metres of water surface of each tank."""
    network = _load()
    return tuple(np.pi / 4 * float(network.get_node(tank).diameter) ** 2 for tank in TANKS)


def run(
    state: State,
    factors: dict[str, Floats],
    first_step: int,
    change: Change | None,
    points: Iterable[tuple[str, str]],
) -> tuple[Readings, State]:
    """Solve one stretch.

    ``factors`` holds, for each zone, one demand factor a step; its length is the stretch's.
    ``first_step`` is the step of the calendar, so that pump 10 keeps its hours. ``points`` names
    what is read: ("level" or "pressure", node) or ("flow", link). The readings begin one step
    after the start and end with the last step.
    """
    steps = len(next(iter(factors.values())))
    network = _load()
    _set_demand(network, factors, first_step)
    _set_controls(network, first_step, steps)
    _set_state(network, state)
    if change is not None:
        change(network)
    time = network.options.time
    time.hydraulic_timestep = time.report_timestep = time.pattern_timestep = STEP_SECONDS
    time.duration = steps * STEP_SECONDS
    with tempfile.TemporaryDirectory() as folder:
        solved = wntr.sim.EpanetSimulator(network).run_sim(file_prefix=str(Path(folder) / "run"))
    points = tuple(points)
    read = {"level": solved.node, "pressure": solved.node, "flow": solved.link}
    table = {"level": "pressure", "pressure": "pressure", "flow": "flowrate"}
    values = np.column_stack(
        [
            read[kind][table[kind]][name].to_numpy(dtype=np.float64)
            * (1000.0 if kind == "flow" else 1.0)
            for kind, name in points
        ]
    )
    levels = solved.node["pressure"].iloc[-1]
    status = solved.link["status"].iloc[-1]
    left = State(
        levels=tuple(float(levels[tank]) for tank in TANKS),
        open_links=frozenset(link for link in (*PUMPS, BYPASS) if float(status[link]) > 0),
    )
    return Readings(values[1:], tuple(f"{kind}:{name}" for kind, name in points)), left


def hold(pump: str, running: bool) -> Change:
    """A pump that stays on or off, whatever its control would do."""

    def change(network: wntr.network.WaterNetworkModel) -> None:
        links = {pump, BYPASS} if pump == "335" else {pump}
        for name, control in list(network.controls()):
            if {link.name for link in control.requires()} & links:
                network.remove_control(name)
        network.get_link(pump).initial_status = "Open" if running else "Closed"
        if pump == "335":
            network.get_link(BYPASS).initial_status = "Closed" if running else "Open"

    return change


def leak(junction: str, coefficient: float) -> Change:
    """Water lost at a junction: coefficient times the square root of the pressure, SI units."""

    def change(network: wntr.network.WaterNetworkModel) -> None:
        network.get_node(junction).emitter_coefficient = coefficient

    return change


def shut(pipe: str) -> Change:
    """A pipe whose valve somebody closed by hand."""

    def change(network: wntr.network.WaterNetworkModel) -> None:
        network.get_link(pipe).initial_status = "Closed"

    return change


def _load() -> wntr.network.WaterNetworkModel:
    return wntr.network.WaterNetworkModel(ModelLibrary().get_filepath("Net3"))


def _set_demand(
    network: wntr.network.WaterNetworkModel, factors: dict[str, Floats], first_step: int
) -> None:
    steps = len(next(iter(factors.values())))
    hours = ((first_step + np.arange(steps)) // STEPS_PER_HOUR) % 24
    shapes = {
        name: np.asarray(network.get_pattern(name).multipliers, dtype=np.float64)
        for name in list(network.pattern_name_list)
    }
    for junction in network.junction_name_list:
        demand = network.get_node(junction).demand_timeseries_list[0]
        shape = demand.pattern_name or "1"
        zone = zone_of(network, junction)
        name = f"{zone}-{shape}"
        if name not in network.pattern_name_list:
            network.add_pattern(name, list(shapes[shape][hours] * factors[zone]))
        demand.pattern_name = name


def _set_controls(network: wntr.network.WaterNetworkModel, first_step: int, steps: int) -> None:
    """Drop Net3's controls by time, which last one week, and write the same rule for any week."""
    for name, control in list(network.controls()):
        if "10" in {link.name for link in control.requires()}:
            network.remove_control(name)
    pump = network.get_link("10")
    for hour, status in zip(LAKE_PUMP_HOURS, ("Open", "Closed"), strict=True):
        for step in range(steps):
            if (first_step + step) % STEPS_PER_DAY == hour * STEPS_PER_HOUR:
                act = wntr.network.controls.ControlAction(
                    pump, "status", wntr.network.LinkStatus[status]
                )
                when = wntr.network.controls.SimTimeCondition(network, "=", step * STEP_SECONDS)
                network.add_control(
                    f"lake-{status}-{step}", wntr.network.controls.Control(when, act)
                )


def _set_state(network: wntr.network.WaterNetworkModel, state: State) -> None:
    for tank, level in zip(TANKS, state.levels, strict=True):
        node = network.get_node(tank)
        node.init_level = min(max(level, node.min_level), node.max_level)
    for link in (*PUMPS, BYPASS):
        network.get_link(link).initial_status = "Open" if link in state.open_links else "Closed"
