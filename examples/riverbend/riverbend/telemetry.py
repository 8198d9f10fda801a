"""What the utility's historian would hold: readings every 15 minutes, with noise, as CSV.

Three periods, each from its own seed: ``train`` (nine weeks of normal operation), ``test`` (three
weeks with the incidents, labelled) and ``window`` (one later week of live data, when summer demand
has risen and one pressure sensor has begun to drift).
"""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from riverbend.incidents import Incident
from riverbend.network import (
    START,
    STEP_SECONDS,
    STEPS_PER_DAY,
    STEPS_PER_HOUR,
    TANK_PIPES,
    TANKS,
    ZONES,
    Floats,
    Readings,
    State,
    run,
    tank_areas,
)

# name of the reading in EPANET, name of the column, standard deviation of the sensor's noise
SENSORS = (
    ("level:1", "tank_1_level_m", 0.005),
    ("level:2", "tank_2_level_m", 0.005),
    ("level:3", "tank_3_level_m", 0.005),
    ("flow:10", "lake_pump_flow_lps", 1.5),
    ("flow:60", "river_flow_lps", 4.0),
    ("flow:173", "south_main_flow_lps", 4.0),
    ("flow:40", "tank_1_flow_lps", 1.5),
    ("flow:50", "tank_2_flow_lps", 1.5),
    ("flow:20", "tank_3_flow_lps", 1.5),
    ("pressure:61", "river_works_pressure_m", 0.3),
    ("pressure:105", "west_pressure_m", 0.3),
    ("pressure:119", "centre_pressure_m", 0.3),
    ("pressure:143", "north_pressure_m", 0.3),
    ("pressure:191", "middle_pressure_m", 0.3),
    ("pressure:205", "south_pressure_m", 0.3),
)
CLOCK = ("hour_sin", "hour_cos")
FEATURES = (
    *(column for _, column, _ in SENSORS),
    *(f"tank_{tank}_balance_m" for tank in TANKS),
    *CLOCK,
)
LABEL = "label"
TIMESTAMP = "timestamp"

# Between these metres each tank stays in normal operation (train.csv, rounded outward).
NORMAL_LEVELS = ((4.6, 8.1), (6.1, 9.9), (8.9, 10.9))

# A day is solved before each period and thrown away: levels settle, and changes have a past.
LEAD_STEPS = STEPS_PER_DAY


