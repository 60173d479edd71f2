"""The goals of speed, and whether a run of ``bench.py`` meets them. Ratios are paired within a round and a scenario."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.tables import paired_ratio

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from benchmarks.tables import Costs

RATIOS = {  # the most that we may take, as a ratio to the plain loader; by scale, in each scenario
    "first load": {1: 1.2, 10: 0.8, 80: 0.8},
    "unchanged": {1: 0.35, 10: 0.1, 80: 0.1},
    "unchanged, forced": {1: 1.0, 10: 1.0, 80: 1.0},
    "1 % changed": {1: 0.8, 10: 0.8, 80: 0.8},
}
ONE_FILE_SECONDS = 0.7
START_SECONDS = 0.1
PEAK_MEMORY = {1: 200.0, 10: 300.0, 80: 300.0}  # MB, in any scenario
UNCHANGED_WAL = 0.2  # MB
DLT_RATIO = 0.5

Goal = tuple[str, float | None, float]  # what, measured (None: was not), the most it may be


def print_goals(scales: list[int], costs: Costs, starts: Mapping[str, list[float]]) -> bool:
    """Print every goal with what was measured; say whether none was missed."""
    goals = [goal for scale in scales for goal in goals_of(scale, costs)]
    goals += [(f"{name}, s", median(seconds), START_SECONDS) for name, seconds in starts.items()]
    measured = [(what, value, most) for what, value, most in goals if value is not None]
    print("| goal | measured | at most | |\n| --- | --- | --- | --- |")
    for what, value, most in measured:
        print(f"| {what} | {value:.3g} | {most:g} | {'met' if value <= most else '**missed**'} |")
    return all(value <= most for _, value, most in measured)


def goals_of(scale: int, costs: Costs) -> Iterator[Goal]:
    for scenario, limits in RATIOS.items():
        if scale in limits:
            yield f"x{scale} {scenario}, of plain", paired_ratio(costs, scale, scenario, "gvrc"), limits[scale]
    yield f"x{scale} first load, of dlt", paired_ratio(costs, scale, "first load", "gvrc", "dlt"), DLT_RATIO
    if not costs.get((scale, "first load", "gvrc")):
        return
    yield from written_goals(scale, costs)
    yield f"x{scale} one file, s", median(cost.wall for cost in costs[scale, "one file", "gvrc"]), ONE_FILE_SECONDS
    if scale in PEAK_MEMORY:
        peak = max(
            cost.peak_memory for (at, _, name), all_ in costs.items() if (at, name) == (scale, "gvrc") for cost in all_
        )
        yield f"x{scale} peak memory, MB", peak, PEAK_MEMORY[scale]


def written_goals(scale: int, costs: Costs) -> Iterator[Goal]:
    """Nothing is written for what did not change; what changed is what the plain loader found changed, too."""
    unchanged = costs[scale, "unchanged", "gvrc"]
    yield f"x{scale} unchanged, rows written", max(cost.rows for cost in unchanged), 0
    yield f"x{scale} unchanged, WAL MB", median(cost.wal for cost in unchanged), UNCHANGED_WAL
    yield f"x{scale} forced, rows written", max(cost.rows for cost in costs[scale, "unchanged, forced", "gvrc"]), 0
    ours, plain = costs[scale, "1 % changed", "gvrc"], costs.get((scale, "1 % changed", "plain"))
    if plain:
        yield f"x{scale} 1 % changed, rows written, of plain", ours[0].rows / plain[0].rows, 1.0