@dataclass(frozen=True)
class Period:
    """A stretch of the calendar and what is special about it."""

    name: str
    start: datetime
    days: int
    seed: int
    demand: float = 1.0
    drifting: str | None = None
    drift_per_day: float = 0.0
    incidents: tuple[Incident, ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows of one period: features in the order of ``FEATURES`` and, if known, labels."""

    timestamps: tuple[str, ...]
    features: Floats
    labels: tuple[int, ...] | None = None


def record(period: Period) -> Table:
    """Simulate a period and read its sensors."""
    generator = np.random.default_rng(period.seed)
    steps = LEAD_STEPS + period.days * STEPS_PER_DAY
    demand = _demand(generator, period, steps)
    true = _solve(period, demand, steps)
    shown = _read(generator, period, true)
    table = np.column_stack([shown, _balance(shown, true.columns), _clock(steps)])[LEAD_STEPS:]
    times = tuple(
        (period.start + timedelta(seconds=STEP_SECONDS * (row + 1))).strftime("%Y-%m-%dT%H:%M:%SZ")
        for row in range(len(table))
    )
    return Table(times, table, _labels(period, true) if period.incidents else None)


def write(table: Table, path: Path) -> None:
    """One CSV file: timestamp, features, and the label where there is one."""
    labels = [] if table.labels is None else [LABEL]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([TIMESTAMP, *FEATURES, *labels])
        for row, (time, values) in enumerate(zip(table.timestamps, table.features, strict=True)):
            shown = [f"{value:.3f}" for value in values]
            writer.writerow([time, *shown, *([] if table.labels is None else [table.labels[row]])])


def read(path: Path) -> Table:
    """The table of one CSV file, as whoever receives the file sees it."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    header, body = rows[0], rows[1:]
    width = len(FEATURES) + 1
    features = np.array([[float(cell) for cell in row[1:width]] for row in body])
    labels = tuple(int(row[width]) for row in body) if LABEL in header else None
    return Table(tuple(row[0] for row in body), features, labels)


def _demand(generator: np.random.Generator, period: Period, steps: int) -> dict[str, Floats]:
    """Demand factors a zone: the weekend, a factor a day, and noise that remembers itself."""
    days = steps // STEPS_PER_DAY
    first = period.start - timedelta(seconds=LEAD_STEPS * STEP_SECONDS)
    weekend = np.array([(first + timedelta(days=day)).weekday() >= 5 for day in range(days)])
    shared = 1 + 0.03 * generator.standard_normal(days)
    factors: dict[str, Floats] = {}
    for zone in ZONES:
        works = zone == "works"
        daily = shared * (1 + 0.02 * generator.standard_normal(days))
        daily = daily * np.where(weekend, 0.96 if works else 1.05, 1.0)
        noise = np.zeros(steps)
        shocks = (0.008 if works else 0.02) * generator.standard_normal(steps)
        for step in range(1, steps):
            noise[step] = 0.9 * noise[step - 1] + shocks[step]
        season = 1.0 if works else period.demand
        factors[zone] = np.maximum(np.repeat(daily, STEPS_PER_DAY) * (1 + noise) * season, 0.1)
    return factors


def _solve(period: Period, demand: dict[str, Floats], steps: int) -> Readings:
    """The true values of the whole period, stretch by stretch."""
    points = [(kind, name) for kind, _, name in (point.partition(":") for point, _, _ in SENSORS)]
    cuts: list[tuple[int, int, Incident | None]] = []
    at = 0
    for incident in period.incidents:
        begin = LEAD_STEPS + incident.first_step
        cuts += [(at, begin, None), (begin, begin + incident.steps, incident)]
        at = begin + incident.steps
    cuts.append((at, steps, None))
    state: State = START
    parts: list[Floats] = []
    columns: tuple[str, ...] = ()
    for begin, end, during in cuts:
        factors = {zone: values[begin:end] for zone, values in demand.items()}
        change = None if during is None else during.decide(state)
        readings, state = run(state, factors, begin, change, points)
        parts.append(readings.values)
        columns = readings.columns
    return Readings(np.vstack(parts), columns)


def _read(generator: np.random.Generator, period: Period, true: Readings) -> Floats:
    """What the sensors show: the lies of the incidents, drift, and noise."""
    shown = true.values.copy()
    for incident in period.incidents:
        if incident.reading is not None and incident.lie is not None:
            begin = LEAD_STEPS + incident.first_step
            inside = slice(begin, begin + incident.steps)
            column = true.columns.index(incident.reading)
            shown[inside, column] = incident.lie(shown[inside, column])
    shown += generator.standard_normal(shown.shape) * np.array([noise for _, _, noise in SENSORS])
    if period.drifting is not None:
        column = true.columns.index(period.drifting)
        age = np.maximum(np.arange(len(shown)) - LEAD_STEPS, 0) / STEPS_PER_DAY
        shown[:, column] += period.drift_per_day * age
    # A closed pump has no flow, and a meter shows none below zero.
    for column, name in enumerate(true.columns):
        if name == "flow:10":
            shown[:, column] = np.where(true.values[:, column] < 1, 0.0, shown[:, column])
    return shown


def _balance(shown: Floats, columns: tuple[str, ...]) -> Floats:
    """Metres by which each tank's level moved in an hour, beyond what its flow meter explains.

    Near zero as long as level and meter tell the same story, whatever the plant does.
    """
    result = np.zeros((len(shown), len(TANKS)))
    areas = tank_areas()
    for index, pipe in enumerate(TANK_PIPES):
        level = shown[:, index]
        out = shown[:, columns.index(f"flow:{pipe}")] / 1000.0
        drawn = np.concatenate([[0.0], np.cumsum((out[1:] + out[:-1]) / 2 * STEP_SECONDS)])
        height = level + drawn / areas[index]
        result[STEPS_PER_HOUR:, index] = height[STEPS_PER_HOUR:] - height[:-STEPS_PER_HOUR]
    return result


def _clock(steps: int) -> Floats:
    """The hour on the circle, so that 23:45 and 00:00 are neighbours."""
    angle = 2 * np.pi * ((np.arange(steps) + 1) % STEPS_PER_DAY) / STEPS_PER_DAY
    return np.column_stack([np.sin(angle), np.cos(angle)])


def _labels(period: Period, true: Readings) -> tuple[int, ...]:
    """1 during an incident, and after it until the water in every tank is back in its band."""
    low, high = np.array(NORMAL_LEVELS).T
    levels = true.values[LEAD_STEPS:, : len(TANKS)]
    outside = ((levels < low) | (levels > high)).any(axis=1)
    labels = np.zeros(len(levels), dtype=np.int64)
    for incident in period.incidents:
        end = incident.first_step + incident.steps
        while end < len(labels) and outside[end]:
            end += 1
        labels[incident.first_step : end] = 1
    return tuple(int(label) for label in labels)


def periods(incidents: tuple[Incident, ...]) -> tuple[Period, ...]:
    """The three periods of the example."""

    def monday(month: int, day: int) -> datetime:
        return datetime(2026, month, day, tzinfo=UTC)

    return (
        Period("train", monday(2, 2), days=63, seed=11),
        Period("test", monday(4, 6), days=21, seed=12, incidents=incidents),
        Period(
            "window",
            monday(7, 6),
            days=7,
            seed=13,
            demand=1.15,
            drifting="pressure:143",
            drift_per_day=0.5,
        ),
    )
